import { type Duplex, duplexPair } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  BIND_FLAGS,
  createConference,
  type Credentials,
  credentialsFromFlags,
  NotPermittedError,
} from '../../directory/index.ts';
import { LdapDirectory } from '../../directory/ldap-directory.ts';
import { LdapConnection } from '../../directory/ldap/connection.ts';
import type { LdapTarget } from '../../directory/ldap/target.ts';
import {
  accountDn,
  createLocatorService,
  type LocatorService,
  makeSecret,
  networkPeer,
  openStore,
  type Peer,
} from '../../directory/server/index.ts';
import { pathOf } from '../../directory/server/schema.ts';
import {
  decodeMessage,
  encodeMessage,
  LdapFramer,
  parseDn,
  RESULT,
  utf8Bytes,
  utf8Text,
} from '../../src/ldap/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

const { authenticate, defaultDomainName, defaultUserName, defaultPassword, defaultCredentials } = BIND_FLAGS;

describe('the flags of a bind', () => {
  const local = { user: 'me', domain: 'here.example' };
  const simple = (dn: string): Credentials => ({ kind: 'simple', dn, password: 'p' });
  const scram = (user: string): Credentials => ({ kind: 'scram', user, password: 'p' });

  test('[DIR-20] have the values that programs know', () => {
    expect(BIND_FLAGS).toEqual({
      authenticate: 0x1,
      defaultDomainName: 0x2,
      defaultUserName: 0x4,
      defaultPassword: 0x8,
      defaultCredentials: 0xe,
    });
  });

  test.each<[string, Parameters<typeof credentialsFromFlags>[0], Credentials]>([
    ['nothing', {}, { kind: 'anonymous' }],
    ['nothing but to authenticate', { flags: authenticate }, { kind: 'anonymous' }],
    ['user and password', { user: 'cn=ann', password: 'p' }, simple('cn=ann')],
    ['and a domain', { domain: 'x.example', user: 'ann', password: 'p' }, simple('ann@x.example')],
    ['a domain that the name has', { domain: 'x.example', user: 'ann@y', password: 'p' }, simple('ann@y')],
    ['authenticated', { user: 'ann', password: 'p', flags: authenticate }, scram('ann')],
    ['the default name', { password: 'p', flags: authenticate | defaultUserName }, scram('me')],
    [
      'the default domain',
      { user: 'ann', password: 'p', flags: authenticate | defaultDomainName },
      scram('ann@here.example'),
    ],
    ['both', { password: 'p', flags: defaultDomainName | defaultUserName }, simple('me@here.example')],
    ['a name given comes first', { user: 'ann', password: 'p', flags: defaultUserName }, simple('ann')],
    ['the default password', { user: 'ann', flags: defaultPassword }, { kind: 'external' }],
    ['all defaults', { flags: defaultCredentials | authenticate }, { kind: 'external' }],
  ])('[DIR-08] [DIR-20] %s', (_, bind, want) => {
    expect(credentialsFromFlags(bind, local)).toEqual(want);
  });

  test('[DIR-20] what makes no sense is refused', () => {
    expect(() => credentialsFromFlags({ flags: 16 }, local)).toThrow(/0 to 15/);
    expect(() => credentialsFromFlags({ password: 'p' }, local)).toThrow(/needs a user/);
    expect(() => credentialsFromFlags({ user: 'ann' }, local)).toThrow(/needs a password/);
    expect(() => credentialsFromFlags({ user: 'ann', password: '' }, local)).toThrow(/needs a password/);
  });
});

const ANN = accountDn('ann');
const secret = await makeSecret('hush');
let service: LocatorService;
const clock = new FakeClock();
beforeEach(() => {
  service = createLocatorService({ store: openStore({ path: ':memory:' }), clock });
  service.principals.add('ann', secret);
});
afterEach(() => {
  service.close();
  service.context.store.close();
});

/** A directory on the service, which takes it for `peer`. */
function directoryAs(peer: Peer): LdapDirectory {
  const connect = (): Duplex => service.connect(peer);
  const target: LdapTarget = { kind: 'service', connect, url: 'embedded:test', base: '' };
  return new LdapDirectory(target, { clock, random: () => 0 });
}
const secure: Peer = { ...networkPeer('192.0.2.1', 4000), isSecure: true };

describe('a directory authenticates', () => {
  test.each<[string, Credentials, string]>([
    ['simple', { kind: 'simple', dn: ANN, password: 'hush' }, ANN],
    ['PLAIN', { kind: 'plain', user: 'ann', password: 'hush' }, ANN],
    ['SCRAM', { kind: 'scram', user: 'ann', password: 'hush' }, ANN],
    ['EXTERNAL', { kind: 'external' }, 'cn=bob,dc=example'],
  ])('[DIR-08] by %s, and owns what it adds', async (_, credentials, dn) => {
    await using directory = directoryAs({ ...secure, external: { dn: 'cn=bob,dc=example', isAdmin: false } });
    await directory.connect();
    await directory.bind(credentials);
    await directory.add(createConference({ name: 'Hers' }));
    const entry = service.context.store.get(pathOf(parseDn('uid=Hers,ou=Dynamic,o=Intranet')));
    expect(utf8Text(entry?.attributes.get('creatorsname')?.vals[0] ?? new Uint8Array(0))).toBe(dn);
  });

  test('[DIR-08] while other requests are under way', async () => {
    await using directory = directoryAs(secure);
    await directory.connect();
    const searches = Array.from({ length: 50 }, () => directory.search().toArray());
    await directory.bind({ kind: 'scram', user: 'ann', password: 'hush' });
    await Promise.all([...searches, directory.add(createConference({ name: 'After' }))]);
    expect(await directory.get('After')).toBeDefined();
  });

  test('[DIR-08] again on a new connection', async () => {
    const streams: Duplex[] = [];
    const connect = (): Duplex => {
      const stream = service.connect(secure);
      streams.push(stream);
      return stream;
    };
    const target: LdapTarget = { kind: 'service', connect, url: 'embedded:test', base: '' };
    await using directory = new LdapDirectory(target, { clock, random: () => 0 });
    await directory.connect();
    await directory.bind({ kind: 'scram', user: 'ann', password: 'hush' });
    streams[0]?.destroy();
    await directory.add(createConference({ name: 'After' }));
    expect(streams).toHaveLength(2);
  });

  test.each<[string, Credentials]>([
    ['a wrong password', { kind: 'scram', user: 'ann', password: 'wrong' }],
    ['a user who is not there', { kind: 'scram', user: 'eve', password: 'hush' }],
    ['no password', { kind: 'scram', user: 'ann', password: '' }],
    ['what is not offered', { kind: 'external' }],
  ])('not with %s', async (_, credentials) => {
    await using directory = directoryAs(secure);
    await directory.connect();
    await expect(directory.bind(credentials)).rejects.toThrow(NotPermittedError);
    expect(await directory.search().toArray()).toEqual([]); // the connection stands
  });
});

/** A server that answers every bind by what `answer` says, and whatever else with success. */
function pretender(answer: (nth: number) => { resultCode: number; serverSaslCreds: Uint8Array }): LdapTarget {
  const connect = (): Duplex => {
    const [client, server] = duplexPair();
    const framer = new LdapFramer();
    let nth = 0;
    server.on('data', (chunk: Uint8Array) => {
      framer.handleBytes(chunk);
      for (let frame; (frame = framer.pollFrame()) !== undefined; ) {
        const { messageId, op } = decodeMessage(frame);
        if (op.type !== 'bindRequest') continue;
        const result = { matchedDN: '', diagnosticMessage: '', ...answer(++nth) };
        server.write(encodeMessage({ messageId, op: { type: 'bindResponse', ...result } }));
      }
    });
    return client;
  };
  return { kind: 'service', connect, url: 'embedded:pretender', base: '' };
}

describe('SCRAM does not trust a server', () => {
  test.each([
    [
      'that says success at once',
      () => ({ resultCode: RESULT.success, serverSaslCreds: utf8Bytes('') }),
      /before SCRAM-SHA-256 was through/,
    ],
    [
      'that makes up its own nonce',
      () => ({
        resultCode: RESULT.saslBindInProgress,
        serverSaslCreds: utf8Bytes('r=abcdefghijklmnopqrst,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'),
      }),
      /does not continue ours/,
    ],
  ])('%s', async (_, answer, words) => {
    let lost = 0;
    const settings = { tls: 'none', timeoutMs: 5000 } as const;
    const connection = await LdapConnection.open(pretender(answer), settings, () => lost++);
    const bind = connection.authenticate({ kind: 'scram', user: 'ann', password: 'hush' });
    await expect(bind).rejects.toThrow(words);
    await expect(bind).rejects.toThrow(NotPermittedError);
    expect([connection.alive, lost]).toEqual([false, 1]);
  });
});
