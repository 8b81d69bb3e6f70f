import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { AccessRights, accountSid, createConference, openDirectory } from '../../directory/index.ts';
import {
  DOMAIN_RIGHTS,
  holdsDomainRights,
  writeDomainRights,
} from '../../directory/dialect/rights-values.ts';
import { RendezvousDialect } from '../../directory/dialect/rendezvous.ts';
import { LdapEntry } from '../../directory/ldap/entry.ts';
import { LdapDirectory } from '../../directory/ldap-directory.ts';
import { createLocatorService, hashPassword, networkPeer, openStore } from '../../directory/server/index.ts';
import { InvalidValueError } from '../../src/errors.ts';
import { FakeClock } from '../support/fake-clock.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'rendezvous-acl-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const ANN = 'uid=ann,ou=People,o=Example';

describe('account SIDs', () => {
  test('are the same for all spellings of a DN, and others for others', () => {
    expect(accountSid(ANN)).toBe('S-1-1380210225-399318881-3110203571-2941532563-254120186');
    expect(accountSid('UID=Ann , OU=people,o=EXAMPLE')).toBe(accountSid(ANN));
    expect(accountSid('uid=bob,ou=People,o=Example')).not.toBe(accountSid(ANN));
  });
});

describe('access rights', () => {
  test('[OBJ-07] from a list, with accounts by DN', () => {
    const rights = AccessRights.parse(`everyone:read,owner:all,${ANN}:read+write`);
    expect(rights.toSddl()).toBe(`D:(A;;GR;;;WD)(A;;GA;;;OW)(A;;GRGW;;;${accountSid(ANN)})`);
    expect(String(rights)).toBe(`everyone:read,owner:all,${ANN}:read+write`);
    expect(String(AccessRights.fromBytes(rights.bytes, [ANN]))).toBe(String(rights));
    expect(String(AccessRights.fromBytes(rights.bytes))).toContain(accountSid(ANN));
    expect(AccessRights.fromSddl(rights.toSddl()).bytes).toEqual(rights.bytes);
  });

  test('[OBJ-07] accounts of the embedded service go by their name', () => {
    const rights = AccessRights.parse('ann:read+write,o’brien, jr:read');
    const dn = 'cn=ann,ou=Accounts,ou=Admin,o=Intranet';
    expect(rights.toSddl()).toContain(`(A;;GRGW;;;${accountSid(dn)})`);
    expect(String(rights)).toMatch(/^ann:read\+write,/);
    expect(() => AccessRights.parse('evryone:read')).toThrow(/taken for everyone misspelt/);
    expect(AccessRights.fromBytes(rights.bytes).strangers).toContain(accountSid(dn));
    expect(AccessRights.parse('everyone:read,owner:all').strangers).toEqual([]);
  });

  test('what cannot be read is the caller’s mistake', () => {
    expect(() => AccessRights.parse('everyone:reed')).toThrow(InvalidValueError);
    expect(() => AccessRights.fromSddl('D:(A;;GR;;;QQ)')).toThrow(InvalidValueError);
    expect(() => createConference({ name: 'x', acl: 'nobody' })).toThrow(InvalidValueError);
  });
});

describe('rights of a published conference', () => {
  test('[OBJ-06] [OBJ-07] are written with it, read with it, changed and taken away', async () => {
    await using directory = await openDirectory({ embedded: dataDir });
    const conference = createConference({ name: 'Council', acl: 'authenticated:read,owner:all' });
    expect(conference.toJSON()).toMatchObject({ acl: 'authenticated:read,owner:all' });
    await directory.add(conference);
    const found = await directory.get('Council');
    expect(found?.acl?.toSddl()).toBe('D:(A;;GR;;;AU)(A;;GA;;;OW)');
    expect(found?.attributes.size).toBe(0);

    found!.acl = AccessRights.parse('everyone:read,owner:all');
    expect(String((await directory.get('Council'))?.acl)).toBe('authenticated:read,owner:all'); // local until modify
    await directory.modify(found!);
    const changed = await directory.get('Council');
    expect(String(changed?.acl)).toBe('everyone:read,owner:all');

    changed!.acl = undefined;
    await directory.modify(changed!);
    await expect(directory.get('Council')).resolves.toMatchObject({ acl: undefined });
  });

  test('[OBJ-06] null when never set', async () => {
    await using directory = await openDirectory({ embedded: dataDir });
    await directory.add(createConference({ name: 'Plain' }));
    const found = await directory.get('Plain');
    expect(found?.acl).toBeUndefined();
    expect(found?.toJSON()).toMatchObject({ acl: null, sddl: null });
  });

  test('[OBJ-07] a renamed conference keeps them', async () => {
    await using directory = await openDirectory({ embedded: dataDir });
    await directory.add(createConference({ name: 'Before', acl: 'authenticated:read,owner:all' }));
    const found = await directory.get('Before');
    found!.name = 'After';
    await directory.modify(found!);
    expect(String((await directory.get('After'))?.acl)).toBe('authenticated:read,owner:all');
  });

  test('[OBJ-06] who may not read a conference does not find it', async () => {
    const clock = new FakeClock(1000, Date.UTC(2026, 10, 21));
    using store = openStore({ path: ':memory:' });
    using service = createLocatorService({ store, clock });
    const open = async (connect: () => ReturnType<typeof service.connect>): Promise<LdapDirectory> => {
      const target = { kind: 'service', connect, url: 'embedded:test', base: '' } as const;
      const directory = new LdapDirectory(target, { clock, random: Math.random });
      await directory.connect();
      return directory;
    };
    await using mine = await open(() => service.connect());
    await using theirs = await open(() => service.connect(networkPeer('192.0.2.1', 1)));
    await mine.add(createConference({ name: 'Secret', acl: 'authenticated:read,owner:all' }));
    await mine.add(createConference({ name: 'Open' }));
    const names = async (directory: LdapDirectory): Promise<string[]> =>
      (await directory.search().toArray()).map(({ name }) => name).sort();
    expect([await names(mine), await names(theirs)]).toEqual([['Open', 'Secret'], ['Open']]);
    await expect(theirs.get('Secret')).resolves.toBeUndefined();
  });

  test('[OBJ-06] accounts that the directory knows are shown by name', async () => {
    const clock = new FakeClock(1000, Date.UTC(2026, 10, 21));
    using store = openStore({ path: ':memory:' });
    using service = createLocatorService({ store, clock });
    service.principals.add('ann', { password: await hashPassword('x'), scram: '' });
    const target = {
      kind: 'service',
      connect: () => service.connect(),
      url: 'embedded:x',
      base: '',
    } as const;
    const open = async (): Promise<LdapDirectory> => {
      const directory = new LdapDirectory(target, { clock, random: Math.random });
      await directory.connect();
      return directory;
    };
    await using writer = await open();
    await writer.add(createConference({ name: 'Shared', acl: 'everyone:read,ann:write,bob:read' }));
    await using reader = await open();
    const acl = String((await reader.get('Shared'))?.acl);
    expect(acl).toMatch(/^everyone:read,ann:write,S-1-1380210225-[\d-]+:read$/); // there is no bob
  });

  test('a directory without a place for them says so', () => {
    const dialect = new RendezvousDialect({
      base: 'ou=Conferences,dc=x',
      isDynamic: false,
      hasUsers: false,
      asserts: false,
      carriesKeys: true,
    });
    const conference = createConference({ name: 'x', acl: 'everyone:read' });
    expect(() => dialect.newAttributes(conference, undefined)).toThrow(/keeps no access rights/);
  });
});

describe('rights for a domain controller', () => {
  const DOMAIN = 'S-1-5-21-1-2-3';
  const bytesOf = (sddl: string): Uint8Array => AccessRights.fromSddl(sddl).bytes;
  const written = (rights: AccessRights, isChanged = true): string | undefined => {
    const value = writeDomainRights(DOMAIN_RIGHTS, rights, { isNew: false, isChanged })[DOMAIN_RIGHTS]?.[0];
    return value instanceof Uint8Array ? AccessRights.fromBytes(value).toSddl() : undefined;
  };

  test('[OBJ-07] what is inherited is not written, nor the owner of an entry that was read', () => {
    const stored = `O:${DOMAIN}-1104D:AI(A;;GR;;;WD)(A;CIID;GA;;;BA)`;
    expect(written(AccessRights.fromBytes(bytesOf(stored)))).toBe('D:AI(A;;GR;;;WD)');
    expect(written(AccessRights.fromSddl(stored))).toBe(`O:${DOMAIN}-1104D:AI(A;;GR;;;WD)`);
    expect(written(AccessRights.fromSddl(stored), false)).toBeUndefined();
  });

  test('[OBJ-06] are shown with the names that the domain has, and without what is inherited', () => {
    const names = new Map([[`${DOMAIN}-1105`, 'bob']]);
    const stored = bytesOf(
      `O:${DOMAIN}-1104D:(A;;GA;;;${DOMAIN}-1104)(A;;GR;;;${DOMAIN}-1105)(A;;SD;;;${DOMAIN}-1106)(A;CIID;GA;;;BA)`,
    );
    const rights = AccessRights.fromBytes(stored, names);
    expect(String(rights)).toBe(`owner:all,bob:read,${DOMAIN}-1106:delete`);
    expect(rights.strangers).toEqual([`${DOMAIN}-1104`, `${DOMAIN}-1106`]);
    names.set(`${DOMAIN}-1106`, 'eve'); // learnt meanwhile
    expect(String(rights)).toBe('owner:all,bob:read,eve:delete');
    expect(rights.toSddl()).toContain('CIID');
  });

  test('[OBJ-07] the account of a name and the owner get SIDs of the domain, and keep what they are called', () => {
    const rights = AccessRights.parse('owner:all,bob:read');
    const [[derived = ''] = []] = rights.named;
    const there = rights.withSids(new Map([[derived, `${DOMAIN}-1105`]]), `${DOMAIN}-1104`);
    expect(there.toSddl()).toBe(`D:(A;;GA;;;${DOMAIN}-1104)(A;;GR;;;${DOMAIN}-1105)`);
    expect(String(there)).toBe('owner:all,bob:read');
    expect([there.named.size, there.hasOwner]).toEqual([0, false]);
  });

  test('[OBJ-07] a change whose answer was lost is known by what the server makes of it', () => {
    const entry = (sddl: string): LdapEntry => new LdapEntry('cn=x', [[DOMAIN_RIGHTS, [bytesOf(sddl)]]]);
    const wanted = bytesOf(`D:(A;;GR;;;WD)(A;;GA;;;${DOMAIN}-1104)`);
    const made = `O:${DOMAIN}-1104D:AI(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;${DOMAIN}-1104)(A;;RPLCLORC;;;WD)(A;CIID;LC;;;RU)`;
    expect(holdsDomainRights(entry(made), DOMAIN_RIGHTS, wanted)).toBe(true);
    expect(holdsDomainRights(entry('D:(A;;RPLCLORC;;;WD)'), DOMAIN_RIGHTS, wanted)).toBe(false);
    expect(holdsDomainRights(new LdapEntry('cn=x', []), DOMAIN_RIGHTS, wanted)).toBe(false);
  });
});
