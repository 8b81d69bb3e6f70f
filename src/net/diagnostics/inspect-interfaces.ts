import type { NetworkView } from '../interfaces.ts';
import { type HostFiles, readNumber } from './host-files.ts';
import { parseProcIgmp, parseSnmp6 } from './proc-net.ts';

export interface InterfaceReport {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly up: boolean;
  readonly loopback: boolean;
  /** Whether the interface says that it does multicast; loopback never does, and does it all the same. */
  readonly multicast: boolean | undefined;
  /** Largest packet, bytes. */
  readonly mtu: number | undefined;
  /** Whether there is a cable with somebody at the other end, or the like. */
  readonly carrier: boolean | undefined;
  /** A device of hardware, also of a virtual machine; false for bridges, tunnels, ends of cables to containers. */
  readonly physical: boolean;
  readonly wireless: boolean;
  /** Mbit/s; undefined where there is none to tell. */
  readonly speed: number | undefined;
  /** IGMP version spoken there now; 2 or 1 means that an older querier was heard. */
  readonly igmpVersion: number | undefined;
  /** Versions forced by the administrator; 0 for none. */
  readonly forcedIgmpVersion: number | undefined;
  readonly forcedMldVersion: number | undefined;
  /** MLD queries that arrived since the interface was made: the one trace of a querier that everybody may see. */
  readonly mldQueries: number | undefined;
  /** Reverse-path filter in effect: 0 off, 1 strict (drops senders that are routed elsewhere), 2 loose. */
  readonly rpFilter: number | undefined;
  /** Of a bridge: what it does with multicast. */
  readonly bridge: BridgeReport | undefined;
  /** Bridge that it is a port of. */
  readonly bridgedTo: string | undefined;
}

/** What a bridge of this host does with multicast. */
export interface BridgeReport {
  readonly snooping: boolean;
  readonly querier: boolean;
}

// linux/if.h
const [IFF_UP, IFF_LOOPBACK, IFF_MULTICAST] = [0x1, 0x8, 0x1000];

export function inspectInterfaces(files: HostFiles, network: NetworkView): InterfaceReport[] {
  const addresses = network.addresses();
  const igmp = parseProcIgmp(files.readText('/proc/net/igmp') ?? '').interfaces;
  const conf = (family: 4 | 6, name: string, key: string): number | undefined =>
    readNumber(files, `/proc/sys/net/ipv${family}/conf/${name}/${key}`);
  /** ip-sysctl: of these the higher one of "all" and the interface's own counts. */
  const effective = (family: 4 | 6, name: string, key: string): number | undefined => {
    const own = conf(family, name, key);
    return own === undefined ? undefined : Math.max(own, conf(family, 'all', key) ?? 0);
  };
  const names = new Set([...files.list('/sys/class/net'), ...addresses.map((it) => it.name)]);
  return [...names].map((name) => {
    const sys = `/sys/class/net/${name}`;
    const flags = readNumber(files, `${sys}/flags`);
    const own = addresses.filter((it) => it.name === name);
    const carrier = readNumber(files, `${sys}/carrier`);
    const speed = readNumber(files, `${sys}/speed`) ?? -1; // -1 is the kernel's own word for "unknown"
    return {
      name,
      addresses: own.map((it) => it.address),
      up: flags === undefined ? own.length > 0 : (flags & IFF_UP) !== 0,
      loopback: flags === undefined ? own.some((it) => it.internal) : (flags & IFF_LOOPBACK) !== 0,
      multicast: flags === undefined ? undefined : (flags & IFF_MULTICAST) !== 0,
      mtu: readNumber(files, `${sys}/mtu`),
      carrier: carrier === undefined ? undefined : carrier === 1,
      physical: files.exists(`${sys}/device`),
      wireless: files.exists(`${sys}/wireless`) || files.exists(`${sys}/phy80211`),
      speed: speed > 0 ? speed : undefined,
      igmpVersion: igmp.find((it) => it.name === name)?.igmpVersion,
      forcedIgmpVersion: conf(4, 'all', 'force_igmp_version') || conf(4, name, 'force_igmp_version'),
      forcedMldVersion: conf(6, 'all', 'force_mld_version') || conf(6, name, 'force_mld_version'),
      mldQueries: parseSnmp6(files.readText(`/proc/net/dev_snmp6/${name}`) ?? '').get(
        'Icmp6InGroupMembQueries',
      ),
      rpFilter: effective(4, name, 'rp_filter'),
      bridge: bridgeReport(files, `${sys}/bridge`),
      bridgedTo: /^INTERFACE=(.+)$/m.exec(files.readText(`${sys}/master/uevent`) ?? '')?.[1],
    };
  });
}

function bridgeReport(files: HostFiles, folder: string): BridgeReport | undefined {
  const snooping = readNumber(files, `${folder}/multicast_snooping`);
  if (snooping === undefined) return undefined;
  return { snooping: snooping === 1, querier: readNumber(files, `${folder}/multicast_querier`) === 1 };
}
