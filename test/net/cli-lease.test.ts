import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ANNOUNCEMENTS_FILE, writeCache } from '../../directory/announced/cache-file.ts';
import { GRANTED_LEASES_FILE, LeaseDatabase } from '../../directory/madcap/index.ts';
import { randomGroup } from '../../src/ip/index.ts';
import { cliOnData } from '../cli/data-dir.ts';
import { runCli } from '../cli/host.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const { cli, ok, path } = cliOnData({ now: NOW, env: { NO_COLOR: '1', RENDEZVOUS_ALLOCATION: '' } });

interface LeaseJson {
  readonly id: string;
  readonly addresses: readonly string[];
  readonly start: string;
  readonly stop: string | null;
  readonly conference: string | null;
}
const leases = async (): Promise<LeaseJson[]> => JSON.parse((await ok(['mcast', 'leases', '--json'])).out);
const shown = async (
  name: string,
): Promise<{ media: { address: string; ttl: number | null }[]; leases: unknown[] }> =>
  JSON.parse((await ok(['show', name, '--json'])).out);

describe('create', () => {
  test('[DEF-14] draws groups by itself where the directory of this computer is used alone, and leases them', async () => {
    await ok([
      'create',
      'Round',
      '--start',
      '14:00',
      '--duration',
      '1h',
      '--media',
      'audio',
      '--media',
      'audio:L16/44100/2',
    ]);
    const [lease] = await leases();
    const { media, leases: told } = await shown('Round');
    expect(media.map(({ address }) => address)).toEqual(lease?.addresses);
    expect(new Set(lease?.addresses).size).toBe(2);
    expect(told).toEqual([lease]);
    expect(lease).toMatchObject({ method: 'local', server: null, conference: 'Round' });
    expect(Date.parse(lease?.stop ?? '') - Date.parse(lease?.start ?? '')).toBe(3_600_000);
    const { out } = await ok(['show', 'Round'], { columns: 120 });
    expect(out).toMatch(
      /^Leased +239\.255\.\d+\.\d+, 239\.255\.\d+\.\d+ until .*, drawn here \(00[0-9a-f]{10}\)$/m,
    );
  });

  test('[DEF-14] [MAA-07] draws nothing for a directory that others share, unless it is told to', async () => {
    writeFileSync(path('config.toml'), '[madcap]\ninterface = "lo"\n');
    const nobody = { RENDEZVOUS_CONFIG: path('config.toml'), RENDEZVOUS_ALLOCATION: '' };
    const shared = ['create', 'Round', '--directory', `embedded`, '--directory', 'ldap://127.0.0.1:1'];
    const refused = await cli([...shared, '--ipv6', '--timeout', '100ms'], { env: nobody });
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/^Looking for a MADCAP server on lo…$/m);
    expect(refused.err).toMatch(
      /Nobody says where group addresses come from, and no MADCAP server answered on lo \(.*loopback carries no IPv6 groups.*\)\. Give one with --group.*--madcap HOST.*--local/,
    );
    expect(existsSync(path('leases.db'))).toBe(false);
    expect((await cli([...shared, '--local'])).code).toBe(0);
    expect((await cli([...shared.with(1, 'Other'), '--group', '239.255.3.3:5004'])).code).toBe(0);
    expect((await cli(shared.with(1, 'Third'), { env: { RENDEZVOUS_ALLOCATION: 'local' } })).code).toBe(0);
    const wrong = await cli(shared, { env: { RENDEZVOUS_ALLOCATION: 'remote' } });
    expect(wrong.err).toContain('RENDEZVOUS_ALLOCATION is "remote", and should be local or madcap');
  });

  test('[MAA-07] [DEF-14] draws nothing because a server does not answer', async () => {
    const config = path('config.toml');
    writeFileSync(config, 'timeout = "300ms"\n[madcap]\nserver = "127.0.0.1:9"\n');
    const env = { RENDEZVOUS_CONFIG: config, RENDEZVOUS_ALLOCATION: '' };
    const silent = await runCli(['create', 'Round', '--data-dir', path()], { env });
    expect(silent.code).toBe(5);
    expect(silent.err).toMatch(/No MADCAP server answered within .*127\.0\.0\.1:9.*--local/);
    expect((await runCli(['list', '--data-dir', path(), '--json'], { env })).out.trim()).toBe('[]');
    expect((await runCli(['create', 'Round', '--data-dir', path(), '--local'], { env })).code).toBe(0);
  });

  test('[MAA-07] draws around what is announced', async () => {
    const announced = randomGroup('site', () => 0.5);
    const heard = { group: '239.255.255.255', interface: 'eth0' };
    const sdp = `v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=Radio\r\nc=IN IP4 ${announced}/15\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n`;
    await writeCache(path(ANNOUNCEMENTS_FILE), [
      {
        key: '- 1 IN IP4 192.0.2.7',
        payload: Buffer.from(sdp),
        source: '192.0.2.7',
        sender: '192.0.2.7',
        heard: [heard],
        hash: 7,
        firstHeard: NOW.getTime() - 60_000,
        lastHeard: NOW.getTime() - 1000,
        periodMs: 30_000,
        expiresAt: NOW.getTime() + 3_600_000,
        authentication: undefined,
      },
    ]);
    let draws = 0;
    await ok(['create', 'Round'], { random: () => (draws++ === 0 ? 0.5 : 0.25) });
    expect((await leases())[0]?.addresses).toEqual([randomGroup('site', () => 0.25)]);
    const stuck = await cli(['mcast', 'request', '--local'], { random: () => 0.5 });
    expect(stuck.err).toContain('nothing free');
  });

  test('[MAA-07] draws around what the server of this computer has granted, which can be listed', async () => {
    const granted = {
      id: '00c1',
      family: 4 as const,
      scope: '239.255.0.0',
      addresses: [randomGroup('site', () => 0.5)],
      start: NOW.getTime() / 1000 - 60,
      stop: NOW.getTime() / 1000 + 3600,
      client: '192.0.2.9',
      features: [],
    };
    {
      using store = new LeaseDatabase(path(GRANTED_LEASES_FILE));
      store.set(granted);
      store.commit();
    }
    const stuck = await cli(['create', 'Round'], { random: () => 0.5 });
    expect(stuck.err).toContain('nothing free');
    const { out } = await ok(['mcast', 'leases', '--granted']);
    expect(out).toBe(
      `00c1\t${granted.addresses[0]}\t2026-11-21T11:59:00.000Z\t2026-11-21T13:00:00.000Z\t192.0.2.9\t239.255.0.0\n`,
    );
    const [json] = JSON.parse((await ok(['mcast', 'leases', '--granted', '--json'])).out);
    expect(json).toMatchObject({ kind: 'granted', id: '00c1', client: '192.0.2.9' });
    const table = (await ok(['mcast', 'leases', '--granted'], { columns: 120 })).out;
    expect(table).toMatch(/^LEASE +ADDRESSES +WHEN +CLIENT +SCOPE\n00c1 +239/);
  });

  test('gives back what it leased when the conference cannot be published', async () => {
    await ok(['create', 'Round']);
    const before = await leases();
    expect((await cli(['create', 'Round'])).code).toBe(1);
    expect(await leases()).toEqual(before);
  });

  test('one group for all media, and groups of IPv6 by their scope', async () => {
    const two = ['--media', 'audio', '--media', 'video:H264/90000'];
    await ok(['create', 'One', '--one-group', ...two]);
    const [first, second] = (await shown('One')).media;
    expect(second?.address).toBe(first?.address);
    await ok(['create', 'Given', '--one-group', '--group', '239.255.7.7', ...two]);
    expect((await shown('Given')).media.map(({ address }) => address)).toEqual([
      '239.255.7.7',
      '239.255.7.7',
    ]);
    await ok(['create', 'Six', '--ipv6', '--scope', 'region']);
    expect((await shown('Six')).media[0]).toMatchObject({
      address: expect.stringMatching(/^ff18::/),
      ttl: null,
    });
    expect((await leases()).map(({ conference }) => conference)).toEqual(
      expect.arrayContaining(['One', 'Six']),
    );
  });
});

describe('what is leased for a conference', () => {
  test('[LEA-05] lasts as long as the conference does after its times were moved', async () => {
    await ok(['create', 'Round', '--duration', '1h']);
    await ok(['edit', 'Round', '--stop', '2026-11-21T16:00:00Z']);
    expect(await leases()).toMatchObject([{ stop: '2026-11-21T16:00:00.000Z', conference: 'Round' }]);
  });

  test('is as before when the directory does not take the new times', async () => {
    await ok(['create', 'Round', '--duration', '1h']);
    const before = await leases();
    const refused = await cli(['edit', 'Round', '--stop', '+2h', '--rename', 'a'.repeat(70_000)]);
    expect(refused.code).not.toBe(0);
    expect((await leases())[0]?.conference).toBe('Round');
    expect(before[0]?.id).toBe((await leases())[0]?.id);
  });

  test('has the name of the conference, and is given back with it', async () => {
    await ok(['create', 'Round']);
    await ok(['edit', 'Round', '--rename', 'Square']);
    expect(await leases()).toMatchObject([{ conference: 'Square' }]);
    await ok(['delete', 'Square']);
    expect(await leases()).toEqual([]);
  });

  test('is given back with the group, also when the conference cannot have the name that it should get', async () => {
    await ok(['create', 'Square']);
    const before = await leases();
    await ok(['create', 'Round']);
    const refused = await cli(['edit', 'Round', '--group', '239.255.9.9', '--rename', 'Square']);
    expect(refused.code).toBe(1);
    expect((await shown('Round')).media[0]?.address).toBe('239.255.9.9');
    expect(await leases()).toEqual(before);
  });

  test('is given back with the group, and got with another medium', async () => {
    await ok(['create', 'Round']);
    const [first] = await leases();
    await ok(['edit', 'Round', '--media', 'audio', '--media', 'audio']);
    const both = await leases();
    expect(both).toHaveLength(2);
    expect((await shown('Round')).media.map(({ address }) => address).toSorted()).toEqual(
      both.flatMap(({ addresses }) => addresses).toSorted(),
    );
    await ok(['edit', 'Round', '--group', '239.255.9.9']);
    expect((await leases()).map(({ id }) => id)).not.toContain(first?.id);
  });

  test('a file of leases that is damaged stops no conference', async () => {
    await ok(['create', 'Round']);
    writeFileSync(path('leases.db'), 'no database '.repeat(500));
    const deleted = await cli(['delete', 'Round']);
    expect(deleted.code).toBe(0);
    expect(deleted.err).toMatch(/warning: Cannot use the leases.*move it away/);
    const created = await cli(['create', 'Round']);
    expect([created.code, created.err]).toEqual([1, expect.stringMatching(/move it away/)]);
    expect(readFileSync(path('leases.db'), 'utf8')).toContain('no database');
  });
});

describe('mcast on this computer', () => {
  const requestOf = async (...args: readonly string[]): Promise<LeaseJson> =>
    JSON.parse((await ok(['mcast', 'request', '--local', '--json', ...args])).out);

  test('[MAA-01] scopes are listed', async () => {
    const { out } = await ok(['mcast', 'scopes', '--local']);
    expect(out.split('\n')[0]).toBe('239.255.0.0\t239.255.254.255\t15\t65280\tIPv4 Local Scope\t\t');
    const six = JSON.parse((await ok(['mcast', 'scopes', '--local', '--ipv6', '--json'])).out);
    expect(six[1]).toMatchObject({ kind: 'scope', id: 'ff15::8000:0', family: 6, ttl: 15, serverId: null });
    const table = (await ok(['mcast', 'scopes', '--local'], { columns: 100 })).out;
    expect(table).toMatch(/^SCOPE +LAST +TTL +ADDRESSES +NAME$/m);
  });

  test('[MAA-02] [MAA-03] [MAA-04] [MAA-05] a lease is got, renewed and released by other processes', async () => {
    const lease = await requestOf('-n', '3', '--duration', '2h', '--scope', 'organization');
    expect(lease.addresses).toHaveLength(3);
    expect(lease).toMatchObject({
      scope: '239.192.0.0',
      ttl: 63,
      start: NOW.toISOString(),
      stop: '2026-11-21T14:00:00.000Z',
    });
    const id = lease.id.slice(0, 8);
    const { out } = await ok(['mcast', 'renew', id, '--duration', '5h', '--json']);
    expect(JSON.parse(out)).toMatchObject({ id: lease.id, stop: '2026-11-21T17:00:00.000Z' });
    const { out: table } = await ok(['mcast', 'leases'], { columns: 130 });
    expect(table).toMatch(
      new RegExp(`^${lease.id.slice(0, 12)} +239\\.19[2-5]\\..* 63 +now, until .* none \\(local\\)`, 'm'),
    );
    expect((await ok(['mcast', 'release', id])).err).toContain(`Released ${lease.addresses.join(', ')}`);
    expect((await ok(['mcast', 'leases'])).err).toContain('No leases');
  });

  test.each([
    { args: ['request', '--local', '--stop', '2026-11-21T11:00:00Z'], code: 2, says: /cannot end/ },
    { args: ['request', '--local', '-n', '0'], code: 2, says: /--count is 1 to 65535/ },
    {
      args: ['request', '--local', '--scope', 'moon'],
      code: 3,
      says: /no scope "moon".*239\.255\.0\.0 \(IPv4 Local/i,
    },
    { args: ['request', '--local', '--scope', 'ipv4'], code: 3, says: /More than one scope/ },
    { args: ['renew', '00aa'], code: 3, says: /no lease "00aa"/ },
    { args: ['release', 'zz'], code: 3, says: /no lease "zz"/ },
    { args: ['scopes', '--server', 'a:b:c'], code: 2, says: /"a:b:c" is no server/ },
    { args: ['scopes', '--server', '::1'], code: 5, says: /not reached by IPv4/ },
  ])('$args is told to be wrong', async ({ args, code, says }) => {
    const ran = await cli(['mcast', ...args]);
    expect(ran.err).toMatch(says);
    expect(ran.code).toBe(code);
  });

  test('what several leases begin with is not guessed', async () => {
    await requestOf();
    await requestOf();
    const ran = await cli(['mcast', 'release', '00']);
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('2 leases begin with "00"')]);
    expect(await leases()).toHaveLength(2);
  });
});
