import type { SQLInputValue } from 'node:sqlite';
import type { Entry } from './entry.ts';
import { PATH_SEPARATOR } from './schema.ts';

/** Where entries are searched: below `base`, or everywhere when it is undefined. */
export interface StoreScope {
  readonly base?: { readonly id: number; readonly path: string };
  readonly depth: 'one' | 'sub';
}

/** How candidates are found; every one of them must still be held against the filter. */
export type CandidateSource =
  | { readonly kind: 'all' }
  | { readonly kind: 'equal'; readonly attribute: number; readonly value: string }
  | { readonly kind: 'ids'; readonly ids: readonly number[] }
  | ColumnSource;

/** Candidates that columns in memory name, worked out once the columns are ready. */
export class ColumnSource {
  readonly kind = 'columns';
  /** Keys of the attribute types whose columns are needed. */
  readonly attributes: readonly string[];
  readonly #find: () => readonly number[];
  #ids: readonly number[] | undefined;

  /** @param find gives ids, ascending and each once */
  constructor(attributes: readonly string[], find: () => readonly number[]) {
    this.attributes = attributes;
    this.#find = find;
  }

  get isFound(): boolean {
    return this.#ids !== undefined;
  }
  ids(): readonly number[] {
    this.#ids ??= this.#find();
    return this.#ids;
  }
}

/** Where an entry is in the tree: the id of the one above, and its name twice. */
export type EntryPlace = Pick<Entry, 'parent' | 'path' | 'dn'>;

/** The range of paths below `path`. */
export const below = (path: string): [string, string] => [
  path + PATH_SEPARATOR,
  path + String.fromCharCode(PATH_SEPARATOR.charCodeAt(0) + 1),
];

/** `scope` as a condition on rows `e` of the entry table. */
export function scopeCondition({ base, depth }: StoreScope): { sql: string; values: SQLInputValue[] } {
  if (depth === 'one') return { sql: ' AND e.parent = ?', values: [base?.id ?? 0] };
  if (base === undefined) return { sql: '', values: [] };
  return {
    sql: ' AND (e.id = ? OR (e.path > ? AND e.path < ?))',
    values: [base.id, ...below(base.path)],
  };
}

export function inScope(entry: Entry, { base, depth }: StoreScope): boolean {
  if (depth === 'one') return entry.parent === (base?.id ?? 0);
  return base === undefined || entry.id === base.id || entry.path.startsWith(base.path + PATH_SEPARATOR);
}

/** Where `value` is in an ascending list, or would be. */
export function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
