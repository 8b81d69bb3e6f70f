import { platform } from 'node:process';
import { type IpFamily, parseIp, sameIp } from '../../ip/index.ts';
import { type ChosenInterface, chooseInterface, type NetworkView, systemNetwork } from '../interfaces.ts';
import { containerKind, type ContainerKind, containerNetwork } from './container.ts';
import { type HostFiles, readNumber, systemFiles } from './host-files.ts';
import { inspectInterfaces, type InterfaceReport } from './inspect-interfaces.ts';
import {
  type KernelUdpSocket,
  parseDefaultRoutes,
  parseDefaultRoutes6,
  parseProcIgmp,
  parseProcIgmp6,
  parseProcUdp,
} from './proc-net.ts';

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
  /** Sources for each group that one IPv6 socket may name. */
  readonly mldMaxSources: number | undefined;
  /** Memory for the options of a socket, bytes: lists of sources are kept there. */
  readonly optmemMax: number | undefined;
  /** The container or virtual machine that this runs in, where its network is known to hinder multicast. */
  readonly container: ContainerKind | undefined;
  /** In a container: whether it has the network of its host, or is in the LAN by an interface of its own. */
  readonly containerNetwork: 'host' | 'lan' | 'own' | undefined;
  /** Firewalls that seem to be on. An empty list proves nothing: rules can be read by root only. */
  readonly firewalls: readonly string[];
}

/** Reads what decides whether multicast works on this host. Needs no privilege and changes nothing. */
export function inspectHost(
  files: HostFiles = systemFiles,
  network: NetworkView = systemNetwork,
): HostReport {
  const route4 = files.readText('/proc/net/route');
  const route6 = files.readText('/proc/net/ipv6_route');
  const interfaces = inspectInterfaces(files, network);
  const container = containerKind(files);
  return {
    interfaces,
    defaultRoutes: {
      4: route4 === undefined ? undefined : parseDefaultRoutes(route4),
      6: route6 === undefined ? undefined : parseDefaultRoutes6(route6),
    },
    rmemMax: readNumber(files, '/proc/sys/net/core/rmem_max'),
    igmpMaxMemberships: readNumber(files, '/proc/sys/net/ipv4/igmp_max_memberships'),
    igmpMaxSources: readNumber(files, '/proc/sys/net/ipv4/igmp_max_msf'),
    mldMaxSources: readNumber(files, '/proc/sys/net/ipv6/mld_max_msf'),
    optmemMax: readNumber(files, '/proc/sys/net/core/optmem_max'),
    container,
    // what looks like a device in WSL is one of a virtual machine, whose network may be translated or mirrored
    containerNetwork:
      container === undefined || container === 'wsl' ? undefined : containerNetwork(interfaces),
    firewalls: firewallHints(files),
  };
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
