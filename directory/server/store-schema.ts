import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from './errors.ts';

/** `PRAGMA application_id` of a store: tells our files from other SQLite databases. */
export const APPLICATION_ID = 0x52_44_56_31; // "RDV1"
/** `PRAGMA user_version`; grows when the tables change. */
export const STORE_VERSION = 1;

/** Attribute types with an index, by their key; the position is the number used in the index. */
export const INDEXED_ATTRIBUTES: readonly string[] = ['objectclass', 'uid', 'cn', 'entryuuid'];
/** Recorded in the file: an index made with other attributes or other matching rules is built anew. */
export const INDEX_LAYOUT = `1:${INDEXED_ATTRIBUTES.join(',')}`;
/** Characters of a key that are indexed; the rest is left to the filter. */
export const INDEXED_LENGTH = 256;
/** Ends an index key that was cut. No key has a control character of its own. */
export const CUT = '\u0001';

/**
 * `entry.path` is the normalised DN from the root down, so that a subtree is a range; `rev` changes with the
 * attributes, so that a copy in memory knows whether it is still true; AUTOINCREMENT never gives an id twice.
 */
const TABLES = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent INTEGER NOT NULL,
    path TEXT NOT NULL UNIQUE,
    dn TEXT NOT NULL,
    rev INTEGER NOT NULL DEFAULT 0,
    expires INTEGER,
    attributes BLOB NOT NULL
  );
  CREATE INDEX entry_parent ON entry (parent, id);
  CREATE INDEX entry_expires ON entry (expires) WHERE expires IS NOT NULL;
  CREATE TABLE attribute_value (
    attribute INTEGER NOT NULL,
    value TEXT NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (attribute, value, entry)
  ) WITHOUT ROWID;
`;

/**
 * Makes the tables of a new file, or checks that an old one is ours and of a version we know.
 *
 * @returns whether the index must be built anew
 * @throws {StoreError} when the file belongs to another program or a later version
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
    const tables = pragma('schema_version');
    if (tables !== 0 && application !== APPLICATION_ID) {
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
    if (tables === 0) {
      db.exec(TABLES);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${STORE_VERSION}`);
      db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)').run('index', INDEX_LAYOUT);
    }
    const layout = db.prepare('SELECT value FROM meta WHERE name = ?').get('index');
    db.exec('COMMIT');
    return layout?.value !== INDEX_LAYOUT;
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}
