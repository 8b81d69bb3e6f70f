import { ADDRESS_TYPES, type DirectoryUser } from '../../directory/index.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/table.ts';
import { momentText, spanText } from '../output/times.ts';

const maybe = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : printable(text);

function capabilities({ canAudio, canVideo }: DirectoryUser): string {
  return [...(canAudio ? ['audio'] : []), ...(canVideo ? ['video'] : [])].join(' ');
}

function stateOf({ inCall, listed }: DirectoryUser): string {
  return [...(inCall ? ['in a call'] : []), ...(listed ? [] : ['unlisted'])].join(', ');
}

/** Columns of `user list`; their order in a pipe is documented, so new ones go to the end. */
export function userColumns(now: Date, long: boolean, forPipe: boolean): Column<DirectoryUser>[] {
  const text = (title: string, pick: (it: DirectoryUser) => string | undefined): Column<DirectoryUser> => ({
    title,
    human: (it) => printable(pick(it) ?? ''),
    plain: (it) => pick(it) ?? '',
    shrinks: 1,
  });
  const columns = [
    { ...text('NAME', (it) => it.name), shrinks: 3 as const },
    { ...text('COMPUTER', (it) => it.primaryPhone), shrinks: 2 as const },
    text('ADDRESS', ({ addresses: [first] }) => first),
    text('E-MAIL', (it) => it.email),
    text('STATE', stateOf),
  ];
  if (!long) return columns;
  return [
    ...columns,
    text('GIVEN NAME', (it) => it.givenName),
    text('SURNAME', (it) => it.surname),
    text('LOCATION', (it) => it.location),
    text('COMMENT', (it) => it.comment),
    text('TELEPHONE', ({ phones: [first] }) => first),
    text('PORT', (it) => it.port?.toString()),
    text('WITH', capabilities),
    {
      title: 'EXPIRES',
      human: ({ expiresAt }) => (expiresAt === undefined ? '' : momentText(expiresAt, now)),
      plain: ({ expiresAt }) => expiresAt?.toISOString() ?? '',
    },
    ...(forPipe ? [text('DN', (it) => it.dn)] : []),
  ];
}

/** What `user show` tells a person, as label and value. */
export function userPairs(
  user: DirectoryUser,
  now: Date,
  directory?: string,
): (readonly [label: string, value: string | undefined])[] {
  const { expiresAt } = user;
  const fullName = [user.givenName, user.surname].filter((part) => part !== undefined).join(' ');
  return [
    ['Name', printable(user.name)],
    ['Full name', fullName === '' ? undefined : printable(fullName)],
    ['Computer', maybe(user.primaryPhone)],
    ...user.addresses.map((address) => ['Address', printable(address)] as const),
    ['Port', user.port?.toString()],
    ['E-mail', maybe(user.email)],
    ...user.phones.map((number) => ['Telephone', printable(number)] as const),
    ['Location', maybe(user.location)],
    ['Comment', maybe(user.comment)],
    ['With', capabilities(user) || undefined],
    ['State', stateOf(user) || undefined],
    ['Access', maybe(user.acl?.toString())],
    ['Entry', maybe(user.dn)],
    [
      'Expires',
      expiresAt === undefined
        ? undefined
        : `${momentText(expiresAt, now)} (in ${spanText(expiresAt.getTime() - now.getTime())}), unless it is refreshed`,
    ],
    ['Directory', maybe(directory)],
  ];
}

/** What `user show` tells a program: field, tab, value; then by what the user can be called. */
export function userFields(user: DirectoryUser, directory: string): string[][] {
  const {
    phones: _phones,
    addresses: _addresses,
    attributes: _attributes,
    kind: _kind,
    ...rest
  } = user.toJSON();
  const fields = Object.entries(rest).flatMap(([name, value]) => {
    if (value === null) return [];
    return [[name, typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)]];
  });
  const calls = ADDRESS_TYPES.filter((type) => type !== 'email').flatMap((type) =>
    user
      .dialableAddresses(type)
      .toArray()
      .map((address) => [type, address]),
  );
  return [...fields, ['directory', directory], ...calls];
}
