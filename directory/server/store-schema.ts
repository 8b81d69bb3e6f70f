import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from './errors.ts';
import { STORE_VERSION, upgradeTables } from './store-upgrade.ts';

/** `PRAGMA application_id` of a store: tells our files from other SQLite databases. */
export const APPLICATION_ID = 0x52_44_56_31; // "RDV1"

/** Attribute types with an index, by their key; the position is the number used in the index. */
export const INDEXED_ATTRIBUTES: readonly string[] = ['objectclass', 'uid', 'cn', 'entryuuid'];
/** Recorded in the file: an index made with other attributes or other matching rules is built anew. */
export const INDEX_LAYOUT = `1:${INDEXED_ATTRIBUTES.join(',')}`;
/** Characters of a key that are indexed; the rest is left to the filter. */
export const INDEXED_LENGTH = 256;
/** Ends an index key that was cut. No key has a control character of its own. */
export const CUT = '\u0001';

/**
 * Makes the tables of a new file, or checks that an old one is ours and brings it to our version.
 *
 * @returns whether the index must be built anew
 * @throws {StoreError} when the file belongs to another program or a later version, or cannot be upgraded
 */
export function prepareDatabase(db: DatabaseSync, path: string): boolean {
  const pragma = (name: string): number => {
    const row = db.prepare(`PRAGMA ${name}`).get();
    return Number(row === undefined ? 0 : Object.values(row)[0]);
  };
  // Two processes may find a new file at the same time: the second waits for the lock and then sees the tables.
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = pragma('user_version');
    const application = pragma('application_id');
    const isNew = pragma('schema_version') === 0;
    if (!isNew && application !== APPLICATION_ID) {
      throw new StoreError(
        `${path} is a database of another program. Choose another data directory, or move the file away.`,
      );
    }
    if (version > STORE_VERSION) {
      throw new StoreError(
        `${path} was written by a later version of this program (store version ${version}, this one knows ` +
          `${STORE_VERSION}). Use that version, or another data directory.`,
      );
    }
    if (version < STORE_VERSION) upgradeTables(db, path, isNew ? 0 : version);
    if (isNew) {
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)').run('index', INDEX_LAYOUT);
    }
    const layout = db.prepare('SELECT value FROM meta WHERE name = ?').get('index');
    db.exec('COMMIT');
    return layout?.value !== INDEX_LAYOUT;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
