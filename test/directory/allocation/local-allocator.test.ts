import { describe, expect, test } from 'vitest';
import {
  LeaseFile,
  LocalAllocator,
  type LocalAllocatorOptions,
} from '../../../directory/allocation/index.ts';
import { SCOPE_RANGES } from '../../../src/ip/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const clock = new FakeClock();
const NOW = new Date(clock.wall());
const at = (hours: number): Date => new Date(NOW.getTime() + hours * 3_600_000);

/** Numbers in [0, 1) that draw these addresses of a range, one after the other, and then the first ones of it. */
function drawing(first: string, last: string, ...offsets: readonly number[]): () => number {
  const rest = [...offsets];
  const size = first.includes(':') ? 2 ** 31 - 256 : 65_280;
  expect(last).not.toBe('');
  return () => ((rest.shift() ?? 0) + 0.5) / size;
}

function allocatorOf(
  options: Partial<LocalAllocatorOptions> = {},
): { allocator: LocalAllocator; leases: LeaseFile } & Disposable {
  const leases = new LeaseFile(':memory:');
  const allocator = new LocalAllocator({ leases, clock, ...options });
  return { allocator, leases, [Symbol.dispose]: () => leases[Symbol.dispose]() };
}

const { first, last } = SCOPE_RANGES.site.ipv4;

describe('addresses without a server', () => {
  test('[MAA-01] [ENU-01] [SCP-01] [SCP-02] [SCP-03] [SCP-04] [SCP-05] [MAC-07] scopes can be enumerated', async () => {
    using made = allocatorOf();
    const scopes = made.allocator.scopes();
    const [local] = await scopes.toArray();
    expect(local).toEqual({
      id: '239.255.0.0',
      serverId: undefined,
      interface: undefined,
      names: { en: 'IPv4 Local Scope' },
      description: 'IPv4 Local Scope',
      ttl: 15,
      family: 4,
      first: '239.255.0.0',
      last: '239.255.254.255',
    });
    const ids = async (some: typeof scopes): Promise<string[]> => (await some.toArray()).map(({ id }) => id);
    expect(await ids(scopes.take(2))).toEqual(['239.255.0.0', '239.192.0.0']);
    expect(await ids(scopes.skip(2))).toEqual([
      '224.2.128.0',
      'ff12::8000:0',
      'ff15::8000:0',
      'ff18::8000:0',
      'ff1e::8000:0',
    ]);
    expect(await ids(scopes)).toHaveLength(7); // again from the beginning
  });

  test('[MAA-02] [MAA-08] [LEA-07] several at once, kept with what they are for', async () => {
    using made = allocatorOf({ conference: 'Morning round', random: drawing(first, last, 7, 7, 9) });
    const lease = await made.allocator.request({ scope: '239.255.0.0', start: at(1), stop: at(2), count: 2 });
    expect(lease.values).toMatchObject({
      method: 'local',
      family: 4,
      start: at(1),
      stop: at(2),
      addresses: ['239.255.0.7', '239.255.0.9'],
      server: undefined,
      ttl: 15,
      scope: '239.255.0.0',
    });
    expect(lease.id).toMatch(/^00[0-9a-f]{32}$/);
    expect(made.leases.get(lease.id)).toEqual({ lease, conference: 'Morning round' });
  });

  test('IPv6 groups by their scope', async () => {
    using made = allocatorOf();
    const [address = ''] = (await made.allocator.request({ scope: 'ff18::8000:0' })).addresses;
    expect(address).toMatch(/^ff18::[89a-f][0-9a-f]{3}:/);
  });

  test('[MAA-07] what is used is drawn around: by a conference, and by another lease at the time', async () => {
    const asked: string[] = [];
    using made = allocatorOf({
      random: drawing(first, last, 1, 2, 2, 3),
      userOf: async (address) => {
        asked.push(address);
        return address === '239.255.0.1' ? 'Studio' : undefined;
      },
    });
    expect((await made.allocator.request({ scope: '239.255.0.0' })).addresses).toEqual(['239.255.0.2']);
    expect((await made.allocator.request({ scope: '239.255.0.0' })).addresses).toEqual(['239.255.0.3']);
    expect(asked).toEqual(['239.255.0.1', '239.255.0.2', '239.255.0.2', '239.255.0.3']);
  });

  test('when each draw was taken, that is said', async () => {
    using made = allocatorOf({ userOf: () => Promise.resolve('Studio') });
    await expect(made.allocator.request({ scope: '239.255.0.0' })).rejects.toThrow(
      /nothing free in IPv4 Local Scope \(239\.255\.0\.0 to 239\.255\.254\.255\)/,
    );
  });

  test('[MAA-03] [MAA-05] a lease is renewed by the times it was set to, also after a restart', async () => {
    using made = allocatorOf({ conference: 'Morning round' });
    const lease = await made.allocator.request({ scope: '239.255.0.0', stop: at(1) });
    const later = new LocalAllocator({ leases: made.leases, clock });
    const taken = made.leases.get(lease.id)?.lease ?? lease;
    taken.stop = at(5);
    const renewed = await later.renew(taken);
    expect(renewed).not.toBe(taken);
    expect(renewed.stop).toEqual(at(5));
    expect(made.leases.get(lease.id)).toMatchObject({ lease: { stop: at(5) }, conference: 'Morning round' });
  });

  test('a renewal that would meet another lease is refused, and nothing is changed', async () => {
    using made = allocatorOf({ random: drawing(first, last, 4, 4) });
    const lease = await made.allocator.request({ scope: '239.255.0.0', stop: at(1) });
    const next = await made.allocator.request({ scope: '239.255.0.0', start: at(1), stop: at(2) });
    expect(next.addresses).toEqual(lease.addresses);
    lease.stop = at(1.5);
    await expect(made.allocator.renew(lease)).rejects.toThrow(`lease ${next.id} has it`);
    expect(made.leases.get(lease.id)?.lease.stop).toEqual(at(1));
  });

  test('[MAA-04] a lease is released once', async () => {
    using made = allocatorOf();
    const lease = await made.allocator.request({ scope: '239.255.0.0' });
    await made.allocator.release(lease);
    expect(made.leases.all()).toEqual([]);
    await expect(made.allocator.release(lease)).rejects.toThrow(/no lease/);
    await expect(made.allocator.renew(lease)).rejects.toThrow(/no lease/);
  });

  test.each([
    [{ scope: '239.255.0.0', stop: at(-1) }, /cannot end/],
    [{ scope: '239.255.0.0', count: 0 }, /0 addresses cannot be leased/],
    [{ scope: '239.255.0.0', count: 2, minimumCount: 3 }, /No fewer than 3/],
    [{ scope: '239.1.0.0' }, /no scope 239\.1\.0\.0: known are 239\.255\.0\.0, 239\.192\.0\.0/],
  ])('[MAA-02] %j is refused', async (request, message) => {
    using made = allocatorOf();
    await expect(made.allocator.request(request)).rejects.toThrow(message);
    expect(made.leases.all()).toEqual([]);
  });
});
