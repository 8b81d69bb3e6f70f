import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Check } from '../../cli/doctor/check.ts';
import { type Lab, openLab } from '../kit/index.ts';
import { Home, PROGRAM, Running } from '../net/cli-program.ts';

const home = new Home();
let lab: Lab;
let checks: Map<string, Check>;
beforeAll(async () => {
  lab = await openLab({ hosts: 2, networks: 3 });
  await lab.setSwitch({ querier: 'off' }, 1);
  await lab.setSwitch({ querier: 'off' }, 2);
  await lab.setSwitch({ igmpVersion: 2, mldVersion: 1, querier: 'on' }, 2);
  const host = lab.host(1);
  await host.run('sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/conf/eth1/rp_filter']);
  await host.run('nft', [
    'add table inet house; add chain inet house in { type filter hook input priority 0; policy drop; };' +
      ' add rule inet house in iifname lo accept; add rule inet house in udp dport 5004-5010 accept;' +
      ' add rule inet house in ip protocol igmp accept',
  ]);
  const data = ['--data-dir', home.path];
  const { out } = await new Running(
    host.spawn(process.execPath, [PROGRAM, ...data, 'doctor', '--group', '239.255.3.4:6000', '--json']),
  ).end;
  const report: { checks: Check[] } = JSON.parse(out);
  checks = new Map(report.checks.map((it) => [it.id, it]));
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

test('doctor sees who asks for memberships on each interface, and where nobody does', () => {
  const querier = checks.get('querier');
  expect(querier?.status).toBe('warn');
  expect(querier?.detail).toMatch(
    /^nobody asks who listens on eth1; eth0: IGMPv3 from a switch without an address every 5 s, MLDv2/,
  );
  expect(querier?.detail).toMatch(/eth2: IGMPv2 from a switch without an address, MLDv1 from fe80/);
});

test('doctor finds the rule that drops what comes', () => {
  expect(checks.get('firewall')).toMatchObject({
    status: 'fail',
    detail: 'its rules drop UDP to 239.255.3.4:6000 (inet house in: policy drop)',
  });
  expect(checks.get('multicast')?.status).toBe('fail');
});

test('doctor tells interfaces, scopes, old IGMP, reverse path and reach', () => {
  expect(checks.get('interfaces')?.detail).toMatch(/eth0 \(10\.77\.0\.1, fd77::1, .*MTU 1500\); eth1/);
  expect(checks.get('scopes')).toMatchObject({
    status: 'ok',
    detail: expect.stringMatching(/^239\.255\.0\.0\/16.* by eth0/),
  });
  expect(checks.get('igmp')?.detail).toContain('eth2 speak IGMPv2');
  expect(checks.get('reversePath')).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('eth1 strict'),
    tryThis: expect.stringContaining('net.ipv4.conf.eth1.rp_filter=2'),
  });
  expect(checks.get('otherInterfaces')?.detail).toContain(
    'members on eth1, eth2 do not hear what eth0 sends',
  );
});
