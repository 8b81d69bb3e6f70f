import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf } from '../interop/operations-guide.ts';
import { type Lab, openLab } from '../kit/netns.ts';

const folder = mkdtempSync(join(tmpdir(), 'rendezvous-guide-'));
let lab: Lab;
beforeAll(async () => {
  lab = await openLab({ hosts: 1, multicastRoute: false });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const sh = (script: string): Promise<string> => lab.host(1).run('sh', ['-e', '-c', script]);

test('the route of the guide leads groups to the interface', async () => {
  const [route = ''] = blocksOf('Which interface');
  await expect(sh('ip route get 239.1.2.3')).rejects.toThrow(/unreachable/);
  await sh(route);
  expect(await sh('ip route get 239.1.2.3')).toContain('dev eth0');
});

test.each([
  ['Firewall', 'conferences', 'ip daddr 239.255.0.0/16 udp dport 1024-65535 accept'],
  ['DSCP', 'marking', 'ip daddr 239.0.0.0/8 udp dport 1024-65535 ip dscp set ef'],
])('nftables takes the rules of the guide: %s', async (heading, table, rule) => {
  const [rules = ''] = blocksOf(heading, '');
  const file = join(folder, table);
  writeFileSync(file, rules);
  await sh(`nft -f '${file}'`);
  expect(await sh(`nft list table inet ${table}`)).toContain(rule);
});
