import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { Home } from '../net/cli-program.ts';
import { adapted, blocksOf, execute } from './operations-guide.ts';

test('the gateway of the guide starts, is configured as it says, and counts', async () => {
  using home = new Home();
  const [serve = '', look = ''] = blocksOf('SAP gateway');
  const [config = ''] = blocksOf('SAP gateway', 'toml');
  const path = join(home.path, 'config', 'rendezvous', 'config.toml');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, adapted(config, { eth0: 'lo', ', "eth1"': '' }), { mode: 0o600 });
  const words = adapted(serve.trim(), { eth0: 'lo', '--metrics': '--metrics 127.0.0.1:0' })
    .split(' ')
    .slice(1);
  await using server = home.start([...words, '--listen', 'ldap://127.0.0.1:0']);
  const [, url = ''] = await server.printed(/on (ldap:\/\/127\.0\.0\.1:\d+)/);
  const [, metrics = ''] = await server.printed(/Prometheus are at (\S+)/);
  await server.printed(/Carrying announcements \(SAP\) on lo as gateway hall-1/);
  const here = { 'ldap://127.0.0.1:1389': url, 'http://127.0.0.1:9389/metrics': metrics };
  const printed = await execute(home, look, here);
  expect(printed).toMatch(/^rendezvous_sap_announced 0$/m);
  expect(printed).toMatch(/^rendezvous_sap_not_imported_total\{reason="invalid"\} 0$/m);
  server.child.kill('SIGTERM');
  const { code, err } = await server.end;
  expect([code, err]).toEqual([0, expect.not.stringContaining('Lost the directory')]);
});
