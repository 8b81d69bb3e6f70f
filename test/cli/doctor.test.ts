import { describe, expect, test } from 'vitest';
import { judgeDoctor } from '../../cli/doctor/checks.ts';
import { findClashes } from '../../cli/doctor/clashes.ts';
import type { DoctorFacts, MulticastTrial } from '../../cli/doctor/facts.ts';
import { type InterfaceReport, parseNftRuleset } from '../../src/net/index.ts';

const eth0: InterfaceReport = {
  name: 'eth0',
  addresses: ['192.0.2.7'],
  up: true,
  loopback: false,
  multicast: true,
  mtu: 1500,
  carrier: true,
  physical: true,
  speed: 1000,
  wireless: false,
  igmpVersion: 3,
  forcedIgmpVersion: 0,
  forcedMldVersion: 0,
  mldQueries: 0,
  rpFilter: 2,
  bridge: undefined,
  bridgedTo: undefined,
};
const eth1: InterfaceReport = { ...eth0, name: 'eth1', addresses: ['198.51.100.7'] };
const rules = (...expr: readonly unknown[]): DoctorFacts['firewallRules'] =>
  parseNftRuleset(
    JSON.stringify({
      nftables: [
        { chain: { family: 'inet', table: 'f', name: 'in', hook: 'input', prio: 0, policy: 'accept' } },
        ...expr.map((it) => ({ rule: { family: 'inet', table: 'f', chain: 'in', expr: it } })),
      ],
    }),
  );
const trial: MulticastTrial = {
  sent: 10,
  received: 10,
  receiveBuffer: { asked: 4_194_304, granted: 8_388_608, full: true },
  qos: { requested: 46, effective: 46, method: 'setsockopt' },
  membership: true,
  warnings: [],
  arrival: {
    observations: [{ address: '192.0.2.7', port: 5004, dscp: 46, ecn: 0, ttl: 1, count: 10 }],
  },
};
const well: DoctorFacts = {
  now: new Date(2026, 10, 21),
  node: '26.0.0',
  platform: 'linux',
  host: {
    interfaces: [eth0],
    defaultRoutes: { 4: ['eth0'], 6: [] },
    rmemMax: 4_194_304,
    igmpMaxMemberships: 20,
    igmpMaxSources: 10,
    mldMaxSources: 64,
    optmemMax: 131_072,
    container: undefined,
    containerNetwork: undefined,
    firewalls: [],
  },
  group: '239.255.1.2',
  port: 5004,
  chosen: {
    value: {
      name: 'eth0',
      address: '192.0.2.7',
      family: 4,
      internal: false,
      reason: 'route',
      sentence: 'eth0 (192.0.2.7), because the route to 239.255.1.2 leaves there',
      listenOn: [],
    },
  },
  multicast: { value: trial },
  scopes: [{ range: '239.255.0.0/16', family: 4, interfaceName: 'eth0', internal: false }],
  reach: [],
  queriers: [
    {
      interfaceName: 'eth0',
      igmp: { address: '192.0.2.1', version: 3, intervalSeconds: 125 },
      mld: undefined,
    },
  ],
  firewallRules: undefined,
  clashes: [],
  directories: [],
  soundPrograms: ['sox'],
  soundHere: true,
};
const withTrial = (change: Partial<MulticastTrial>): Partial<DoctorFacts> => ({
  multicast: { value: { ...trial, ...change } },
});
const withHost = (change: Partial<DoctorFacts['host']>): Partial<DoctorFacts> => ({
  host: { ...well.host, ...change },
});

describe('the doctor', () => {
  test('has nothing to say where all is well', () => {
    expect(judgeDoctor(well).filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(judgeDoctor(well).every(({ tryThis }) => tryThis === undefined)).toBe(true);
  });

  test.each<{ id: string; status: string; facts: Partial<DoctorFacts>; tryThis: RegExp }>([
    { id: 'interfaces', status: 'fail', facts: withHost({ interfaces: [] }), tryThis: /ip link set/ },
    {
      id: 'interfaces',
      status: 'warn',
      facts: withHost({ interfaces: [{ ...eth0, multicast: false }] }),
      tryThis: /eth0 multicast on/,
    },
    {
      id: 'route',
      status: 'warn',
      facts: {
        chosen: {
          value: {
            name: 'lo',
            address: '127.0.0.1',
            family: 4,
            internal: true,
            reason: 'loopback',
            sentence: 'lo (127.0.0.1), because there is no route',
            listenOn: [],
          },
        },
      },
      tryThis: /--interface eth0/,
    },
    {
      id: 'route',
      status: 'fail',
      facts: { chosen: { error: 'There is no interface "x"' } },
      tryThis: /--interface/,
    },
    { id: 'membership', status: 'fail', facts: withTrial({ membership: false }), tryThis: /interface/ },
    { id: 'multicast', status: 'fail', facts: withTrial({ received: 0 }), tryThis: /firewall/ },
    { id: 'multicast', status: 'warn', facts: withTrial({ received: 9 }), tryThis: /load/ },
    { id: 'multicast', status: 'fail', facts: { multicast: { error: 'EPERM' } }, tryThis: /firewall/ },
    {
      id: 'marking',
      status: 'warn',
      facts: withTrial({
        qos: { requested: 46, effective: 0, method: 'none', reason: 'koffi is not installed' },
      }),
      tryThis: /koffi/,
    },
    {
      id: 'arrival',
      status: 'warn',
      facts: withTrial({
        arrival: { observations: [{ address: '192.0.2.7', port: 1, dscp: 0, ecn: 0, ttl: 1, count: 1 }] },
      }),
      tryThis: /nft/,
    },
    {
      id: 'buffer',
      status: 'warn',
      facts: {
        ...withTrial({ receiveBuffer: { asked: 4_194_304, granted: 425_984, full: false } }),
        ...withHost({ rmemMax: 212_992 }),
      },
      tryThis: /rmem_max=4194304/,
    },
    {
      id: 'reversePath',
      status: 'warn',
      facts: withHost({ interfaces: [{ ...eth0, rpFilter: 1 }, eth1] }),
      tryThis: /eth0\.rp_filter=2/,
    },
    {
      id: 'igmp',
      status: 'warn',
      facts: withHost({ interfaces: [{ ...eth0, forcedIgmpVersion: 2 }] }),
      tryThis: /force_igmp_version=0/,
    },
    {
      id: 'igmp',
      status: 'warn',
      facts: withHost({ interfaces: [{ ...eth0, igmpVersion: 2 }] }),
      tryThis: /querier/,
    },
    {
      id: 'igmp',
      status: 'warn',
      facts: withHost({ interfaces: [{ ...eth0, forcedMldVersion: 1 }] }),
      tryThis: /force_mld_version=0/,
    },
    {
      id: 'interfaces',
      status: 'warn',
      facts: withHost({ interfaces: [{ ...eth0, carrier: false }] }),
      tryThis: /cable/,
    },
    {
      id: 'scopes',
      status: 'warn',
      facts: { scopes: [{ range: '239.192.0.0/14', family: 4, interfaceName: 'lo', internal: true }] },
      tryThis: /ip route add 239\.192\.0\.0\/14 dev eth0/,
    },
    {
      id: 'memberships',
      status: 'warn',
      facts: withHost({ igmpMaxMemberships: 5 }),
      tryThis: /memberships=20/,
    },
    { id: 'memberships', status: 'warn', facts: withHost({ igmpMaxSources: 2 }), tryThis: /igmp_max_msf=10/ },
    { id: 'memberships', status: 'warn', facts: withHost({ optmemMax: 1024 }), tryThis: /optmem_max/ },
    {
      id: 'querier',
      status: 'warn',
      facts: { queriers: [{ interfaceName: 'eth0', igmp: undefined, mld: undefined }] },
      tryThis: /mcast_querier 1/,
    },
    {
      id: 'querier',
      status: 'warn',
      facts: {
        queriers: [{ interfaceName: 'eth0', igmp: undefined, mld: undefined, unavailable: 'only root may' }],
      },
      tryThis: /as root/,
    },
    {
      id: 'firewall',
      status: 'fail',
      facts: {
        firewallRules: rules([
          { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'igmp' } },
          { drop: null },
        ]),
      },
      tryThis: /igmp accept/,
    },
    {
      id: 'firewall',
      status: 'warn',
      facts: {
        firewallRules: rules([
          { match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: '192.0.2.9' } },
          { drop: null },
        ]),
      },
      tryThis: /nft list ruleset/,
    },
    {
      id: 'collisions',
      status: 'warn',
      facts: { clashes: [{ endpoint: '239.255.1.2:5004', names: ['A', 'B'] }] },
      tryThis: /another/,
    },
    {
      id: 'container',
      status: 'warn',
      facts: withHost({ container: 'kubernetes', containerNetwork: 'own' }),
      tryThis: /hostNetwork/,
    },
    { id: 'firewall', status: 'warn', facts: withHost({ firewalls: ['ufw'] }), tryThis: /IGMP/ },
    { id: 'container', status: 'warn', facts: withHost({ container: 'docker' }), tryThis: /host network/ },
    { id: 'container', status: 'warn', facts: withHost({ container: 'wsl' }), tryThis: /mirrored/ },
    { id: 'sound', status: 'warn', facts: { soundPrograms: [] }, tryThis: /install/ },
    { id: 'sound', status: 'warn', facts: { soundHere: false }, tryThis: /tone/ },
  ])('$status: $id', ({ id, status, facts, tryThis }) => {
    const check = judgeDoctor({ ...well, ...facts }).find((it) => it.id === id);
    expect(check).toMatchObject({ status, tryThis: expect.stringMatching(tryThis) });
  });

  test('says what is good news', () => {
    const detailOf = (id: string, facts: Partial<DoctorFacts>): string | undefined =>
      judgeDoctor({ ...well, ...facts }).find((it) => it.id === id && it.status === 'ok')?.detail;
    expect(detailOf('container', withHost({ container: 'docker', containerNetwork: 'host' }))).toContain(
      'with the network of its host',
    );
    expect(detailOf('container', withHost({ container: 'docker', containerNetwork: 'lan' }))).toContain(
      'LAN',
    );
    expect(detailOf('firewall', { firewallRules: rules() })).toBe('no rules');
    expect(detailOf('querier', {})).toBe('eth0: IGMPv3 from 192.0.2.1 every 125 s');
    expect(
      detailOf('querier', {
        ...withHost({ interfaces: [{ ...eth0, mldQueries: 7 }] }),
        queriers: [
          { interfaceName: 'eth0', igmp: undefined, mld: undefined, unavailable: 'only root may listen' },
        ],
      }),
    ).toContain('7 MLD queries came to eth0 since it is there');
    expect(detailOf('otherInterfaces', { reach: [{ name: 'eth1', heard: false }] })).toBe(
      'members on eth1 do not hear what eth0 sends: each joins and sends for itself',
    );
    expect(detailOf('reversePath', withHost({ interfaces: [{ ...eth0, rpFilter: 1 }] }))).toContain(
      'only matters with a second interface',
    );
  });
});

describe('conferences on the same group and port', () => {
  const one = { name: 'A', session: 'a', endpoints: ['239.255.1.2:5004'], start: undefined, stop: undefined };
  test.each([
    { name: 'clash', other: { ...one, name: 'B', session: 'b' }, clashes: 1 },
    { name: 'do not when they are one session in two directories', other: { ...one, name: 'B' }, clashes: 0 },
    {
      name: 'do not at other times',
      other: { ...one, session: 'b', stop: 100 },
      mine: { start: 100 },
      clashes: 0,
    },
    {
      name: 'do not on other ports',
      other: { ...one, session: 'b', endpoints: ['239.255.1.2:5006'] },
      clashes: 0,
    },
  ])('$name', ({ other, mine, clashes }) => {
    const found = findClashes([{ ...one, ...mine }, other]);
    expect(found).toHaveLength(clashes);
    expect(found.every(({ names }) => names.join() === 'A,B')).toBe(true);
  });
});
