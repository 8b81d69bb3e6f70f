import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Home } from '../net/cli-program.ts';
import { adapted, blocksOf, execute } from './operations-guide.ts';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home[Symbol.dispose]());

test('the address server: its scopes, what it offers and what it counts', async () => {
  const [serve = '', look = ''] = blocksOf('Address server (MADCAP)');
  const [config = ''] = blocksOf('Address server (MADCAP)', 'toml');
  const path = join(home.path, 'config', 'rendezvous', 'config.toml');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, config, { mode: 0o600 });
  const words = adapted(serve.trim(), { eth0: 'lo' }).split(' ').slice(1);
  const places = ['--madcap-port', '0', '--metrics', '127.0.0.1:0', '--listen', 'ldap://127.0.0.1:0'];
  await using server = home.start([...words, ...places]);
  const [, port = ''] = await server.printed(/Leasing group addresses on lo at 127\.0\.0\.1:(\d+)/);
  const [, metrics = ''] = await server.printed(/Prometheus are at (\S+)/);
  const here = {
    '--server 127.0.0.1': `--server 127.0.0.1:${port}`,
    'http://127.0.0.1:9389/metrics': metrics,
  };
  const printed = await execute(home, look, here);
  expect(printed).toMatch(/^239\.192\.64\.0\t239\.192\.79\.255\t31\t4096\tCampus\t127\.0\.0\.1\t/m);
  expect(printed).toContain('rendezvous_madcap_addresses{scope="239.192.64.0"} 3584\n');
  expect(printed).toContain('rendezvous_madcap_received_total{message="getinfo"} 1\n');
});
