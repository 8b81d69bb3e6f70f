import { type Filter, parseFilter } from '../src/ldap/index.ts';
import { and } from './dialect/filters.ts';
import { type Connected, missingContainer } from './entries.ts';
import type { LdapConnection } from './ldap/connection.ts';
import type { LdapEntry } from './ldap/entry.ts';
import { Results } from './results.ts';

/** Entries asked for at once. */
const PAGE_SIZE = 500;

export interface ObjectSearch<T> {
  readonly base: string;
  readonly filter: Filter;
  /** A filter in RFC 4515 text that must hold too; the parentheses around the whole may be missing. */
  readonly extraFilter: string | undefined;
  readonly attributes: readonly string[];
  readonly binaryAttributes: readonly string[];
  /** The object in an entry; undefined when it is none that was asked for. */
  read(entry: LdapEntry): T | undefined;
  /** Whether `read` may refuse what the filter let through, so that the server must not stop counting early. */
  readonly readRefuses: boolean;
  readonly sizeLimit: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Objects page by page. When the connection goes between two pages the search begins anew, and what was given already
 * is not given again.
 */
export async function* searchObjects<T>(
  { session, pages }: Connected,
  search: ObjectSearch<T>,
): AsyncGenerator<T, void, undefined> {
  const { signal, sizeLimit = Number.POSITIVE_INFINITY } = search;
  if (sizeLimit <= 0) return;
  const request = {
    base: search.base,
    scope: 'one' as const,
    filter: wholeFilter(search),
    attributes: search.attributes,
    binaryAttributes: search.binaryAttributes,
    ...(pages ? { pageSize: Math.min(PAGE_SIZE, sizeLimit) } : {}),
    ...(pages || search.readRefuses || sizeLimit === Number.POSITIVE_INFINITY ? {} : { sizeLimit }),
  };
  let cookie: Uint8Array | undefined;
  let owner: LdapConnection | undefined;
  let found = 0;
  const seen = new Set<string>();
  do {
    const page = await session.read((connection) => {
      if (connection !== owner) cookie = undefined; // a cookie is worth nothing on another connection
      owner = connection;
      return connection.searchPage({ ...request, ...(cookie === undefined ? {} : { cookie }) }, signal);
    }, signal);
    cookie = page.cookie;
    for (const entry of page.entries) {
      if (seen.has(entry.dn)) continue; // a search that began anew
      if (pages) seen.add(entry.dn);
      const object = search.read(entry);
      if (object === undefined) continue;
      yield object;
      if (++found >= sizeLimit) return;
    }
  } while (cookie !== undefined);
}

/** A search that knows what it means when there is no base. */
export function resultsBelow<T>(base: string, search: () => AsyncGenerator<T, void, undefined>): Results<T> {
  return new Results(async function* () {
    try {
      yield* search();
    } catch (error) {
      throw missingContainer(error, base);
    }
  });
}

/** Both filters of a search. @throws {DecodeError} when the text is none */
export function wholeFilter({ filter, extraFilter }: ObjectSearch<unknown>): Filter {
  return extraFilter === undefined ? filter : and(filter, parseFilter(parenthesized(extraFilter)));
}

const parenthesized = (filter: string): string =>
  filter.trim().startsWith('(') ? filter.trim() : `(${filter.trim()})`;
