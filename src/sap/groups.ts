import { formatIp, type IpAddress, type IpFamily, isMulticast, tryParseIp } from '../ip/index.ts';

/** UDP port of SAP (RFC 2974 §3). */
export const SAP_PORT = 9875;
/** TTL of announcements (RFC 2974 §3): the group, not the TTL, says how far they go. */
export const SAP_TTL = 255;
/** Group for sessions of global scope (RFC 2974 §3). */
export const SAP_GLOBAL_GROUP = '224.2.127.254';

/** An administrative scope: its SAP group is its highest address (RFC 2974 §3, RFC 2365 §9). */
export interface SapScope {
  readonly first: string;
  readonly last: string;
}

const LOCAL_GROUP = '239.255.255.255';

/** RFC 2365 §6: scopes and ranges for their growth, with the group of each. Local Scope grows downwards (§6.1). */
const RFC_2365: readonly (SapScope & { readonly group: string })[] = [
  { first: '239.253.0.0', last: LOCAL_GROUP, group: LOCAL_GROUP },
  { first: '239.192.0.0', last: '239.195.255.255', group: '239.195.255.255' },
  { first: '239.0.0.0', last: '239.63.255.255', group: '239.63.255.255' },
  { first: '239.64.0.0', last: '239.127.255.255', group: '239.127.255.255' },
  { first: '239.128.0.0', last: '239.191.255.255', group: '239.191.255.255' },
];

/** Groups that RFC 2974 does not name and programs use: PipeWire's, and VLC's for link-local sessions. */
const CUSTOMARY = ['224.0.0.56', '224.0.0.255'];

/** IPv6 scopes that can be announced to, 1 to 14; 0 and 15 are reserved (RFC 4291 §2.7). */
const IPV6_SCOPES = Array.from({ length: 14 }, (_, i) => i + 1);

/**
 * The SAP groups in which a session with media on `mediaGroup` is announced; the same packet goes to each.
 *
 * The highest address of the smallest configured scope around it, else what RFC 2365 has, else the global group
 * (RFC 2974 §3). For the parts of 239/8 that are nobody's scope, where AoIP devices have their streams (239.69.0.0/16),
 * 239.255.255.255 comes in addition: the only group such devices listen to.
 *
 * @param scopes administrative scopes of this network
 * @returns none for an address that is no multicast group or whose scope is reserved
 */
export function sapGroupsFor(mediaGroup: string, scopes: readonly SapScope[] = []): string[] {
  const address = tryParseIp(mediaGroup);
  if (address === undefined || !isMulticast(mediaGroup)) return [];
  const configured = smallestAround(address, scopes);
  if (configured !== undefined) return [configured];
  if (address.family === 6) {
    const scope = (address.bytes[1] ?? 0) & 0x0f;
    return IPV6_SCOPES.includes(scope) ? [ipv6Group(scope)] : [];
  }
  const [a, b, c] = address.bytes;
  if (a === 239) {
    const known = RFC_2365.find(({ first, last }) => within(address, first, last))?.group;
    return [...new Set([...(known === undefined ? [] : [known]), ...(isScope(known) ? [] : [LOCAL_GROUP])])];
  }
  return [a === 224 && b === 0 && c === 0 ? '224.0.0.255' : SAP_GLOBAL_GROUP];
}

/**
 * All groups to listen to: the global one, those of RFC 2365, of programs that use others, of every IPv6 scope, and the
 * highest address of each configured scope.
 */
export function sapListenGroups(family: IpFamily, scopes: readonly SapScope[] = []): string[] {
  const configured = scopes
    .map(({ last }) => tryParseIp(last))
    .filter((last) => last?.family === family)
    .flatMap((last) => (last === undefined ? [] : [formatIp(last)]));
  const known =
    family === 6
      ? IPV6_SCOPES.map(ipv6Group)
      : [SAP_GLOBAL_GROUP, ...RFC_2365.map(({ group }) => group), ...CUSTOMARY];
  return [...new Set([...known, ...configured])];
}

/** `ff0X::2:7ffe` (RFC 2974 §3). */
function ipv6Group(scope: number): string {
  return `ff0${scope.toString(16)}::2:7ffe`;
}

function isScope(group: string | undefined): boolean {
  return group === LOCAL_GROUP || group === '239.195.255.255';
}

function smallestAround(address: IpAddress, scopes: readonly SapScope[]): string | undefined {
  const around = scopes.filter(({ first, last }) => within(address, first, last));
  // Scopes nest or are apart (RFC 2365 §5): of two around an address the one that ends or begins nearer is inside.
  const [smallest] = around.sort((a, b) => compare(a.last, b.last) || compare(b.first, a.first));
  const last = smallest === undefined ? undefined : tryParseIp(smallest.last);
  return last === undefined ? undefined : formatIp(last);
}

function within(address: IpAddress, first: string, last: string): boolean {
  const low = tryParseIp(first);
  const high = tryParseIp(last);
  if (low?.family !== address.family || high?.family !== address.family) return false;
  return compareBytes(low.bytes, address.bytes) <= 0 && compareBytes(address.bytes, high.bytes) <= 0;
}

function compare(a: string, b: string): number {
  return compareBytes(tryParseIp(a)?.bytes ?? new Uint8Array(), tryParseIp(b)?.bytes ?? new Uint8Array());
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
