import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../src/net/clock.ts';
import { LIMIT, makeFile, Sql } from '../sqlite/index.ts';
import { AttributeColumns } from './attribute-columns.ts';
import { ChangeLog, formerEntry } from './change-log.ts';
import { encodeAttributes, type Entry, type EntryAttributes, StoredEntry } from './entry.ts';
import { EntryCache } from './entry-cache.ts';
import { openError, StoreError } from './errors.ts';
import { ValueIndex } from './store-index.ts';
import type { StoreOptions } from './store-options.ts';
import { inSavepoint } from './store-savepoint.ts';
import { SecretTable } from './store-secrets.ts';
import { INDEX_LAYOUT, prepareDatabase } from './store-schema.ts';
import { below, inScope, lowerBound, scopeCondition } from './store-scope.ts';
import type { CandidateSource, EntryPlace, StoreScope } from './store-scope.ts';

/** What tells whether a copy in memory is still true. */
const COLUMNS = 'e.id, e.rev, e.expires';
/** The whole entry, for scans that find few copies in memory. */
const ALL_COLUMNS = 'e.id, e.rev, e.expires, e.parent, e.path, e.dn, e.attributes, e.csn';

/**
 * Entries in SQLite. The file is the truth: several processes may have it open, and every read sees what any of them
 * has committed. Memory holds only decoded copies, each used only while its row still has the revision it was made
 * from, so no process has to be told of another's change.
 *
 * Not for network file systems: WAL needs shared memory.
 */
export class EntryStore implements Disposable {
  readonly path: string;
  readonly secrets: SecretTable;
  readonly #db: DatabaseSync;
  readonly #sql: Sql;
  /** Finds entries by the attributes that are indexed on disk. */
  readonly index: ValueIndex;
  /** Finds entries by the others. */
  readonly columns: AttributeColumns;
  readonly #cache: EntryCache;
  /** What has changed, by whatever process. */
  readonly changes: ChangeLog;
  #inTransaction = false;
  /** Number of the transaction under way, once it has changed an entry. */
  #revision: number | undefined;
  /** Whether the last batch of a scan found nearly all of its entries in memory: one that is missing costs a query. */
  #scanFindsCopies = false;

  /** @throws {StoreError} when the file cannot be opened, is damaged, or is not a store of this version */
  constructor({
    path,
    busyTimeoutMs = 2000,
    durability = 'process',
    cacheBytes = 32 * 1024 * 1024,
    columnBytes = 64 * 1024 * 1024,
    keptChanges = 100_000,
    clock = systemClock,
  }: StoreOptions) {
    this.path = path;
    this.#cache = new EntryCache(cacheBytes);
    let db: DatabaseSync | undefined;
    try {
      if (path !== ':memory:') makeFile(path);
      db = new DatabaseSync(path, { timeout: busyTimeoutMs });
      this.#db = db;
      db.exec('PRAGMA journal_mode = WAL');
      db.exec(`PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`);
      db.exec('PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY');
      const needsIndex = prepareDatabase(db, path);
      this.#sql = new Sql(db);
      this.index = new ValueIndex(this.#sql);
      this.columns = new AttributeColumns(this.#sql, columnBytes);
      this.changes = new ChangeLog(db, clock, keptChanges);
      if (needsIndex) this.#rebuildIndex();
      this.secrets = new SecretTable(db);
    } catch (cause) {
      db?.close();
      throw openError(path, cause);
    }
  }

  /** Runs `work` in one transaction: all of it is done, or nothing. Inside another one it joins that. */
  transaction<T>(work: () => T): T {
    if (this.#inTransaction) return work();
    this.begin();
    try {
      const result = work();
      this.commit();
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }
  /** Like {@link transaction}, but inside another one what `work` did is undone alone when it throws. */
  atomic<T>(work: () => T): T {
    if (!this.#inTransaction) return this.transaction(work);
    const revision = this.#revision;
    return inSavepoint(this.#db, work, () => {
      this.#revision = revision;
      this.#cache.clear(); // copies made from rows that now never were
    });
  }
  /** Bytes that copies in memory take, by the estimate that is limited. */
  get cachedBytes(): number {
    return this.#cache.bytes;
  }
  get inTransaction(): boolean {
    return this.#inTransaction;
  }
  /** Waits for other writers as long as `busyTimeoutMs`. @throws when they hold on */
  begin(): void {
    this.#sql.run('BEGIN IMMEDIATE');
    this.#inTransaction = true;
  }
  commit(): void {
    this.#sql.run('COMMIT');
    this.#inTransaction = false;
    this.#revision = undefined;
    this.changes.committed();
  }
  rollback(): void {
    this.changes.rolledBack();
    this.#inTransaction = false;
    this.#revision = undefined;
    // Copies made from rows that now never were.
    this.#cache.clear();
    if (this.#db.isTransaction) this.#sql.run('ROLLBACK');
  }

  /** The entry, whether or not its time is over. */
  get(path: string): Entry | undefined {
    const row = this.#sql.row(`SELECT ${COLUMNS} FROM entry e WHERE e.path = ?`, path);
    return row === undefined ? undefined : this.#entryOf(row);
  }
  byId(id: number): Entry | undefined {
    const columns = this.#cache.has(id) ? COLUMNS : ALL_COLUMNS;
    const row = this.#sql.row(`SELECT ${columns} FROM entry e WHERE e.id = ?`, id);
    return row === undefined ? undefined : this.#entryOf(row);
  }

  /** @returns the new entry's id */
  insert(entry: Omit<Entry, 'id' | 'csn'>): number {
    return this.transaction(() => {
      const csn = this.changes.next();
      const { lastInsertRowid } = this.#sql.run(
        'INSERT INTO entry (parent, path, dn, rev, expires, attributes, csn) VALUES (?, ?, ?, ?, ?, ?, ?)',
        entry.parent,
        entry.path,
        entry.dn,
        this.#nextRevision(),
        entry.expires ?? null,
        encodeAttributes(entry.attributes),
        csn,
      );
      const id = Number(lastInsertRowid);
      this.index.add(id, entry.attributes);
      this.changes.record(csn, 'add', id);
      return id;
    });
  }
  /** Replaces attributes and end of `entry`, and with `place` its name. What is below it keeps its own. */
  update(entry: Entry, attributes: EntryAttributes, expires: number | undefined, place?: EntryPlace): void {
    this.transaction(() => {
      const csn = this.changes.next();
      const { parent, path, dn } = place ?? entry;
      this.#sql.run(
        'UPDATE entry SET parent = ?, path = ?, dn = ?, attributes = ?, expires = ?, rev = ?, csn = ? WHERE id = ?',
        ...([parent, path, dn] as const),
        encodeAttributes(attributes),
        expires ?? null,
        this.#nextRevision(),
        csn,
        entry.id,
      );
      // A second change in one transaction does not change the revision.
      this.#cache.delete(entry.id);
      this.index.replace(entry.id, entry.attributes, attributes);
      if (place === undefined) this.changes.record(csn, 'modify', entry.id);
      else this.changes.record(csn, 'rename', entry.id, formerEntry(entry));
    });
  }
  /** Moves the end of a dynamic entry. That is no change of the entry: followers are not told. */
  setExpires(id: number, expires: number): void {
    this.#sql.run('UPDATE entry SET expires = ? WHERE id = ?', expires, id);
  }
  delete(entry: Entry): void {
    this.transaction(() => {
      this.#sql.run('DELETE FROM entry WHERE id = ?', entry.id);
      this.index.remove(entry.id, entry.attributes);
      this.#cache.delete(entry.id);
      this.changes.record(this.changes.next(), 'delete', entry.id, formerEntry(entry));
    });
  }

  /** Whether `id` has an entry below it that has not ended at `now`. */
  hasChildren(id: number, now: number): boolean {
    const sql = 'SELECT 1 FROM entry WHERE parent = ? AND (expires IS NULL OR expires > ?) LIMIT 1';
    return this.#sql.row(sql, id, now) !== undefined;
  }
  /** Entries right below `id` that have not ended at `now`. */
  countChildren(id: number, now: number): number {
    const sql = 'SELECT count(*) FROM entry WHERE parent = ? AND (expires IS NULL OR expires > ?)';
    return Number(this.#sql.row(sql, id, now)?.[0]);
  }
  /** Entries below `path` at any depth, deepest first. */
  descendants(path: string): Entry[] {
    const rows = this.#sql.all(
      `SELECT ${COLUMNS} FROM entry e WHERE e.path > ? AND e.path < ? ORDER BY e.path DESC`,
      ...below(path),
    );
    return rows.map((row) => this.#entryOf(row)).filter((entry) => entry !== undefined);
  }
  /**
   * Up to `limit` ids and paths after the path `after`, of `base` and what is below it only, each after the one above it.
   * They are read from an index: of a damaged file it may be there where the entries are not.
   */
  inTreeOrder(after: string, base: string, limit: number): { readonly id: number; readonly path: string }[] {
    const [from, to] = base === '' ? ['', '\u{10ffff}'] : [base, below(base)[1]];
    const rows = this.#sql.all(
      `SELECT id, path FROM entry WHERE path > ? AND path >= ? AND path < ? ORDER BY path ${LIMIT}`,
      after,
      from,
      to,
      limit,
    );
    return rows.map((row) => ({ id: Number(row[0]), path: String(row[1]) }));
  }
  /** Up to `limit` entries that ended at or before `now`, the first to end first. */
  expired(now: number, limit: number): Entry[] {
    const sql = `SELECT ${COLUMNS} FROM entry e WHERE e.expires <= ? ORDER BY e.expires ${LIMIT}`;
    return this.#sql
      .all(sql, now, limit)
      .map((row) => this.#entryOf(row))
      .filter((entry) => entry !== undefined);
  }
  /** Entries that have not ended at `now`. */
  count(now: number): number {
    return Number(this.#sql.row('SELECT count(*) FROM entry WHERE expires IS NULL OR expires > ?', now)?.[0]);
  }

  /**
   * The next candidates of a search in ascending id. There may be none at first: a column is being made ready.
   *
   * @param after id of the last candidate seen; 0 to begin
   * @param limit rows looked at
   * @returns entries that have not ended at `now`, and where to go on; `next` is undefined at the end
   */
  candidates(
    source: CandidateSource,
    scope: StoreScope,
    after: number,
    limit: number,
    now: number,
  ): { entries: Entry[]; next: number | undefined } {
    if (source.kind === 'ids') return this.#fromIds(source.ids, scope, after, limit, now);
    if (source.kind === 'columns') {
      const state = source.isFound ? 'ready' : this.columns.prepare(source.attributes, this.#revision);
      if (state === 'more') return { entries: [], next: after };
      if (state === 'ready') return this.#fromIds(source.ids(), scope, after, limit, now);
    }
    const { sql, values } = scopeCondition(scope);
    const columns = this.#scanFindsCopies ? COLUMNS : ALL_COLUMNS;
    const rows =
      source.kind === 'equal'
        ? this.#sql.all(
            `SELECT ${columns} FROM attribute_value v CROSS JOIN entry e ON e.id = v.entry ` +
              `WHERE v.attribute = ? AND v.value = ? AND v.entry > ?${sql} ORDER BY v.entry ${LIMIT}`,
            source.attribute,
            source.value,
            after,
            ...values,
            limit,
          )
        : this.#sql.all(
            `SELECT ${columns} FROM entry e WHERE e.id > ?${sql} ORDER BY e.id ${LIMIT}`,
            after,
            ...values,
            limit,
          );
    const entries: Entry[] = [];
    let copies = 0;
    for (const row of rows) {
      if (row[2] !== null && Number(row[2]) <= now) continue;
      if (this.#cache.has(Number(row[0]))) copies++;
      const entry = this.#entryOf(row, true);
      if (entry !== undefined) entries.push(entry);
    }
    this.#scanFindsCopies = copies * 10 > rows.length * 9;
    return { entries, next: rows.length < limit ? undefined : Number(rows.at(-1)![0]) };
  }

  close(): void {
    if (!this.#db.isOpen) return;
    this.#cache.clear();
    this.columns.clear();
    this.#db.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #fromIds(
    ids: readonly number[],
    scope: StoreScope,
    after: number,
    limit: number,
    now: number,
  ): { entries: Entry[]; next: number | undefined } {
    let at = lowerBound(ids, after + 1);
    const entries: Entry[] = [];
    const end = Math.min(ids.length, at + limit);
    for (; at < end; at++) {
      const entry = this.byId(ids[at]!);
      if (entry === undefined || (entry.expires !== undefined && entry.expires <= now)) continue;
      if (inScope(entry, scope)) entries.push(entry);
    }
    return { entries, next: at < ids.length ? ids[at - 1] : undefined };
  }

  /** The entry of a row (id, rev, expires): the copy in memory when it is still true, else a new one. */
  #entryOf(row: readonly unknown[], isScan = false): Entry | undefined {
    const id = Number(row[0]);
    const rev = Number(row[1]);
    const expires = row[2] === null ? undefined : Number(row[2]);
    const copy = this.#cache.get(id, rev, expires);
    if (copy !== undefined) return copy;
    // Of a short row the rest is read, and the revision with it: it may have changed since.
    const full =
      row.length > 3 ? row : this.#sql.row(`SELECT ${ALL_COLUMNS} FROM entry e WHERE e.id = ?`, id);
    if (full === undefined) return undefined;
    const blob = full[6];
    if (!(blob instanceof Uint8Array)) throw new StoreError(`${this.path}: entry ${id} has no attributes`);
    const entry = new StoredEntry(full, blob);
    this.#cache.put(entry, Number(full[1]), blob.length, isScan);
    return entry;
  }

  /** The revision of everything that this transaction changes; outside of one, of the next change. */
  #nextRevision(): number {
    if (this.#revision !== undefined) return this.#revision;
    const revision = Number(this.#sql.row('UPDATE revision SET last = last + 1 RETURNING last')?.[0]);
    if (this.#inTransaction) this.#revision = revision;
    return revision;
  }
  #rebuildIndex(): void {
    this.transaction(() => {
      this.index.clear();
      for (let after = 0; ; ) {
        const { entries, next } = this.candidates({ kind: 'all' }, { depth: 'sub' }, after, 1000, 0);
        for (const { id, attributes } of entries) this.index.add(id, attributes);
        if (next === undefined) break;
        after = next;
      }
      this.#sql.run('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)', 'index', INDEX_LAYOUT);
    });
  }
}

/**
 * Opens a store, making it when it is new.
 *
 * @throws {StoreError} when the file cannot be opened, is damaged, or is not a store of this version
 */
export function openStore(options: StoreOptions): EntryStore {
  return new EntryStore(options);
}
