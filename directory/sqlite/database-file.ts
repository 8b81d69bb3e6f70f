import { DatabaseSync } from 'node:sqlite';
import { RendezvousError } from '../../src/errors.ts';
import { makeFile } from './make-folder.ts';

/** A database of ours cannot be opened or used. The message names the file and says what to do. */
export class DatabaseFileError extends RendezvousError {
  readonly code = 'ERR_DATABASE_FILE';
}

/** What makes a file one of ours. */
export interface DatabaseFormat {
  /** What is in it, as in "Cannot open the leases in …". */
  readonly content: string;
  /** `PRAGMA application_id`: four letters as a number. */
  readonly applicationId: number;
  /** `PRAGMA user_version`, from 1. */
  readonly version: number;
  /** Makes the tables of a new file. */
  readonly tables: string;
  /** What is lost, and what to do, when the file is damaged and moved away. */
  readonly whenDamaged: string;
}

/**
 * Opens a small database that several processes may use at once, and makes it when it is not there. Not for network file
 * systems: WAL needs shared memory.
 *
 * @param busyTimeoutMs how long to wait for other processes
 * @throws {DatabaseFileError} when it cannot be opened, is damaged, or is none of this format and version
 */
export function openDatabase(path: string, format: DatabaseFormat, busyTimeoutMs = 5000): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') makeFile(path);
    db = new DatabaseSync(path, { timeout: busyTimeoutMs });
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
    prepare(db, path, format);
    return db;
  } catch (cause) {
    db?.close();
    throw databaseTrouble(path, format, cause);
  }
}

/** What went wrong with a database of ours, with advice; errors that are none of SQLite's or the system's come back as they are. */
export function databaseTrouble(
  path: string,
  { content, whenDamaged }: DatabaseFormat,
  cause: unknown,
): unknown {
  if (cause instanceof RendezvousError || !(cause instanceof Error) || !('code' in cause)) return cause;
  const { message } = cause;
  const advice = /not a database|malformed|corrupt/i.test(message)
    ? `The file is damaged: move it away (with its -wal and -shm files). ${whenDamaged}`
    : /locked|busy/i.test(message)
      ? 'Another process holds it: try again.'
      : 'Check that the folder exists and may be written, or choose another data directory.';
  return new DatabaseFileError(`Cannot use ${content} in ${path}: ${message}. ${advice}`, { cause });
}

function prepare(db: DatabaseSync, path: string, { applicationId, version, tables }: DatabaseFormat): void {
  // two processes may find a new file at the same time: the second waits for the lock and then sees the tables
  db.exec('BEGIN IMMEDIATE');
  try {
    if (pragma(db, 'schema_version') === 0) {
      db.exec(tables);
      db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}`);
    }
    if (pragma(db, 'application_id') !== applicationId) {
      throw new DatabaseFileError(
        `${path} is a database of something else. Choose another data directory, or move the file away.`,
      );
    }
    const found = pragma(db, 'user_version');
    if (found !== version) {
      throw new DatabaseFileError(
        `${path} was written by another version of this program (format ${found}, this one knows ${version}). ` +
          'Use that version, or another data directory.',
      );
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function pragma(db: DatabaseSync, name: string): number {
  const row = db.prepare(`PRAGMA ${name}`).get();
  return Number(row === undefined ? 0 : Object.values(row)[0]);
}
