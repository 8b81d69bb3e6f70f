import type { EntryAttributes } from './entry.ts';
import type { Sql } from '../sqlite/index.ts';
import { CUT, INDEXED_ATTRIBUTES, INDEXED_LENGTH } from './store-schema.ts';

/** A key as it stands in the index. */
export function indexKey(key: string): string {
  return key.length > INDEXED_LENGTH ? key.slice(0, INDEXED_LENGTH) + CUT : key;
}

/** What the index holds of an entry: number of the attribute, and key. */
function* indexKeys(attributes: EntryAttributes): IterableIterator<readonly [number, string]> {
  for (const attribute of attributes.values()) {
    const number = INDEXED_ATTRIBUTES.indexOf(attribute.type.key);
    if (number < 0) continue;
    for (const key of attribute.keys) {
      // Every entry is of class top: an index of all entries helps nobody.
      if (number === 0 && key === 'top') continue;
      yield [number, indexKey(key)];
    }
  }
}

/** The index on disk: which entries have which key in the attributes that people search by. */
export class ValueIndex {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  add(entry: number, attributes: EntryAttributes): void {
    for (const [attribute, value] of indexKeys(attributes)) this.#put(attribute, value, entry);
  }
  replace(entry: number, old: EntryAttributes, attributes: EntryAttributes): void {
    const before = new Map(Array.from(indexKeys(old), (key) => [key.join(CUT), key]));
    for (const key of indexKeys(attributes)) {
      if (!before.delete(key.join(CUT))) this.#put(key[0], key[1], entry);
    }
    for (const [attribute, value] of before.values()) this.#drop(attribute, value, entry);
  }
  remove(entry: number, attributes: EntryAttributes): void {
    for (const [attribute, value] of indexKeys(attributes)) this.#drop(attribute, value, entry);
  }
  clear(): void {
    this.#sql.run('DELETE FROM attribute_value');
  }

  /** Ids of entries with a key that begins with `prefix`, ascending. */
  withPrefix(attribute: number, prefix: string): number[] {
    const cut = prefix.slice(0, INDEXED_LENGTH);
    return this.#ids(
      'SELECT entry FROM attribute_value WHERE attribute = ? AND value >= ? AND value < ?',
      attribute,
      cut,
      `${cut}\u{10ffff}`,
    );
  }
  /** Ids of entries with a key that contains `part`, ascending. */
  containing(attribute: number, part: string): number[] {
    return this.#ids(
      'SELECT entry FROM attribute_value WHERE attribute = ? AND (instr(value, ?) OR instr(value, char(1)))',
      attribute,
      part,
    );
  }
  /** Ids of entries whose {@link indexKey} is `value`, ascending. */
  equal(attribute: number, value: string): number[] {
    return this.#ids('SELECT entry FROM attribute_value WHERE attribute = ? AND value = ?', attribute, value);
  }

  /** The ids that `sql` selects, ascending and each once. */
  #ids(sql: string, ...values: (number | string)[]): number[] {
    return ascending(this.#sql.all(sql, ...values).map((row) => Number(row[0])));
  }
  #put(attribute: number, value: string, entry: number): void {
    this.#sql.run(
      'INSERT OR IGNORE INTO attribute_value (attribute, value, entry) VALUES (?, ?, ?)',
      attribute,
      value,
      entry,
    );
  }
  #drop(attribute: number, value: string, entry: number): void {
    this.#sql.run(
      'DELETE FROM attribute_value WHERE attribute = ? AND value = ? AND entry = ?',
      attribute,
      value,
      entry,
    );
  }
}

/** `ids` in ascending order, each once. */
export const ascending = (ids: number[]): number[] =>
  ids.sort((x, y) => x - y).filter((id, i) => i === 0 || id !== ids[i - 1]);
