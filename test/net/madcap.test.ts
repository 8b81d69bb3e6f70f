import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  GRANTED_LEASES_FILE,
  type MadcapService,
  openMadcapService,
  readGrantedLeases,
} from '../../directory/madcap/index.ts';
import {
  hexOf,
  MadcapFailureError,
  type MadcapServerEvent,
  type ServedScope,
} from '../../src/madcap/index.ts';
import { NetworkError } from '../../src/errors.ts';
import { openMadcapServerSockets } from '../../src/net/madcap-server-sockets.ts';
import {
  type MadcapSocket,
  type MulticastSocket,
  openMadcapSocket,
  openMulticastSocket,
} from '../../src/net/index.ts';
import { drawPort, familiesHere, until } from './loopback.ts';

const SCOPE = '239.255.0.0';
const scopes: readonly ServedScope[] = [
  {
    first: SCOPE,
    last: '239.255.3.255',
    ttl: 15,
    names: [
      { language: 'en', name: 'Test', isDefault: true },
      { language: 'de', name: 'Probe', isDefault: false },
    ],
    exclusions: [],
    maximumSeconds: 86_400,
  },
  {
    first: 'ff15::8000:0',
    last: 'ff15::8000:ffff',
    ttl: 15,
    names: [],
    exclusions: [],
    maximumSeconds: 86_400,
  },
];

let dir: string;
let service: MadcapService;
const events: MadcapServerEvent[] = [];
const troubles: string[] = [];
const inUse = new Set<string>();
const port = drawPort();

const open = (path: string): Promise<MadcapService> =>
  openMadcapService({
    path,
    scopes,
    port,
    interfaces: ['lo'],
    isInUse: (address) => inUse.has(address),
    onEvent: (event) => events.push(event),
    onTrouble: (text) => troubles.push(text),
  });

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rendezvous-madcap-'));
});
afterAll(() => rmSync(dir, { recursive: true }));
let path: string;
let number = 0;
beforeEach(async () => {
  path = join(dir, `${number++}-${GRANTED_LEASES_FILE}`);
  events.length = 0;
  troubles.length = 0;
  service = await open(path);
});
afterEach(() => service.close());

/** A client that looks for servers on loopback, at the port of this test. */
const openClient = (family: 4 | 6 = 4): Promise<MadcapSocket> =>
  openMadcapSocket({
    family,
    interface: 'lo',
    group: { address: family === 4 ? '239.255.255.254' : 'ff13::ffff:fffe', port, multicastTtl: 16 },
  });

describe('a client and a server on real sockets', () => {
  test.each(familiesHere)(
    '[MAA-01] [MAA-02] IPv%i: found by multicast, leased, renewed, released',
    async (family) => {
      await using client = await openClient(family);
      const own = family === 4 ? '127.0.0.1' : '::1';
      // Loopback does not carry groups of IPv6 everywhere: the tests in namespaces look for servers there.
      const asked = family === 4 ? {} : { server: { address: own, port } };
      const [info, ...others] = await client.getInfo({ language: 'de', settleMs: 50, ...asked });
      expect(others).toEqual([]);
      expect(info).toMatchObject({ server: own, from: { port }, clockAhead: 0, features: [1, 2] });
      const [scope] = info?.scopes ?? [];
      expect(scope?.first).toBe(family === 4 ? SCOPE : 'ff15::8000:0');
      const id = client.newLeaseIdentifier();
      const lease = await client.request({
        scope: scope?.first ?? '',
        id,
        count: 3,
        seconds: 600,
        settleMs: 20,
        ...asked,
      });
      expect(lease).toMatchObject({ server: own, ttl: 15, id });
      expect(new Set(lease.addresses).size).toBe(3);
      expect(lease.stop - lease.start).toBe(600);
      expect(readGrantedLeases(path)).toMatchObject([{ id: hexOf(id), addresses: lease.addresses }]);
      const renewed = await client.renew({ id, servers: [lease.serverAddress], seconds: 7200 });
      expect(renewed.addresses).toEqual(lease.addresses);
      expect(renewed.stop - renewed.start).toBe(7200);
      await client.release({ id, servers: [lease.serverAddress] });
      expect(readGrantedLeases(path)).toEqual([]);
      const offered = family === 4 ? ['offered'] : [];
      expect(events.map(({ type }) => type)).toEqual([...offered, 'granted', 'renewed', 'released']);
      await expect(client.release({ id, servers: [lease.serverAddress] })).rejects.toThrow(
        /knows no such lease/,
      );
    },
  );

  test('[LEA-01] [MAA-05] a lease is renewed after both have been started anew', async () => {
    const id = Uint8Array.of(0, ...Array.from({ length: 16 }, (_, i) => i));
    const server = { address: '127.0.0.1', port };
    let first: readonly string[];
    {
      await using client = await openClient();
      first = (await client.request({ scope: SCOPE, id, server, count: 2 })).addresses;
    }
    await service.close();
    service = await open(path);
    await using client = await openClient();
    const again = await client.renew({ id, servers: [server], seconds: 60 });
    expect(again.addresses).toEqual(first);
  });

  test('what conferences use is not leased', async () => {
    await using client = await openClient();
    const server = { address: '127.0.0.1', port };
    inUse.add('239.255.0.7');
    const refused = client.request({
      scope: SCOPE,
      id: Uint8Array.of(1),
      server,
      ranges: [{ first: '239.255.0.7', count: 1 }],
    });
    await expect(refused).rejects.toThrow('the addresses asked for cannot be granted');
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_MADCAP',
      failure: { error: { code: 0, option: 10 } },
    });
    inUse.clear();
    const lease = await client.request({
      scope: SCOPE,
      id: Uint8Array.of(1),
      server,
      ranges: [{ first: '239.255.0.7', count: 1 }],
    });
    expect(lease.addresses).toEqual(['239.255.0.7']);
  });

  test('what cannot be written is not granted; once it can be, the client that asks again gets it', async () => {
    await using client = await openClient();
    using other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const id = client.newLeaseIdentifier();
    const request = client.request({ scope: SCOPE, id, server: { address: '127.0.0.1', port } });
    await until(() => troubles.length > 0);
    expect(troubles[0]).toMatch(/none are granted: .*Another process holds it/);
    expect(service.troubles).toBeGreaterThan(0);
    expect(events).toEqual([]);
    other.exec('ROLLBACK');
    const lease = await request; // sent again after four seconds
    expect(readGrantedLeases(path)).toMatchObject([{ id: hexOf(id), addresses: lease.addresses }]);
  });

  test('a hundred clients at once get a hundred addresses', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => openClient()));
    try {
      const server = { address: '127.0.0.1', port };
      const leases = await Promise.all(
        Array.from({ length: 100 }, (_, i) => {
          const client = clients[i % 10];
          if (client === undefined) throw new Error('no client');
          return client.request({ scope: SCOPE, id: client.newLeaseIdentifier(), server });
        }),
      );
      expect(new Set(leases.flatMap(({ addresses }) => addresses)).size).toBe(100);
      expect(readGrantedLeases(path)).toHaveLength(100);
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
  });

  test('noise is overlooked', async () => {
    await using noise = await openMulticastSocket({ group: '127.0.0.1', port, localPort: 0 });
    for (let i = 0; i < 50; i++) noise.send(Uint8Array.from({ length: i * 3 }, () => Math.random() * 256));
    await until(() => service.server.stats.ignored >= 40);
    await using client = await openClient();
    await expect(client.getInfo({ server: { address: '127.0.0.1', port } })).resolves.toHaveLength(1);
  });

  test('whoever gives up gets nothing, and the server gets it back', async () => {
    await using client = await openClient();
    const giveUp = new AbortController();
    const request = client.request(
      { scope: SCOPE, id: client.newLeaseIdentifier(), server: { address: '127.0.0.1', port } },
      { signal: giveUp.signal },
    );
    giveUp.abort(new Error('enough'));
    await expect(request).rejects.toThrow('enough');
    await until(() => events.some(({ type }) => type === 'released'));
    expect(readGrantedLeases(path)).toEqual([]);
  });

  test('a client that is closed fails what is under way', async () => {
    const client = await openClient();
    const request = client.request({
      scope: SCOPE,
      id: Uint8Array.of(1),
      server: { address: '127.0.0.1', port: 9 },
    });
    await Promise.all([expect(request).rejects.toBeInstanceOf(MadcapFailureError), client.close()]);
  });

  test('a second server on the same port says that it is taken', async () => {
    await expect(open(join(dir, 'second.db'))).rejects.toThrow(/EADDRINUSE/);
    await expect(open(path)).rejects.toThrow(/Another process already leases/);
  });
});

describe('sockets of a server', () => {
  /** Sockets that were opened; groups and addresses for which `refuses` are not. */
  const opening = (refuses: (group: string) => boolean) => {
    const opened: MulticastSocket[] = [];
    const openSocket: typeof openMulticastSocket = async (options) => {
      if (refuses(options.group)) throw new NetworkError(`no ${options.group} today`);
      const socket = await openMulticastSocket(options);
      opened.push(socket);
      return socket;
    };
    const open = () =>
      openMadcapServerSockets({
        interfaces: ['lo'],
        port: 0,
        scopeLasts: ['239.195.255.255', '239.255.255.255'],
        openSocket,
      });
    return { opened, open };
  };

  test('a group that cannot be had leaves the others, and is told', async () => {
    const { open: openThem } = opening((group) => group === '239.195.255.254');
    await using sockets = await openThem();
    expect(sockets.places[0]?.groups).toEqual(['239.255.255.254']);
    expect(sockets.warnings).toContain('lo: no 239.195.255.254 today');
  });

  test('what fails on the way leaves nothing open', async () => {
    const { opened, open: openThem } = opening((group) => {
      if (group === '239.255.255.254') throw new TypeError('a mistake of ours');
      return false;
    });
    await expect(openThem()).rejects.toThrow('a mistake of ours');
    expect(opened).toHaveLength(1);
    expect(opened[0]?.send(Uint8Array.of(1))).toBe(false);
  });
});
