import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeIlsAddress, encodeIlsAddress } from '../../directory/dialect/ils-address.ts';
import { IlsExtras, IlsUsers } from '../../directory/dialect/ils-users.ts';
import { RendezvousUsers } from '../../directory/dialect/rendezvous-users.ts';
import {
  AccessRights,
  ADDRESS_TYPES,
  createConference,
  createUser,
  DirectoryUser,
  Rendezvous,
  splitUserId,
} from '../../directory/index.ts';
import { LdapDirectory } from '../../directory/ldap-directory.ts';
import type { LdapConnection } from '../../directory/ldap/connection.ts';
import { LdapEntry } from '../../directory/ldap/entry.ts';
import type { LdapTarget } from '../../directory/ldap/target.ts';
import {
  createLocatorService,
  type EntryStore,
  type LocatorService,
  openStore,
} from '../../directory/server/index.ts';
import { parseFilter } from '../../src/ldap/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { rawConnection } from './backends.ts';

describe('addresses of a locator service', () => {
  test.each([
    // MS-TAIL, examples of user entries
    { text: '10.70.41.96', number: '1613317642' },
    { text: '192.168.0.224', number: '3758139584' },
    { text: '192.168.0.227', number: '3808471232' },
    { text: '0.0.0.0', number: '0' },
    { text: '255.255.255.255', number: '4294967295' },
  ])('$text is $number', ({ text, number }) => {
    expect(encodeIlsAddress(text)).toBe(number);
    expect(decodeIlsAddress(number)).toBe(text);
  });
  test('IPv4 comes back as it was', () =>
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(decodeIlsAddress(encodeIlsAddress(text) ?? '')).toBe(text);
      }),
    ));
  test('IPv6 has no number; a dotted address is one already; anything else is none', () => {
    expect(encodeIlsAddress('2001:db8::1')).toBeUndefined();
    expect(decodeIlsAddress('10.0.0.1')).toBe('10.0.0.1');
    for (const text of ['4294967296', '-1', '', 'x', '99999999999'])
      expect(decodeIlsAddress(text)).toBeUndefined();
  });
});

describe('a user in memory', () => {
  test('[RV-05] is by default the one of this process at this computer, and nothing is sent', () => {
    const user = new Rendezvous().createUser();
    expect(user).toMatchObject({
      kind: 'user',
      port: 1720,
      canAudio: true,
      canVideo: false,
      listed: true,
      inCall: false,
    });
    expect(user.name).not.toBe('');
    expect(user.primaryPhone).not.toBe('');
    expect(user.dn).toBeUndefined();
  });

  test.each([
    { init: { name: 'a]b' }, message: /"\]"/ },
    { init: { name: ' ' }, message: /name is empty/ },
    { init: { name: 'a\nb' }, message: /control characters/ },
    { init: { name: 'a', primaryPhone: 'my phone' }, message: /"my phone" is no computer/ },
    { init: { name: 'a', addresses: ['10.0.0.256'] }, message: /"10.0.0.256" is no IPv4 or IPv6 address/ },
    { init: { name: 'a', port: 65_536 }, message: /1 to 65535/ },
    { init: { name: 'a', email: 'x'.repeat(257) }, message: /email has 257 characters/ },
  ])('refuses $init', ({ init, message }) => {
    expect(() => createUser(init)).toThrow(message);
  });

  test('[OBJ-04] [OBJ-05] [OBJ-10] what can be dialled, one at a time and as a whole', () => {
    const user = createUser({
      name: 'a',
      primaryPhone: '2001:DB8::1',
      addresses: ['2001:DB8:0::1'],
      phones: ['1', '2'],
    });
    expect(user.dialableAddresses('phone').next().value).toBe('1');
    expect(user.dialableAddresses('phone').toArray()).toEqual(['1', '2']);
    expect(user.dialableAddresses('ip').toArray()).toEqual(['2001:db8::1']);
    expect(user.dialableAddresses('domain').toArray()).toEqual([]); // an address is no name
    expect(user.dialableAddresses('email').toArray()).toEqual([]);
    const conference = createConference({
      name: 'c',
      machine: 'host.example',
      emails: [{ address: 'ann@example.org', name: 'Ann' }],
      phones: [{ number: '+1 617 555-6011' }],
    });
    expect(conference.dialableAddresses('email').toArray()).toEqual(['ann@example.org']);
    expect(conference.dialableAddresses('phone').toArray()).toEqual(['+1 617 555-6011']);
    expect(conference.dialableAddresses('sdp').toArray()).toEqual([conference.sdp?.serialize()]);
    expect(conference.dialableAddresses('ip').toArray()).toEqual([]);
  });

  test('JSON has every field, absent ones null', () => {
    expect(createUser({ name: 'a', primaryPhone: 'b' }).toJSON()).toEqual({
      kind: 'user',
      name: 'a',
      primaryPhone: 'b',
      email: null,
      givenName: null,
      surname: null,
      location: null,
      comment: null,
      phones: [],
      addresses: [],
      port: 1720,
      inCall: false,
      canAudio: true,
      canVideo: false,
      listed: true,
      acl: null,
      sddl: null,
      dn: null,
      ttlSeconds: null,
      expiresAt: null,
      attributes: {},
    });
  });

  test.each([
    ['egruber]w2kils.testdomain.int', 'egruber', 'w2kils.testdomain.int'],
    ['a]b]c', 'a]b', 'c'],
    ['ann@example.org', 'ann@example.org', undefined],
    [']x', ']x', undefined],
    ['x]', 'x]', undefined],
  ])('the identifier %s', (id, name, machine) => expect(splitUserId(id)).toEqual({ name, machine }));
});

describe('entries of strangers', () => {
  const context = {
    base: 'ou=x',
    isDynamic: true,
    operational: ['entryTTL'],
    accounts: new Set<string>(),
    ttlOf: (entry: LdapEntry) => entry.integer('entryTTL'),
  };
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom('1', '0', ']', 'a]b', '-1', '99999999999', '10.0.0.1', '::1', '1720', ' '),
  );
  const names = [
    'cn uid ipAddress ip6Address port sFlags ILSA26214430 mail surName entryTTL',
    'rdvMachine rdvAddress rdvPort rdvFlag sn telephoneNumber description x',
  ].flatMap((line) => line.split(' '));
  const attribute = fc.tuple(fc.constantFrom(...names), fc.array(value, { maxLength: 3 }));
  test.each([
    ['locator service', new IlsUsers(context, 'ou=y', new IlsExtras())],
    ['general server', new RendezvousUsers(context, () => undefined)],
  ])('of a %s never break the reader', (_title, users) => {
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 12 }), (attributes) => {
        const user = users.read(new LdapEntry('cn=x', attributes), new Date(0));
        if (user === undefined) return;
        expect(() => JSON.stringify(user)).not.toThrow();
        for (const type of ADDRESS_TYPES)
          for (const address of user.dialableAddresses(type)) expect(address).toBeTypeOf('string');
        expect(user.port ?? 1).toBeGreaterThan(0);
        expect(users.dns(user).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('users in a locator service', () => {
  let dir: string;
  let clock: FakeClock;
  let store: EntryStore;
  let service: LocatorService;
  let directory: LdapDirectory;
  let raw: LdapConnection;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'rendezvous-users-'));
    clock = new FakeClock();
    store = openStore({ path: join(dir, 'directory.db') });
    service = createLocatorService({ store, clock });
    const target: LdapTarget = {
      kind: 'service',
      connect: () => service.connect(),
      url: 'embedded:test',
      base: '',
    };
    directory = new LdapDirectory(target, { clock, random: Math.random });
    await directory.connect();
    raw = await rawConnection(target);
  });
  afterEach(async () => {
    await directory.close();
    await raw.close();
    service.close();
    store[Symbol.dispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  const entries = async (filter: string) => {
    const request = {
      base: 'o=Intranet',
      scope: 'sub',
      attributes: ['*', 'entryTTL'],
      binaryAttributes: [],
    } as const;
    return (await raw.searchPage({ ...request, filter: parseFilter(filter) })).entries;
  };
  const egruber = (): DirectoryUser =>
    createUser({
      name: 'egruber',
      primaryPhone: 'w2kils.testdomain.int',
      addresses: ['10.70.41.96'],
      email: 'egruber',
      surname: 'Gruber',
    });

  test('[USR-03] registers both entries as the stock client does (MS-TAIL 4.2)', async () => {
    await directory.add(egruber());
    const found = await entries('(cn=egruber]*)');
    expect(found.map(({ dn }) => dn).sort()).toEqual([
      'cn=egruber]w2kils.testdomain.int,appName=MS-NetMeeting,ou=Applications,o=Intranet',
      'cn=egruber]w2kils.testdomain.int,ou=Dynamic,o=Intranet',
    ]);
    const [application, person] = found.toSorted((a, b) => (a.dn < b.dn ? -1 : 1));
    const values = (names: readonly string[], of = person) => names.map((name) => of?.text(name));
    expect(person?.has('objectClass', 'rtPerson')).toBe(true);
    expect(person?.has('objectClass', 'dynamicObject')).toBe(true);
    expect(values(['ipAddress', 'rfc822Mailbox', 'surName', 'sFlags', 'port', 'entryTTL'])).toEqual([
      '1613317642',
      undefined,
      undefined,
      '1',
      '1720',
      '1800',
    ]);
    expect(values(['mail', 'sn', 'guid', 'mimeType', 'securityToken', 'smodop'])).toEqual([
      'egruber',
      'Gruber',
      '008aff194794cf118796444553540000',
      'text/iuls',
      '1508109',
      '0',
    ]);
    expect(values(['ILSA26214430', 'ILSA32833566', 'ILSA32964638', 'ILSA39321630'])).toEqual([
      '0',
      '1',
      '0',
      '0',
    ]);
    expect(application?.has('objectClass', 'rtApplicationUser')).toBe(true);
    expect(
      values(['userObject', 'applicationID', 'protocolID', 'protocolMimeType', 'entryTTL'], application),
    ).toEqual(['cn=egruber]w2kils.testdomain.int', 'ms-netmeeting', 'H323', 'text/h323', '1800']);
    await directory.delete(egruber());
    await expect(entries('(cn=egruber]*)')).resolves.toEqual([]);
  });

  test('[OBJ-06] [OBJ-07] who may do what stands in both entries, and is changed and removed in both', async () => {
    const user = egruber();
    user.acl = AccessRights.parse('everyone:read,owner:all');
    await directory.add(user);
    const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');
    const stored = async () => {
      const request = { base: 'o=Intranet', scope: 'sub', attributes: ['ntSecurityDescriptor'] } as const;
      const binaryAttributes = ['ntSecurityDescriptor'];
      const filter = parseFilter('(cn=egruber]*)');
      const page = await raw.searchPage({ ...request, binaryAttributes, filter });
      return page.entries.map((entry) => hex(entry.bytes('ntSecurityDescriptor')));
    };
    await expect(stored()).resolves.toEqual([hex(user.acl.bytes), hex(user.acl.bytes)]);
    const found = await directory.getUser('egruber');
    expect(found?.acl?.toString()).toBe('everyone:read,owner:all');
    expect(found?.attributes.size).toBe(0);
    if (found === undefined) throw new Error('not found');
    found.comment = 'changed';
    await directory.modify(found);
    await expect(stored()).resolves.toEqual([hex(user.acl.bytes), hex(user.acl.bytes)]);
    found.acl = AccessRights.parse('authenticated:read,owner:all');
    await directory.modify(found);
    await expect(stored()).resolves.toEqual([hex(found.acl.bytes), hex(found.acl.bytes)]);
    found.acl = undefined;
    await directory.modify(found);
    await expect(stored()).resolves.toEqual([undefined, undefined]);
  });

  test('[USR-04] one whom another client registered under an e-mail address is found by it', async () => {
    await raw.add('cn=ann@example.org,ou=Dynamic,o=Intranet', {
      objectClass: ['rtPerson', 'dynamicObject'],
      cn: ['ann@example.org'],
      sIPAddress: ['3758139584'],
      sPort: ['1503', '1720'],
      rfc822Mailbox: ['ann@example.org'],
    });
    await expect(directory.getUser('ANN@example.org')).resolves.toMatchObject({
      name: 'ann@example.org',
      primaryPhone: undefined,
      addresses: ['192.168.0.224'],
      port: 1720,
      email: 'ann@example.org',
    });
    const found = await directory.getUser('ann@example.org');
    if (found === undefined) throw new Error('not found');
    // there is no entry of an application to go along
    await expect(directory.refresh(found, 900)).resolves.toBe(900);
    found.comment = 'changed';
    await directory.modify(found);
    await directory.delete(found);
    await expect(directory.getUser('ann@example.org')).resolves.toBeUndefined();
  });

  test('[USR-03] one whom NetMeeting registered is one user with both entries to us too (MS-TAIL 4.1)', async () => {
    const pseudo = 'c=-, o=Microsoft, cn=ann@example.org, objectClass=rtPerson';
    await raw.add(pseudo, {
      cn: ['ann@example.org'],
      givenname: ['Ann'],
      sipaddress: ['1613317642'],
      sflags: ['1'],
    });
    await raw.replace(pseudo, {
      smodop: ['0'],
      sappid: ['ms-netmeeting'],
      sprotid: ['T120', 'H323'],
      sport: ['1503', '1720'],
    });
    await expect(entries('(cn=ann@example.org)')).resolves.toHaveLength(2);
    const [ann, ...others] = await directory.searchUsers({ name: 'ann*' }).toArray();
    expect(others).toEqual([]);
    expect(ann).toMatchObject({ name: 'ann@example.org', givenName: 'Ann', addresses: ['10.70.41.96'] });
    if (ann === undefined) throw new Error('not found');
    await directory.refresh(ann, 900);
    expect((await entries('(cn=ann@example.org)')).map((entry) => entry.integer('entryTTL'))).toEqual([
      900, 900,
    ]);
    await directory.delete(ann);
    await expect(entries('(cn=ann@example.org)')).resolves.toEqual([]);
  });

  test('[DIR-06] keeping a user alive refreshes both entries, and registers both again when one is gone', async () => {
    directory.autoRefresh = true;
    const events: string[] = [];
    const next = async (seconds: number): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      directory.on('refreshed', (name) => resolve(void events.push(`refreshed ${name}`)));
      directory.on('readded', (name) => resolve(void events.push(`readded ${name}`)));
      clock.advance(seconds * 1000);
      await promise;
    };
    const user = egruber();
    await directory.add(user, { ttlSeconds: 600 });
    await next(300);
    expect((await entries('(cn=egruber]*)')).map((entry) => entry.integer('entryTTL'))).toEqual([600, 600]);
    const [application, person] = [
      'cn=egruber]w2kils.testdomain.int,appName=MS-NetMeeting,ou=Applications,o=Intranet',
      'cn=egruber]w2kils.testdomain.int,ou=Dynamic,o=Intranet',
    ];
    user.comment = 'committed';
    await directory.modify(user);
    for (const dns of [[application], [person], [application, person]]) {
      for (const dn of dns) await raw.delete(dn);
      await next(300);
      const found = await entries('(cn=egruber]*)');
      expect(found.map((entry) => entry.integer('entryTTL'))).toEqual([600, 600]);
      expect(found.some((entry) => entry.text('comment') === 'committed')).toBe(true);
    }
    expect(new Set(events)).toEqual(new Set(['refreshed egruber', 'readded egruber']));
    await directory.delete(user);
    await expect(entries('(cn=egruber]*)')).resolves.toEqual([]);
  });

  test('what a crashed registration left of the application is replaced', async () => {
    await directory.add(egruber());
    await raw.delete('cn=egruber]w2kils.testdomain.int,ou=Dynamic,o=Intranet');
    await directory.add(egruber(), { ttlSeconds: 900 });
    expect((await entries('(cn=egruber]*)')).map((entry) => entry.integer('entryTTL'))).toEqual([900, 900]);
  });
});
