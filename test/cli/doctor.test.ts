import { describe, expect, test } from 'vitest';
import { judgeDoctor } from '../../cli/doctor/checks.ts';
import type { DoctorFacts, MulticastTrial } from '../../cli/doctor/facts.ts';

const eth0 = {
  name: 'eth0',
  addresses: ['192.0.2.7'],
  up: true,
  loopback: false,
  multicast: true,
  igmpVersion: 3,
  rpFilter: 2,
};
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
    forcedIgmpVersion: 0,
    container: undefined,
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
      facts: withHost({ interfaces: [{ ...eth0, rpFilter: 1 }] }),
      tryThis: /eth0\.rp_filter=2/,
    },
    {
      id: 'igmp',
      status: 'warn',
      facts: withHost({ forcedIgmpVersion: 2 }),
      tryThis: /force_igmp_version=0/,
    },
    {
      id: 'igmp',
      status: 'warn',
      facts: withHost({ interfaces: [{ ...eth0, igmpVersion: 2 }] }),
      tryThis: /querier/,
    },
    { id: 'firewall', status: 'warn', facts: withHost({ firewalls: ['ufw'] }), tryThis: /IGMP/ },
    { id: 'container', status: 'warn', facts: withHost({ container: 'docker' }), tryThis: /host network/ },
    { id: 'sound', status: 'warn', facts: { soundPrograms: [] }, tryThis: /install/ },
    { id: 'sound', status: 'warn', facts: { soundHere: false }, tryThis: /tone/ },
  ])('$status: $id', ({ id, status, facts, tryThis }) => {
    const check = judgeDoctor({ ...well, ...facts }).find((it) => it.id === id);
    expect(check).toMatchObject({ status, tryThis: expect.stringMatching(tryThis) });
  });
});
