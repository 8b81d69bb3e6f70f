import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ADVERTISING_SCOPES, SCOPE_RANGES } from '../../src/ip/index.ts';
import { Home } from '../net/cli-program.ts';
import { blocksOf, execute, GUIDE } from './operations-guide.ts';

const HEADING = 'Group addresses';

test('the commands of the guide on group addresses do what it says', async () => {
  using home = new Home();
  const [commands = ''] = blocksOf(HEADING);
  const lines = (await execute(home, commands, {})).trimEnd().split('\n');
  expect(lines[0]).toMatch(/^239\.255\.0\.0\t/);
  expect(lines.at(-1)).toMatch(/^00[0-9a-f]{32}\t239\.19[2-5]\.[\d.]+ 239\.19[2-5]\.[\d.]+\t63\t/);
});

test('what the guide writes into the configuration file is understood', async () => {
  using home = new Home();
  const [config = ''] = blocksOf(HEADING, 'toml');
  const path = join(home.env['XDG_CONFIG_HOME'] ?? '', 'rendezvous', 'config.toml');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, config.replace('madcap.example.org', 'none.invalid'));
  const { code, err } = await home.run(['create', 'Round'], { env: { RENDEZVOUS_ALLOCATION: '' } });
  expect([code, err]).toEqual([
    5,
    expect.stringContaining('The MADCAP server none.invalid has no IPv4 address'),
  ]);
});

test('the table of scopes in the guide is the one of the program', () => {
  const rows = Array.from(
    GUIDE.matchAll(/^\| `(local|site|region|world)` \| (.*) \|$/gm),
    ([, scope, rest = '']) => [scope, ...rest.split(' | ')],
  );
  expect(rows).toEqual(
    ADVERTISING_SCOPES.map((scope) => {
      const { ttl, ipv4, ipv6 } = SCOPE_RANGES[scope];
      const size = { '239.255.0.0': '/16', '239.192.0.0': '/14' }[ipv4.zone.first];
      const [asked4, asked6] = [ipv4.zone.madcapGroup, ipv6.zone.madcapGroup];
      return [
        scope,
        `${ttl}`,
        size === undefined ? `${ipv4.first} to ${ipv4.last}` : `${ipv4.first}${size}`,
        `${ipv6.first} and up`,
        `${ipv4.zone.sapGroup}, ${ipv6.zone.sapGroup}`,
        asked4 === undefined ? 'none' : `${asked4}, ${asked6}`,
      ];
    }),
  );
});
