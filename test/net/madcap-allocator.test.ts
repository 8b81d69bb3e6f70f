import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  findMadcapServers,
  interfacesToLookOn,
  Lease,
  LeaseFile,
  type MadcapAllocator,
  type McastScope,
  openMadcapAllocator,
  type OpenMadcapOptions,
} from '../../directory/allocation/index.ts';
import { MadcapHost, type MadcapHostOptions } from '../support/madcap-host.ts';

let host: MadcapHost;
let leases: LeaseFile;
const opened: AsyncDisposable[] = [];

beforeEach(async () => {
  host = await MadcapHost.open();
  leases = new LeaseFile(':memory:');
});
afterEach(async () => {
  for (const it of opened.splice(0)) await it[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
  leases[Symbol.dispose]();
});

async function allocatorOf(options: Partial<OpenMadcapOptions> = {}): Promise<MadcapAllocator> {
  const server = { host: '127.0.0.1', port: host.port };
  const allocator = await openMadcapAllocator({ leases, server, ...options });
  opened.push(allocator);
  return allocator;
}
async function anotherHost(options: MadcapHostOptions): Promise<void> {
  await host[Symbol.asyncDispose]();
  host = await MadcapHost.open(options);
}
/** Seconds that two moments are apart. */
const apart = (a: Date | null, b: Date): number => Math.abs((a?.getTime() ?? 0) - b.getTime()) / 1000;
const soon = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

describe('scopes of a server', () => {
  test('[MAA-01] [SCP-01] [SCP-02] [SCP-03] [SCP-04] [SCP-05] [MAC-07] are told', async () => {
    const allocator = await allocatorOf();
    const [campus, company] = await allocator.scopes().toArray();
    expect(campus).toEqual<McastScope>({
      id: '239.255.0.0',
      serverId: '127.0.0.1',
      interface: '127.0.0.1',
      names: { en: 'Campus', de: 'Gelände' },
      description: 'Campus',
      ttl: 12,
      family: 4,
      first: '239.255.0.0',
      last: '239.255.255.255',
    });
    expect(company).toMatchObject({ id: '239.192.0.0', description: 'Company', ttl: 63 });
    const [named] = await allocator.scopes({ language: 'de' }).toArray();
    expect(named?.description).toBe('Gelände');
  });

  test('[MAC-03] [ENU-01] are asked for once, until they are asked for anew', async () => {
    const allocator = await allocatorOf();
    const scopes = allocator.scopes();
    expect(host.asked).toBe(0); // nothing before somebody looks
    expect(await scopes.take(1).toArray()).toHaveLength(1);
    expect(await scopes.skip(1).toArray()).toHaveLength(1);
    expect(await allocator.scopes().toArray()).toHaveLength(2);
    expect(host.asked).toBe(1);
    await allocator.scopes({ requery: true }).toArray();
    expect(host.asked).toBe(2);
  });
});

describe('a lease of a server', () => {
  test('[MAA-02] [MAA-08] [LEA-02] [LEA-04] [LEA-06] [LEA-07] [LEA-08] [LEA-09] [MAC-05] [MAC-06] is granted', async () => {
    const allocator = await allocatorOf({ conference: 'Round' });
    const [scope] = await allocator.scopes().toArray();
    const stop = soon(7200);
    const lease = await allocator.request({ scope: scope ?? '', stop, count: 3 });
    expect(lease.addresses).toEqual(host.leases[0]?.addresses);
    expect(lease.addressCount).toBe(3);
    expect(lease.server).toBe('127.0.0.1');
    expect(lease.serverPort).toBe(host.port);
    expect(lease.ttl).toBe(12);
    expect(lease.scope).toBe('239.255.0.0');
    expect(apart(lease.start, new Date())).toBeLessThan(30);
    expect(apart(lease.stop, stop)).toBeLessThan(30);
    expect(leases.get(lease.id)).toEqual({ lease, conference: 'Round' });
  });

  test('[MAA-02] may begin later, and as long as is granted where nothing was said', async () => {
    const allocator = await allocatorOf();
    const lease = await allocator.request({ scope: '239.192.0.0', start: soon(3600) });
    expect(apart(lease.start, soon(3600))).toBeLessThan(30);
    expect(apart(lease.stop, soon(3600 + 30 * 86_400))).toBeLessThan(30);
    await expect(
      allocator.request({ scope: '239.192.0.0', start: soon(60), stop: soon(30) }),
    ).rejects.toThrow(/cannot end/);
  });

  test('[MAA-03] [MAA-04] [MAA-05] [MAA-06] [LEA-01] [LEA-03] [LEA-05] [MAC-04] is renewed and released after a restart', async () => {
    const first = await allocatorOf({ conference: 'Round' });
    const { values } = await first.request({ scope: '239.255.0.0', stop: soon(600) });
    await first[Symbol.asyncDispose]();

    const later = await allocatorOf({ server: { host: '127.0.0.1', port: 9 } }); // the lease knows its server
    const lease = new Lease(values);
    lease.stop = soon(7200);
    const renewed = await later.renew(lease);
    expect(renewed.id).toBe(values.id);
    expect(renewed.addresses).toEqual(values.addresses);
    expect(renewed.start).toEqual(values.start);
    expect(apart(renewed.stop, soon(7200))).toBeLessThan(30);
    expect(leases.get(values.id)?.conference).toBe('Round');
    await later.release(renewed);
    expect(host.leases).toEqual([]);
    expect(leases.all()).toEqual([]);
  });

  test('fewer addresses will do when that was said', async () => {
    await anotherHost({ limits: { addressesPerLease: 2 } });
    const allocator = await allocatorOf();
    const lease = await allocator.request({ scope: '239.255.0.0', count: 5, minimumCount: 1 });
    expect(lease.addressCount).toBe(2);
  });
});

describe('what a server refuses', () => {
  test('is said in words, and leaves nothing behind', async () => {
    await anotherHost({ limits: { addressesPerLease: 2 } });
    const allocator = await allocatorOf();
    await expect(allocator.request({ scope: '239.255.0.0', count: 5 })).rejects.toMatchObject({
      code: 'ERR_ALLOCATION_REFUSED',
      madcapCode: 0,
      message: expect.stringMatching(
        /127\.0\.0\.1 refused: the number of addresses asked for cannot be granted/,
      ),
    });
    expect([host.leases, leases.all()]).toEqual([[], []]);
  });

  test('a lease that it does not know is nobody’s any more', async () => {
    const allocator = await allocatorOf();
    const lease = await allocator.request({ scope: '239.255.0.0', stop: soon(600) });
    host.store.delete(lease.id);
    lease.stop = soon(7200);
    await expect(allocator.renew(lease)).rejects.toMatchObject({ code: 'ERR_ALLOCATION_UNKNOWN_LEASE' });
    expect(apart(leases.get(lease.id)?.lease.stop ?? null, soon(600))).toBeLessThan(30); // as it was
    await expect(allocator.release(lease)).rejects.toThrow(/knows no such lease/);
    expect(leases.all()).toEqual([]);
  });

  test('[MAA-07] nobody answers: that is said, and nothing is drawn', async () => {
    host.isDown = true;
    const allocator = await allocatorOf({ timeoutMs: 200 });
    await expect(allocator.request({ scope: '239.255.0.0' })).rejects.toMatchObject({
      code: 'ERR_ALLOCATION_NO_SERVER',
      message: expect.stringMatching(/within 0\.2 s: asked 127\.0\.0\.1:\d+/),
    });
    await expect(allocator.scopes().toArray()).rejects.toThrow(/No MADCAP server answered/);
    expect(leases.all()).toEqual([]);
  });

  test('the caller may give up', async () => {
    host.isDown = true;
    const allocator = await allocatorOf();
    const given = AbortSignal.timeout(50);
    await expect(allocator.request({ scope: '239.255.0.0', signal: given })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  test('a server without an address, or of another family', async () => {
    await expect(allocatorOf({ server: { host: '::1', port: undefined } })).rejects.toThrow(
      /not reached by IPv4/,
    );
    await expect(allocatorOf({ server: { host: 'none.invalid', port: undefined } })).rejects.toThrow(
      /none\.invalid has no IPv4 address/,
    );
  });
});

test('what cannot even be asked is said with the reason', async () => {
  await using allocator = await openMadcapAllocator({ leases, family: 6, interface: 'lo', timeoutMs: 200 });
  await expect(allocator.scopes().toArray()).rejects.toThrow(
    /No MADCAP server could be asked: looked for in ff13::ffff:fffe on lo.*loopback carries no IPv6 groups.*name the server/,
  );
});

describe('a look around', () => {
  const at = (name: string, address: string, internal = false) =>
    ({ name, address, family: address.includes(':') ? 6 : 4, index: 1, internal }) as const;
  const addresses = [
    at('lo', '127.0.0.1', true),
    at('lo', '::1', true),
    at('eth0', '10.1.0.5'),
    at('eth0', '10.1.0.6'),
    at('eth1', '10.2.0.5'),
  ];
  const network = (sourceAddress: string | undefined) => ({
    addresses: () => addresses,
    exists: () => true,
    sourceAddressFor: () => Promise.resolve(sourceAddress),
  });

  test('goes where the route leads, and without one to all other networks', async () => {
    expect(await interfacesToLookOn(4, network('10.2.0.5'))).toEqual(['eth1']);
    expect(await interfacesToLookOn(4, network(undefined))).toEqual(['eth0', 'eth1']);
    expect(await interfacesToLookOn(6, network(undefined))).toEqual(['lo']);
  });

  const look = (waitMs: number) =>
    findMadcapServers({
      group: { address: '127.0.0.1', port: host.port, multicastTtl: 1 },
      interface: 'lo',
      waitMs,
    });

  test('finds a server, also when the first question is lost', async () => {
    host.isDown = true;
    setTimeout(() => (host.isDown = false), 200);
    const [found] = await look(20_000);
    expect(found).toMatchObject({ from: { address: '127.0.0.1', port: host.port } });
    expect(found?.scopes.map(({ first }) => first)).toEqual(['239.255.0.0', '239.192.0.0']);
    expect(host.asked).toBe(1);
  });

  test('finds none where none answers, in the time that was said', async () => {
    host.isDown = true;
    const begun = performance.now();
    expect(await look(300)).toEqual([]);
    expect(performance.now() - begun).toBeGreaterThan(290);
  });
});
