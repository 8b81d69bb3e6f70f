import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AlreadyConnectedError,
  createDirectory,
  DirectoryTimeoutError,
  DirectoryUnavailableError,
  NoServerError,
} from '../../directory/index.ts';
import { noneReached } from '../../directory/none-reached.ts';
import { locateServers, type SrvResolver } from '../../directory/locate.ts';
import { type DomainSources, localDomain } from '../../directory/local-domain.ts';
import { checkMayKnowPassword } from '../../directory/located-server.ts';
import { DirectoryServers, parseServers } from '../../directory/servers.ts';
import { ServerChoice } from '../../directory/server-choice.ts';
import { orderSrv, type SrvRecord } from '../../directory/srv-order.ts';

const random = (): number => 0;
const urlsOf = async (text: string, tls?: 'none' | 'ldaps' | 'starttls'): Promise<string[]> => {
  const servers = new DirectoryServers(parseServers(text));
  const found = await servers.find(tls === undefined ? {} : { tls }, 1000, { random });
  return found.map(({ target }) => target.url);
};

describe('how a directory is named', () => {
  test('[ILS-03] [DEF-01] a host without a port is tried at 1002, 389 and with TLS at 636', async () => {
    expect(await urlsOf('ils.example')).toEqual([
      'ldap://ils.example:1002',
      'ldap://ils.example:389',
      'ldaps://ils.example:636',
    ]);
    expect(await urlsOf('[::1]')).toEqual(['ldap://[::1]:1002', 'ldap://[::1]:389', 'ldaps://[::1]:636']);
    expect(await urlsOf('ils.example', 'ldaps')).toEqual(['ldaps://ils.example:636']);
    expect(await urlsOf('ils.example', 'starttls')).toEqual([
      'ldap://ils.example:1002',
      'ldap://ils.example:389',
    ]);
  });

  test('[ILS-03] a port that is named is the only one; a URL without one means 389 or 636', async () => {
    expect(await urlsOf('ils.example:1389')).toEqual(['ldap://ils.example:1389']);
    const servers = new DirectoryServers(parseServers('ldap://ils.example'));
    const [only, ...others] = await servers.find({}, 1000, { random });
    expect(only?.target).toMatchObject({ host: 'ils.example', port: 389 });
    expect(others).toEqual([]);
  });

  test('several URLs are servers of one directory, which has one base', async () => {
    expect(await urlsOf(' ldap://a/dc=x  ldaps://b:7636 host ')).toEqual([
      'ldap://a/dc=x',
      'ldaps://b:7636',
      'ldap://host:1002',
      'ldap://host:389',
      'ldaps://host:636',
    ]);
    expect(parseServers('ldap://a/dc=x ldap://b/DC=X ldap://c')).toMatchObject({ base: 'dc=x' });
    expect(parseServers('ldap://a/ou=My Conferences,dc=x ldap://b').named).toHaveLength(2);
    expect(() => parseServers('ldap://a/dc=x ldap://b/dc=y')).toThrow(/same base/);
  });

  test('[ERR-02] nothing, or nonsense', () => {
    for (const text of ['', ' ', 'ldap://', 'ldap:///dc=x']) {
      expect(() => parseServers(text)).toThrow(NoServerError);
    }
    for (const text of ['http://host', 'a=b', 'host:99999', 'host/dc=x']) {
      expect(() => parseServers(text)).toThrow(/LDAP URL/);
    }
  });

  test('[ILS-01] [ILS-02] the port can be read, and chosen before connecting only', async () => {
    const directory = await createDirectory('ils.example');
    expect(directory.port).toBe(1002);
    directory.port = 1389;
    expect([directory.port, directory.displayName]).toEqual([1389, 'ils.example:1389']);
    for (const port of [0, 65_536, 1.5]) expect(() => (directory.port = port)).toThrow(/1 to 65535/);
    await directory.close();
    expect(() => (directory.port = 389)).toThrow(AlreadyConnectedError);
    const socket = await createDirectory('ldapi://%2Frun%2Fx');
    expect(socket.port).toBeUndefined();
    expect(() => (socket.port = 389)).toThrow(/no port/);
  });
});

describe('servers that a domain publishes', () => {
  const record = (name: string, priority: number, weight: number, port = 389): SrvRecord => ({
    name,
    port,
    priority,
    weight,
  });

  test('are asked for by dns: or by a URL without a host whose base is a domain (RFC 2247)', () => {
    expect(parseServers('dns:example.org')).toMatchObject({
      domains: [{ domain: 'example.org', tls: false }],
      displayName: 'dns:example.org',
    });
    expect(parseServers('ldaps:///ou=Conferences,dc=example,dc=org')).toMatchObject({
      domains: [{ domain: 'example.org', tls: true }],
      base: 'ou=Conferences,dc=example,dc=org',
    });
  });

  test('are ordered by priority (RFC 2782)', () => {
    const records = [record('c', 20, 9), record('a', 5, 0), record('b', 10, 100)];
    expect(orderSrv(records, random).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  test('and drawn by weight within one (RFC 2782)', () => {
    const counts = new Map<string, number>();
    const draws = 5000;
    for (let i = 0; i < draws; i++) {
      // evenly spread instead of random, so that this never fails by chance
      let draw = (i + 0.5) / draws;
      const [first] = orderSrv([record('one', 1, 1), record('three', 1, 3), record('none', 1, 0)], () => {
        const now = draw;
        draw = (draw * 7919) % 1;
        return now;
      });
      counts.set(first?.name ?? '', (counts.get(first?.name ?? '') ?? 0) + 1);
    }
    expect(counts.get('three')).toBe(3000); // 3 of 5 values from 0 to the sum
    expect(counts.get('one')).toBe(1000);
    expect(counts.get('none')).toBe(1000);
  });

  test('whatever the draws, nobody is lost and priorities hold', () => {
    const anyRecord = fc.record({
      name: fc.string(),
      port: fc.nat(65_535),
      priority: fc.nat(3),
      weight: fc.nat(65_535),
    });
    fc.assert(
      fc.property(
        fc.array(anyRecord, { maxLength: 20 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999 })),
        (all, draws) => {
          const ordered = orderSrv(all, () => draws.next().value ?? 0);
          expect(new Set(ordered)).toEqual(new Set(all));
          expect(ordered).toHaveLength(all.length);
          const priorities = ordered.map(({ priority }) => priority);
          expect(priorities).toEqual(priorities.toSorted((a, b) => a - b));
        },
      ),
    );
  });

  const resolving = (answers: Record<string, SrvRecord[] | string>): SrvResolver => ({
    async resolveSrv(name) {
      const answer = answers[name];
      if (answer === undefined || typeof answer === 'string') {
        throw Object.assign(new Error(`querySrv ${answer ?? 'ENOTFOUND'} ${name}`), {
          code: answer ?? 'ENOTFOUND',
        });
      }
      return answer;
    },
    cancel() {},
  });

  test('[ILS-03] are used with the port published, those of a locator service first', async () => {
    const resolver = resolving({
      '_ldap._tcp.example.org': [record('dc.example.org', 0, 0)],
      '_ils._tcp.example.org': [record('ils.example.org', 50, 0, 2002)],
    });
    const servers = new DirectoryServers(parseServers('dns:example.org'));
    const found = await servers.find({}, 1000, { random, resolver });
    expect(found.map(({ target }) => target.url)).toEqual([
      'ldap://ils.example.org:2002',
      'ldap://dc.example.org:389',
    ]);
  });

  test('[DEF-15] without a domain those of the domain that this computer belongs to', async () => {
    const resolver = resolving({ '_ldap._tcp.corp.example.org': [record('dc1.corp.example.org', 0, 0)] });
    const servers = new DirectoryServers(parseServers('dns:'));
    expect(servers.displayName).toBe('dns:');
    const sources = { env: {}, hostname: 'pc7', kerberos: async () => undefined };
    const options = (own: Partial<DomainSources>) => ({
      random,
      resolver,
      localDomain: () => localDomain({ ...sources, ...own }),
    });
    for (const own of [
      { env: { USERDNSDOMAIN: 'CORP.EXAMPLE.ORG' }, hostname: 'pc7.other.example' },
      { kerberos: async () => '[libdefaults]\n\tdefault_realm = CORP.EXAMPLE.ORG\n' },
      { hostname: 'pc7.corp.example.org' },
    ]) {
      const [first] = await servers.find({}, 1000, options(own));
      expect(first?.target).toMatchObject({ host: 'dc1.corp.example.org', domain: 'corp.example.org' });
    }
    for (const hostname of ['pc7', 'pc7.localdomain', 'pc7.']) {
      await expect(servers.find({}, 1000, options({ hostname }))).rejects.toThrow(NoServerError);
    }
  });

  test('none, decidedly none, or no answer', async () => {
    const locate = (resolver: SrvResolver) => locateServers('x.example', { random, timeoutMs: 50, resolver });
    await expect(locate(resolving({}))).rejects.toThrow(/publishes no directory.*_ils\._tcp\.x\.example/);
    await expect(locate(resolving({ '_ldap._tcp.x.example': [record('', 0, 0)] }))).rejects.toThrow(
      DirectoryUnavailableError,
    );
    await expect(locate(resolving({ '_ldap._tcp.x.example': 'ESERVFAIL' }))).rejects.toThrow(
      /name service cannot say.*ESERVFAIL/,
    );
    const silent: SrvResolver = { resolveSrv: () => new Promise<never>(() => {}), cancel() {} };
    await expect(locate(silent)).rejects.toMatchObject({ code: 'ERR_DIRECTORY_TIMEOUT' });
  });
});

describe('the choice among servers', () => {
  test('follows preference, and avoids for a while what failed', () => {
    const choice = new ServerChoice(3);
    expect(choice.order(0)).toEqual([0, 1, 2]);
    choice.failed(0, 0);
    expect(choice.order(0)).toEqual([1, 2, 0]);
    expect(choice.better(1, 29_999)).toBeUndefined();
    expect(choice.better(1, 30_000)).toBe(0);
    choice.failed(0, 30_000);
    expect(choice.better(1, 60_000)).toBeUndefined();
    expect(choice.better(1, 90_000)).toBe(0);
    choice.worked(0);
    choice.failed(0, 90_000);
    expect(choice.better(1, 120_000)).toBe(0); // it starts anew after a success
    choice.exclude(0);
    expect([choice.size, choice.order(0)]).toEqual([2, [1, 2]]);
  });

  test('never avoids longer than ten minutes', () => {
    const choice = new ServerChoice(2);
    for (let i = 0; i < 50; i++) choice.failed(0, 0);
    expect(choice.better(1, 600_000)).toBe(0);
  });
});

test('several servers that cannot be reached are one error, and what is the same is said once', () => {
  const at = (where: string, why = 'nothing listens there'): DirectoryUnavailableError =>
    new DirectoryUnavailableError(`Cannot reach the directory ${where}: ${why}.`);
  const message = (...problems: DirectoryUnavailableError[]) => noneReached(problems).message;
  expect(message(at('a:1002'), at('a:389'), at('a:636'))).toBe(
    'Cannot reach the directory a: nothing listens there. It was tried at the ports 1002, 389 and 636.',
  );
  expect(message(at('[::1]:1002'), at('[::1]:389'))).toBe(
    'Cannot reach the directory [::1]: nothing listens there. It was tried at the ports 1002 and 389.',
  );
  expect(message(at('a:389'), at('b:389', 'no route'))).toBe(
    'None of the 2 servers can be used. Cannot reach the directory a:389: nothing listens there. Cannot reach the directory b:389: no route.',
  );
  expect(message(at('a:389'))).toBe('Cannot reach the directory a:389: nothing listens there.');
  const late = [1, 2].map(
    (i) => new DirectoryTimeoutError(`No answer from the directory a:${i} within 1 s.`),
  );
  expect(noneReached(late)).toMatchObject({ code: 'ERR_DIRECTORY_TIMEOUT' });
});

test('a password is sent to a server that the DNS names only below the domain', () => {
  const target = (host: string) =>
    ({ kind: 'tcp', host, port: 389, tls: true, url: '', base: '', domain: 'example.org' }) as const;
  const simple = { kind: 'simple', dn: 'cn=x', password: 'x' } as const;
  for (const host of ['ldap1.example.org', 'EXAMPLE.org.']) {
    expect(() => checkMayKnowPassword(target(host), simple)).not.toThrow();
  }
  for (const host of ['ldap.elsewhere.example', 'badexample.org']) {
    expect(() => checkMayKnowPassword(target(host), simple)).toThrow(/The DNS can be forged/);
    expect(() => checkMayKnowPassword(target(host), { kind: 'external' })).not.toThrow();
    const { domain: _, ...named } = target(host);
    expect(() => checkMayKnowPassword(named, simple)).not.toThrow();
  }
});
