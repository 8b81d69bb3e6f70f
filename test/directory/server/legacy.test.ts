import { describe, expect, test } from 'vitest';
import { type AccessPolicy, type LocatorServiceOptions } from '../../../directory/server/index.ts';
import { readPseudoDn } from '../../../directory/server/legacy-names.ts';
import { encodeMessage, parseFilter, RESULT, textAttribute, utf8Bytes } from '../../../src/ldap/index.ts';
import { bytes, hex } from '../../ldap/support.ts';
import { type TestClient, testService } from './support.ts';

const pseudo = (cn: string): string => `c=-, o=Microsoft, cn=${cn}, objectClass=rtPerson`;
const user = (cn: string): string => `cn=${cn},ou=Dynamic,o=Intranet`;
const application = (cn: string): string => `cn=${cn},appName=MS-NetMeeting,ou=Applications,o=Intranet`;
const ttl = async (client: TestClient, dn: string): Promise<string | undefined> =>
  (await client.read(dn, 'entryTTL'))?.attributes.entryTTL?.[0];

/** As NetMeeting registers: add without a class, then modify with smodop. */
async function register(client: TestClient, cn: string): Promise<void> {
  expect((await client.add(pseudo(cn), { cn, sflags: '1' })).code).toBe(0);
  expect((await smodop(client, pseudo(cn), '0', { sappid: 'ms-netmeeting', sprotid: 'H323' })).code).toBe(0);
}
const smodop = (
  client: TestClient,
  object: string,
  operation: string,
  attributes: Readonly<Record<string, string>> = {},
) =>
  client.request({
    type: 'modifyRequest',
    object,
    changes: Object.entries({ smodop: operation, ...attributes }).map(([type, value]) => ({
      operation: 'replace',
      modification: textAttribute(type, value),
    })),
  });
const refreshSearch = (client: TestClient, filter: string) =>
  client.search(filter, { baseObject: 'objectClass=rtPerson', scope: 'base', attributes: ['cn'] });

describe('pseudo-DNs', () => {
  test.each([
    ['c=-, o=Microsoft, cn=a@b.example, objectClass=rtPerson', 'cn=a@b.example,ou=Dynamic,o=Intranet'],
    ['c=-,o=Microsoft,cn=a@b.example,objectclass=RTPERSON', 'cn=a@b.example,ou=Dynamic,o=Intranet'],
    ['C=-, O=Microsoft, mailto:cn=a@b.example, objectClass=rtPerson', 'cn=a@b.example,ou=Dynamic,o=Intranet'],
    ['c=-, o=Microsoft, cn==a@b.example, objectClass=rtPerson', 'cn=a@b.example,ou=Dynamic,o=Intranet'],
    ['c=-, o=Microsoft, cn=a@b.example%20 , objectClass=rtPerson ', 'cn=a@b.example,ou=Dynamic,o=Intranet'],
    [
      'c=-, o=Microsoft, cn=a@b.example %20%20, objectClass=rtPerson%20',
      'cn=a@b.example,ou=Dynamic,o=Intranet',
    ],
    ['c=-, o=Microsoft, cn=a+b@b.example, objectClass=rtPerson', 'cn=a\\+b@b.example,ou=Dynamic,o=Intranet'],
    ['c=-, o=Microsoft, cn="Doe, J", objectClass=rtPerson', 'cn=Doe\\, J,ou=Dynamic,o=Intranet'],
    ['objectClass=rtPerson, cn=a, o=Microsoft', 'cn=a,ou=Dynamic,o=Intranet'],
    ['c=-, o=Microsoft, cn=Demo, objectClass=rtConference', 'uid=Demo,ou=Dynamic,o=Intranet'],
    [
      'c=-, o=Microsoft, cn=a, objectClass=rtApplicationUser',
      'cn=a,appName=MS-NetMeeting,ou=Applications,o=Intranet',
    ],
  ])('%s', (text, dn) => expect(readPseudoDn(text)).toMatchObject({ dn, isContainer: false }));

  test.each([
    ['objectClass=rtPerson', 'ou=Dynamic,o=Intranet'],
    ['o=Microsoft, objectClass=rtConference', 'ou=Dynamic,o=Intranet'],
    ['objectClass=rtApplicationUser', 'appName=MS-NetMeeting,ou=Applications,o=Intranet'],
  ])('%s names a container', (text, dn) =>
    expect(readPseudoDn(text)).toMatchObject({ dn, isContainer: true }),
  );

  test.each([
    '',
    'cn=a,ou=Dynamic,o=Intranet',
    'objectClass=person,cn=a',
    'cn=objectClass,o=Intranet',
    'cn=a,objectClass',
    'cn="objectClass=rtPerson",o=Intranet',
    `objectClass=rtPerson,cn=${' '.repeat(9000)}a`,
  ])('%j is an ordinary DN', (text) => expect(readPseudoDn(text)).toBeUndefined());

  test('add, modify, compare and delete take them', async () => {
    using t = testService();
    await t.client.add(pseudo('a'), { location: 'Vienna' });
    expect(await t.client.read(user('a'), 'objectClass', 'cn')).toEqual({
      dn: user('a'),
      attributes: { objectClass: ['rtPerson', 'top', 'dynamicObject'], cn: ['a'] },
    });
    await t.client.replace(pseudo('a'), 'location', 'Graz');
    const compared = await t.client.request({
      type: 'compareRequest',
      entry: pseudo('a'),
      attribute: 'location',
      value: utf8Bytes('graz'),
    });
    expect(compared.code).toBe(RESULT.compareTrue);
    expect((await t.client.request({ type: 'delRequest', entry: pseudo('a') })).code).toBe(0);
    expect(await t.client.read(user('a'))).toBeUndefined();
    // a class that is given is not added to
    expect((await t.client.add(pseudo('b'), { objectClass: 'rtPerson' })).code).toBe(0);
    expect(await ttl(t.client, user('b'))).toBeUndefined();
  });
});

describe('refreshing by a search', () => {
  const filter = '(&(objectClass=rtPerson)(cn=a)(sttl=10))';

  test('sets the time to live of person and application', async () => {
    using t = testService();
    await register(t.client, 'a');
    expect((await refreshSearch(t.client, filter)).entries).toEqual([
      { dn: user('a'), attributes: { cn: ['a'] } },
    ]);
    expect(await ttl(t.client, user('a'))).toBe('600');
    expect(await ttl(t.client, application('a'))).toBe('600');
    // by any base and scope, in any case
    await t.client.search('(&(CN=A)(STTL=20))', { baseObject: 'ou=Dynamic,o=Intranet', scope: 'one' });
    expect(await ttl(t.client, user('a'))).toBe('1200');
    await t.client.search('(&(cn=a)(sttl=5))', { baseObject: user('a'), scope: 'base' });
    expect(await ttl(t.client, user('a'))).toBe('300');
    await t.client.search('(&(cn=a)(sttl=6))', { baseObject: '' });
    expect(await ttl(t.client, user('a'))).toBe('360');
  });

  test('keeps to the maximum', async () => {
    using t = testService({ ttl: { maxSeconds: 400 } });
    await register(t.client, 'a');
    await refreshSearch(t.client, filter);
    expect(await ttl(t.client, user('a'))).toBe('400');
  });

  test.each([
    ['(sttl=10)', 0],
    ['(|(cn=a)(sttl=10))', 1],
    ['(!(sttl=10))', 0],
    ['(&(cn=a)(&(sttl=10)))', 0],
    ['(&(cn=a)(sttl=10)(sttl=10))', 0],
    ['(&(cn=a)(sttl=0))', 0],
    ['(&(cn=a)(sttl=ten))', 0],
    ['(&(cn=a)(sttl=-1))', 0],
    ['(&(cn=a)(sttl>=10))', 0],
    ['(&(cn=b)(sttl=10))', 0],
    ['(&(cn=a)(location=Vienna)(sttl=10))', 0],
    // Whoever lists everybody keeps nobody alive.
    ['(&(objectClass=rtPerson)(cn=%)(sttl=10))', 1],
    ['(&(objectClass=rtPerson)(cn=a%)(sttl=10))', 1],
    ['(&(objectClass=rtPerson)(sttl=10))', 1],
  ])('%s finds %d and refreshes nobody', async (text, count) => {
    using t = testService();
    await register(t.client, 'a');
    expect((await refreshSearch(t.client, text)).entries).toHaveLength(count);
    expect(await ttl(t.client, user('a'))).toBe('1800');
  });

  test('is refused to those who may not refresh', async () => {
    let isOpen = true;
    const access: AccessPolicy = {
      allows: (_who, action) =>
        isOpen || action === 'read' || action === 'compare' || `${action} is not for you`,
    };
    using t = testService({ access });
    await register(t.client, 'a');
    isOpen = false;
    expect(await refreshSearch(t.client, filter)).toMatchObject({
      code: RESULT.insufficientAccessRights,
      message: expect.stringContaining('refresh is not for you'),
      entries: [],
    });
    expect((await refreshSearch(t.client, filter.replace('(sttl=10)', ''))).entries).toHaveLength(1);
    expect(await ttl(t.client, user('a'))).toBe('1800');
  });

  test('a static entry is found and stays static', async () => {
    using t = testService();
    await t.client.add(user('a'), { objectClass: 'rtPerson' });
    expect((await refreshSearch(t.client, filter)).entries).toHaveLength(1);
    expect(await ttl(t.client, user('a'))).toBeUndefined();
  });
});

describe('person and application', () => {
  test('smodop 1 deletes the application and leaves the person', async () => {
    using t = testService();
    await register(t.client, 'a');
    expect((await smodop(t.client, pseudo('a'), '1', { sappid: 'ms-netmeeting' })).code).toBe(0);
    expect(await t.client.read(application('a'))).toBeUndefined();
    expect((await t.client.read(user('a'), 'smodop'))?.attributes).toEqual({ smodop: ['1'] });
    // nothing is done when one part of it cannot be
    expect((await smodop(t.client, pseudo('a'), '1', { comment: 'lost' })).code).toBe(RESULT.noSuchObject);
    expect((await t.client.read(user('a'), 'comment'))?.attributes).toEqual({});
  });

  test('smodop 2 is about the person, 3 about the application', async () => {
    using t = testService();
    await register(t.client, 'a');
    await smodop(t.client, pseudo('a'), '2', { sport: '1503', comment: 'out' });
    await smodop(t.client, pseudo('a'), '3', { sport: '1720', comment: 'in' });
    expect((await t.client.read(user('a'), 'port', 'comment'))?.attributes).toEqual({
      port: ['1503'],
      comment: ['in'],
    });
    expect((await t.client.read(application('a'), 'port'))?.attributes).toEqual({ port: ['1720'] });
    expect((await smodop(t.client, pseudo('a'), '4')).code).toBe(RESULT.constraintViolation);
    expect((await smodop(t.client, pseudo('nobody'), '0')).code).toBe(RESULT.noSuchObject);
  });

  test('registering the application again changes it, and it ends with the person', async () => {
    using t = testService();
    await t.client.add(pseudo('a'), { entryTTL: '300' });
    await smodop(t.client, pseudo('a'), '0', { sprotid: 'T120' });
    await smodop(t.client, pseudo('a'), '0', { sprotid: 'H323' });
    expect((await t.client.read(application('a'), 'sprotid', 'entryTTL'))?.attributes).toEqual({
      sprotid: ['H323'],
      entryTTL: ['300'],
    });
  });

  test('a search sees the two as one, and the person’s own value first', async () => {
    using t = testService();
    await register(t.client, 'a');
    await t.client.add(pseudo('b'), { sprotid: 'T120' });
    await smodop(t.client, pseudo('b'), '0', { sprotid: 'H323' });
    const found = async (filter: string) =>
      (await t.client.search(`(&(objectClass=rtPerson)${filter})`)).entries.map(({ dn }) => dn);
    expect(await found('(sprotid=h323)')).toEqual([user('a')]);
    expect(await found('(protocolID=T120)')).toEqual([user('b')]);
    expect(await found('(sappid=*)')).toEqual([user('a')]);
    expect(await found('(!(sappid=*))')).toEqual([user('b')]);
    expect((await t.client.read(user('a'), 'sappid', 'sprotid'))?.attributes).toEqual({
      sappid: ['ms-netmeeting'],
      sprotid: ['H323'],
    });
  });

  test('deleting the person by either name deletes the application, and not somebody else’s', async () => {
    using t = testService();
    for (const name of [pseudo('a'), user('a')]) {
      await register(t.client, 'a');
      await register(t.client, 'b');
      expect((await t.client.request({ type: 'delRequest', entry: name })).code).toBe(0);
      expect(await t.client.read(application('a'))).toBeUndefined();
      expect(await t.client.read(application('b'))).toBeDefined();
      await t.client.request({ type: 'delRequest', entry: pseudo('b') });
    }
    // an application is deleted alone
    await register(t.client, 'a');
    await t.client.request({ type: 'delRequest', entry: application('a') });
    expect(await t.client.read(user('a'))).toBeDefined();
  });

  test('a delete that is allowed for one of the two does nothing', async () => {
    let kept = '';
    const access: AccessPolicy = {
      allows: (_who, action, dn) => action !== 'delete' || dn !== kept || 'not this one',
    };
    using t = testService({ access });
    await register(t.client, 'a');
    kept = application('a');
    const answer = await t.client.request({ type: 'delRequest', entry: user('a') });
    expect(answer.code).toBe(RESULT.insufficientAccessRights);
    expect(await t.client.read(user('a'))).toBeDefined();
  });
});

describe('renaming', () => {
  const renamed = (client: TestClient, entry: string, newRDN: string, newSuperior?: string) =>
    client.request({
      type: 'modDNRequest',
      entry,
      newRDN,
      deleteOldRDN: true,
      ...(newSuperior === undefined ? {} : { newSuperior }),
    });

  test('a person renames the application, and they stay one registration', async () => {
    using t = testService();
    await register(t.client, 'a');
    await register(t.client, 'c');
    expect((await renamed(t.client, pseudo('a'), 'cn=b')).code).toBe(0);
    expect(await t.client.read(application('a'))).toBeUndefined();
    expect((await t.client.read(application('b'), 'cn', 'userObject'))?.attributes).toEqual({
      cn: ['b'],
      userObject: ['cn=b'],
    });
    expect((await t.client.read(user('b'), 'sappid'))?.attributes).toEqual({ sappid: ['ms-netmeeting'] });
    expect((await renamed(t.client, user('b'), 'cn=c')).code).toBe(RESULT.entryAlreadyExists);
    await t.client.request({ type: 'delRequest', entry: user('b') });
    expect(await t.client.read(application('b'))).toBeUndefined();
    expect(await t.client.read(application('c'))).toBeDefined();
  });

  test('only the case of the name', async () => {
    using t = testService();
    await register(t.client, 'a');
    expect((await renamed(t.client, user('a'), 'cn=A')).code).toBe(0);
    expect((await t.client.read(application('a'), 'userObject'))?.attributes).toEqual({
      userObject: ['cn=A'],
    });
  });

  test('where one of the two cannot go neither goes', async () => {
    using t = testService();
    await register(t.client, 'a');
    await register(t.client, 'b');
    await t.client.request({
      type: 'modDNRequest',
      entry: application('b'),
      newRDN: 'cn=c',
      deleteOldRDN: true,
    });
    expect((await renamed(t.client, user('a'), 'cn=c')).code).toBe(RESULT.entryAlreadyExists);
    expect(await renamed(t.client, user('a'), 'cn=a', 'ou=Applications,o=Intranet')).toMatchObject({
      code: RESULT.unwillingToPerform,
      message: expect.stringContaining('has an application'),
    });
    expect(await t.client.read(user('a'))).toBeDefined();
    expect((await t.client.read(application('a'), 'userObject'))?.attributes).toEqual({
      userObject: ['cn=a'],
    });
    expect((await renamed(t.client, user('b'), 'cn=b', 'ou=Applications,o=Intranet')).code).toBe(0); // it has none now
  });
});

describe('searching', () => {
  test.each([
    ['(cn=%)', ['anna', 'anton', 'bert']],
    ['(cn=an%)', ['anna', 'anton']],
    ['(cn=%t%n)', ['anton']],
    ['(cn=%%)', ['anna', 'anton', 'bert']],
    ['(!(cn=a%))', ['bert']],
    ['(|(cn=%na)(commonName=b%))', ['anna', 'bert']],
    ['(cn~=%)', []],
    ['(comment=%)', []],
  ])('%s', async (filter, names) => {
    using t = testService();
    for (const cn of ['anna', 'anton', 'bert']) await t.client.add(pseudo(cn), { comment: 'x' });
    const { entries } = await refreshSearch(t.client, `(&(objectClass=rtPerson)${filter})`);
    expect(entries.map(({ attributes }) => attributes.cn?.[0])).toEqual(names);
  });

  test('% in a name is a character for whoever does not search as those clients do', async () => {
    using t = testService();
    for (const cn of ['50%', '50 and more']) await t.client.add(pseudo(cn), {});
    const names = async (filter: string, more = {}) =>
      (await t.client.search(filter, more)).entries.map(({ attributes }) => attributes.cn?.[0]);
    expect(await names('(cn=50%)')).toEqual(['50%']);
    expect(await names('(&(objectClass=rtPerson)(cn=50%))')).toEqual(['50%']);
    expect(await names('(cn=%)')).toEqual([]);
    for (const more of [
      { baseObject: 'objectClass=rtPerson', scope: 'base' },
      { baseObject: 'c=-, o=Microsoft, objectClass=rtPerson', scope: 'sub' },
      { baseObject: '', scope: 'base' },
    ]) {
      expect(await names('(&(objectClass=rtPerson)(cn=50%))', more)).toEqual(['50%', '50 and more']);
    }
  });

  test('an empty base with scope base is the root DSE unless persons or conferences are asked for', async () => {
    using t = testService();
    await t.client.add(pseudo('a'), {});
    const dns = async (filter: string) =>
      (await t.client.search(filter, { baseObject: '', scope: 'base' })).entries.map(({ dn }) => dn);
    expect(await dns('(objectClass=*)')).toEqual(['']);
    expect(await dns('(objectClass=top)')).toEqual(['']);
    expect(await dns('(objectClass=rtPerson)')).toEqual([user('a')]);
    expect(await dns('(&(objectClass=rtPerson)(cn=%))')).toEqual([user('a')]);
    expect(await dns('(&(objectClass=rtConference))')).toEqual([]);
    expect(await dns('(|(objectClass=rtPerson))')).toEqual([]);
  });
});

describe('Sicily', () => {
  // [MS-ADTS] §5.1.1.1.3: SicilyBindResponse is resultCode, serverCreds, errorMessage.
  const words = 'this server does not authenticate by NTLM: bind anonymously or with a simple password';
  const refusal = (id: string): string =>
    `3061 0201${id} 615c 0a0130 0400 0455 ${hex(utf8Bytes(words))}`.replaceAll(' ', '');

  test.each([
    ['package discovery', '300c 020101 6007 020103 0400 8900', '01'],
    ['negotiate', '3018 020102 6013 020103 0404 4e544c4d 8a08 4e544c4d53535000', '02'],
    ['response', '3014 020103 600f 020103 0400 8b08 4e544c4d53535000', '03'],
  ])('%s is refused in its own form', async (_name, request, id) => {
    using t = testService();
    const stream = t.service.connect();
    const answer = new Promise<Buffer>((resolve) => stream.once('data', resolve));
    stream.write(bytes(request));
    expect(hex(await answer)).toBe(refusal(id));
  });
});

describe('without the profile', () => {
  const options: Partial<LocatorServiceOptions> = { legacy: false };

  test('a pseudo-DN names nothing, and nothing else is special', async () => {
    using t = testService(options);
    expect((await t.client.add(pseudo('a'), { cn: 'a' })).code).toBe(RESULT.objectClassViolation);
    const person = { objectClass: ['rtPerson', 'dynamicObject'], sflags: '1' };
    expect((await t.client.add(user('a'), person)).code).toBe(0);
    expect((await smodop(t.client, user('a'), '0', { sappid: 'x' })).code).toBe(0);
    expect(await t.client.read(application('a'))).toBeUndefined();
    expect((await refreshSearch(t.client, '(cn=a)')).code).toBe(RESULT.noSuchObject);
    expect((await t.client.search('(&(cn=a)(sttl=10))')).entries).toEqual([]);
    expect(await ttl(t.client, user('a'))).toBe('1800');
    const sicily = { kind: 'other', tag: 0x89, octets: new Uint8Array(0) } as const;
    const bind = { type: 'bindRequest', version: 3, name: '', authentication: sicily } as const;
    expect((await t.client.request(bind)).code).toBe(RESULT.authMethodNotSupported);
  });

  test('short attribute names and version 2 stay', async () => {
    using t = testService(options);
    await t.client.add(user('a'), { objectClass: ['rtPerson', 'dynamicObject'], sipaddress: '16777343' });
    expect((await t.client.search('(sIPAddress=16777343)')).entries).toHaveLength(1);
    t.client.stream.write(
      encodeMessage({
        messageId: 77,
        op: {
          type: 'bindRequest',
          version: 2,
          name: '',
          authentication: { kind: 'simple', password: utf8Bytes('') },
        },
      }),
    );
    expect((await t.client.search('(cn=a)', { filter: parseFilter('(cn=a)') })).entries).toHaveLength(1);
  });
});
