import type { DatabaseSync } from 'node:sqlite';

/**
 * Runs `work` within the transaction under way. When it throws, what it wrote is undone and the rest stays.
 *
 * @param undone called after that
 */
export function inSavepoint<T>(db: DatabaseSync, work: () => T, undone: () => void): T {
  db.exec('SAVEPOINT part');
  try {
    const result = work();
    db.exec('RELEASE part');
    return result;
  } catch (error) {
    // After an error of the disk there may be no transaction any more.
    if (db.isTransaction) db.exec('ROLLBACK TO part; RELEASE part');
    undone();
    throw error;
  }
}
