import { sameIp } from '../src/ip/index.ts';
import { parseFilter } from '../src/ldap/index.ts';
import type { Conference } from './conference.ts';
import type { Connected } from './entries.ts';
import { and } from './dialect/filters.ts';
import { groupsOf } from './dialect/groups-of.ts';
import type { LdapConnection } from './ldap/connection.ts';
import type { ConferenceQuery } from './types.ts';

/** Entries asked for at once. */
const PAGE_SIZE = 500;

/**
 * Conferences page by page. When the connection goes between two pages the search begins anew, and what was given
 * already is not given again.
 */
export async function* searchConferences(
  { dialect, session, pages }: Connected,
  query: ConferenceQuery,
  now: () => Date,
): AsyncGenerator<Conference, void, undefined> {
  const { signal, sizeLimit = Number.POSITIVE_INFINITY } = query;
  if (sizeLimit <= 0) return;
  const extra = query.filter === undefined ? undefined : parseFilter(parenthesized(query.filter));
  const looksHere = query.activeAt !== undefined || query.scope !== undefined || query.group !== undefined;
  const request = {
    base: dialect.base,
    scope: 'one' as const,
    filter: and(dialect.filter(query, now()), extra),
    attributes: dialect.attributes,
    binaryAttributes: dialect.binaryAttributes,
    ...(pages ? { pageSize: Math.min(PAGE_SIZE, sizeLimit) } : {}),
    ...(pages || looksHere || sizeLimit === Number.POSITIVE_INFINITY ? {} : { sizeLimit }),
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
      const conference = dialect.read(entry, now());
      if (conference === undefined || !matches(conference, query)) continue;
      yield conference;
      if (++found >= sizeLimit) return;
    }
  } while (cookie !== undefined);
}

const parenthesized = (filter: string): string =>
  filter.trim().startsWith('(') ? filter.trim() : `(${filter.trim()})`;

/** What the server may have let through (entries without the copies that can be searched). */
function matches(conference: Conference, query: ConferenceQuery): boolean {
  const { scope, activeAt, group } = query;
  if (
    scope !== undefined &&
    conference.advertisingScope !== undefined &&
    conference.advertisingScope !== scope
  ) {
    return false;
  }
  if (activeAt !== undefined && !conference.isActiveAt(activeAt)) return false;
  if (group === undefined) return true;
  return groupsOf(conference).some(
    ({ address, port }) =>
      sameIp(address, group.address) && (group.port === undefined || port === group.port),
  );
}
