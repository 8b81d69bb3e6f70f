import type { DatabaseSync } from 'node:sqlite';
import type { IpFamily } from '../../src/ip/index.ts';
import { type DatabaseFormat, databaseTrouble, openDatabase, Sql, type SqlRow } from '../sqlite/index.ts';
import { Lease } from './lease.ts';
import type { AllocationMethod } from './types.ts';

/** Name of the file in the data directory. */
export const LEASE_FILE = 'leases.db';

/** A lease that was kept, and what it is for. */
export interface KeptLease {
  readonly lease: Lease;
  /** Name of the conference whose media have the addresses; undefined when it was leased for itself. */
  readonly conference: string | undefined;
}

/** Leases that have ended are kept this much longer, so that one can see what became of them. Milliseconds. */
const KEEP_ENDED_MS = 60 * 60_000;

const FORMAT: DatabaseFormat = {
  content: 'the leases of group addresses',
  applicationId: 0x52_44_56_4c, // "RDVL"
  version: 1,
  tables: `
    CREATE TABLE lease (
      id TEXT PRIMARY KEY,
      method TEXT NOT NULL,
      family INTEGER NOT NULL,
      start INTEGER NOT NULL,
      stop INTEGER,
      server TEXT,
      port INTEGER,
      ttl INTEGER NOT NULL,
      scope TEXT NOT NULL,
      conference TEXT
    ) STRICT;
    CREATE TABLE address (
      lease TEXT NOT NULL REFERENCES lease (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      address TEXT NOT NULL,
      PRIMARY KEY (lease, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX address_use ON address (address);`,
  whenDamaged:
    'Servers take their addresses back when the leases end; new ones can be requested at once: rendezvous mcast request.',
};

const COLUMNS = 'l.id, l.method, l.family, l.start, l.stop, l.server, l.port, l.ttl, l.scope, l.conference';

/**
 * The leases of this user, on disk (MAA-05): what was granted can be renewed and released by a later process. Several
 * processes may have the file open.
 */
export class LeaseFile implements Disposable {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #sql: Sql;

  /** @throws {DatabaseFileError} when the file cannot be opened, is damaged, or is none of ours */
  constructor(path: string) {
    this.path = path;
    this.#db = openDatabase(path, FORMAT);
    this.#sql = new Sql(this.#db);
  }

  /** Keeps a lease, in place of what was kept of it. */
  keep({ lease, conference }: KeptLease, now: Date): void {
    this.#write(() => this.#put(lease, conference, now));
  }

  /**
   * Keeps a lease, unless another one has one of its addresses at the same time.
   *
   * @returns the lease that is in the way; undefined when it was kept
   */
  claim({ lease, conference }: KeptLease, now: Date): Lease | undefined {
    return this.#write(() => {
      const { id, start, stop } = lease;
      const other = this.withAddresses(lease.addresses).find(
        (it) => it.lease.id !== id && overlap(start, stop, it.lease.start, it.lease.stop),
      );
      if (other === undefined) this.#put(lease, conference, now);
      return other?.lease;
    });
  }

  /** The lease with this id. */
  get(id: string): KeptLease | undefined {
    return this.#read(`SELECT ${COLUMNS} FROM lease l WHERE l.id = ?`, id)[0];
  }

  /** Leases whose id begins with these digits. */
  beginningWith(digits: string): KeptLease[] {
    return this.#read(
      `SELECT ${COLUMNS} FROM lease l WHERE substr(l.id, 1, ?) = ? ORDER BY l.id`,
      digits.length,
      digits,
    );
  }

  /** All of them, those first that end first. */
  all(): KeptLease[] {
    return this.#read(`SELECT ${COLUMNS} FROM lease l ORDER BY l.stop IS NULL, l.stop, l.id`);
  }

  /** Leases that have one of these addresses. */
  withAddresses(addresses: readonly string[]): KeptLease[] {
    return this.#read(
      `SELECT ${COLUMNS} FROM lease l WHERE l.id IN
        (SELECT a.lease FROM address a WHERE a.address IN (SELECT value FROM json_each(?))) ORDER BY l.id`,
      JSON.stringify(addresses),
    );
  }

  /** @returns whether it was there */
  remove(id: string): boolean {
    return this.#write(() => {
      const was = this.get(id) !== undefined;
      this.#sql.run('DELETE FROM lease WHERE id = ?', id);
      return was;
    });
  }

  /** Drops the leases that ended an hour ago or more. */
  dropEnded(now: Date): void {
    this.#write(() => this.#dropEnded(now));
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #put(lease: Lease, conference: string | undefined, now: Date): void {
    const { id, method, family, start, stop, server, serverPort, ttl, scope, addresses } = lease;
    this.#dropEnded(now);
    this.#sql.run('DELETE FROM lease WHERE id = ?', id);
    this.#sql.run(
      'INSERT INTO lease VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      id,
      method,
      family,
      start.getTime(),
      stop?.getTime() ?? null,
      server ?? null,
      serverPort ?? null,
      ttl,
      scope,
      conference ?? null,
    );
    for (const [position, address] of addresses.entries()) {
      this.#sql.run('INSERT INTO address VALUES (?, ?, ?)', id, position, address);
    }
  }

  #dropEnded(now: Date): void {
    this.#sql.run('DELETE FROM lease WHERE stop < ?', now.getTime() - KEEP_ENDED_MS);
  }

  #read(sql: string, ...values: (string | number)[]): KeptLease[] {
    return this.#guard(() => this.#sql.all(sql, ...values).map((row) => this.#keptOf(row)));
  }

  #keptOf(row: SqlRow): KeptLease {
    const [id, method, family, start, stop, server, port, ttl, scope, conference] = row;
    const addresses = this.#sql
      .all('SELECT address FROM address WHERE lease = ? ORDER BY position', String(id))
      .map(([address]) => String(address));
    const lease = new Lease({
      id: String(id),
      method: methodOf(method),
      family: familyOf(family),
      start: new Date(Number(start)),
      stop: stop === null ? null : new Date(Number(stop)),
      addresses,
      server: textOf(server),
      ...(port === null ? {} : { serverPort: Number(port) }),
      ttl: Number(ttl),
      scope: String(scope),
    });
    return { lease, conference: textOf(conference) };
  }

  #write<T>(work: () => T): T {
    return this.#guard(() => {
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        this.#db.exec('COMMIT');
        return result;
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw databaseTrouble(this.path, FORMAT, error);
    }
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const methodOf = (value: unknown): AllocationMethod => (value === 'madcap' ? 'madcap' : 'local');
const familyOf = (value: unknown): IpFamily => (value === 6 ? 6 : 4);

/** Whether two spans share a moment; null is no end. What ends when the other begins is out of its way. */
function overlap(start: Date, stop: Date | null, otherStart: Date, otherStop: Date | null): boolean {
  return (otherStop === null || start < otherStop) && (stop === null || otherStart < stop);
}
