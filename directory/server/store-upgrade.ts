import { existsSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { makeFile } from '../sqlite/index.ts';
import { StoreError } from './errors.ts';

/** One change of the tables. Steps are never altered once released: files of every version are out there. */
interface UpgradeStep {
  /** `PRAGMA user_version` afterwards: one more than that of the step before. */
  readonly to: number;
  /** SQL, or what SQL cannot say. Runs inside the transaction of the whole upgrade. */
  readonly run: string | ((db: DatabaseSync) => void);
}

const STEPS: readonly UpgradeStep[] = [
  {
    /**
     * `entry.path` is the normalised DN from the root down, so that a subtree is a range; `rev` changes with the
     * attributes, so that a copy in memory knows whether it is still true; AUTOINCREMENT never gives an id twice.
     */
    to: 1,
    run: `
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
      ) WITHOUT ROWID;`,
  },
  {
    /** `rev` counts the store's transactions from here on: what is above a number seen has changed since. */
    to: 2,
    run: `
      CREATE TABLE revision (last INTEGER NOT NULL);
      INSERT INTO revision SELECT coalesce(max(rev), 0) FROM entry;
      CREATE INDEX entry_rev ON entry (rev);`,
  },
  {
    /**
     * The log of changes, for those who follow them; `entry.csn` is the number of the last one. Only what is gone is
     * described (`uuid`, `path`, `dn`): the rest is in its row. The log begins with a change that is none.
     */
    to: 3,
    run: `
      CREATE TABLE change (
        csn INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL,
        entry INTEGER NOT NULL,
        uuid TEXT,
        path TEXT,
        dn TEXT
      );
      INSERT INTO change (csn, kind, entry)
        VALUES (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000, 0, 0);
      ALTER TABLE entry ADD COLUMN csn INTEGER NOT NULL DEFAULT 0;
      UPDATE entry SET csn = (SELECT max(csn) FROM change);`,
  },
  {
    /** Passwords of accounts, away from what is searched, and gone with the entry however it goes. */
    to: 4,
    run: `
      CREATE TABLE secret (entry INTEGER PRIMARY KEY, password TEXT NOT NULL, scram TEXT NOT NULL);
      CREATE TRIGGER secret_goes AFTER DELETE ON entry BEGIN DELETE FROM secret WHERE entry = old.id; END;`,
  },
];

/** The version this program writes. */
export const STORE_VERSION = STEPS.at(-1)!.to;

/** Where a store of version `from` is copied to before it is changed. */
export const copyBeforeUpgrade = (path: string, from: number): string => `${path}.version-${from}`;

/**
 * Brings the tables from version `from` (0: none yet) to {@link STORE_VERSION}, within the caller's transaction. A file
 * with entries is copied first, as other processes see it now: the old program can go back to that copy.
 *
 * @throws {StoreError} when the copy cannot be made; nothing is changed then
 */
export function upgradeTables(db: DatabaseSync, path: string, from: number): void {
  if (from > 0 && from < STORE_VERSION && path !== ':memory:') copyOld(path, copyBeforeUpgrade(path, from));
  for (const { to, run } of STEPS) {
    if (to <= from) continue;
    if (typeof run === 'string') db.exec(run);
    else run(db);
  }
  db.exec(`PRAGMA user_version = ${STORE_VERSION}`);
}

function copyOld(path: string, copy: string): void {
  // One from an upgrade that was broken off holds the same, or more than is left now.
  if (existsSync(copy)) return;
  const part = `${copy}.part`;
  try {
    rmSync(part, { force: true });
    makeFile(part);
    // A connection of its own: it reads what is committed, while ours keeps all others from writing.
    using reader = new DatabaseSync(path, { readOnly: true });
    reader.prepare('VACUUM INTO ?').run(part);
    renameSync(part, copy);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(
      `${path} is of an older version and is copied to ${copy} before it is upgraded, but that fails: ${words}. ` +
        'Make room in the folder, or copy the file elsewhere yourself and create an empty file of that name.',
      { cause },
    );
  }
}
