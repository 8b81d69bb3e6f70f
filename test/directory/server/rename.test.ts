import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultAccess } from '../../../directory/server/index.ts';
import { identityOf, networkPeer } from '../../../directory/server/peer.ts';
import { rename } from '../../../directory/server/rename.ts';
import { type ModifyDNRequest, RESULT } from '../../../src/ldap/index.ts';
import { type Answer, conferenceDn, testService } from './support.ts';

let t: ReturnType<typeof testService>;
beforeEach(async () => {
  t = testService({ access: defaultAccess({ anonymousWrite: true }) });
  await t.client.addConference('a', { entryTtl: '900', url: 'http://example.org/' });
});
afterEach(() => t[Symbol.dispose]());

const request = (newRDN: string, more: Partial<ModifyDNRequest> = {}): ModifyDNRequest => ({
  type: 'modDNRequest',
  entry: conferenceDn('a'),
  newRDN,
  deleteOldRDN: true,
  ...more,
});
const renamed = (newRDN: string, more: Partial<ModifyDNRequest> = {}): Promise<Answer> =>
  t.client.request(request(newRDN, more));

describe('modify DN (RFC 4511 §4.9)', () => {
  test('[OBJ-03] the entry stays the same one: UUID, time to live, owner', async () => {
    const operational = ['*', 'entryUUID', 'entryTtl', 'creatorsName', 'createTimestamp'];
    const before = await t.client.read(conferenceDn('a'), ...operational);
    t.clock.advance(100_000);
    expect((await renamed('uid=b')).code).toBe(RESULT.success);
    expect(await t.client.read(conferenceDn('a'))).toBeUndefined();
    const after = await t.client.read(conferenceDn('b'), ...operational);
    expect(after).toEqual({
      dn: conferenceDn('b'),
      attributes: { ...before?.attributes, uid: ['b'], cn: ['b'], entryTtl: ['800'] },
    });
  });

  test('[OBJ-03] indexes find it under the new name only', async () => {
    await renamed('uid=b');
    const found = async (filter: string): Promise<number> => (await t.client.search(filter)).entries.length;
    expect([await found('(uid=a)'), await found('(uid=b)'), await found('(cn=b)')]).toEqual([0, 1, 1]);
    expect(await found('(uid=b*)')).toBe(1);
  });

  test('the old name may stay as a value', async () => {
    await renamed('uid=b', { deleteOldRDN: false });
    expect((await t.client.read(conferenceDn('b')))?.attributes['uid']).toEqual(['a', 'b']);
  });

  test('to another container', async () => {
    const newSuperior = 'ou=Applications,o=Intranet';
    expect((await renamed('uid=Other', { newSuperior })).code).toBe(RESULT.success);
    const moved = await t.client.read(`uid=Other,${newSuperior}`);
    expect(moved?.attributes).toMatchObject({ url: ['http://example.org/'] });
    const one = { baseObject: newSuperior, scope: 'one' } as const;
    expect((await t.client.search('(url=*)', one)).entries).toHaveLength(1);
    expect(
      (await t.client.search('(url=*)', { ...one, baseObject: 'ou=Dynamic,o=Intranet' })).entries,
    ).toEqual([]);
  });

  test('to the same name in other letters', async () => {
    expect((await renamed('uid=A')).code).toBe(RESULT.success);
    expect((await t.client.read(conferenceDn('a')))?.dn).toBe(conferenceDn('A'));
  });

  test('in the place of one that has ended', async () => {
    await t.client.addConference('b', { entryTtl: '10' });
    t.clock.advance(11_000);
    expect((await renamed('uid=b')).code).toBe(RESULT.success);
  });

  test('an entry ends when it would have, and is found by followers as renamed', async () => {
    await renamed('uid=b');
    t.clock.advance(901_000);
    expect(await t.client.read(conferenceDn('b'))).toBeUndefined();
    const { changes } = t.service.context.store;
    expect(changes.after(0, 1000).map(({ kind }) => kind)).toContain('rename');
  });

  test.each([
    { name: 'a name that is taken', newRDN: 'uid=taken', code: RESULT.entryAlreadyExists },
    { name: 'no name', newRDN: '', code: RESULT.invalidDNSyntax },
    { name: 'two names', newRDN: 'uid=a,uid=b', code: RESULT.invalidDNSyntax },
    { name: 'an attribute that is not', newRDN: 'nonsense=b', code: RESULT.undefinedAttributeType },
    { name: 'a name without what the class requires', newRDN: 'url=x', code: RESULT.objectClassViolation },
    { name: 'an attribute of the server', newRDN: 'entryUUID=x', code: RESULT.constraintViolation },
    {
      name: 'a place that is not',
      newRDN: 'uid=b',
      more: { newSuperior: 'ou=No,o=Intranet' },
      code: RESULT.noSuchObject,
    },
    {
      name: 'itself',
      newRDN: 'uid=b',
      more: { newSuperior: conferenceDn('a') },
      code: RESULT.unwillingToPerform,
    },
    {
      name: 'an entry that is not',
      newRDN: 'uid=b',
      more: { entry: conferenceDn('no') },
      code: RESULT.noSuchObject,
    },
    {
      name: 'the tree itself',
      newRDN: 'ou=b',
      more: { entry: 'ou=Dynamic,o=Intranet' },
      code: RESULT.unwillingToPerform,
    },
    { name: 'the root', newRDN: 'ou=b', more: { entry: '' }, code: RESULT.unwillingToPerform },
  ])('refuses $name', async ({ newRDN, more, code }) => {
    await t.client.addConference('taken');
    expect((await renamed(newRDN, more)).code).toBe(code);
    expect(await t.client.read(conferenceDn('a'))).toBeDefined();
  });

  test('nobody but the administrator makes accounts by it', () => {
    const ann = identityOf(networkPeer('192.0.2.1', 1), 'uid=ann', 'simple');
    const newSuperior = 'ou=Accounts,ou=Admin,o=Intranet';
    expect(() => rename(t.service.context, ann, request('cn=root', { newSuperior }))).toThrow(
      /changed by the administrator only/,
    );
  });

  test('what has entries below it stays where it is', async () => {
    await t.client.addConference('b,uid=a');
    expect(await renamed('uid=c')).toMatchObject({ code: 66, message: expect.stringContaining('below it') });
  });

  test('a static entry does not go below one that ends', async () => {
    await t.client.add('ou=Static,ou=Dynamic,o=Intranet', { objectClass: 'organizationalUnit' });
    const more = { entry: 'ou=Static,ou=Dynamic,o=Intranet', newSuperior: conferenceDn('a') };
    expect((await renamed('ou=Static', more)).code).toBe(RESULT.objectClassViolation);
  });

  test('[OBJ-03] its owner renames; to move it takes the right to delete here and to add there', async () => {
    const peer = networkPeer('192.0.2.1', 1);
    const bob = identityOf(peer, 'uid=bob', 'simple');
    expect(() => rename(t.service.context, bob, request('uid=b'))).toThrow(/may not modify/);
    const newSuperior = 'ou=Applications,o=Intranet';
    expect(() => rename(t.service.context, bob, request('uid=b', { newSuperior }))).toThrow(/may not delete/);
  });
});
