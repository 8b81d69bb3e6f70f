import { describe, expect, test } from 'vitest';
import { defaultAccess, hashPassword, networkPeer } from '../../../directory/server/index.ts';
import { encodeMessage, RESULT, textAttribute, utf8Bytes } from '../../../src/ldap/index.ts';
import { conferenceDn, TestClient, testService } from './support.ts';

const simple = (name: string, password: string, version = 3) =>
  ({
    type: 'bindRequest',
    version,
    name,
    authentication: { kind: 'simple', password: utf8Bytes(password) },
  }) as const;

describe('root DSE and schema', () => {
  test('[DIR-03] the root DSE tells that entries are dynamic', async () => {
    using t = testService();
    const dse = await t.client.read('', '+');
    expect(dse?.attributes).toMatchObject({
      namingContexts: ['o=Intranet'],
      supportedLDAPVersion: ['2', '3'],
      dynamicSubtrees: ['ou=Dynamic,o=Intranet', 'ou=Applications,o=Intranet'],
      subschemaSubentry: ['cn=Schema,ou=Admin,o=Intranet'],
    });
    expect(dse?.attributes.supportedExtension).toContain('1.3.6.1.4.1.1466.101.119.1');
    expect(dse?.attributes.supportedControl).toContain('1.2.840.113556.1.4.319');
    // RFC 4512 §5.1: operational attributes come only when they are asked for
    expect((await t.client.read(''))?.attributes).toEqual({ objectClass: ['top'] });
  });

  test('the base tree of a locator service is there', async () => {
    using t = testService();
    const { entries } = await t.client.search('(objectClass=*)', { attributes: ['1.1'] });
    expect(entries).toEqual(
      [
        'o=Intranet',
        'ou=Dynamic,o=Intranet',
        'ou=Applications,o=Intranet',
        'appName=MS-NetMeeting,ou=Applications,o=Intranet',
        'ou=Admin,o=Intranet',
        'cn=Schema,ou=Admin,o=Intranet',
        'ou=Accounts,ou=Admin,o=Intranet',
      ].map((dn) => ({ dn, attributes: {} })),
    );
  });

  test('the subschema subentry describes every class and attribute', async () => {
    using t = testService();
    const schema = await t.client.read('cn=schema,ou=admin,o=intranet', 'objectClasses', 'attributeTypes');
    expect(schema?.attributes.objectClasses).toContainEqual(
      expect.stringMatching(
        /^\( 1\.2\.840\.113556\.1\.4\.611\.1103010708051501\d+ NAME 'rtConference' SUP top STRUCTURAL MUST \( uid \$ cn \) /,
      ),
    );
    expect(schema?.attributes.attributeTypes).toContainEqual(
      expect.stringContaining("NAME 'conferenceBlob' EQUALITY octetStringMatch"),
    );
    expect(schema?.attributes.attributeTypes).toContainEqual(
      expect.stringContaining("NAME ( 'ipAddress' 'sIPAddress' )"),
    );
  });
});

describe('bind', () => {
  const admin = async () => ({
    admin: { dn: 'cn=Admin,o=Intranet', passwordHash: await hashPassword('secret') },
  });

  test('[DIR-08] anonymous with version 2 and 3', async () => {
    using t = testService();
    expect((await t.client.request(simple('', '', 2))).code).toBe(RESULT.success);
    expect((await t.client.request(simple('', '', 3))).code).toBe(RESULT.success);
    expect((await t.client.request(simple('', '', 4))).code).toBe(RESULT.protocolError);
  });

  test('[DIR-08] simple, and Who am I tells who (RFC 4532)', async () => {
    using t = testService(await admin());
    const whoAmI = async () => {
      const { done } = await t.client.request({
        type: 'extendedRequest',
        requestName: '1.3.6.1.4.1.4203.1.11.3',
      });
      return 'responseValue' in done.op ? Buffer.from(done.op.responseValue!).toString() : undefined;
    };
    expect(await whoAmI()).toBe('');
    expect((await t.client.request(simple('CN=admin, o=intranet', 'secret'))).code).toBe(RESULT.success);
    expect(await whoAmI()).toBe('dn:cn=Admin,o=Intranet');
    expect((await t.client.request(simple('cn=admin,o=intranet', 'wrong'))).code).toBe(
      RESULT.invalidCredentials,
    );
    expect(await whoAmI()).toBe(''); // a failed bind leaves nobody (RFC 4511 §4.2.1)
    expect((await t.client.request(simple('cn=other', 'secret'))).code).toBe(RESULT.invalidCredentials);
    expect((await t.client.request(simple('cn=admin,o=intranet', ''))).code).toBe(RESULT.unwillingToPerform);
    expect((await t.client.request(simple('nonsense', 'x'))).code).toBe(RESULT.invalidDNSyntax);
  });

  test.each([
    { name: 'SASL NTLM', says: 'SCRAM-SHA-256', authentication: { kind: 'sasl', mechanism: 'NTLM' } },
    {
      name: 'a choice nobody knows',
      says: 'simple password',
      authentication: { kind: 'other', tag: 0x8d, octets: new Uint8Array(0) },
    },
  ] as const)('$name is not supported, and the answer says what is', async ({ authentication, says }) => {
    using t = testService();
    const answer = await t.client.request({ type: 'bindRequest', version: 3, name: '', authentication });
    expect(answer).toMatchObject({
      code: RESULT.authMethodNotSupported,
      message: expect.stringContaining(says),
    });
  });

  test('requests after a bind wait for it, and answers keep their order', async () => {
    using t = testService(await admin());
    const order: string[] = [];
    await Promise.all([
      t.client.request(simple('cn=admin,o=intranet', 'secret')).then(() => order.push('bind')),
      t.client.search('(uid=x)').then(() => order.push('search')),
      t.client.addConference('a').then(() => order.push('add')),
    ]);
    expect(order).toEqual(['bind', 'search', 'add']);
    expect((await t.client.read(conferenceDn('a'), 'creatorsName'))?.attributes.creatorsName).toEqual([
      'cn=Admin,o=Intranet',
    ]);
  });

  test('who is on the network and has not bound may not change anything, unless that is allowed', async () => {
    using t = testService(await admin());
    const peer = networkPeer('192.0.2.1', 4000);
    const client = new TestClient(t.service, peer);
    const refused = await client.addConference('a');
    expect(refused).toMatchObject({
      code: RESULT.insufficientAccessRights,
      message: expect.stringContaining('bind first'),
    });
    expect((await client.search('(ou=dynamic)')).entries).toHaveLength(1);
    await client.request(simple('cn=admin,o=intranet', 'secret'));
    expect((await client.addConference('a')).code).toBe(RESULT.success);
    const other = new TestClient(t.service, peer);
    expect((await other.replace(conferenceDn('a'), 'entryTTL', '600')).code).toBe(
      RESULT.insufficientAccessRights,
    );
    expect((await other.request({ type: 'delRequest', entry: conferenceDn('a') })).code).toBe(
      RESULT.insufficientAccessRights,
    );
    using open = testService({ access: defaultAccess({ anonymousWrite: true }) });
    expect((await new TestClient(open.service, peer).addConference('a')).code).toBe(RESULT.success);
  });
});

describe('add', () => {
  test('[DIR-09] a conference without cn gets it from its uid, and the RDN need not be repeated', async () => {
    using t = testService();
    expect(await t.client.addConference('Weekly call')).toMatchObject({ code: 0, message: '' });
    const entry = await t.client.read('UID=weekly  CALL, ou=DYNAMIC, o=intranet', '*', '+');
    expect(entry).toMatchObject({
      dn: 'uid=Weekly call,ou=Dynamic,o=Intranet',
      attributes: {
        uid: ['Weekly call'],
        cn: ['Weekly call'],
        objectClass: ['rtConference', 'top', 'dynamicObject'],
        createTimestamp: ['20261121090000Z'],
        structuralObjectClass: ['rtConference'],
        entryTtl: ['1800'],
        hasSubordinates: ['FALSE'],
        entryDN: ['uid=Weekly call,ou=Dynamic,o=Intranet'],
      },
    });
    expect(entry?.attributes.entryUUID?.[0]).toMatch(/^[\da-f-]{36}$/);
  });

  test('[DIR-09] a person as a TAPI client registers it, wire aliases included', async () => {
    using t = testService();
    const dn = 'cn=egruber]host.example,ou=dynamic,o=Intranet';
    const added = await t.client.add(dn, {
      objectClass: ['RTPerson', 'DynamicObject'],
      sIPAddress: '1613317642',
      rfc822mailbox: 'egruber',
      givenName: 'E',
      surname: 'Gruber',
      sflags: '1',
      c: 'US',
      ssecurity: '1508109',
      smodop: '0',
      smimetype: 'text/iuls',
      sappguid: '008aff194794cf118796444553540000',
      sProtMimeType: 'text/h323',
      sport: '1720',
      ILSA39321630: '4',
    });
    expect(added).toMatchObject({ code: 0 });
    const stored = await t.client.read(dn);
    expect(stored?.attributes).toMatchObject({
      ipAddress: ['1613317642'],
      port: ['1720'],
      sn: ['Gruber'],
      cn: ['egruber]host.example'],
    });
    const aliased = await t.client.search('(&(sipaddress=1613317642)(sport=1720))', {
      attributes: ['sIPAddress', 'sTTL'],
    });
    expect(aliased.entries[0]?.attributes).toEqual({ sIPAddress: ['1613317642'], sTTL: ['30'] });
  });

  test.each<{ why: string; dn: string; attributes: Record<string, string | string[]>; code: number }>([
    { why: 'broken DN', dn: 'uid', attributes: {}, code: 34 },
    { why: 'the root', dn: '', attributes: {}, code: 53 },
    {
      why: 'outside the tree',
      dn: 'uid=a,o=Elsewhere',
      attributes: { objectClass: 'rtConference' },
      code: 32,
    },
    {
      why: 'no parent',
      dn: 'uid=a,ou=Nowhere,o=Intranet',
      attributes: { objectClass: 'rtConference' },
      code: 32,
    },
    { why: 'no class', dn: conferenceDn('a'), attributes: { protocolID: 'x' }, code: 65 },
    { why: 'unknown class', dn: conferenceDn('a'), attributes: { objectClass: 'conference' }, code: 65 },
    {
      why: 'no structural class',
      dn: conferenceDn('a'),
      attributes: { objectClass: 'dynamicObject' },
      code: 65,
    },
    {
      why: 'two structural classes',
      dn: conferenceDn('a'),
      attributes: { objectClass: ['rtConference', 'rtPerson'] },
      code: 65,
    },
    {
      why: 'required attribute missing',
      dn: 'cn=a,o=Intranet',
      attributes: { objectClass: 'organizationalUnit' },
      code: 65,
    },
    {
      why: 'unknown attribute',
      dn: conferenceDn('a'),
      attributes: { objectClass: 'rtConference', colour: 'red' },
      code: 17,
    },
    {
      why: 'attribute of the server',
      dn: conferenceDn('a'),
      attributes: { objectClass: 'rtConference', createTimestamp: '20260101000000Z' },
      code: 19,
    },
    {
      why: 'two values of one',
      dn: conferenceDn('a'),
      attributes: { objectClass: 'rtConference', conferenceBlob: ['a', 'b'] },
      code: 19,
    },
    {
      why: 'a value twice',
      dn: conferenceDn('a'),
      attributes: { objectClass: 'rtConference', originator: ['a', 'A '] },
      code: 20,
    },
    {
      why: 'wrong syntax',
      dn: conferenceDn('a'),
      attributes: { objectClass: 'rtConference', owner: 'no DN' },
      code: 21,
    },
    {
      why: 'TTL for a static entry',
      dn: conferenceDn('a'),
      attributes: { objectClass: 'rtConference', entryTTL: '60' },
      code: 65,
    },
    {
      why: 'TTL of 0',
      dn: conferenceDn('a'),
      attributes: { objectClass: ['rtConference', 'dynamicObject'], entryTTL: '0' },
      code: 19,
    },
    {
      why: 'exists',
      dn: 'OU=dynamic,O=intranet',
      attributes: { objectClass: 'organizationalUnit' },
      code: 68,
    },
  ])('refused with $code: $why', async ({ dn, attributes, code }) => {
    using t = testService();
    const answer = await t.client.add(dn, attributes);
    expect(answer.code).toBe(code);
    expect(answer.message.length).toBeGreaterThan(15); // what, where, what to do
  });

  test('the top of the tree exists, and there is no other', async () => {
    using t = testService();
    const top = (o: string) => t.client.add(`o=${o}`, { objectClass: 'organization', o });
    expect((await top('Intranet')).code).toBe(RESULT.entryAlreadyExists);
    expect((await top('Elsewhere')).code).toBe(RESULT.noSuchObject);
  });

  test('noSuchObject names the deepest entry that exists', async () => {
    using t = testService();
    const answer = await t.client.add('uid=a,ou=No,ou=Dynamic,o=Intranet', { objectClass: 'rtConference' });
    expect(answer).toMatchObject({ code: 32, matchedDN: 'ou=Dynamic,o=Intranet' });
  });

  test('an entry beyond the size limit is refused', async () => {
    using t = testService({ limits: { maxEntryBytes: 1000 } });
    expect((await t.client.addConference('a', { conferenceBlob: 'x'.repeat(1001) })).code).toBe(
      RESULT.adminLimitExceeded,
    );
  });
});

describe('modify', () => {
  const change = (
    operation: 'add' | 'delete' | 'replace' | 'increment',
    type: string,
    ...values: string[]
  ) => ({
    operation,
    modification: textAttribute(type, ...values),
  });
  const dn = conferenceDn('a');

  test('[DIR-10] changes are done in order, and all or none', async () => {
    using t = testService();
    await t.client.addConference('a', { originator: ['one', 'two'], maxAttendeesCount: '7' });
    t.clock.advance(5000);
    const done = await t.client.request({
      type: 'modifyRequest',
      object: dn,
      changes: [
        change('delete', 'originator', 'ONE'),
        change('add', 'originator', 'three'),
        change('replace', 'conferenceBlob', 'v=1'),
        change('increment', 'maxAttendeesCount', '5'),
        change('delete', 'protocolID'),
      ],
    });
    expect(done).toMatchObject({ code: 0 });
    const after = await t.client.read(dn, '*', 'modifyTimestamp', 'createTimestamp');
    expect(after?.attributes).toMatchObject({
      originator: ['two', 'three'],
      conferenceBlob: ['v=1'],
      maxAttendeesCount: ['12'],
      modifyTimestamp: ['20261121090005Z'],
      createTimestamp: ['20261121090000Z'],
    });
    expect(after?.attributes.protocolID).toBeUndefined();
    const failed = await t.client.request({
      type: 'modifyRequest',
      object: dn,
      changes: [change('replace', 'conferenceBlob', 'v=2'), change('delete', 'description')],
    });
    expect(failed.code).toBe(RESULT.noSuchAttribute);
    expect((await t.client.read(dn))?.attributes.conferenceBlob).toEqual(['v=1']);
  });

  test.each([
    { why: 'no entry', object: conferenceDn('b'), changes: [change('replace', 'url', 'x')], code: 32 },
    { why: 'value not there', object: dn, changes: [change('delete', 'cn', 'z')], code: 16 },
    { why: 'value there already', object: dn, changes: [change('add', 'cn', 'A')], code: 20 },
    { why: 'the value that names it', object: dn, changes: [change('replace', 'uid', 'b')], code: 67 },
    {
      why: 'a required attribute',
      object: 'ou=Dynamic,o=Intranet',
      changes: [change('delete', 'ou')],
      code: 67,
    },
    { why: 'a second of one', object: dn, changes: [change('add', 'conferenceBlob', 'x')], code: 19 },
    { why: 'server attribute', object: dn, changes: [change('replace', 'entryUUID')], code: 19 },
    { why: 'unknown attribute', object: dn, changes: [change('replace', 'colour', 'x')], code: 17 },
    { why: 'no value to add', object: dn, changes: [change('add', 'url')], code: 2 },
    { why: 'not a number', object: dn, changes: [change('increment', 'protocolID', '1')], code: 19 },
    {
      why: 'another class',
      object: dn,
      changes: [change('replace', 'objectClass', 'rtPerson', 'dynamicObject')],
      code: 69,
    },
    {
      why: '[DIR-03] dynamic to static',
      object: dn,
      changes: [change('delete', 'objectClass', 'dynamicObject')],
      code: 69,
    },
    {
      why: '[DIR-03] static to dynamic',
      object: 'ou=Dynamic,o=Intranet',
      changes: [change('add', 'objectClass', 'dynamicObject')],
      code: 69,
    },
    {
      why: 'TTL of a static entry',
      object: 'ou=Dynamic,o=Intranet',
      changes: [change('replace', 'entryTTL', '60')],
      code: 65,
    },
    { why: 'TTL deleted', object: dn, changes: [change('delete', 'entryTTL')], code: 19 },
  ])('refused with $code: $why', async ({ object, changes, code }) => {
    using t = testService();
    await t.client.addConference('a');
    const before = await t.client.read(dn, '*', '+');
    const answer = await t.client.request({ type: 'modifyRequest', object, changes });
    expect(answer.code).toBe(code);
    expect(answer.message.length).toBeGreaterThan(15);
    expect(await t.client.read(dn, '*', '+')).toEqual(before);
  });
});

describe('delete, compare and the rest', () => {
  test('[DIR-12] delete', async () => {
    using t = testService();
    await t.client.addConference('a');
    const gone = (entry: string) => t.client.request({ type: 'delRequest', entry });
    expect((await gone('UID=A,OU=dynamic,O=intranet')).code).toBe(0);
    expect((await gone(conferenceDn('a'))).code).toBe(RESULT.noSuchObject);
    expect((await gone('ou=Dynamic,o=Intranet')).code).toBe(RESULT.unwillingToPerform);
    await t.client.add('ou=X,o=Intranet', { objectClass: 'organizationalUnit' });
    await t.client.add('ou=Y,ou=X,o=Intranet', { objectClass: 'organizationalUnit' });
    expect((await gone('ou=X,o=Intranet')).code).toBe(RESULT.notAllowedOnNonLeaf);
  });

  test.each([
    { attribute: 'cn', value: 'A', code: RESULT.compareTrue },
    { attribute: 'cn', value: 'b', code: RESULT.compareFalse },
    { attribute: 'objectClass', value: '2.5.6.0', code: RESULT.compareTrue },
    { attribute: 'entryTTL', value: '01800', code: RESULT.compareTrue },
    { attribute: 'description', value: 'x', code: RESULT.noSuchAttribute },
    { attribute: 'colour', value: 'x', code: RESULT.undefinedAttributeType },
    { attribute: 'owner', value: 'x', code: RESULT.invalidAttributeSyntax },
  ])('compare $attribute with $value: $code', async ({ attribute, value, code }) => {
    using t = testService();
    await t.client.addConference('a');
    const entry = conferenceDn('a');
    expect(
      (await t.client.request({ type: 'compareRequest', entry, attribute, value: utf8Bytes(value) })).code,
    ).toBe(code);
  });

  test('an unknown critical control is refused, an uncritical one is passed over', async () => {
    using t = testService();
    const controlType = '2.16.840.1.113730.3.4.9'; // virtual list view
    expect((await t.client.search('(cn=a)', {}, [{ controlType, criticality: true }])).code).toBe(12);
    expect((await t.client.search('(cn=a)', {}, [{ controlType, criticality: false }])).code).toBe(0);
  });

  test('an unknown extended operation is a protocolError without name and value', async () => {
    using t = testService();
    const { code, done } = await t.client.request({ type: 'extendedRequest', requestName: '1.2.3' });
    expect(code).toBe(RESULT.protocolError);
    expect(done.op).not.toHaveProperty('responseName');
  });

  test('unbind ends the connection without an answer', async () => {
    using t = testService();
    t.client.send({ type: 'unbindRequest' });
    await t.client.closed;
    expect(t.client.notices).toEqual([]);
    expect(t.service.connections).toBe(0);
  });

  test.each([
    { name: 'not LDAP', octets: Buffer.from('GET / HTTP/1.1\r\n\r\n') },
    {
      name: 'a response',
      octets: encodeMessage({
        messageId: 1,
        op: { type: 'addResponse', resultCode: 0, matchedDN: '', diagnosticMessage: '' },
      }),
    },
    {
      name: 'message id 0',
      octets: encodeMessage({ messageId: 0, op: { type: 'delRequest', entry: 'cn=a' } }),
    },
    { name: 'too large', octets: Buffer.from('308400ffffff', 'hex') },
  ])('malformed input ends with a notice of disconnection: $name', async ({ octets }) => {
    using t = testService();
    t.client.stream.write(octets);
    await t.client.closed;
    expect(t.client.notices).toMatchObject([
      {
        messageId: 0,
        op: { type: 'extendedResponse', resultCode: 2, responseName: '1.3.6.1.4.1.1466.20036' },
      },
    ]);
    expect(t.service.counters.malformed).toBe(1);
  });
});
