import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:process';
import { type IpFamily, parseIp, sameIp } from '../../ip/index.ts';
import { type ChosenInterface, chooseInterface, type NetworkView, systemNetwork } from '../interfaces.ts';
import {
  type KernelUdpSocket,
  parseDefaultRoutes,
  parseDefaultRoutes6,
  parseProcIgmp,
  parseProcIgmp6,
  parseProcUdp,
} from './proc-net.ts';

/** Where the kernel tells about itself; tests pass their own. Undefined: cannot be known here. */
export interface HostFiles {
  readText(path: string): string | undefined;
  list(path: string): readonly string[];
  exists(path: string): boolean;
}

export interface InterfaceReport {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly up: boolean;
  readonly loopback: boolean;
  /** Whether the interface says that it does multicast; loopback never does, and does it all the same. */
  readonly multicast: boolean | undefined;
  /** IGMP version spoken there now; 2 or 1 means that an older querier was heard. */
  readonly igmpVersion: number | undefined;
  /** Reverse-path filter in effect: 0 off, 1 strict (drops senders that are routed elsewhere), 2 loose. */
  readonly rpFilter: number | undefined;
}

/** What of this host decides whether multicast works. Undefined everywhere means: cannot be known here. */
export interface HostReport {
  readonly interfaces: readonly InterfaceReport[];
  /** Interfaces with a default route, by family. */
  readonly defaultRoutes: Readonly<Record<IpFamily, readonly string[] | undefined>>;
  /** Largest receive buffer that a program gets, bytes (the kernel then doubles it). */
  readonly rmemMax: number | undefined;
  /** Groups that one IPv4 socket may join, and sources for each. */
  readonly igmpMaxMemberships: number | undefined;
  readonly igmpMaxSources: number | undefined;
  /** IGMP version forced by the administrator; 0 for none. */
  readonly forcedIgmpVersion: number | undefined;
  /** The container or virtual machine that this runs in, where its network is known to hinder multicast. */
  readonly container: 'docker' | 'podman' | 'wsl' | undefined;
  /** Firewalls that seem to be on. An empty list proves nothing: rules can be read by root only. */
  readonly firewalls: readonly string[];
}

export const systemFiles: HostFiles = {
  readText(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined; // not Linux, or not permitted
    }
  },
  list(path) {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  },
  exists: existsSync,
};

/** Reads what decides whether multicast works on this host. Needs no privilege and changes nothing. */
export function inspectHost(
  files: HostFiles = systemFiles,
  network: NetworkView = systemNetwork,
): HostReport {
  const route4 = files.readText('/proc/net/route');
  const route6 = files.readText('/proc/net/ipv6_route');
  return {
    interfaces: inspectInterfaces(files, network),
    defaultRoutes: {
      4: route4 === undefined ? undefined : parseDefaultRoutes(route4),
      6: route6 === undefined ? undefined : parseDefaultRoutes6(route6),
    },
    rmemMax: readNumber(files, '/proc/sys/net/core/rmem_max'),
    igmpMaxMemberships: readNumber(files, '/proc/sys/net/ipv4/igmp_max_memberships'),
    igmpMaxSources: readNumber(files, '/proc/sys/net/ipv4/igmp_max_msf'),
    forcedIgmpVersion: readNumber(files, '/proc/sys/net/ipv4/conf/all/force_igmp_version'),
    container: containerKind(files),
    firewalls: firewallHints(files),
  };
}

function inspectInterfaces(files: HostFiles, network: NetworkView): InterfaceReport[] {
  const addresses = network.addresses();
  const igmp = parseProcIgmp(files.readText('/proc/net/igmp') ?? '').interfaces;
  const rpAll = readNumber(files, '/proc/sys/net/ipv4/conf/all/rp_filter');
  const names = new Set([...files.list('/sys/class/net'), ...addresses.map((it) => it.name)]);
  return [...names].map((name) => {
    const flags = readNumber(files, `/sys/class/net/${name}/flags`); // linux/if.h
    const own = addresses.filter((it) => it.name === name);
    const rp = readNumber(files, `/proc/sys/net/ipv4/conf/${name}/rp_filter`);
    return {
      name,
      addresses: own.map((it) => it.address),
      up: flags === undefined ? own.length > 0 : (flags & 0x1) !== 0,
      loopback: flags === undefined ? own.some((it) => it.internal) : (flags & 0x8) !== 0,
      multicast: flags === undefined ? undefined : (flags & 0x1000) !== 0,
      igmpVersion: igmp.find((it) => it.name === name)?.igmpVersion,
      rpFilter: rp === undefined ? undefined : Math.max(rp, rpAll ?? 0), // ip-sysctl: the higher one counts
    };
  });
}

/**
 * Whether the kernel really holds the membership on that interface (for any program of this host): undefined where it
 * does not tell.
 */
export function kernelHoldsMembership(
  group: string,
  interfaceName: string,
  files: HostFiles = systemFiles,
): boolean | undefined {
  const { family } = parseIp(group);
  const text = files.readText(family === 4 ? '/proc/net/igmp' : '/proc/net/igmp6');
  if (text === undefined) return undefined;
  const memberships = family === 4 ? parseProcIgmp(text).memberships : parseProcIgmp6(text);
  return memberships.some((it) => it.interfaceName === interfaceName && sameIp(it.group, group));
}

/** UDP sockets of all programs that listen on a port, with what they dropped; undefined where it is not told. */
export function udpSocketsOn(port: number, files: HostFiles = systemFiles): KernelUdpSocket[] | undefined {
  const v4 = files.readText('/proc/net/udp');
  const v6 = files.readText('/proc/net/udp6');
  if (v4 === undefined && v6 === undefined) return undefined;
  return [...parseProcUdp(v4 ?? '', 4), ...parseProcUdp(v6 ?? '', 6)].filter((it) => it.port === port);
}

/** The interface that would be used for a group when none is named, with the sentence that says why. */
export function routeForGroup(group: string, network: NetworkView = systemNetwork): Promise<ChosenInterface> {
  return chooseInterface(undefined, group, network);
}

function readNumber(files: HostFiles, path: string): number | undefined {
  const text = files.readText(path)?.trim();
  const value = Number(text);
  return text === undefined || text === '' || Number.isNaN(value) ? undefined : value;
}

function containerKind(files: HostFiles): HostReport['container'] {
  if (files.exists('/.dockerenv')) return 'docker';
  if (files.exists('/run/.containerenv')) return 'podman';
  if (/microsoft/i.test(files.readText('/proc/version') ?? '')) return 'wsl';
  return undefined;
}

function firewallHints(files: HostFiles): string[] {
  const hints: string[] = [];
  if (/^ENABLED=yes$/m.test(files.readText('/etc/ufw/ufw.conf') ?? '')) hints.push('ufw');
  if (files.exists('/run/firewalld')) hints.push('firewalld');
  if ((files.readText('/proc/net/ip_tables_names') ?? '').trim() !== '') hints.push('iptables');
  if (platform === 'linux' && /^nf_tables \d+ [1-9]/m.test(files.readText('/proc/modules') ?? '')) {
    hints.push('nftables');
  }
  return hints;
}
