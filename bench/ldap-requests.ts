import {
  encodeRefreshRequest,
  EXTENDED,
  type LdapRequest,
  parseFilter,
  type SearchRequest,
  textAttribute,
} from '../src/ldap/index.ts';

/** Where the measured entries are. */
export const BASE = 'ou=Dynamic,o=Intranet';
/** Conferences of one originator. */
export const OF_ONE_ORIGINATOR = 10;

export const name = (index: number): string => `conference-${String(index).padStart(6, '0')}`;
export const originator = (index: number): string =>
  `owner-${String(Math.floor(index / OF_ONE_ORIGINATOR)).padStart(6, '0')}`;

export function* sequence(count: number, make: (index: number) => LdapRequest): Generator<LdapRequest> {
  for (let index = 0; index < count; index++) yield make(index);
}

export function add(
  entry: string,
  classes: readonly string[],
  texts: Readonly<Record<string, string>>,
): LdapRequest {
  const attributes = Object.entries(texts).map(([type, value]) => textAttribute(type, value));
  return { type: 'addRequest', entry, attributes: [textAttribute('objectClass', ...classes), ...attributes] };
}

/** An entry of about 0.6 kB. */
export function conference(uid: string, by = 'alice'): LdapRequest {
  const conferenceBlob = [
    'v=0',
    `o=${by} 3927000000 1 IN IP4 host.example`,
    `s=${uid}`,
    'i=A conference that exists to be counted, with a description of ordinary length',
    'c=IN IP4 239.255.17.4/15',
    't=3927000000 3927001800',
    'm=audio 22716 RTP/AVP 0',
    'a=rtpmap:0 PCMU/8000',
    'a=ptime:20',
    '',
  ].join('\r\n');
  const fields = { uid, cn: uid, protocolID: 'IP Conference', originator: by, conferenceBlob };
  return add(`uid=${uid},${BASE}`, ['rtConference', 'dynamicObject'], fields);
}

export const search = (filter: string): SearchRequest => ({
  type: 'searchRequest',
  baseObject: BASE,
  scope: 'one',
  derefAliases: 'never',
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter: parseFilter(filter),
  attributes: [],
});

export const read = (uid: string): LdapRequest => ({
  ...search('(objectClass=*)'),
  baseObject: `uid=${uid},${BASE}`,
  scope: 'base',
});

export const remove = (uid: string): LdapRequest => ({ type: 'delRequest', entry: `uid=${uid},${BASE}` });

export const refresh = (uid: string): LdapRequest => ({
  type: 'extendedRequest',
  requestName: EXTENDED.refresh,
  requestValue: encodeRefreshRequest({ entryName: `uid=${uid},${BASE}`, requestTtl: 1800 }),
});
