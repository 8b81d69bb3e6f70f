import { formatEndpoint, isLoopback, parseIp } from '../../../src/ip/index.ts';
import { type Check, fail, type Judged, ok, warn } from '../check.ts';
import { type DirectionFacts, hopsOf, type PathFacts, usual } from './report.ts';

/** What a path is good for, one direction after the other. Pure. */
export function judgePath(facts: PathFacts): Check[] {
  const ways = [
    { id: 'there', name: `to ${facts.host}`, way: facts.there, other: facts.back },
    { id: 'back', name: `from ${facts.host}`, way: facts.back, other: facts.there },
  ] as const;
  return ways.flatMap(({ id, name, way, other }) => {
    const title = id === 'there' ? 'There' : 'Back';
    if (way === undefined) {
      const judged = fail(`${name}: nothing is known, it was broken off`, 'run the probe again');
      return [{ id, title, ...judged }];
    }
    if (way.tally.heard === 0) return silence(way, other, name, facts).map((it) => ({ id, title, ...it }));
    return [arrived(way, name), ...marks(way)].map((it) => ({ id, title, ...it }));
  });
}

function arrived(way: DirectionFacts, name: string): Judged {
  const { sent, tally } = way;
  const hops = hopsOf(way);
  const far = hops === undefined ? '' : hops === 0 ? ', on the same network' : `, ${hops} routers away`;
  const share = (100 * (sent - tally.heard)) / sent;
  const detail = `${name}: ${tally.heard} of ${sent} packets arrived${far.replace('1 routers', '1 router')}`;
  if (tally.heard < sent) {
    return warn(
      `${detail}, ${share.toFixed(1)} % were lost`,
      'look for a full link, Wi-Fi (multicast has no repetition there), or a rate limit of a switch',
    );
  }
  if (tally.duplicates > 0) {
    return warn(
      `${detail}, ${tally.duplicates} of them twice`,
      'look for a loop, two routers that both forward, or an interface that is bridged twice',
    );
  }
  if (tally.reordered > 0) return ok(`${detail}, ${tally.reordered} out of order`);
  return ok(detail);
}

function* marks({ dscpSent, tally, sender }: DirectionFacts): Generator<Judged> {
  const dscp = usual(tally.dscps);
  if (dscp !== undefined && (dscp.value !== dscpSent || !dscp.alone)) {
    const seen = [...tally.dscps.keys()].join(' and ');
    yield warn(
      `they left with DSCP ${dscpSent} and arrive with ${seen}`,
      'let the switches, routers and firewalls between trust the mark: one of them rewrites it',
    );
  }
  const foreign = tally.sources.filter((it) => it !== sender.address && !isLoopback(it));
  if (foreign.length > 0) {
    yield warn(
      `they left ${sender.address} and come from ${foreign.join(', ')}`,
      'an address translator is between: source filters and SSM will not work through it',
    );
  }
}

/** Nothing arrived: the causes that there are signs for, likeliest first, else what to look at. */
function silence(
  way: DirectionFacts,
  other: DirectionFacts | undefined,
  name: string,
  { group, port }: PathFacts,
): Judged[] {
  const { sender, receiver, ttlSent, sent } = way;
  const where = `${receiver.interfaceName} of ${receiver.address}`;
  const causes: [cause: string, tryThis: string][] = [];
  if (!receiver.member) {
    causes.push([
      `${where} does not hold the membership`,
      'the interface keeps going down, or the limit net.ipv4.igmp_max_memberships is reached',
    ]);
  }
  if (isLoopback(sender.address) !== isLoopback(receiver.address)) {
    causes.push([
      'one of the two uses its loopback interface',
      'name the interface at both ends: --interface IF',
    ]);
  }
  const apart = !sameNetwork(sender.address, receiver.address);
  if (apart && ttlSent <= 1) {
    causes.push([
      `they are on different networks, and a TTL of ${ttlSent} ends at the first router`,
      'probe with a larger one: --ttl 15',
    ]);
  } else if (apart) {
    causes.push([
      'they are on different networks, which takes a multicast router (PIM) for this group between them',
      'ask whoever runs the routers, or choose the interfaces that share a network: --interface IF at both ends',
    ]);
  }
  if (apart && receiver.strictReversePath) {
    causes.push([
      `rp_filter of ${where} is strict: it drops what is routed elsewhere`,
      `there: sysctl -w net.ipv4.conf.${isPlain(receiver.interfaceName) ? receiver.interfaceName : 'IF'}.rp_filter=2`,
    ]);
  }
  const worksBack = other !== undefined && other.tally.heard > 0;
  if (!apart && worksBack) {
    causes.push([
      'the other way works, so the join is not seen on this one, or something filters it',
      'look for a switch that snoops without a querier, and for a firewall at the receiving end',
    ]);
  }
  if (receiver.firewall || sender.firewall) {
    causes.push([
      `a firewall seems to be on at ${receiver.firewall ? receiver.address : sender.address}`,
      `let IGMP and UDP to ${formatEndpoint(group, port)} in`,
    ]);
  }
  if (!worksBack && (receiver.container || sender.container)) {
    causes.push([
      `${receiver.container ? receiver.address : sender.address} runs in a container`,
      'use the host network or macvlan',
    ]);
  }
  if (!apart && !worksBack) {
    causes.push([
      'both are on one network: a switch that snoops without a querier, client isolation of a Wi-Fi, or a firewall',
      'run doctor at both ends: it tells whether a querier is seen',
    ]);
  }
  return causes.map(([cause, tryThis], i) =>
    i === 0
      ? fail(`${name}: none of ${sent} packets arrived`, tryThis, cause)
      : warn('or else', tryThis, cause),
  );
}

/** Fit for a command that is copied into a shell: the other end says what its interface is called. */
const isPlain = (interfaceName: string): boolean => /^[\w.@-]+$/.test(interfaceName);

/** By the first 24 or 64 bits: the prefix of the other end is not known. */
function sameNetwork(a: string, b: string): boolean {
  const [left, right] = [parseIp(a), parseIp(b)];
  if (left.family !== right.family) return false;
  const length = left.family === 4 ? 3 : 8;
  return left.bytes.subarray(0, length).every((byte, at) => byte === right.bytes[at]);
}
