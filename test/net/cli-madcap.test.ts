import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Lease, LEASE_FILE, LeaseFile } from '../../directory/index.ts';
import { systemClock } from '../../src/net/index.ts';
import { cliOnData } from '../cli/data-dir.ts';
import type { Ran } from '../cli/host.ts';
import { listeningService } from '../support/listening-service.ts';
import { losingAnswers, REQUEST_TAGS } from '../support/lost-answers.ts';
import { MadcapHost } from '../support/madcap-host.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const {
  cli: plain,
  ok: plainly,
  path,
} = cliOnData({
  now: NOW,
  env: { NO_COLOR: '1', RENDEZVOUS_ALLOCATION: '' },
});

let host: MadcapHost;
beforeEach(async () => {
  host = await MadcapHost.open({ clock: { ...systemClock, wall: () => NOW.getTime() } });
});
afterEach(() => host[Symbol.asyncDispose]());

const server = (args: readonly string[]): string[] => [
  ...args,
  ...(args[0] === 'mcast' && (args[1] === 'request' || args[1] === 'scopes')
    ? ['--server', host.name, '--interface', 'lo']
    : args[0] === 'create'
      ? ['--madcap', host.name]
      : []),
];
const ok = (...args: readonly string[]): Promise<Ran> => plainly(server(args));
const cli = (...args: readonly string[]): Promise<Ran> => plain([...server(args), '--timeout', '1s']);

interface LeaseJson {
  readonly id: string;
  readonly addresses: readonly string[];
  readonly stop: string;
  readonly server: string;
}
const leases = async (): Promise<LeaseJson[]> => JSON.parse((await ok('mcast', 'leases', '--json')).out);
const shown = async (
  name: string,
): Promise<{ media: { address: string; ttl: number }[]; stopTime: string }> =>
  JSON.parse((await ok('show', name, '--json')).out);
/** Unix seconds. */
const seconds = (iso: string): number => Date.parse(iso) / 1000;

describe('mcast', () => {
  test('[MAA-01] [SCP-04] lists the scopes of a server, in the language asked for', async () => {
    const { out } = await ok('mcast', 'scopes', '--language', 'de');
    expect(out.split('\n')[0]).toBe('239.255.0.0\t239.255.255.255\t12\t65536\tGelände\t127.0.0.1\t127.0.0.1');
  });

  test('[MAA-02] [MAA-03] [MAA-04] leases by the name of a scope, renews and releases', async () => {
    const { out } = await ok('mcast', 'request', '--scope', 'company', '-n', '2', '--stop', '+2h', '--json');
    const lease: LeaseJson = JSON.parse(out);
    expect(lease).toMatchObject({
      scope: '239.192.0.0',
      ttl: 63,
      server: '127.0.0.1',
      serverPort: host.port,
    });
    expect(host.leases).toMatchObject([{ id: lease.id, addresses: lease.addresses }]);
    await ok('mcast', 'renew', lease.id.slice(0, 10), '--stop', '+5h');
    expect(host.leases[0]?.stop).toBe(seconds('2026-11-21T17:00:00Z'));
    const table = (await plain(['mcast', 'leases'], { columns: 140 })).out;
    expect(table).toMatch(new RegExp(`now, until .* +127\\.0\\.0\\.1 port ${host.port}`));
    await ok('mcast', 'release', lease.id);
    expect([host.leases, await leases()]).toEqual([[], []]);
  });

  test('[MAA-07] says what to do when nobody answers, and forgets a lease only when it is told to', async () => {
    const { out } = await ok('mcast', 'request', '--json');
    const { id }: LeaseJson = JSON.parse(out);
    host.isDown = true;
    const silent = await cli('mcast', 'request');
    expect([silent.code, silent.err]).toEqual([
      5,
      expect.stringMatching(/No MADCAP server answered within 1 s.*--local/),
    ]);
    expect((await cli('mcast', 'release', id)).code).toBe(5);
    expect(await leases()).toHaveLength(1);
    const forgotten = await cli('mcast', 'release', id, '--forget');
    expect([forgotten.code, forgotten.err]).toEqual([0, expect.stringContaining('warning: forgot 239.')]);
    expect(await leases()).toEqual([]);
  });
});

describe('a conference', () => {
  const round = ['create', 'Round', '--start', '14:00', '--duration', '1h'] as const;

  test('[MAA-02] gets a group for each medium from the server, for as long as it lasts', async () => {
    await ok(...round, '--media', 'audio', '--media', 'video:H264/90000');
    const { media, stopTime } = await shown('Round');
    expect(media.map(({ address }) => address)).toEqual(host.leases[0]?.addresses);
    expect(media.map(({ ttl }) => ttl)).toEqual([12, 12]); // what the server says, being less than the scope's 15
    expect(host.leases[0]?.stop).toBe(seconds(stopTime));
    const { out } = await plainly(['show', 'Round'], { columns: 120 });
    expect(out).toMatch(/^Leased +239\..* until .*, from 127\.0\.0\.1 port \d+ \(00/m);
  });

  test('which the server refuses is not published', async () => {
    const many = Array.from({ length: 300 }, () => ['--media', 'audio']).flat();
    const refused = await cli(...round, ...many);
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringMatching(/refused: the number of addresses/),
    ]);
    expect((await ok('list', '--json')).out.trim()).toBe('[]');
  });

  test('that cannot be published gives its group back', async () => {
    await ok(...round);
    const [before] = host.leases;
    expect((await cli(...round)).code).toBe(1);
    expect(host.leases).toEqual([before]);
    expect(await leases()).toHaveLength(1);
  });

  test('and its lease are moved together', async () => {
    await ok(...round);
    await ok('edit', 'Round', '--stop', '2026-11-21T20:00:00Z');
    expect(host.leases[0]?.stop).toBe(seconds('2026-11-21T20:00:00Z'));
    expect((await shown('Round')).stopTime).toBe('2026-11-21T20:00:00.000Z');
  });

  test('is not changed when the lease is refused', async () => {
    await ok(...round);
    const before = await shown('Round');
    const [{ id } = { id: '' }] = host.leases;
    host.store.delete(id); // as when it was released by somebody else
    const refused = await cli('edit', 'Round', '--stop', '2026-11-21T20:00:00Z');
    expect([refused.code, refused.err]).toEqual([3, expect.stringMatching(/knows no such lease/)]);
    expect(refused.err).toContain(`drop it first: rendezvous mcast release --forget ${id}`);
    expect(await shown('Round')).toEqual(before);
    await ok('mcast', 'release', id, '--forget');
    await ok('edit', 'Round', '--stop', '2026-11-21T20:00:00Z');
  });

  test('has its lease set back when the directory does not take the change', async () => {
    await ok(...round);
    const [before] = host.leases;
    const huge = 'x'.repeat(1_500_000);
    const refused = await cli('edit', 'Round', '--stop', '2026-11-21T20:00:00Z', '--description', huge);
    expect(refused.code).not.toBe(0);
    expect(host.server.stats.received.renew).toBe(2); // there and back
    expect(host.leases).toEqual([before]);
    expect(seconds((await leases())[0]?.stop ?? '')).toBe(before?.stop);
  });

  test('that may have been published keeps its group, and one that may have been changed its times', async () => {
    await using service = await listeningService();
    {
      await using way = await losingAnswers(service.listener.port, REQUEST_TAGS.add);
      const lost = await cli(...round, '--directory', way.url);
      expect(lost.code).toBe(5);
    }
    const there = ['--directory', `ldap://127.0.0.1:${service.listener.port}`];
    expect((await ok('show', 'Round', '--json', ...there)).code).toBe(0);
    expect(host.leases).toHaveLength(1);
    {
      await using way = await losingAnswers(service.listener.port, REQUEST_TAGS.modify);
      const lost = await cli('edit', 'Round', '--stop', '2026-11-21T20:00:00Z', '--directory', way.url);
      expect(lost.code).toBe(5);
    }
    expect(host.leases[0]?.stop).toBe(seconds('2026-11-21T20:00:00Z'));
    await ok('delete', 'Round', ...there);
    expect(host.leases).toEqual([]);
  });

  test('that is deleted gives its group back; if the server is down, that is said', async () => {
    await ok(...round);
    await ok('create', 'Other');
    await ok('delete', 'Round');
    expect(host.leases).toHaveLength(1);
    host.isDown = true;
    const deleted = await cli('delete', 'Other');
    expect([deleted.code, deleted.err]).toEqual([
      0,
      expect.stringMatching(
        /warning: 239\..* could not be given back: .*Try again: rendezvous mcast release 00/,
      ),
    ]);
    host.isDown = false;
    await ok('mcast', 'release', (await leases())[0]?.id ?? '');
    expect(host.leases).toEqual([]);
  });

  test('that is deleted says nothing of a lease that is over, and ends well when its server is out of reach', async () => {
    await ok(...round);
    host.store.delete(host.leases[0]?.id ?? '');
    const over = await ok('delete', 'Round');
    expect([over.err, await leases()]).toEqual(['Deleted "Round"\n', []]);
    await ok('create', 'Six', '--ipv6', '--group', 'ff15::8000:77', '--start', '14:00', '--duration', '1h');
    {
      using file = new LeaseFile(path(LEASE_FILE));
      const lease = new Lease({
        id: '00c6',
        method: 'madcap',
        family: 6,
        start: NOW,
        stop: new Date(NOW.getTime() + 3_600_000),
        addresses: ['ff15::8000:77'],
        server: '2001:db8::1',
        ttl: 15,
        scope: 'ff15::8000:0',
      });
      file.keep({ lease, conference: 'Six' }, NOW);
    }
    const deleted = await cli('delete', 'Six');
    expect([deleted.code, deleted.err]).toEqual([
      0,
      expect.stringMatching(/warning: ff15::8000:77 could not be given back: .*mcast release 00c6/),
    ]);
    expect(await leases()).toMatchObject([{ id: '00c6' }]);
  });

  test('without end is leased as long as the server grants, which is said', async () => {
    const { err } = await ok('create', 'Hotline', '--permanent');
    expect(host.leases[0]?.stop).toBe(NOW.getTime() / 1000 + 30 * 86_400);
    expect(err).toMatch(/its group is leased only until 2026-12-21.*rendezvous mcast renew 00/);
  });
});
