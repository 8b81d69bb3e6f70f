import { formatEndpoint, isIp } from '../../src/ip/index.ts';
import { type FilteredPacket, type InterfaceReport, judgePacket } from '../../src/net/index.ts';
import { fail, type Judged, ok, warn } from './check.ts';
import type { DoctorFacts } from './facts.ts';

const WANTED_MEMBERSHIPS = 20;
/** Fewest option bytes of a socket that hold the lists of sources of some groups. */
const WANTED_OPTMEM = 20_480;

const outward = ({ host }: DoctorFacts): InterfaceReport[] =>
  host.interfaces.filter((it) => it.up && !it.loopback && it.addresses.length > 0);

/** Which interface each scope would use (RFC 2365 §6, RFC 4291 §2.7), when none is named. */
export function scopes(facts: DoctorFacts): Judged {
  const byInterface = Map.groupBy(facts.scopes, ({ interfaceName }) => interfaceName ?? 'none');
  const detail = [...byInterface]
    .map(([name, zones]) => `${zones.map((zone) => zone.range).join(', ')} by ${name}`)
    .join('; ');
  const others = outward(facts);
  const alone = facts.scopes.filter(({ internal, interfaceName }) => internal || interfaceName === undefined);
  const [first] = alone;
  if (first === undefined || others.length === 0) return ok(detail);
  const family = first.family === 6 ? 'ip -6 route add multicast' : 'ip route add';
  return warn(
    detail,
    `name the interface, or give them a route: ${family} ${first.range} dev ${others[0]?.name}`,
    `what is sent to ${alone.map(({ range }) => range).join(', ')} stays on this computer`,
  );
}

/** Whether members on other interfaces hear what is sent on the one in use. */
export function otherInterfaces({ reach, chosen }: DoctorFacts): Judged | undefined {
  if (reach === undefined || reach.length === 0 || chosen.value === undefined) return undefined;
  const from = chosen.value.name;
  const heard = reach.filter((it) => it.heard).map(({ name }) => name);
  const deaf = reach.filter((it) => !it.heard).map(({ name }) => name);
  const parts = [
    ...(heard.length === 0 ? [] : [`members on ${heard.join(', ')} hear what ${from} sends`]),
    ...(deaf.length === 0
      ? []
      : [`members on ${deaf.join(', ')} do not hear what ${from} sends: each joins and sends for itself`]),
  ];
  return ok(parts.join('; '));
}

export function reversePath(facts: DoctorFacts): Judged | undefined {
  const told = outward(facts).filter(({ rpFilter }) => rpFilter !== undefined);
  if (told.length === 0) return undefined;
  const strict = told.filter(({ rpFilter }) => rpFilter === 1);
  const text = told.map((it) => `${it.name} ${WORDS[it.rpFilter ?? 0] ?? it.rpFilter}`).join(', ');
  if (strict.length === 0) return ok(`rp_filter: ${text}`);
  // with one interface every sender is routed by it
  if (told.length === 1 && facts.host.defaultRoutes[4]?.includes(told[0]?.name ?? '') === true)
    return ok(`rp_filter: ${text}, which only matters with a second interface`);
  const names = strict.map(({ name }) => name);
  return warn(
    `rp_filter: ${text}`,
    `where a sender is on another network: ${names.map((name) => `sysctl -w net.ipv4.conf.${name}.rp_filter=2`).join('; ')}`,
    `what comes to ${names.join(', ')} from senders that are routed elsewhere is dropped without a word`,
  );
}
const WORDS = ['off', 'strict', 'loose'];

export function igmp(facts: DoctorFacts): Judged | undefined {
  const { host } = facts;
  const told = host.interfaces.filter((it) => it.up && it.igmpVersion !== undefined && !it.loopback);
  const forced = host.interfaces.find((it) => (it.forcedIgmpVersion ?? 0) > 0 && it.forcedIgmpVersion !== 3);
  if (forced !== undefined) {
    return warn(
      `IGMPv${forced.forcedIgmpVersion} is forced on ${forced.name}: source filters do not reach the network`,
      `sysctl -w net.ipv4.conf.all.force_igmp_version=0 net.ipv4.conf.${forced.name}.force_igmp_version=0`,
    );
  }
  const forcedMld = host.interfaces.find((it) => it.forcedMldVersion === 1);
  if (forcedMld !== undefined) {
    return warn(
      `MLDv1 is forced on ${forcedMld.name}: source filters do not reach the network`,
      `sysctl -w net.ipv6.conf.all.force_mld_version=0 net.ipv6.conf.${forcedMld.name}.force_mld_version=0`,
    );
  }
  const old = told.filter((it) => (it.igmpVersion ?? 3) < 3);
  if (old.length > 0) {
    return warn(
      `an old querier made ${old.map((it) => `${it.name} speak IGMPv${it.igmpVersion}`).join(', ')}: source filters do not reach the network`,
      'switch the querier to IGMPv3',
    );
  }
  if (told.length === 0) return undefined;
  return ok(told.map((it) => `IGMPv${it.igmpVersion} on ${it.name}`).join(', '));
}

export function limits({ host }: DoctorFacts): Judged | undefined {
  const { igmpMaxMemberships, igmpMaxSources, mldMaxSources, optmemMax } = host;
  if (igmpMaxMemberships === undefined) return undefined;
  const detail = `${igmpMaxMemberships} groups per socket, ${igmpMaxSources ?? '?'} sources per group (IPv6 ${mldMaxSources ?? '?'}), ${optmemMax ?? '?'} bytes for lists of sources`;
  if (igmpMaxMemberships < WANTED_MEMBERSHIPS)
    return warn(`only ${detail}`, `sysctl -w net.ipv4.igmp_max_memberships=${WANTED_MEMBERSHIPS}`);
  if (igmpMaxSources !== undefined && igmpMaxSources < 10)
    return warn(`only ${detail}`, 'sysctl -w net.ipv4.igmp_max_msf=10');
  if (optmemMax !== undefined && optmemMax < WANTED_OPTMEM)
    return warn(`only ${detail}`, `sysctl -w net.core.optmem_max=${WANTED_OPTMEM}`);
  return ok(detail);
}

/** Whether anybody asks who listens: without, switches that snoop stop sending after some four minutes. */
export function querier(facts: DoctorFacts): Judged | undefined {
  const { queriers, host } = facts;
  if (queriers.length === 0) return undefined;
  const report = queriers.map(({ interfaceName, igmp: v4, mld }) => {
    const own = host.interfaces.find(({ name }) => name === interfaceName)?.bridge;
    const parts = [
      ...(v4 === undefined
        ? []
        : [`IGMPv${v4.version} from ${sender(v4.address)}${every(v4.intervalSeconds)}`]),
      ...(mld === undefined
        ? []
        : [`MLDv${mld.version} from ${sender(mld.address)}${every(mld.intervalSeconds)}`]),
      ...(own?.querier === true ? ['this computer asks itself'] : []),
    ];
    return { name: interfaceName, parts };
  });
  const silent = report.filter(({ parts }) => parts.length === 0).map(({ name }) => name);
  const seen = report
    .filter(({ parts }) => parts.length > 0)
    .map(({ name, parts }) => `${name}: ${parts.join(', ')}`);
  if (silent.length === 0) return ok(seen.join('; '));
  const reason = queriers.find(({ unavailable }) => unavailable !== undefined)?.unavailable;
  if (reason !== undefined) {
    const hints = host.interfaces.filter((it) => silent.includes(it.name) && (it.mldQueries ?? 0) > 0);
    const count = hints.map((it) => `${it.mldQueries} MLD queries came to ${it.name}`).join(', ');
    if (silent.every((name) => hints.some((it) => it.name === name)))
      return ok(`${count} since it is there; whether somebody still asks, and for IGMP, only root can see`);
    return warn(
      `cannot be looked for because ${reason}${count === '' ? '' : `; ${count}`}`,
      /koffi/.test(reason)
        ? 'install the optional package koffi, or: tcpdump -ni IF igmp or icmp6'
        : 'run doctor as root, or: tcpdump -ni IF igmp or icmp6',
    );
  }
  return warn(
    `nobody asks who listens on ${silent.join(', ')}${seen.length === 0 ? '' : `; ${seen.join('; ')}`}`,
    'switch a querier on at a switch or router of that network, or at a Linux bridge: ip link set br0 type bridge mcast_querier 1',
    'switches that snoop IGMP forget after 260 s who has joined, and everybody falls silent; without such switches it does no harm',
  );
}

const sender = (address: string): string =>
  address === '0.0.0.0' || address === '::' ? 'a switch without an address' : address;
const every = (seconds: number): string => (seconds === 0 ? '' : ` every ${seconds} s`);

export function firewall(facts: DoctorFacts): Judged {
  const { host, firewallRules, group, port, chosen } = facts;
  if (firewallRules !== undefined) {
    const name = chosen.value?.name ?? 'lo';
    const v6 = isIp(group) && group.includes(':');
    const asked: [what: string, packet: FilteredPacket][] = [
      [
        `UDP to ${formatEndpoint(group, port)}`,
        { direction: 'in', protocol: 'udp', interfaceName: name, destination: group, port },
      ],
      [
        v6 ? 'queries of MLD' : 'queries of IGMP',
        v6
          ? { direction: 'in', protocol: 'icmpv6', interfaceName: name, destination: 'ff02::1' }
          : { direction: 'in', protocol: 'igmp', interfaceName: name, destination: '224.0.0.1' },
      ],
      [
        v6 ? 'reports of MLD' : 'reports of IGMP',
        v6
          ? { direction: 'out', protocol: 'icmpv6', interfaceName: name, destination: 'ff02::16' }
          : { direction: 'out', protocol: 'igmp', interfaceName: name, destination: '224.0.0.22' },
      ],
      ['what we send', { direction: 'out', protocol: 'udp', interfaceName: name, destination: group, port }],
    ];
    const verdicts = asked.map(([what, packet]) => ({ what, ...judgePacket(firewallRules, packet) }));
    const dropped = verdicts.filter(({ drops }) => drops === 'yes');
    const doubtful = verdicts.filter(({ drops }) => drops === 'maybe');
    const list = (those: typeof verdicts): string =>
      those.map(({ what, by }) => `${what} (${by ?? '?'})`).join('; ');
    const advice = `put before it: udp dport ${port} accept, or all ports of your conferences; ip protocol igmp accept`;
    if (dropped.length > 0) return fail(`its rules drop ${list(dropped)}`, advice);
    if (doubtful.length > 0) return warn(`its rules may drop ${list(doubtful)}`, 'compare: nft list ruleset');
    if (firewallRules.ruleCount === 0 && host.firewalls.every((it) => it === 'nftables'))
      return ok('no rules');
    return ok(`${firewallRules.ruleCount} rules let IGMP and UDP to ${formatEndpoint(group, port)} pass`);
  }
  if (host.firewalls.length === 0) return ok('none seen (rules can be read by root only)');
  return warn(
    `seems to be on: ${host.firewalls.join(', ')} (rules can be read by root only)`,
    'let IGMP (protocol 2) and the UDP ports of your conferences in',
  );
}

export function container({ host, platform }: DoctorFacts): Judged | undefined {
  const { container: kind, containerNetwork } = host;
  if (kind === undefined) {
    return platform === 'linux' ? ok('none that is known to hinder multicast') : undefined;
  }
  if (containerNetwork === 'host') return ok(`this runs in ${kind}, with the network of its host`);
  if (containerNetwork === 'lan')
    return ok(`this runs in ${kind}, with an interface of its own in the LAN (macvlan or alike)`);
  const advice = {
    wsl: 'use mirrored networking (networkingMode=mirrored in .wslconfig); if it is mirrored, all is well',
    kubernetes: 'hostNetwork: true in the pod, or a second interface by macvlan (Multus)',
    docker: 'run it with the host network (--network host) or macvlan; if this is macvlan, all is well',
    podman: 'run it with the host network (--network host) or macvlan; if this is macvlan, all is well',
    lxc: 'unless it has one, give it a macvlan or a bridged interface of the LAN',
  }[kind];
  return warn(
    `this runs in ${kind}, whose usual network does not carry multicast`,
    advice,
    'a bridge of a container engine does not forward groups to the LAN, and translates addresses',
  );
}

/** Groups and ports that two conferences share. */
export function collisions({ clashes }: DoctorFacts): Judged | undefined {
  if (clashes === undefined) return undefined;
  const [first] = clashes;
  if (first === undefined) return ok('no two conferences have the same group and port');
  const list = clashes
    .slice(0, 5)
    .map(({ endpoint, names }) => `${endpoint}: ${names.map((it) => `"${it}"`).join(', ')}`)
    .join('; ');
  return warn(
    `${clashes.length === 1 ? 'one group and port is' : `${clashes.length} groups and ports are`} used more than once: ${list}`,
    `give one of them another: rendezvous edit NAME --group …`,
    'who joins one hears the other as well, which looks like loss and noise',
  );
}
