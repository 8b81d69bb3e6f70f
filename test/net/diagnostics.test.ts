import { describe, expect, test } from 'vitest';
import {
  parseDefaultRoutes,
  parseDefaultRoutes6,
  parseProcIgmp,
  parseProcIgmp6,
  parseProcUdp,
} from '../../src/net/diagnostics/proc-net.ts';
import { type HostFiles, inspectHost, kernelHoldsMembership, udpSocketsOn } from '../../src/net/index.ts';

const IGMP = `Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
1\tlo        :     1      V3
\t\t\t\t010000E0     1 0:00000000\t\t0
4\teth0      :     2      V2
\t\t\t\t0102FFEF     3 0:00000000\t\t1
\t\t\t\t010000E0     1 0:00000000\t\t0
`;
const IGMP6 = `4    eth0            ff150000000000000000000000004477     1 00000004 0
1    lo              ff020000000000000000000000000001     1 0000000C 0
`;
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  261: 0102FFEF:138C 00000000:0000 07 00000000:00000A00 00:00000000 00000000  1000        0 4711 2 0000000000000000 17
`;
const UDP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  261: 000015FF000000000000000077440000:138C 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 0
`;
const ROUTE = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0102000A\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
wlan0\t00000000\t0103000A\t0002\t0\t0\t0\t00000000\t0\t0\t0
`;
const ZEROS = '0'.repeat(32);
const ROUTE6 = `fd000000000000000000000000000000 40 ${ZEROS} 00 ${ZEROS} 00000100 00000002 00000000 00000001     eth0
${ZEROS} 00 ${ZEROS} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0
${ZEROS} 00 ${ZEROS} 00 ${ZEROS} ffffffff 00000001 00000000 00200200       lo
`;

function files(content: Record<string, string>): HostFiles {
  return {
    readText: (path) => content[path],
    list: (path) => (path === '/sys/class/net' ? (content[path]?.split(' ') ?? []) : []),
    exists: (path) => path in content,
  };
}

describe('what the kernel says', () => {
  test('IGMP: version by interface, groups with their users', () => {
    expect(parseProcIgmp(IGMP)).toEqual({
      interfaces: [
        { name: 'lo', igmpVersion: 3 },
        { name: 'eth0', igmpVersion: 2 },
      ],
      memberships: [
        { interfaceName: 'lo', group: '224.0.0.1', users: 1 },
        { interfaceName: 'eth0', group: '239.255.2.1', users: 3 },
        { interfaceName: 'eth0', group: '224.0.0.1', users: 1 },
      ],
    });
  });

  test('MLD groups', () => {
    expect(parseProcIgmp6(IGMP6)).toEqual([
      { interfaceName: 'eth0', group: 'ff15::4477', users: 1 },
      { interfaceName: 'lo', group: 'ff02::1', users: 1 },
    ]);
  });

  test('UDP sockets with their drops', () => {
    const content = files({ '/proc/net/udp': UDP, '/proc/net/udp6': UDP6 });
    expect(udpSocketsOn(5004, content)).toEqual([
      { address: '239.255.2.1', port: 5004, receiveQueue: 2560, drops: 17 },
      { address: 'ff15::4477', port: 5004, receiveQueue: 0, drops: 0 },
    ]);
    expect(udpSocketsOn(5006, content)).toEqual([]);
    expect(udpSocketsOn(5004, files({}))).toBeUndefined();
  });

  test('default routes: up and not the unreachable entry on lo', () => {
    expect(parseDefaultRoutes(ROUTE)).toEqual(['eth0']);
    expect(parseDefaultRoutes6(ROUTE6)).toEqual(['eth0']);
  });

  test.each(['', 'garbage', '\n\n:::', '1 2 3 4 5 6'])('text of another kind gives nothing: %j', (text) => {
    expect(parseProcIgmp(text)).toEqual({ interfaces: [], memberships: [] });
    expect(parseProcIgmp6(text)).toEqual([]);
    expect(parseProcUdp(text, 4)).toEqual([]);
    expect(parseDefaultRoutes(text)).toEqual([]);
    expect(parseDefaultRoutes6(text)).toEqual([]);
  });

  test('a membership is held there, elsewhere, or unknown', () => {
    const content = files({ '/proc/net/igmp': IGMP, '/proc/net/igmp6': IGMP6 });
    expect(kernelHoldsMembership('239.255.2.1', 'eth0', content)).toBe(true);
    expect(kernelHoldsMembership('239.255.2.1', 'lo', content)).toBe(false);
    expect(kernelHoldsMembership('ff15:0::4477', 'eth0', content)).toBe(true);
    expect(kernelHoldsMembership('239.255.2.1', 'eth0', files({}))).toBeUndefined();
  });
});

describe('the report on a host', () => {
  const network = {
    addresses: () => [{ name: 'eth0', address: '10.2.0.7', family: 4 as const, internal: false }],
    exists: () => true,
    sourceAddressFor: () => Promise.resolve(undefined),
  };

  test('gathers what decides whether multicast works', () => {
    const content = {
      '/sys/class/net': 'eth0 lo',
      '/sys/class/net/eth0/flags': '0x1003\n',
      '/sys/class/net/lo/flags': '0x9\n',
      '/proc/net/igmp': IGMP,
      '/proc/net/route': ROUTE,
      '/proc/sys/net/core/rmem_max': '212992\n',
      '/proc/sys/net/ipv4/igmp_max_memberships': '20\n',
      '/proc/sys/net/ipv4/conf/all/rp_filter': '2\n',
      '/proc/sys/net/ipv4/conf/eth0/rp_filter': '1\n',
      '/proc/sys/net/ipv4/conf/all/force_igmp_version': '0\n',
      '/proc/sys/net/ipv4/conf/eth0/force_igmp_version': '2\n',
      '/proc/sys/net/ipv6/mld_max_msf': '64\n',
      '/sys/class/net/eth0/mtu': '1500\n',
      '/sys/class/net/eth0/carrier': '1\n',
      '/sys/class/net/eth0/speed': '1000\n',
      '/sys/class/net/lo/speed': '-1\n',
      '/sys/class/net/eth0/device': '',
      '/sys/class/net/eth0/master/uevent': 'DEVTYPE=bridge\nINTERFACE=br0\nIFINDEX=7\n',
      '/proc/net/dev_snmp6/eth0': 'Icmp6InMsgs   99\nIcmp6InGroupMembQueries  12\n',
      '/run/.containerenv': '',
      '/etc/ufw/ufw.conf': 'ENABLED=yes\n',
    };
    expect(inspectHost(files(content), network)).toEqual({
      interfaces: [
        {
          name: 'eth0',
          addresses: ['10.2.0.7'],
          up: true,
          loopback: false,
          multicast: true,
          mtu: 1500,
          carrier: true,
          physical: true,
          wireless: false,
          speed: 1000,
          igmpVersion: 2,
          forcedIgmpVersion: 2,
          forcedMldVersion: undefined,
          mldQueries: 12,
          rpFilter: 2,
          bridge: undefined,
          bridgedTo: 'br0',
        },
        {
          name: 'lo',
          addresses: [],
          up: true,
          loopback: true,
          multicast: false,
          mtu: undefined,
          carrier: undefined,
          physical: false,
          wireless: false,
          speed: undefined,
          igmpVersion: 3,
          forcedIgmpVersion: undefined,
          forcedMldVersion: undefined,
          mldQueries: undefined,
          rpFilter: undefined,
          bridge: undefined,
          bridgedTo: undefined,
        },
      ],
      defaultRoutes: { 4: ['eth0'], 6: undefined },
      rmemMax: 212_992,
      igmpMaxMemberships: 20,
      igmpMaxSources: undefined,
      mldMaxSources: 64,
      optmemMax: undefined,
      container: 'podman',
      containerNetwork: 'host',
      firewalls: ['ufw'],
    });
  });

  test('where nothing can be read, nothing is claimed', () => {
    const report = inspectHost(files({}), network);
    expect(report.interfaces).toMatchObject([
      { name: 'eth0', up: true, loopback: false, multicast: undefined },
    ]);
    expect(report).toMatchObject({
      rmemMax: undefined,
      container: undefined,
      defaultRoutes: { 4: undefined },
    });
  });

  test('on this host: loopback with 127.0.0.1', () => {
    const lo = inspectHost().interfaces.find((it) => it.name === 'lo');
    expect(lo).toMatchObject({ up: true, loopback: true, multicast: false });
    expect(lo?.addresses).toContain('127.0.0.1');
  });

  test.each([
    ['/.dockerenv', '', 'docker'],
    ['/var/run/secrets/kubernetes.io', '', 'kubernetes'],
    ['/proc/1/cgroup', '0::/kubepods/burstable/pod1\n', 'kubernetes'],
    ['/proc/1/cgroup', '0::/lxc.payload.web\n', 'lxc'],
  ])('%s tells %s', (path, content, kind) => {
    const report = inspectHost(files({ [path]: content }), network);
    expect([report.container, report.containerNetwork]).toEqual([kind, 'own']);
  });

  test.each([
    ['/.dockerenv', 'speed', '10000', 'own'], // a veth
    ['/.dockerenv', 'speed', '2500', 'lan'], // macvlan: that of the device below it
    ['/.dockerenv', 'speed', '-1', 'own'],
    ['/.dockerenv', 'device', '', 'host'],
    // every WSL 2 has a device, also where addresses are translated
    ['/proc/version', 'device', '', undefined],
  ])('the network of a container by %s, %s %s: %s', (path, file, content, expected) => {
    const wsl = 'Linux version 5.15 (Microsoft@x)';
    const report = inspectHost(files({ [path]: wsl, [`/sys/class/net/eth0/${file}`]: content }), network);
    expect(report.containerNetwork).toBe(expected);
  });

  test('a bridge of this host says whether it asks', () => {
    const report = inspectHost(
      files({
        '/sys/class/net': 'br0',
        '/sys/class/net/br0/bridge/multicast_snooping': '1\n',
        '/sys/class/net/br0/bridge/multicast_querier': '0\n',
      }),
      network,
    );
    expect(report.interfaces[0]?.bridge).toEqual({ snooping: true, querier: false });
  });
});
