import { sameIp } from '../src/ip/index.ts';
import type { Conference } from './conference.ts';
import type { Dialect } from './dialect/dialect.ts';
import { groupsOf } from './dialect/groups-of.ts';
import type { Connected } from './entries.ts';
import { type ObjectSearch, searchObjects } from './object-search.ts';
import type { ConferenceQuery } from './types.ts';

/** Conferences page by page. */
export function searchConferences(
  connected: Connected,
  query: ConferenceQuery,
  now: () => Date,
): AsyncGenerator<Conference, void, undefined> {
  return searchObjects(connected, conferenceSearch(connected.dialect, query, now));
}

/** How the conferences of a query are asked for. */
export function conferenceSearch(
  dialect: Dialect,
  query: ConferenceQuery,
  now: () => Date,
): ObjectSearch<Conference> {
  const { activeAt, takesPlace, startsAfter, scope, group, sizeLimit, signal } = query;
  return {
    base: dialect.base,
    filter: dialect.filter(query, now()),
    extraFilter: query.filter,
    attributes: dialect.attributes,
    binaryAttributes: dialect.binaryAttributes,
    read(entry) {
      const conference = dialect.read(entry, now());
      return conference !== undefined && matches(conference, query) ? conference : undefined;
    },
    readRefuses: [activeAt, takesPlace, startsAfter, scope, group].some((it) => it !== undefined),
    sizeLimit,
    signal,
  };
}

/** Whether a conference fits a query but for name and filter, which servers see to themselves. */
export function matches(conference: Conference, query: ConferenceQuery): boolean {
  const { scope, activeAt, takesPlace, startsAfter, group } = query;
  if (
    scope !== undefined &&
    conference.advertisingScope !== undefined &&
    conference.advertisingScope !== scope
  ) {
    return false;
  }
  if (activeAt !== undefined && !conference.isActiveAt(activeAt)) return false;
  if (takesPlace !== undefined && !conference.takesPlace(takesPlace.from, takesPlace.to)) return false;
  if (startsAfter !== undefined && conference.nextStart(startsAfter) === undefined) return false;
  if (group === undefined) return true;
  return groupsOf(conference).some(
    ({ address, port }) =>
      sameIp(address, group.address) && (group.port === undefined || port === group.port),
  );
}
