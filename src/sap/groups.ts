import {
  compareIp,
  formatIp,
  IPV4_ZONES,
  type IpFamily,
  ipv6Zone,
  isMulticast,
  isWithin,
  parseIp,
  RELATIVE_OFFSETS,
  relativeGroup,
  tryParseIp,
  zoneOfGroup,
} from '../ip/index.ts';

/** UDP port of SAP (RFC 2974 §3). */
export const SAP_PORT = 9875;
/** TTL of announcements (RFC 2974 §3): the group, not the TTL, says how far they go. */
export const SAP_TTL = 255;
/** Group for sessions of global scope (RFC 2974 §3). */
export const SAP_GLOBAL_GROUP = '224.2.127.254';
/** The only group that many AoIP devices listen to. */
const LOCAL_GROUP = '239.255.255.255';

/** An administrative scope of one's own network: its SAP group is its highest address (RFC 2974 §3, RFC 2365 §9). */
export interface SapScope {
  readonly first: string;
  readonly last: string;
}

/**
 * Groups that announcements are found in besides those of the scopes: the highest addresses of the ranges that RFC 2365
 * §6.2 sets aside, taken as scopes by some; PipeWire's; and VLC's for link-local sessions.
 */
const CUSTOMARY = ['239.63.255.255', '239.127.255.255', '239.191.255.255', '224.0.0.56', '224.0.0.255'];

/** SCOP values that can be announced in, 1 to 14; 0 and 15 are reserved (RFC 4291 §2.7). */
const SCOPS = Array.from({ length: 14 }, (_, i) => i + 1);

/**
 * The SAP groups in which a session with media on `mediaGroup` is announced; the same packet goes to each.
 *
 * That of the smallest configured scope around it, else of its zone (RFC 2974 §3). For the parts of 239/8 that are
 * nobody's scope, where AoIP devices have their streams (239.69.0.0/16), 239.255.255.255 comes in addition: the only
 * group that many such devices listen to.
 *
 * @param scopes administrative scopes of this network
 * @returns none for an address that is no multicast group or whose scope is reserved
 */
export function sapGroupsFor(mediaGroup: string, scopes: readonly SapScope[] = []): string[] {
  const address = tryParseIp(mediaGroup);
  if (address === undefined || !isMulticast(mediaGroup)) return [];
  const group = formatIp({ bytes: address.bytes });
  const [configured] = scopes
    .filter(({ first, last }) => isWithin(group, first, last))
    // Scopes nest or are apart (RFC 2365 §5): of two around an address the inner one ends first or begins last.
    .sort((a, b) => compareIp(a.last, b.last) || compareIp(b.first, a.first));
  if (configured !== undefined) return [sapGroupOf(configured)];
  const zone = zoneOfGroup(group);
  if (zone === undefined) return [];
  const setAside = address.bytes[0] === 239 && zone.family === 4 && zone.last !== zone.sapGroup;
  return [...new Set([zone.sapGroup, ...(setAside ? [LOCAL_GROUP] : [])])];
}

/**
 * All groups to listen to: of every zone and each configured scope, and those that programs use besides.
 *
 * @param scopes administrative scopes of this network
 */
export function sapListenGroups(family: IpFamily, scopes: readonly SapScope[] = []): string[] {
  const configured = scopes.filter(({ last }) => tryParseIp(last)?.family === family).map(sapGroupOf);
  const known =
    family === 6
      ? SCOPS.map((scop) => ipv6Zone(scop).sapGroup)
      : [SAP_GLOBAL_GROUP, LOCAL_GROUP, ...IPV4_ZONES.map(({ sapGroup }) => sapGroup), ...CUSTOMARY];
  return [...new Set([...known, ...configured])];
}

function sapGroupOf({ last }: SapScope): string {
  return relativeGroup(formatIp({ bytes: parseIp(last).bytes }), RELATIVE_OFFSETS.sap);
}
