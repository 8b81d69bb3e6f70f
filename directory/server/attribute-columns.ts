import { BerReader, TAG } from '../../src/ldap/index.ts';
import { EntryShape } from './entry-shape.ts';
import { attributeType } from './schema.ts';
import { LIMIT, type Sql } from '../sqlite/index.ts';
import { ascending, indexKey } from './store-index.ts';
import { CUT } from './store-schema.ts';

/** Rows of the entry table that are taken in at a time: some milliseconds of work. */
const CHUNK = 500;
/** Bytes of attributes up to which they come together with those of others. */
const SMALL = 16_384;
/** Ids and lengths of a chunk of rows, and their attributes in one piece: to hand over a row costs more than to read it. */
const TOGETHER =
  "SELECT '[' || coalesce(group_concat(id || ',' || length(attributes)), '') || ']', " +
  `CAST(group_concat(CASE WHEN length(attributes) <= ${SMALL} THEN attributes ELSE '' END, '') AS BLOB) ` +
  `FROM (SELECT id, attributes FROM entry WHERE id > ? ORDER BY id ${LIMIT})`;
/** A column is made anew when more has been added to it than half of what it began with, and this. */
const STALE = 10_000;

/** Keys of one attribute type, of all entries. Rows of entries that changed since stay until it is made anew. */
class Column {
  readonly ids: number[] = [];
  readonly keys: string[] = [];
  /** Id up to which the table was read; undefined once all of it was. */
  built: number | undefined = 0;
  /** Every row of this revision or a lower one is in, those under {@link built} at least. */
  revision: number;
  bytes = 0;
  rowsAtFirst = 0;
  /** What the transaction under way put in last, by entry: it is looked at again with every search within. */
  readonly own = new Map<number, string>();

  constructor(revision: number) {
    this.revision = revision;
  }
  put(id: number, key: string): void {
    this.ids.push(id);
    this.keys.push(key);
    this.bytes += 40 + key.length; // a string's head, two array slots
  }
}

/**
 * Attributes without an index on disk, held in memory once somebody searches by them: finding by them is a walk through
 * an array of strings instead of one through the database.
 *
 * A column is a hint and no more. It may name entries that have changed or gone, and every candidate is read and held
 * against the whole filter; what it must not do is to lack one. Hence it is brought up to date before each use, by the
 * revisions of the rows, which grow with every transaction of whatever process.
 */
export class AttributeColumns {
  readonly #sql: Sql;
  readonly #limit: number;
  /** Used last comes last. */
  readonly #columns = new Map<string, Column>();
  /** Attributes whose keys do not fit. */
  readonly #tooLarge = new Set<string>();

  /** @param limit bytes that all columns may take, by estimate */
  constructor(sql: Sql, limit: number) {
    this.#sql = sql;
    this.#limit = limit;
  }

  /** Bytes that the columns take, by the estimate that is limited. */
  get bytes(): number {
    let sum = 0;
    for (const column of this.#columns.values()) sum += column.bytes;
    return sum;
  }

  /**
   * Works on the columns of these attributes for some milliseconds at most.
   *
   * @param own revision of the caller's transaction under way: its changes are seen, but may yet be undone
   * @returns whether they can be used now, need more work, or would take too much memory
   */
  prepare(attributes: readonly string[], own: number | undefined): 'ready' | 'more' | 'never' {
    if (attributes.some((attribute) => this.#tooLarge.has(attribute))) return 'never';
    if (!attributes.every((attribute) => this.#prepare(attribute, own))) return 'more';
    // Where they do not fit together, one has driven out another.
    return attributes.every((attribute) => this.#columns.has(attribute)) ? 'ready' : 'never';
  }

  /** Ids of entries that have a key for which `test` is true, or one that was cut; ascending. After {@link prepare}. */
  find(attribute: string, test: (key: string) => boolean): number[] {
    const { ids = [], keys = [] } = this.#columns.get(attribute) ?? {};
    const found: number[] = [];
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (key.endsWith(CUT) || test(key)) found.push(ids[i]!);
    }
    return ascending(found);
  }

  clear(): void {
    this.#columns.clear();
  }

  #prepare(attribute: string, own: number | undefined): boolean {
    const last = own === undefined ? this.#lastRevision() : own - 1;
    let column = this.#columns.get(attribute);
    if (column === undefined || column.ids.length > column.rowsAtFirst * 1.5 + STALE) {
      column = new Column(last);
    }
    this.#columns.delete(attribute);
    this.#columns.set(attribute, column);
    if (column.built !== undefined) this.#build(attribute, column);
    else if (column.revision < last || own !== undefined) this.#follow(attribute, column, last);
    this.#makeRoom(attribute, column);
    return column.built === undefined && column.revision === last;
  }

  /** Takes in what comes next in the table. */
  #build(attribute: string, column: Column): void {
    const row = this.#sql.row(TOGETHER, column.built ?? 0, CHUNK);
    const parsed: unknown = JSON.parse(String(row?.[0]));
    const places: readonly unknown[] = Array.isArray(parsed) ? parsed : [];
    const all = row?.[1] instanceof Uint8Array ? row[1] : new Uint8Array(0);
    let start = 0;
    for (let at = 0; at < places.length; at += 2) {
      const [id, length] = [Number(places[at]), Number(places[at + 1])];
      if (length > SMALL) {
        const large = this.#sql.row('SELECT attributes FROM entry WHERE id = ?', id);
        takeIn(column, id, keysIn(large?.[0], attribute));
        continue;
      }
      takeIn(column, id, keysIn(all, attribute, start, start + length));
      start += length;
    }
    column.built = places.length < 2 * CHUNK ? undefined : Number(places.at(-2));
    column.rowsAtFirst = column.ids.length;
  }

  /** Takes in what has changed, up to a chunk of it. */
  #follow(attribute: string, column: Column, last: number): void {
    const rows = this.#sql.all(
      `SELECT id, attributes, rev FROM entry WHERE rev > ? ORDER BY rev ${LIMIT}`,
      column.revision,
      CHUNK,
    );
    const ends = rows.length < CHUNK ? Number.POSITIVE_INFINITY : Number(rows.at(-1)![2]);
    if (Number(rows[0]?.[2]) === ends) {
      // One transaction has changed so much that starting over is as good.
      this.#columns.set(attribute, new Column(last));
      return;
    }
    for (const row of rows) {
      const [id, revision] = [Number(row[0]), Number(row[2])];
      if (revision >= ends) break; // more of that transaction may come after
      const keys = keysIn(row[1], attribute);
      if (revision > last) {
        const text = keys.join(CUT);
        if (column.own.get(id) === text) continue;
        column.own.set(id, text);
      }
      takeIn(column, id, keys);
    }
    const seen = Math.min(last, ends - 1);
    if (seen > column.revision) column.own.clear();
    column.revision = Math.max(column.revision, seen);
  }

  /** Drops the columns used longest ago, at last `column` itself. */
  #makeRoom(attribute: string, column: Column): void {
    for (const [name] of this.#columns) {
      if (name === attribute || this.bytes <= this.#limit) break;
      this.#columns.delete(name);
    }
    if (column.bytes <= this.#limit) return;
    this.#columns.delete(attribute);
    this.#tooLarge.add(attribute);
  }
  #lastRevision(): number {
    return Number(this.#sql.row('SELECT last FROM revision')?.[0]);
  }
}

function takeIn(column: Column, id: number, keys: readonly string[]): void {
  for (const key of keys) column.put(id, key);
}

/** Keys under `attribute`, whatever its options, in stored attributes. @throws {DecodeError} when they are damaged */
function keysIn(blob: unknown, attribute: string, start = 0, end?: number): string[] {
  const keys: string[] = [];
  const type = attributeType(attribute);
  if (!(blob instanceof Uint8Array) || type === undefined) return keys;
  let shape = EntryShape.empty();
  for (const r = new BerReader(blob, start, end); !r.done; ) {
    r.enter(TAG.sequence);
    shape = shape.with(r);
    if (shape.last?.type !== type) {
      r.skip(TAG.set);
      continue;
    }
    const count = keys.length;
    for (const values = r.constructed(TAG.set); !values.done; ) {
      const key = type.rule.key(values.octets());
      if (key !== undefined) keys.push(indexKey(key));
    }
    if (keys.length === count) keys.push(CUT); // it is there, and what it says must be looked at
  }
  return keys;
}
