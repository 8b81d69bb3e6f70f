import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GRANTED_LEASES_FILE, readGrantedLeases } from '../../directory/madcap/index.ts';
import { hexOf, type MadcapLease } from '../../src/madcap/index.ts';
import { type MadcapSocket, openMadcapSocket } from '../../src/net/index.ts';
import { Home, type Running } from './cli-program.ts';

const SCOPE = '239.255.0.0';
let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home[Symbol.dispose]());

const dataDir = (): string => join(home.path, 'served');

/** Starts the service on a free port of loopback. */
async function serve(
  ...args: readonly string[]
): Promise<{ server: Running; address: { address: string; port: number } }> {
  const own = ['--listen', 'ldap://127.0.0.1:0', '--madcap-interface', 'lo', '--madcap-port', '0', '--json'];
  const server = home.start(['serve', '--data-dir', dataDir(), ...own, ...args]);
  const [, port = ''] = await server.printed(/"address":"127\.0\.0\.1","port":(\d+)/);
  return { server, address: { address: '127.0.0.1', port: Number(port) } };
}

describe('a server that is killed', () => {
  test.each([1, 100])('[LEA-01] kill -9 after %i leases: what was granted still is', async (killAfter) => {
    await using client: MadcapSocket = await openMadcapSocket({ interface: 'lo' });
    const first = await serve();
    const granted: MadcapLease[] = [];
    /** Those being given back: the kill may come before or after. */
    const releasing = new Set<string>();
    const released = new Set<string>();
    const giveUp = new AbortController();
    const isOver = (): boolean => giveUp.signal.aborted;
    // Several at a time, some given back again, until the server is gone in the middle of it.
    const ask = async (n: number): Promise<void> => {
      for (let i = 0; !isOver(); i++) {
        const id = client.newLeaseIdentifier();
        const lease = await client.request({ scope: SCOPE, id, server: first.address, count: 2 }, giveUp);
        granted.push(lease);
        if ((i + n) % 4 === 0) {
          releasing.add(hexOf(id));
          await client.release({ id, servers: [first.address] }, giveUp);
          released.add(hexOf(id));
        }
        if (granted.length >= killAfter && !isOver()) {
          first.server.child.kill('SIGKILL');
          giveUp.abort();
        }
      }
    };
    await Promise.allSettled([0, 1, 2, 3].map(ask));
    expect((await first.server.end).signal).toBe('SIGKILL');
    expect(granted.length).toBeGreaterThanOrEqual(killAfter);

    const kept = new Map(readGrantedLeases(join(dataDir(), GRANTED_LEASES_FILE)).map((it) => [it.id, it]));
    const second = await serve();
    await using _ = second.server;
    const servers = [second.address];
    for (const { id, addresses } of granted) {
      if (released.has(hexOf(id)) || !kept.has(hexOf(id))) continue;
      expect((await client.renew({ id, servers, seconds: 600 })).addresses).toEqual(addresses);
    }
    expect(granted.filter(({ id }) => !kept.has(hexOf(id)) && !releasing.has(hexOf(id)))).toEqual([]);
    expect([...released].filter((id) => kept.has(id))).toEqual([]);
    // And nobody gets what somebody else has.
    const held = new Set([...kept.values()].flatMap(({ addresses }) => addresses));
    const more = await client.request({
      scope: SCOPE,
      id: client.newLeaseIdentifier(),
      server: second.address,
      count: 200,
    });
    expect(more.addresses.filter((address) => held.has(address))).toEqual([]);
  });
});

describe('serve --madcap', () => {
  test('knows the groups of the directory from its first answer on', async () => {
    const path = join(home.path, 'two.toml');
    writeFileSync(
      path,
      '[[madcap.scopes]]\nfirst = "239.192.0.0"\nlast = "239.192.1.1"\nexclude = ["239.192.0.2-239.192.0.255"]\n',
      { mode: 0o600 },
    );
    expect(
      await home.run(['create', 'Weekly', '--group', '239.192.0.1', '--data-dir', dataDir()]),
    ).toMatchObject({ code: 0 });
    const own = [
      '--listen',
      'ldap://127.0.0.1:0',
      '--madcap-interface',
      'lo',
      '--madcap-port',
      '0',
      '--json',
    ];
    await using server = home.start(['serve', '--data-dir', dataDir(), ...own], {
      env: { RENDEZVOUS_CONFIG: path },
    });
    const [, port = ''] = await server.printed(/"address":"127\.0\.0\.1","port":(\d+)/);
    await using client = await openMadcapSocket({ interface: 'lo' });
    const one = { scope: '239.192.0.0', server: { address: '127.0.0.1', port: Number(port) } };
    const request = () => client.request({ ...one, id: client.newLeaseIdentifier() });
    expect((await request()).addresses).toEqual(['239.192.0.0']);
    await expect(request()).rejects.toMatchObject({ failure: { reason: 'try later' } });
  });

  test('leases the scopes of the configuration file, leaves groups of conferences alone, and counts', async () => {
    const config = `
      [[madcap.scopes]]
      first = "239.192.0.0"
      last = "239.192.1.3"
      ttl = 20
      max-lease = "1h"
      exclude = ["239.192.0.4-239.192.0.255"]
      [madcap.scopes.names]
      en = "Campus"
      de = "Gelände"
    `;
    const path = join(home.path, 'madcap.toml');
    writeFileSync(path, config, { mode: 0o600 });
    const env = { RENDEZVOUS_CONFIG: path };
    const args = ['--listen', 'ldap://127.0.0.1:0', '--madcap-interface', 'lo', '--madcap-port', '0'];
    await using server = home.start(
      ['serve', '--data-dir', dataDir(), ...args, '--metrics', '127.0.0.1:0', '--json'],
      { env },
    );
    const [, port = ''] = await server.printed(/"address":"127\.0\.0\.1","port":(\d+)/);
    const [, metrics = ''] = await server.printed(/"url":"(http[^"]+)"/);
    const used = ['create', 'Weekly', '--group', '239.192.0.1', '--data-dir', dataDir()];
    expect(await home.run(used)).toMatchObject({ code: 0 });
    await using client = await openMadcapSocket({ interface: 'lo' });
    const address = { address: '127.0.0.1', port: Number(port) };
    const [info] = await client.getInfo({ server: address, language: 'de' });
    expect(info?.scopes).toMatchObject([{ first: '239.192.0.0', ttl: 20, names: [{ name: 'Gelände' }] }]);
    const all = { scope: '239.192.0.0', id: client.newLeaseIdentifier(), server: address, count: 4 };
    // What another process publishes is heard of a moment later.
    const hasAll = async (): Promise<boolean> => {
      const granted = await client.request(all).catch(() => undefined);
      if (granted === undefined) return false;
      await client.release({ id: all.id, servers: [address] });
      return true;
    };
    for (let tries = 0; tries < 100 && (await hasAll()); tries++) await delay(50);
    await expect(client.request(all)).rejects.toMatchObject({ failure: { reason: 'try later' } });
    const lease = await client.request({ ...all, count: 3, seconds: 10 ** 6 });
    expect(lease.addresses).toEqual(['239.192.0.0', '239.192.0.2', '239.192.0.3']);
    expect(lease.stop - lease.start).toBe(3600);
    const text = await (await fetch(metrics)).text();
    expect(text).toContain('rendezvous_madcap_leases 1\n');
    expect(text).toContain('rendezvous_madcap_addresses_leased{scope="239.192.0.0"} 3\n');
    expect(text).toMatch(/^rendezvous_madcap_postponed_total [1-9]/m);
    expect(text.match(/# TYPE rendezvous_madcap_sent_total counter\n/g)).toHaveLength(1);
    server.child.kill('SIGTERM');
    const { code, out } = await server.end;
    expect(code).toBe(0);
    const events: unknown[] = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'lease',
        event: 'granted',
        client: '127.0.0.1',
        addresses: lease.addresses,
      }),
    );
    expect(events).toContainEqual(expect.objectContaining({ type: 'leaseRefused', code: null }));
    expect(out).not.toContain(hexOf(lease.id)); // whoever has it may change the lease
  });

  test('says what is wrong with the scopes, and where it cannot listen', async () => {
    const serveWith = (...args: readonly string[]) =>
      home.run(['serve', '--listen', 'ldap://127.0.0.1:0', '--data-dir', dataDir(), ...args]);
    const wrong = await serveWith('--madcap-interface', 'nosuch0');
    expect(wrong).toMatchObject({ code: 5 });
    expect(wrong.err).toContain('nosuch0');
    expect(await serveWith('--madcap-port', 'many')).toMatchObject({ code: 2 });
  });
});
