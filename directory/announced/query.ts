import type { Conference } from '../conference.ts';
import { matches } from '../conference-search.ts';
import { DirectoryError } from '../errors.ts';
import type { ConferenceQuery } from '../types.ts';

/**
 * What a query asks of a conference, where no server answers it.
 *
 * @throws {DirectoryError} when the query has an LDAP filter: announcements have no attributes
 */
export function matcherOf(query: ConferenceQuery): (conference: Conference) => boolean {
  if (query.filter !== undefined) {
    throw new DirectoryError(
      `Announced sessions have no LDAP attributes to hold the filter ${query.filter} against: leave it out, or name another directory`,
    );
  }
  const fitsName = namePattern(query.name);
  return (conference) => fitsName(conference.name) && matches(conference, query);
}

/** `*` stands for any text; case does not matter. */
function namePattern(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  const parts = pattern
    .trim()
    .split('*')
    .map((part) => RegExp.escape(part));
  const whole = new RegExp(`^${parts.join('.*')}$`, 'isu');
  return (name) => whole.test(name.trim());
}
