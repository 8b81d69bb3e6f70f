import type { EntryAttributes } from './entry.ts';
import { CUT, INDEXED_ATTRIBUTES, INDEXED_LENGTH } from './store-schema.ts';

/** A key as it stands in the index. */
export function indexKey(key: string): string {
  return key.length > INDEXED_LENGTH ? key.slice(0, INDEXED_LENGTH) + CUT : key;
}

/** What the index holds of an entry: number of the attribute, and key. */
export function* indexKeys(attributes: EntryAttributes): IterableIterator<readonly [number, string]> {
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
