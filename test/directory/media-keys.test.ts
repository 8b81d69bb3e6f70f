import { describe, expect, test } from 'vitest';
import { AccessRights, createConference, encryptConference, rekeyConference } from '../../directory/index.ts';
import { LdapDirectory } from '../../directory/ldap-directory.ts';
import {
  createLocatorService,
  exportEntries,
  hashPassword,
  networkPeer,
  openStore,
  type Peer,
} from '../../directory/server/index.ts';
import { serializeLdif, textAttribute, utf8Bytes } from '../../src/ldap/index.ts';
import { formatMediaKey, mkiNumber, parseMediaKey } from '../../src/sdp/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { TestClient } from './server/support.ts';

const TLS = { ...networkPeer('192.0.2.1', 1), isSecure: true };
const CLEAR = networkPeer('192.0.2.1', 1);
const LOOPBACK = networkPeer('127.0.0.1', 1);

async function makeService() {
  const clock = new FakeClock(1000, Date.UTC(2026, 10, 21));
  const store = openStore({ path: ':memory:' });
  const service = createLocatorService({ store, clock });
  for (const name of ['ann', 'bob']) {
    service.principals.add(name, { password: await hashPassword('x'), scram: '' });
  }
  const open = async (peer?: Peer, user?: string): Promise<LdapDirectory> => {
    const target = {
      kind: 'service',
      connect: () => service.connect(peer),
      url: 'embedded:x',
      base: '',
    } as const;
    const directory = new LdapDirectory(target, { clock, random: Math.random });
    await directory.connect();
    const dn = `cn=${user},ou=Accounts,ou=Admin,o=Intranet`;
    if (user !== undefined) await directory.bind({ kind: 'simple', dn, password: 'x' });
    return directory;
  };
  const close = () => {
    service[Symbol.dispose]();
    store[Symbol.dispose]();
  };
  return { open, store, clock, service, [Symbol.dispose]: close };
}
const secret = (acl?: string) => {
  const conference = createConference({ name: 'Board', ...(acl === undefined ? {} : { acl }) });
  encryptConference(conference);
  return conference;
};

test('an encrypted conference has a key for each medium, none of it in its description', () => {
  const conference = createConference({
    name: 'Board',
    media: [
      { kind: 'audio', port: 5004, formats: [{ encoding: 'PCMU', clockRate: 8000 }] },
      { kind: 'video', port: 5006, formats: [{ encoding: 'H261', clockRate: 90_000 }] },
    ],
  });
  encryptConference(conference, 'AEAD_AES_256_GCM');
  expect(conference.isEncrypted).toBe(true);
  expect(conference.sdp?.media.toArray().map(({ proto }) => proto)).toEqual(['RTP/SAVP', 'RTP/SAVP']);
  expect(conference.keys.map(({ medium, crypto }) => [medium, crypto.profile])).toEqual([
    [0, 'AEAD_AES_256_GCM'],
    [1, 'AEAD_AES_256_GCM'],
  ]);
  const [one, other] = conference.keys.map(formatMediaKey);
  expect(one?.slice(2)).not.toBe(other?.slice(2));
  for (const text of [JSON.stringify(conference), Buffer.from(conference.blob).toString()]) {
    for (const key of conference.keys) expect(text).not.toContain(formatMediaKey(key).slice(-20));
  }
});

test('a key in a description is taken out of it', () => {
  const sdp =
    'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=x\r\nc=IN IP4 239.1.1.1/15\r\nt=0 0\r\nm=audio 5004 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR\r\n';
  const conference = createConference({ name: 'x', sdp });
  encryptConference(conference);
  expect(Buffer.from(conference.blob).toString()).not.toContain('crypto');
  expect(conference.keys.map(formatMediaKey)).toEqual([
    '0 0 crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR',
  ]);
});

test('keys change one after the other, numbered, with the one in use beside the next', () => {
  const conference = secret();
  const [first] = conference.keys;
  rekeyConference(conference, 1000, 61_000);
  rekeyConference(conference, 2000, 62_000); // before the other was used
  expect(conference.keys.map(({ from }) => from)).toEqual([0, 62_000]);
  expect(conference.keys[0]).toBe(first);
  rekeyConference(conference, 70_000, 130_000);
  expect(conference.keys.map(({ from }) => from)).toEqual([62_000, 130_000]);
  expect(conference.keys.map(({ crypto }) => mkiNumber(crypto.keys[0]?.mki ?? new Uint8Array(0)))).toEqual([
    3n,
    4n,
  ]);
  for (let time = 140_000; time < 140_000 + 600 * 70_000; time += 70_000) {
    rekeyConference(conference, time, time + 60_000);
    const [now, next] = conference.keys.map(({ crypto }) =>
      mkiNumber(crypto.keys[0]?.mki ?? new Uint8Array(0)),
    );
    expect(next).toBe((now! % 255n) + 1n);
  }
  for (const key of conference.keys) expect(parseMediaKey(formatMediaKey(key))).toEqual(key);
  expect(() => parseMediaKey('0 0 crypto:1 SECRET')).toThrow(/not "<medium>/);
  expect(() => parseMediaKey('0 0 crypto:1 SECRET')).not.toThrow(/SECRET/);
  expect(() => rekeyConference(createConference({ name: 'x' }), 0, 1)).toThrow(/not encrypted/);
});

describe('the embedded service shows keys', () => {
  test.each([
    { acl: 'everyone:read,ann:join,owner:all', who: 'ann', peer: TLS, sees: true },
    { acl: 'everyone:read,ann:join,owner:all', who: 'ann', peer: LOOPBACK, sees: true },
    { acl: 'everyone:read,ann:join,owner:all', who: 'ann', peer: CLEAR, sees: false },
    { acl: 'everyone:read,ann:join,owner:all', who: 'bob', peer: TLS, sees: false },
    { acl: 'everyone:read,ann:join,owner:all', who: undefined, peer: TLS, sees: false },
    { acl: 'everyone:read,authenticated:join,bob:!join', who: 'bob', peer: TLS, sees: true }, // the first that fits counts
    { acl: 'bob:!join,everyone:read,authenticated:join', who: 'bob', peer: TLS, sees: false },
    { acl: undefined, who: 'bob', peer: TLS, sees: true },
    { acl: undefined, who: 'bob', peer: CLEAR, sees: false },
    { acl: undefined, who: undefined, peer: TLS, sees: false },
    { acl: undefined, who: undefined, peer: LOOPBACK, sees: false },
  ])('$acl to $who: $sees', async ({ acl, who, peer, sees }) => {
    using service = await makeService();
    await using mine = await service.open();
    await mine.add(secret(acl));
    expect((await mine.get('Board'))?.keys).toHaveLength(1);
    await using theirs = await service.open(peer, who);
    const found = await theirs.get('Board');
    expect(found?.isEncrypted).toBe(true);
    expect(found?.keys.length).toBe(sees ? 1 : 0);
    expect(found?.attributes.size).toBe(0);
    const [listed] = await theirs.search().toArray();
    expect(listed?.keys.length).toBe(sees ? 1 : 0);
  });

  test('whoever may not see one finds out nothing by filters, and changes nothing by editing the rest', async () => {
    using service = await makeService();
    await using mine = await service.open();
    await mine.add(secret('everyone:read,bob:read+write,owner:all'));
    await using theirs = await service.open(TLS, 'bob');
    for (const filter of ['(rdvMediaKey=*)', '(rdvMediaKey=0*)', '(!(rdvMediaKey=x))', '(rdvMediaKey>=0)']) {
      expect(await theirs.search({ filter }).toArray()).toEqual([]);
    }
    const found = await theirs.get('Board');
    found!.description = 'changed';
    await theirs.modify(found!);
    expect(await mine.get('Board')).toMatchObject({ description: 'changed', keys: [{ medium: 0 }] });
  });

  test.each(['increment', 'delete'] as const)('nor by a change that fails (%s)', async (operation) => {
    using service = await makeService();
    await using mine = await service.open();
    await mine.add(secret('everyone:read,bob:read+write,owner:all'));
    const found = await new TestClient(service.service).search('(uid=Board)');
    const object = found.entries[0]?.dn ?? '';
    for (const [user, code] of [
      ['bob', operation === 'increment' ? 19 : 16],
      ['ann', 50],
    ] as const) {
      const client = new TestClient(service.service, CLEAR);
      await client.request({
        type: 'bindRequest',
        version: 3,
        name: `cn=${user},ou=Accounts,ou=Admin,o=Intranet`,
        authentication: { kind: 'simple', password: utf8Bytes('x') },
      });
      const answer = await client.request({
        type: 'modifyRequest',
        object,
        changes: [{ operation, modification: textAttribute('rdvMediaKey', '1') }],
      });
      expect(answer.code).toBe(code);
      expect(answer.message).not.toMatch(/crypto|inline/);
    }
  });

  test('and rights that are taken away take it away', async () => {
    using service = await makeService();
    await using mine = await service.open();
    await mine.add(secret('everyone:read,ann:join,owner:all'));
    await using theirs = await service.open(TLS, 'ann');
    expect((await theirs.get('Board'))?.keys).toHaveLength(1);
    const board = await mine.get('Board');
    board!.acl = AccessRights.parse('everyone:read,owner:all');
    rekeyConference(board!, service.clock.wall(), service.clock.wall() + 60_000);
    await mine.modify(board!);
    expect((await theirs.get('Board'))?.keys).toEqual([]);
    expect((await mine.get('Board'))?.keys).toHaveLength(2);
  });
});

test('an export has no keys unless they are asked for', async () => {
  using service = await makeService();
  await using mine = await service.open();
  await mine.add(secret());
  const text = (keys: boolean) =>
    Array.from(exportEntries(service.store, { now: service.clock.wall(), keys }), serializeLdif).join('');
  expect(text(false)).not.toContain('inline');
  expect(text(false)).not.toContain('rdvMediaKey');
  expect(text(true)).toMatch(/rdvMediaKey: 0 0 crypto:1 AES_CM_128/);
});
