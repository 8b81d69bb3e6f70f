import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { InvalidValueError } from '../../src/errors.ts';
import { openError, StoreError } from './errors.ts';
import { APPLICATION_ID } from './store-schema.ts';

export interface Backup {
  /** Entries in it, ended ones that were not swept yet included. */
  readonly entries: number;
  readonly bytes: number;
  /** Version of the store's tables. */
  readonly version: number;
}

/**
 * Copies a store while others use it: one moment of it, whole. The copy is written beside `target`, checked, flushed to
 * the disk and only then given its name, so that there is never half a backup of that name.
 *
 * @param force whether a file that is there may be replaced
 * @throws {InvalidValueError} when `target` is there, or is the store itself
 * @throws {StoreError} when the store cannot be read or the copy not be written
 */
export function backupStore(path: string, target: string, { force = false } = {}): Backup {
  if (existsSync(target)) {
    if (sameFile(path, target)) throw new InvalidValueError(`${target} is the store itself`);
    if (!force)
      throw new InvalidValueError(`${target} exists: choose another name, or replace it with --force`);
  }
  const part = `${target}.part`;
  try {
    rmSync(part, { force: true });
    // Entries may hold what not everybody may read: SQLite writes into the empty file that it finds.
    closeSync(openSync(part, 'wx', 0o600));
    copy(path, part);
    const backup = checkBackup(part);
    flush(part);
    renameSync(part, target);
    flush(dirname(target));
    return backup;
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

function copy(path: string, part: string): void {
  try {
    using db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    db.prepare('VACUUM INTO ?').run(part);
  } catch (cause) {
    if (!existsSync(path)) throw new StoreError(`There is no store ${path} to copy`, { cause });
    throw openError(path, cause);
  }
}

/**
 * Reads all of a backup.
 *
 * @throws {StoreError} when it is damaged or no store
 */
export function checkBackup(path: string): Backup {
  try {
    using db = new DatabaseSync(path, { readOnly: true });
    const value = (sql: string): unknown => Object.values(db.prepare(sql).get() ?? {})[0];
    const verdict = value('PRAGMA integrity_check');
    if (verdict !== 'ok') throw new StoreError(`${path} is damaged: ${String(verdict)}`);
    if (value('PRAGMA application_id') !== APPLICATION_ID)
      throw new StoreError(`${path} is no store of ours`);
    return {
      entries: Number(value('SELECT count(*) FROM entry')),
      bytes: statSync(path).size,
      version: Number(value('PRAGMA user_version')),
    };
  } catch (cause) {
    throw openError(path, cause);
  }
}

function sameFile(a: string, b: string): boolean {
  const [one, other] = [statSync(a, { throwIfNoEntry: false }), statSync(b, { throwIfNoEntry: false })];
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } catch (error) {
    // Windows flushes no folders.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
  } finally {
    closeSync(file);
  }
}
