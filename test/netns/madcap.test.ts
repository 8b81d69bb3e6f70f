import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GRANTED_LEASES_FILE, readGrantedLeases } from '../../directory/madcap/index.ts';
import { type Lab, openLab } from '../kit/index.ts';
import { type Ended, Home, PROGRAM, Running } from '../net/cli-program.ts';

interface LeaseJson {
  id: string;
  addresses: string[];
  server: string;
}

const homes = { one: new Home(), other: new Home(), client: new Home(), directory: new Home() };
const servers: Running[] = [];
let lab: Lab;

/** The program on a host, with a home of its own. */
function start(host: number, home: Home, ...args: readonly string[]): Running {
  const config = join(home.path, 'config.toml');
  return new Running(
    lab
      .host(host)
      .spawn('env', [
        `RENDEZVOUS_CONFIG=${config}`,
        process.execPath,
        PROGRAM,
        '--data-dir',
        home.path,
        ...args,
      ]),
  );
}
const client = (...args: readonly string[]): Promise<Ended> => start(2, homes.client, 'mcast', ...args).end;
const leased = ({ out }: Ended): LeaseJson => JSON.parse(out);
const granted = (home: Home) => readGrantedLeases(join(home.path, GRANTED_LEASES_FILE));

beforeAll(async () => {
  lab = await openLab({ hosts: 3 });
  // Two servers of one network share its scope: what one leases the other excludes.
  const scope = (exclude: string, exclude6: string): string =>
    `[[madcap.scopes]]\nfirst = "239.255.0.0"\nlast = "239.255.255.255"\nexclude = ["${exclude}"]\n` +
    `[[madcap.scopes]]\nfirst = "ff15::8000:0"\nlast = "ff15::8000:ffff"\n` +
    `exclude = ["${exclude6}"]\n`;
  writeFileSync(
    join(homes.one.path, 'config.toml'),
    scope('239.255.128.0-239.255.255.255', 'ff15::8000:8000-ff15::8000:ffff'),
  );
  writeFileSync(
    join(homes.other.path, 'config.toml'),
    scope('239.255.0.0-239.255.127.255', 'ff15::8000:0-ff15::8000:7fff'),
  );
  for (const { path } of [homes.client, homes.directory]) writeFileSync(join(path, 'config.toml'), '');
  for (const [host, home] of [
    [1, homes.one],
    [3, homes.other],
  ] as const) {
    const server = start(host, home, 'serve', '--listen', 'ldap://127.0.0.1:0', '--madcap', '--json');
    servers.push(server);
    await server.printed(/"interface":"eth0","address":"fd77/);
  }
  await lab.host(1).forwarded('239.255.255.254');
  await lab.host(3).forwarded('239.255.255.254');
});
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
  for (const home of Object.values(homes)) home[Symbol.dispose]();
});

describe('two servers and a client on a network', () => {
  test('[MAA-01] [SCP-02] [SCP-03] both are found, with TTL 16 at the local scope’s group', async () => {
    await using capture = await lab.host(1).capture('udp port 2535');
    const { code, out } = await client('scopes', '--interface', 'eth0', '--json');
    expect(code).toBe(0);
    const scopes: { serverId: string; interface: string; id: string }[] = JSON.parse(out);
    expect(scopes.map(({ serverId, id }) => `${serverId} ${id}`).sort()).toEqual([
      '10.77.0.1 239.255.0.0',
      '10.77.0.3 239.255.0.0',
    ]);
    expect(new Set(scopes.map((it) => it.interface))).toEqual(new Set(['10.77.0.2']));
    const [asked, answered] = await capture.rows('ip.src', 'ip.dst', 'ip.ttl');
    expect(asked).toEqual(['10.77.0.2', '239.255.255.254', '16']);
    expect(answered?.slice(0, 2)).toEqual(['10.77.0.1', '10.77.0.2']);
  });

  test('[MAA-02] [MAA-03] [MAA-04] one of them grants, the other lets go of its offer', async () => {
    const lease = leased(
      await client('request', '-n', '2', '--duration', '1h', '--interface', 'eth0', '--json'),
    );
    const [home, idle] = lease.server.startsWith('10.77.0.1')
      ? [homes.one, homes.other]
      : [homes.other, homes.one];
    expect(granted(home)).toMatchObject([{ id: lease.id, addresses: lease.addresses, client: '10.77.0.2' }]);
    expect(granted(idle)).toEqual([]);
    const renewed = await client('renew', lease.id, '--duration', '2h', '--json');
    expect(leased(renewed).addresses).toEqual(lease.addresses);
    expect(await client('release', lease.id)).toMatchObject({ code: 0 });
    expect(granted(home)).toEqual([]);
  });

  test('create finds them where others share the directory, and stops where there are none', async () => {
    const directory = start(
      2,
      homes.directory,
      'serve',
      '--listen',
      'ldap://127.0.0.1:0',
      '--anonymous-write',
      '--json',
    );
    servers.push(directory);
    const [, uri = ''] = (await directory.printed(/"(ldap:\/\/127\.0\.0\.1:\d+)/)) ?? [];
    const create = (name: string) => start(2, homes.client, 'create', name, '--directory', uri).end;
    const found = await create('Round');
    expect([found.code, found.err]).toEqual([0, expect.anything()]);
    expect(found.err).toMatch(
      /^Looking for a MADCAP server on eth0…\nLeasing from one of 10\.77\.0\.\d:2535, 10\.77\.0\.\d:2535$/m,
    );
    expect([...granted(homes.one), ...granted(homes.other)]).toHaveLength(1);
    expect(await start(2, homes.client, 'delete', 'Round', '--directory', uri).end).toMatchObject({
      code: 0,
    });
    expect([...granted(homes.one), ...granted(homes.other)]).toEqual([]);
  });

  test('IPv6: found at the group of SCOP 3, and leased', async () => {
    await using capture = await lab.host(1).capture('udp dst port 2535');
    const ended = await client('request', '--ipv6', '--interface', 'eth0', '--json');
    expect(ended).toMatchObject({ code: 0 });
    const { addresses, server } = leased(ended);
    expect(addresses[0]).toMatch(/^ff15::8000:/);
    expect(server).toMatch(/^fd77::[13]/);
    expect((await capture.rows('ipv6.dst', 'ipv6.hlim'))[0]).toEqual(['ff13::ffff:fffe', '16']);
  });
});
