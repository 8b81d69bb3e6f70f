import type { RandomSource } from '../machine.ts';
import { formatIp, parseIp, tryParseIp } from './address.ts';

/** How far a conference is meant to reach; the four values of the original's RND_ADVERTISING_SCOPE. */
export type AdvertisingScope = 'local' | 'site' | 'region' | 'world';

export const ADVERTISING_SCOPES: readonly AdvertisingScope[] = ['local', 'site', 'region', 'world'];

/** Where group addresses of one advertising scope are drawn from. `last` leaves out the scope's reserved top /24. */
export interface ScopeRange {
  readonly scope: AdvertisingScope;
  /** Name of the administrative scope in RFC 2365. */
  readonly name: string;
  /** TTL that goes with the scope in TAPI 3: 1, 15, 63 or 127. */
  readonly ttl: number;
  readonly first: string;
  readonly last: string;
}

/**
 * RFC 2365 §6 ranges. The highest /24 of each administrative scope is kept for relative assignments such as SAP and
 * MADCAP (§9); world-wide sessions use the SAP dynamic block (RFC 5771 §7), whose top two addresses are SAP's own.
 */
export const SCOPE_RANGES: Readonly<Record<AdvertisingScope, ScopeRange>> = {
  local: { scope: 'local', name: 'IPv4 Local Scope', ttl: 1, first: '239.255.0.0', last: '239.255.254.255' },
  site: { scope: 'site', name: 'IPv4 Local Scope', ttl: 15, first: '239.255.0.0', last: '239.255.254.255' },
  region: {
    scope: 'region',
    name: 'IPv4 Organization Local Scope',
    ttl: 63,
    first: '239.192.0.0',
    last: '239.195.254.255',
  },
  world: {
    scope: 'world',
    name: 'SAP dynamic assignments',
    ttl: 127,
    first: '224.2.128.0',
    last: '224.2.255.253',
  },
};

/** The advertising scope whose TTL band holds `ttl`: up to 1 local, 15 site, 63 region, else world. */
export function scopeOfTtl(ttl: number): AdvertisingScope {
  if (ttl <= SCOPE_RANGES.local.ttl) return 'local';
  if (ttl <= SCOPE_RANGES.site.ttl) return 'site';
  return ttl <= SCOPE_RANGES.region.ttl ? 'region' : 'world';
}

/**
 * A group address drawn at random from the scope's range (RFC 2365 §6; RFC 5771 §7).
 *
 * @param random uniform in [0, 1)
 */
export function randomGroup(scope: AdvertisingScope, random: RandomSource): string {
  const { first, last } = SCOPE_RANGES[scope];
  const low = ipv4Number(first);
  const value = low + Math.floor(random() * (ipv4Number(last) - low + 1));
  return formatIp({
    bytes: Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255),
  });
}

/**
 * Why a group address should not carry a conference, or undefined when nothing speaks against it.
 *
 * @see RFC 5771 §4, §5, §8, §13; RFC 2365 §9; RFC 4291 §2.7
 */
export function reservedGroupReason(group: string): string | undefined {
  const address = tryParseIp(group);
  if (address === undefined) return 'not an IP address';
  if (address.family === 6) {
    const scope = (address.bytes[1] ?? 0) & 0x0f;
    if (scope === 0 || scope === 0xf) return `scope ${scope} of an IPv6 group is reserved (RFC 4291 §2.7)`;
    return undefined;
  }
  const n = ipv4Number(group);
  const within = (first: string, last: string): boolean => n >= ipv4Number(first) && n <= ipv4Number(last);
  if (within('224.0.0.0', '224.0.0.255')) return 'link-local control block, never forwarded (RFC 5771 §4)';
  if (within('224.0.1.0', '224.0.1.255')) return 'internetwork control block (RFC 5771 §5)';
  if (n === ipv4Number('224.2.127.254') || n === ipv4Number('224.2.127.255'))
    return 'a SAP group (RFC 2974 §3)';
  if (within('225.0.0.0', '231.255.255.255') || within('234.0.0.0', '238.255.255.255')) {
    return 'reserved block (RFC 5771 §13)';
  }
  if (within('232.0.0.0', '232.0.0.255')) return 'reserved part of the SSM block (RFC 4607 §4.3)';
  if (within('239.255.255.0', '239.255.255.255') || within('239.195.255.0', '239.195.255.255')) {
    return 'top /24 of its scope, kept for relative assignments (RFC 2365 §9)';
  }
  return undefined;
}

function ipv4Number(text: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = parseIp(text).bytes;
  return ((a * 256 + b) * 256 + c) * 256 + d;
}
