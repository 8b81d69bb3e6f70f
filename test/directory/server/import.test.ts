import { expect, test } from 'vitest';
import {
  exportEntries,
  type ExportOptions,
  type ImportCounts,
  importLdif,
  type ImportLdifOptions,
  type LocatorService,
  makeSecret,
} from '../../../directory/server/index.ts';
import { LDIF_VERSION, serializeLdif, utf8Bytes } from '../../../src/ldap/index.ts';
import { parseSddl, serializeSecurityDescriptor } from '../../../src/security/index.ts';
import { addRequest, conferenceDn, testService } from './support.ts';

function exportOf({ context }: LocatorService, options: Partial<ExportOptions> = {}): string {
  const entries = exportEntries(context.store, { now: context.clock.wall(), ...options });
  return LDIF_VERSION + Array.from(entries, serializeLdif).join('');
}

async function importInto(
  { context }: LocatorService,
  text: string,
  options: ImportLdifOptions = {},
): Promise<ImportCounts & { readonly problems: string[] }> {
  const problems: string[] = [];
  const chunks = async function* (): AsyncIterableIterator<Uint8Array> {
    const bytes = utf8Bytes(text);
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
  };
  const counts = await importLdif(context, chunks(), options, ({ line, problem }) =>
    problems.push(`${line}: ${problem}`),
  );
  return { ...counts, problems };
}

/** What is in the directory without what every directory has of its own. */
const entriesOf = (service: LocatorService, options: Partial<ExportOptions> = {}): string[] =>
  exportOf(service, { passwords: true, ...options })
    .split('\n\n')
    .filter((record) => /^dn: (uid=|cn=\w+,ou=Accounts)/m.test(record.replaceAll('\n ', '')));

test('an export that is imported elsewhere is the same: owners, UUIDs, times, access rights, time left, passwords', async () => {
  using from = testService();
  using to = testService();
  from.service.principals.add('ann', await makeSecret('ann’s password'));
  await from.client.addConference('a', { originator: 'Änn', entryTTL: '900', description: ['x', ' y'] });
  const addB = addRequest(conferenceDn('b'), { objectClass: ['rtConference', 'dynamicObject'] });
  const descriptor = serializeSecurityDescriptor(parseSddl('D:(A;;GR;;;AU)(A;;GA;;;WD)'));
  const rights = { type: 'ntSecurityDescriptor', vals: [descriptor] };
  expect(await from.client.request({ ...addB, attributes: [...addB.attributes, rights] })).toMatchObject({
    code: 0,
  });
  from.clock.advance(100_000);
  to.clock.advance(100_000);
  const text = exportOf(from.service, { passwords: true });
  expect(text).toContain('entryTtl: 800\n');
  expect(await importInto(to.service, text)).toMatchObject({ added: 3, failed: 0, problems: [] });
  expect(entriesOf(to.service)).toEqual(entriesOf(from.service));
  expect(entriesOf(to.service)).toHaveLength(3);
  expect(to.service.principals.byName('ann')?.secret).toEqual(from.service.principals.byName('ann')?.secret);
});

test('password hashes are in no export that was not asked for them', async () => {
  using t = testService();
  t.service.principals.add('ann', await makeSecret('a password'));
  expect(exportOf(t.service)).not.toMatch(/scrypt|SCRAM|authPassword/i);
});

test('entries that have ended are not exported, and those above come first', async () => {
  using t = testService();
  await t.client.addConference('a', { entryTTL: '300' });
  await t.client.addConference('b', { entryTTL: '900' });
  t.clock.advance(400_000);
  const dns = Array.from(exportEntries(t.service.context.store, { now: t.clock.wall() }), ({ dn }) => dn);
  expect(dns).not.toContain(conferenceDn('a'));
  expect(dns.indexOf('ou=Dynamic,o=Intranet')).toBeLessThan(dns.indexOf(conferenceDn('b')));
  const below = exportEntries(t.service.context.store, {
    now: t.clock.wall(),
    base: 'o=intranet\u0001ou=dynamic',
  });
  expect(Array.from(below, ({ dn }) => dn)).toEqual(['ou=Dynamic,o=Intranet', conferenceDn('b')]);
});

const good = (name: string): string =>
  `dn: ${conferenceDn(name)}\nobjectClass: rtConference\nobjectClass: dynamicObject\nprotocolID: IP Conference\n\n`;
const mixed = `version: 1\n\n${good('a')}dn: ${conferenceDn('b')}\nobjectClass: nonsense\n\n${good('c')}garbage\n\n${good('c')}`;

test('records that cannot be imported are named with their lines, the others are imported', async () => {
  using t = testService();
  const { added, failed, problems } = await importInto(t.service, mixed);
  expect({ added, failed }).toEqual({ added: 2, failed: 3 });
  expect(problems).toEqual([
    expect.stringMatching(/^8: object class "nonsense" is not in the schema/),
    expect.stringMatching(/^16: "garbage" is not like/),
    expect.stringMatching(/^18: .* exists/),
  ]);
  expect(entriesOf(t.service)).toHaveLength(2);
});

test('atomic: everything or nothing', async () => {
  using t = testService();
  expect(await importInto(t.service, mixed, { atomic: true })).toMatchObject({ failed: 3 });
  expect(entriesOf(t.service)).toEqual([]);
  expect((await t.client.search('(uid=a)')).entries).toEqual([]);
  expect(await importInto(t.service, good('a') + good('b'), { atomic: true })).toMatchObject({ added: 2 });
  expect((await t.client.search('(uid=a)')).entries).toHaveLength(1);
});

test('an entry that exists is replaced when that is wanted, and stays the same entry', async () => {
  using t = testService();
  await t.client.addConference('a', { originator: 'ann', url: 'http://x' });
  const before = await t.client.read(conferenceDn('a'), 'entryUUID');
  const text = `${good('a').trimEnd()}\noriginator: bob\nentryTtl: 600\n\n`;
  expect(await importInto(t.service, text)).toMatchObject({ failed: 1 });
  expect(await importInto(t.service, text, { replace: true })).toMatchObject({ replaced: 1, failed: 0 });
  const after = await t.client.read(conferenceDn('a'), '*', 'entryTtl');
  expect(after?.attributes).toMatchObject({ originator: ['bob'], entryTtl: ['600'] });
  expect(after?.attributes.url).toBeUndefined();
  expect((await t.client.search('(originator=bob)')).entries).toHaveLength(1);
  expect((await t.client.search('(originator=ann)')).entries).toHaveLength(0);
  expect(before?.attributes.entryUUID).toHaveLength(1);
});

test('what slapcat writes is moved to our suffix, without what only its server knows', async () => {
  using t = testService();
  const at = (seconds: number): string =>
    new Date(t.clock.wall() + seconds * 1000).toISOString().replace(/[-:T]|\.\d+/g, '');
  const entry = (name: string, ends: string): string => `dn: uid=${name},ou=Dynamic,dc=example,dc=com
objectClass: rtConference
objectClass: dynamicObject
objectClass: somethingOfTheirs
uid: ${name}
cn: ${name}
colour: red
structuralObjectClass: rtConference
entryUUID: 9f8e7d6c-5b4a-4302-8123-00000000000${name.length}
creatorsName: cn=admin,dc=example,dc=com
createTimestamp: 20250102030405Z
entryTtl: 86400
entryExpireTimestamp: ${ends}
entryCSN: 20250102030405.000000Z#000000#000#000000
modifiersName: cn=admin,dc=example,dc=com
modifyTimestamp: 20250102030405Z

`;
  const text = `dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
dc: example
o: Example
structuralObjectClass: organization
contextCSN: 20250102030405.000000Z#000000#000#000000

dn: ou=Dynamic,dc=example,dc=com
objectClass: organizationalUnit
ou: Dynamic

${entry('a', at(1000))}${entry('over', at(-5))}`;
  const move = { from: 'DC=example, DC=com', to: 'o=Intranet' };
  expect((await importInto(t.service, text, { move })).problems).toEqual([
    expect.stringMatching(/"somethingOfTheirs" is not in the schema|"colour" is not in the schema/),
  ]);
  expect(await importInto(t.service, text, { move, ignoreUnknown: true })).toMatchObject({
    added: 1,
    skipped: 3,
    failed: 0,
  });
  const read = await t.client.read(conferenceDn('a'), '*', '+');
  expect(read?.attributes).toMatchObject({
    entryTtl: ['1000'],
    creatorsName: ['cn=admin,o=Intranet'],
    createTimestamp: ['20250102030405Z'],
    entryUUID: ['9f8e7d6c-5b4a-4302-8123-000000000001'],
  });
});

test('what an old locator service gave out is imported under the names it used', async () => {
  using t = testService();
  const text = `dn: c=-, o=Microsoft, cn=ann@example.org, objectClass=rtPerson
cn: ann@example.org
givenname: Ann
surname: Example
rfc822mailbox: ann@example.org
sipaddress: 16777343
sttl: 20

`;
  const { problems, added } = await importInto(t.service, text);
  expect({ problems, added }).toEqual({ problems: [], added: 1 });
  const { entries } = await t.client.search('(cn=ann@example.org)', {
    attributes: ['givenName', 'entryTtl'],
  });
  expect(entries).toMatchObject([{ attributes: { givenName: ['Ann'], entryTtl: ['1200'] } }]);
});

test('records of changes are carried out', async () => {
  using t = testService();
  const text = `${good('a')}${good('b')}dn: ${conferenceDn('a')}
changetype: modify
replace: originator
originator: ann
-

dn: ${conferenceDn('b')}
changetype: delete

dn: ${conferenceDn('a')}
changetype: modrdn
newrdn: uid=c
deleteoldrdn: 1

dn: ${conferenceDn('d')}
changetype: add
objectClass: rtConference
objectClass: dynamicObject

`;
  expect(await importInto(t.service, text)).toMatchObject({ added: 3, changed: 3, problems: [] });
  const { entries } = await t.client.search('(objectClass=rtConference)', { attributes: ['originator'] });
  expect(entries.map(({ dn }) => dn).toSorted()).toEqual([conferenceDn('c'), conferenceDn('d')]);
});

test('a UUID that another entry has is not given twice', async () => {
  using t = testService();
  await t.client.addConference('a');
  const uuid = (await t.client.read(conferenceDn('a'), 'entryUUID'))?.attributes.entryUUID?.[0] ?? '';
  await importInto(t.service, `${good('b').trimEnd()}\nentryUUID: ${uuid}\n\n`);
  expect((await t.client.search(`(entryUUID=${uuid})`)).entries).toHaveLength(1);
  expect(await t.client.read(conferenceDn('b'))).toBeDefined();
});
