import type { UserDialect } from './dialect/dialect.ts';
import type { Connected } from './entries.ts';
import { searchObjects } from './object-search.ts';
import type { UserQuery } from './types.ts';
import type { DirectoryUser } from './user.ts';

/** Users page by page. */
export function searchUsers(
  connected: Connected,
  users: UserDialect,
  query: UserQuery,
  now: () => Date,
): AsyncGenerator<DirectoryUser, void, undefined> {
  const { name, machine, sizeLimit, signal } = query;
  const listedOnly = query.unlisted !== true && (name === undefined || name.includes('*'));
  const fits = nameTest(name);
  return searchObjects(connected, {
    base: users.base,
    filter: users.filter(
      { listedOnly, ...(name === undefined ? {} : { name }), ...(machine === undefined ? {} : { machine }) },
      now(),
    ),
    extraFilter: query.filter,
    attributes: users.attributes,
    binaryAttributes: users.binaryAttributes,
    read(entry) {
      const user = users.read(entry, now());
      if (user === undefined || !fits(user.name) || (listedOnly && !user.listed)) return undefined;
      return machine === undefined || sameText(user.primaryPhone ?? '', machine) ? user : undefined;
    },
    readRefuses: name !== undefined || machine !== undefined || listedOnly,
    sizeLimit,
    signal,
  });
}

/** The one of several entries of a user that was registered or refreshed last. */
export function latestOf(users: readonly DirectoryUser[]): DirectoryUser | undefined {
  const until = ({ expiresAt }: DirectoryUser): number => expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  return users.toSorted((a, b) => until(b) - until(a) || (a.id < b.id ? -1 : 1))[0];
}

/** Whether a directory takes two texts for the same. */
export const sameText = (a: string, b: string): boolean => normal(a) === normal(b);
/** As directories compare (RFC 4518): neither case, nor blanks at the ends or doubled, count. */
const normal = (text: string): string => text.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ');

/** The computer stands behind the name in a locator service, where a pattern for the one may fit the other too. */
function nameTest(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  const literal = pattern.split('*').map((part) => RegExp.escape(part.normalize('NFKC').toLowerCase()));
  const expression = new RegExp(`^\\s*${literal.join('.*').replaceAll(/(?:\\x20)+/g, '\\s+')}\\s*$`, 's');
  return (name) => expression.test(normal(name));
}
