import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createConference,
  type Directory,
  NotPermittedError,
  openDirectory,
  UnknownDialectError,
} from '../../directory/index.ts';
import { asAdmin } from '../support/ldap-admin.ts';
import { runLdif } from '../support/ldif-tools.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

/** What is needed of ITU-T H.350, H.350.1 and H.350.4, under OIDs for documentation (RFC 5612). */
const ATTRIBUTES = [
  'commUniqueId',
  'commOwner',
  'commURI',
  'SIPIdentitySIPURI',
  'SIPIdentityPassword',
  'h323Identityh323-ID',
  'h323IdentitydialedDigits',
];
const SCHEMA = `${ATTRIBUTES.map(
  (name, i) => `attributetype ( 1.3.6.1.4.1.32473.9.1.${i} NAME '${name}' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )`,
).join('\n')}
objectclass ( 1.3.6.1.4.1.32473.9.2.1 NAME 'commObject' SUP top STRUCTURAL MUST commUniqueId
  MAY ( commOwner $ cn $ description ) )
objectclass ( 1.3.6.1.4.1.32473.9.2.2 NAME 'SIPIdentity' SUP top AUXILIARY
  MAY ( SIPIdentitySIPURI $ SIPIdentityPassword ) )
objectclass ( 1.3.6.1.4.1.32473.9.2.3 NAME 'h323Identity' SUP top AUXILIARY
  MAY ( h323Identityh323-ID $ h323IdentitydialedDigits ) )`;

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=Described\r\nc=IN IP4 239.255.1.2/15\r\nt=0 0\r\n';

const entries = (base: string): string => `dn: commUniqueId=room1,${base}
changetype: add
objectClass: commObject
objectClass: SIPIdentity
objectClass: h323Identity
cn: Meeting room (1)
SIPIdentitySIPURI: sip:room1@example.org
SIPIdentityPassword: never shown
h323IdentitydialedDigits: 626262

dn: commUniqueId=room2,${base}
changetype: add
objectClass: commObject
objectClass: h323Identity
h323Identityh323-ID: Room2

dn: commUniqueId=room3,${base}
changetype: add
objectClass: commObject
description:: ${Buffer.from(SDP).toString('base64')}

dn: ou=Other,${base}
changetype: add
objectClass: organizationalUnit
`;

let slapd: Slapd;
let base: string;
beforeAll(async () => {
  slapd = await startSlapd({ dds: false, schema: SCHEMA });
  base = `ou=Conferences,${slapd.suffix}`;
  await runLdif(slapd.url, slapd.adminDn, slapd.adminPassword, entries(base));
});
afterAll(() => slapd?.stop());

const open = (dialect?: 'h350'): Promise<Directory> =>
  openDirectory(`${slapd.url}/${base}`, {
    credentials: { kind: 'simple', dn: slapd.adminDn, password: slapd.adminPassword },
    ...(dialect === undefined ? {} : { dialect }),
  });
const content = (): Promise<string> =>
  asAdmin(slapd, async (client) =>
    JSON.stringify((await client.search(base, { scope: 'sub', attributes: ['*', '+'] })).searchEntries),
  );

test('H.350 is shown as far as it can be: what can be dialled, and a description that can be joined', async () => {
  await using directory = await open('h350');
  expect(directory).toMatchObject({ type: 'ldap', dialect: 'h350', isDynamic: false });
  const found = (await directory.search().toArray()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  expect(found).toMatchObject([
    { name: 'Meeting room (1)', protocol: 'SIP' },
    { name: 'room2', protocol: 'H.323' },
    { name: 'room3', protocol: 'IP Conference', sdp: { name: 'Described' } },
  ]);
  const [first] = found;
  expect(Buffer.from(first?.blob ?? []).toString()).toBe('sip:room1@example.org\r\n626262');
  expect(first?.attributes.get('h323IdentitydialedDigits')).toEqual(['626262']);
  expect([...(first?.attributes.keys() ?? [])]).not.toContain('SIPIdentityPassword');
  expect(JSON.stringify(found)).not.toContain('never shown');
  await expect(directory.get('MEETING room (1)')).resolves.toMatchObject({ protocol: 'SIP' });
  await expect(directory.get('*')).resolves.toBeUndefined();
  const byName = await directory.search({ name: 'meet*' }).toArray();
  expect(byName.map(({ name }) => name)).toEqual(['Meeting room (1)']);
});

test('nothing of it is ever altered', async () => {
  const before = await content();
  await using directory = await open('h350');
  const [room] = await directory.search({ name: 'room3' }).toArray();
  const mine = createConference({ name: 'Mine' });
  await expect(directory.add(mine)).rejects.toThrow(/ITU-T H\.350.*never altered/);
  await expect(directory.modify(room ?? mine)).rejects.toThrow(NotPermittedError);
  await expect(directory.refresh('room3')).rejects.toThrow(NotPermittedError);
  await expect(directory.delete('room3')).rejects.toThrow(NotPermittedError);
  await expect(directory.sweep({ graceSeconds: 0 }).toArray()).rejects.toThrow(NotPermittedError);
  expect(await content()).toBe(before);
});

test('entries of no class that we know are shown when asked for, and never found out by themselves', async () => {
  const bare = await startSlapd({ dds: false, ownSchema: false });
  try {
    await expect(openDirectory(bare.url)).rejects.toThrow(UnknownDialectError);
    await expect(openDirectory(bare.url)).rejects.toThrow(/rendezvous schema/);
    await expect(openDirectory(bare.url, { dialect: 'rendezvous' })).rejects.toThrow(/rdvConference/);
    await expect(openDirectory(bare.url, { dialect: 'ad' })).rejects.toThrow(/no Active Directory/);
    await using directory = await openDirectory(`${bare.url}/${bare.suffix}????x-dialect=h350`);
    const found = await directory.search().toArray();
    expect(found).toMatchObject([{ name: 'Conferences', protocol: 'unknown' }]);
  } finally {
    await bare.stop();
  }
});

test('H.350 is found out by itself where nothing of ours is', async () => {
  const theirs = await startSlapd({ dds: false, ownSchema: false, schema: SCHEMA });
  try {
    await using directory = await openDirectory(theirs.url);
    expect(directory.dialect).toBe('h350');
  } finally {
    await theirs.stop();
  }
});
