import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Check } from '../../cli/doctor/check.ts';
import { judgePacket, parseNftRuleset } from '../../src/net/index.ts';
import { type Lab, type Listener, listen, openLab, send } from '../kit/index.ts';
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

test('queries are seen as they come, so that the group watched counts as asked for', async () => {
  const script = `
    const { openMulticastSocket, systemNetwork, watchQueries } = await import(process.argv[1]);
    const { index } = systemNetwork.addresses().find(({ name }) => name === 'eth0');
    using watch = await watchQueries('eth0', index);
    const place = { group: '239.255.3.77', port: 9, interface: 'eth0' };
    const end = Date.now() + 15_000;
    let asked = false;
    while (!asked && Date.now() < end) {
      await using member = await openMulticastSocket(place);
      await new Promise((resolve) => setTimeout(resolve, 60));
      await member.close(); // who asks, asks at once whether anybody is left
      await new Promise((resolve) => setTimeout(resolve, 60));
      asked = watch.wereAsked(place.group);
    }
    console.log(JSON.stringify([asked, watch.wereAsked('239.255.3.78')]));`;
  const module = fileURLToPath(new URL('../../src/net/index.ts', import.meta.url));
  const out = await lab.host(2).run(process.execPath, ['--input-type=module', '-e', script, module]);
  expect(JSON.parse(out)).toEqual([true, false]);
});

describe('what is said of the rules of a firewall is what they do', () => {
  const where = { group: '239.255.3.9', port: 6001 };
  let member: Listener;
  /** Packets are numbered over all the tests: a listener counts different ones. */
  let sent = 0;
  beforeAll(async () => {
    member = await listen(lab.host(2), where);
  });
  afterAll(() => member[Symbol.asyncDispose]());

  test.each([
    ['', 'drop', 'yes'],
    ['', 'accept', 'no'],
    ['udp dport 6001 accept', 'drop', 'no'],
    ['udp dport { 53, 6000-6010 } accept', 'drop', 'no'],
    ['udp dport != 6001 accept', 'drop', 'yes'],
    ['ip daddr 239.255.0.0/16 drop', 'accept', 'yes'],
    ['ip daddr 239.255.3.0-239.255.3.9 udp dport 6001 reject', 'accept', 'yes'],
    ['iifname "eth0" meta l4proto udp drop', 'accept', 'yes'],
    ['iifname { "lo", "eth1" } drop', 'accept', 'no'],
    ['meta pkttype multicast accept', 'drop', 'no'],
    ['fib daddr type multicast accept', 'drop', 'no'],
    ['ct state established,related accept', 'drop', 'yes'],
    ['ct state vmap { established : accept, new : jump fresh, invalid : drop }', 'drop', 'no'],
    ['ip6 daddr ff00::/8 drop', 'accept', 'no'],
    ['meta nfproto ipv4 th dport > 6000 goto fresh', 'drop', 'no'],
    ['tcp dport 6001 drop', 'accept', 'no'],
  ])('%s, else %s: drops %s', async (rule, policy, drops) => {
    const host = lab.host(2);
    await host.run('nft', [
      'flush ruleset; add table inet t; add chain inet t fresh; add rule inet t fresh ip protocol udp accept;' +
        ` add chain inet t in { type filter hook input priority 0; policy ${policy}; };` +
        (rule === '' ? '' : ` add rule inet t in ${rule};`),
    ]);
    const rules = parseNftRuleset(await host.run('nft', ['-j', 'list', 'ruleset']));
    expect(rules).toBeDefined();
    const packet = {
      direction: 'in',
      protocol: 'udp',
      interfaceName: 'eth0',
      destination: where.group,
    } as const;
    expect(rules && judgePacket(rules, { ...packet, port: where.port }).drops).toBe(drops);
    const before = (await member.heard()).packets;
    sent++;
    await send(lab.host(1), { ...where, count: sent }); // the last number is new
    let arrived = false;
    for (let tries = 0; tries < (drops === 'no' ? 250 : 5) && !arrived; tries++) {
      await delay(20);
      arrived = (await member.heard()).packets > before;
    }
    expect(arrived).toBe(drops === 'no');
  });
});
