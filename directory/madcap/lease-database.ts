import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import {
  expandRanges,
  type GrantedLease,
  type LeaseStore,
  MemoryLeaseStore,
  toRanges,
} from '../../src/madcap/index.ts';
import {
  type DatabaseFormat,
  DatabaseFileError,
  databaseTrouble,
  openDatabase,
  Sql,
  type SqlRow,
} from '../sqlite/index.ts';

/** Name of the file in the data directory. */
export const GRANTED_LEASES_FILE = 'madcap.db';

const FORMAT: DatabaseFormat = {
  content: 'the leases that this server has granted',
  applicationId: 0x52_44_56_4d, // "RDVM"
  version: 1,
  tables: `
    CREATE TABLE lease (
      id TEXT PRIMARY KEY,
      family INTEGER NOT NULL,
      scope TEXT NOT NULL,
      ranges TEXT NOT NULL,
      start INTEGER NOT NULL,
      stop INTEGER NOT NULL,
      client TEXT NOT NULL,
      features TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;`,
  whenDamaged:
    'What was granted is then unknown: until those leases end, the same addresses may be granted a second time.',
};

/** How long the server waits for whoever else holds the file; nothing else happens meanwhile. */
const BUSY_MS = 250;

/**
 * Leases in a file, looked up in memory. Changes belong to a transaction until {@link commit}: after that they survive the
 * end of the process, and a power cut.
 */
export class LeaseDatabase implements LeaseStore, Disposable {
  readonly path: string;
  readonly #lock: Disposable;
  readonly #db: DatabaseSync;
  readonly #sql: Sql;
  readonly #memory: MemoryLeaseStore;
  /** What there was before, of what was changed since the last {@link commit}. */
  readonly #before = new Map<string, GrantedLease | undefined>();

  /** @throws {DatabaseFileError} when the file cannot be opened, is damaged, none of ours, or another server's */
  constructor(path: string) {
    this.path = path;
    this.#db = openDatabase(path, FORMAT, BUSY_MS);
    try {
      this.#lock = lockFor(path);
      this.#db.exec('PRAGMA synchronous = FULL');
      this.#sql = new Sql(this.#db);
      this.#memory = this.#load();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  get size(): number {
    return this.#memory.size;
  }
  get addresses(): number {
    return this.#memory.addresses;
  }
  get(id: string): GrantedLease | undefined {
    return this.#memory.get(id);
  }
  withAddress(address: string): Iterable<GrantedLease> {
    return this.#memory.withAddress(address);
  }
  addressesOf(client: string): number {
    return this.#memory.addressesOf(client);
  }
  all(): Iterable<GrantedLease> {
    return this.#memory.all();
  }

  set(lease: GrantedLease): void {
    const { id, family, scope, addresses, start, stop, client, features } = lease;
    const ranges = toRanges(addresses).map(({ first, count }) => [first, count]);
    const values = [JSON.stringify(ranges), start, stop, client, JSON.stringify(features)] as const;
    this.#change(id, () =>
      this.#sql.run(
        'INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        id,
        family,
        scope,
        ...values,
      ),
    );
    this.#memory.set(lease);
  }

  delete(id: string): void {
    this.#change(id, () => this.#sql.run('DELETE FROM lease WHERE id = ?', id));
    this.#memory.delete(id);
  }

  /**
   * Puts on disk what was changed.
   *
   * @returns whether there was anything
   * @throws {DatabaseFileError} when that cannot be done: nothing of it has happened then, here and on disk
   */
  commit(): boolean {
    if (!this.#db.isTransaction) return false;
    try {
      this.#db.exec('COMMIT');
    } catch (error) {
      this.rollback();
      throw databaseTrouble(this.path, FORMAT, error);
    }
    this.#before.clear();
    return true;
  }

  /** Takes back what was changed since the last {@link commit}. @throws {DatabaseFileError} when the file cannot be used */
  rollback(): void {
    for (const [id, before] of this.#before) {
      if (before === undefined) this.#memory.delete(id);
      else this.#memory.set(before);
    }
    this.#before.clear();
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    } catch (error) {
      throw databaseTrouble(this.path, FORMAT, error);
    }
  }

  [Symbol.dispose](): void {
    this.#db.close();
    this.#lock[Symbol.dispose]();
  }

  #change(id: string, work: () => void): void {
    try {
      if (!this.#db.isTransaction) this.#db.exec('BEGIN IMMEDIATE');
      work();
      if (!this.#before.has(id)) this.#before.set(id, this.#memory.get(id));
    } catch (error) {
      throw databaseTrouble(this.path, FORMAT, error);
    }
  }

  #load(): MemoryLeaseStore {
    const memory = new MemoryLeaseStore();
    try {
      for (const row of rowsOf(this.#sql)) memory.set(leaseOf(row));
    } catch (error) {
      throw databaseTrouble(this.path, FORMAT, error);
    }
    return memory;
  }
}

/**
 * Only one process may grant from a file: what another grants is not in the memory of the first. The lock is a transaction in
 * a database beside it, which the system ends with the process, however that ends.
 */
function lockFor(path: string): Disposable {
  const lock = new DatabaseSync(`${path}-lock`, { timeout: BUSY_MS });
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    return { [Symbol.dispose]: () => lock.close() };
  } catch (cause) {
    lock.close();
    throw new DatabaseFileError(
      `Another process already leases addresses from ${path}. Stop it, or choose another data directory.`,
      { cause },
    );
  }
}

/**
 * What the server of this data directory has granted, whether it runs or not, those first that end first.
 *
 * @throws {DatabaseFileError} when the file is there, but cannot be read
 */
export function readGrantedLeases(path: string): GrantedLease[] {
  if (!existsSync(path)) return [];
  try {
    // The server shall not have to wait for who only looks.
    using db = new DatabaseSync(path, { readOnly: true });
    return rowsOf(new Sql(db))
      .map(leaseOf)
      .sort((a, b) => a.stop - b.stop);
  } catch (error) {
    throw databaseTrouble(path, FORMAT, error);
  }
}

function rowsOf(sql: Sql): SqlRow[] {
  return sql.all('SELECT * FROM lease ORDER BY id');
}

function leaseOf(row: SqlRow): GrantedLease {
  const [id, family, scope, ranges, start, stop, client, features] = row;
  return {
    id: String(id),
    family: family === 6 ? 6 : 4,
    scope: String(scope),
    addresses: expandRanges(
      arrayOf(ranges).flatMap((it) =>
        Array.isArray(it) ? [{ first: String(it[0]), count: Number(it[1]) }] : [],
      ),
    ),
    start: Number(start),
    stop: Number(stop),
    client: String(client),
    features: arrayOf(features).map(Number),
  };
}

function arrayOf(text: unknown): unknown[] {
  const value: unknown = JSON.parse(String(text));
  return Array.isArray(value) ? value : [];
}
