import type { RandomSource } from '../machine.ts';
import { addToIp, formatIp, type IpFamily, parseIp, tryParseIp } from './address.ts';
import { countAddresses, isWithin } from './range.ts';

/** How far a conference is meant to reach; the four values of the original's RND_ADVERTISING_SCOPE. */
export type AdvertisingScope = 'local' | 'site' | 'region' | 'world';

export const ADVERTISING_SCOPES: readonly AdvertisingScope[] = ['local', 'site', 'region', 'world'];

/** One zone that packets stay in: an administrative scope of RFC 2365, or a SCOP value of RFC 4291 §2.7. */
export interface ScopeZone {
  readonly family: IpFamily;
  /** Name in English, to be shown. */
  readonly name: string;
  /** SCOP value that it has, or corresponds to (RFC 2365 §8; RFC 7346 §2): 1 to 14. */
  readonly scop: number;
  /** Addresses of the zone, with those kept for relative assignments. */
  readonly first: string;
  readonly last: string;
  /** TTL or hop limit that goes with it: 1, 15, 63 or 127. */
  readonly ttl: number;
  /** Where sessions of the zone are announced (RFC 2974 §3). */
  readonly sapGroup: string;
  /** Where servers that lease addresses of the zone are asked (RFC 2730 §2.10); none for the global zone (§2.11). */
  readonly madcapGroup?: string;
}

/** Where group addresses of one family and advertising scope are drawn from: the zone without what is reserved in it. */
export interface GroupPool {
  readonly zone: ScopeZone;
  readonly first: string;
  readonly last: string;
}

/** All that an advertising scope decides. */
export interface ScopeRange {
  readonly scope: AdvertisingScope;
  /** TTL that goes with the scope in TAPI 3: 1, 15, 63 or 127. */
  readonly ttl: number;
  readonly ipv4: GroupPool;
  readonly ipv6: GroupPool;
}

/** Addresses at the top of each zone that are assigned relative to its last one (RFC 2365 §9). */
export const RELATIVE_ADDRESSES = 256;

/** What is found at an offset below the last address of every administrative scope (RFC 2365 §9; RFC 2730 §2.10). */
export const RELATIVE_OFFSETS = { sap: 0, madcap: 1 } as const;

/** Where a client asks that knows no scope yet, and with which TTL or hop limit (RFC 2730 §2.7, §2.10). */
export const MADCAP_DISCOVERY = { ipv4: '239.255.255.254', ipv6: 'ff13::ffff:fffe', ttl: 16 } as const;

/** The group where global sessions are announced, and the range that sessions get by SAP (RFC 2974 §3; RFC 5771 §7). */
const GLOBAL_SAP_GROUP = '224.2.127.254';
const SAP_DYNAMIC = { first: '224.2.128.0', last: '224.2.255.253' };

const LOCAL_TOP = '239.255.255.255';
const ORGANIZATION_TOP = '239.195.255.255';

/**
 * The zones of IPv4, smallest first. Administrative scopes grow downwards and keep their last address (RFC 2365 §6.1,
 * §6.2), so what is set aside for their growth has their groups.
 */
export const IPV4_ZONES: readonly ScopeZone[] = [
  { ...zone4('Link-local control', 2, 1, '224.0.0.0', '224.0.0.255'), sapGroup: LOCAL_TOP },
  administrative('IPv4 Local Scope', 3, 15, '239.255.0.0', LOCAL_TOP),
  administrative('IPv4 Local Scope, expansion', 3, 15, '239.196.0.0', '239.254.255.255', LOCAL_TOP),
  administrative('IPv4 Organization Local Scope', 8, 63, '239.192.0.0', ORGANIZATION_TOP),
  administrative(
    'IPv4 Organization Local Scope, expansion',
    8,
    63,
    '239.0.0.0',
    '239.191.255.255',
    ORGANIZATION_TOP,
  ),
  { ...zone4('Global', 14, 127, '224.0.1.0', '238.255.255.255'), sapGroup: GLOBAL_SAP_GROUP },
];

/** Names of RFC 4291 §2.7 and RFC 7346 §2; what has none is for administrators to define. */
const SCOP_NAMES: Readonly<Record<number, string>> = {
  1: 'Interface-Local',
  2: 'Link-Local',
  3: 'Realm-Local',
  4: 'Admin-Local',
  5: 'Site-Local',
  8: 'Organization-Local',
  14: 'Global',
};

/**
 * The zone of a SCOP value: its transient groups without a prefix, whose ids are those that hosts and servers give out
 * (`ff1X::8000:0` and up, RFC 3307 §4.3). Servers are asked below the last of them, as in IPv4.
 *
 * @param scop 1 to 14
 */
export function ipv6Zone(scop: number): ScopeZone {
  const x = scop.toString(16);
  return {
    family: 6,
    name: `IPv6 ${SCOP_NAMES[scop] ?? `SCOP ${scop}`} Scope`,
    scop,
    first: `ff1${x}::8000:0`,
    last: `ff1${x}::ffff:ffff`,
    ttl: SCOPE_TTL[scopeOfScop(scop)],
    sapGroup: `ff0${x}::2:7ffe`,
    ...(scop === 14 ? {} : { madcapGroup: `ff1${x}::ffff:fffe` }),
  };
}

/** TTL of each advertising scope in TAPI 3. */
const SCOPE_TTL: Readonly<Record<AdvertisingScope, number>> = { local: 1, site: 15, region: 63, world: 127 };

/**
 * The one table of scopes: what an advertising scope means for ranges, TTL, announcements and address servers. World-wide
 * IPv4 sessions use the SAP dynamic block, whose top two addresses are SAP's own (RFC 5771 §7).
 */
export const SCOPE_RANGES: Readonly<Record<AdvertisingScope, ScopeRange>> = {
  local: scopeRange('local', poolOf(ipv4Zone('239.255.0.0')), 2),
  site: scopeRange('site', poolOf(ipv4Zone('239.255.0.0')), 5),
  region: scopeRange('region', poolOf(ipv4Zone('239.192.0.0')), 8),
  world: scopeRange('world', { zone: ipv4Zone(SAP_DYNAMIC.first), ...SAP_DYNAMIC }, 14),
};

/** What the advertising scope means in one family. */
export function poolFor(scope: AdvertisingScope, family: IpFamily): GroupPool {
  return family === 4 ? SCOPE_RANGES[scope].ipv4 : SCOPE_RANGES[scope].ipv6;
}

/** The advertising scope whose TTL band holds `ttl`: up to 1 local, 15 site, 63 region, else world. */
export function scopeOfTtl(ttl: number): AdvertisingScope {
  return ADVERTISING_SCOPES.find((scope) => ttl <= SCOPE_TTL[scope]) ?? 'world';
}

/** The zone that a group belongs to, or undefined for what is no group, or one of a reserved SCOP value. */
export function zoneOfGroup(group: string): ScopeZone | undefined {
  const address = tryParseIp(group);
  if (address === undefined) return undefined;
  if (address.family === 4) return IPV4_ZONES.find(({ first, last }) => isWithin(group, first, last));
  const [flag, second = 0] = address.bytes;
  const scop = second & 0x0f;
  return flag !== 0xff || scop === 0 || scop === 15 ? undefined : ipv6Zone(scop);
}

/** How far a group can reach at most, as an advertising scope: the IPv4 Local Scope is `site`, whatever the TTL. */
export function scopeOfGroup(group: string): AdvertisingScope | undefined {
  const zone = zoneOfGroup(group);
  if (zone === undefined) return undefined;
  return zone.family === 6 ? scopeOfScop(zone.scop) : scopeOfTtl(zone.ttl);
}

/**
 * The address that is assigned relative to the last one of a scope (RFC 2365 §9).
 *
 * @param last highest address of the scope
 * @param offset 0 to 255: 0 SAP, 1 MADCAP
 */
export function relativeGroup(last: string, offset: number): string {
  const { bytes } = parseIp(last);
  const copy = bytes.slice();
  const end = copy.length - 1;
  const value = (copy[end - 1] ?? 0) * 256 + (copy[end] ?? 0) - offset;
  copy[end - 1] = (value >>> 8) & 255;
  copy[end] = value & 255;
  return formatIp({ bytes: copy });
}

/**
 * A group address drawn at random from the scope's range (RFC 2365 §6; RFC 5771 §7; RFC 3307 §4.3).
 *
 * @param random uniform in [0, 1)
 */
export function randomGroup(scope: AdvertisingScope, random: RandomSource, family: IpFamily = 4): string {
  const { first, last } = poolFor(scope, family);
  return randomIn(first, last, random);
}

/** An address drawn at random from `first` to `last`, both included; the range holds at most 2^53 of them. */
export function randomIn(first: string, last: string, random: RandomSource): string {
  const drawn = addToIp(parseIp(first), Math.floor(random() * countAddresses(first, last)));
  return drawn === undefined ? last : formatIp(drawn);
}

function scopeOfScop(scop: number): AdvertisingScope {
  if (scop <= 2) return 'local';
  if (scop <= 5) return 'site';
  return scop <= 8 ? 'region' : 'world';
}

function scopeRange(scope: AdvertisingScope, ipv4: GroupPool, scop: number): ScopeRange {
  return { scope, ttl: SCOPE_TTL[scope], ipv4, ipv6: poolOf(ipv6Zone(scop)) };
}

/** All of a zone but its relative assignments. */
function poolOf(zone: ScopeZone): GroupPool {
  return { zone, first: zone.first, last: relativeGroup(zone.last, RELATIVE_ADDRESSES) };
}

function ipv4Zone(group: string): ScopeZone {
  const zone = zoneOfGroup(group);
  if (zone === undefined) throw new RangeError(`${group} is in no zone`);
  return zone;
}

function zone4(
  name: string,
  scop: number,
  ttl: number,
  first: string,
  last: string,
): Omit<ScopeZone, 'sapGroup'> {
  return { family: 4, name, scop, ttl, first, last };
}

/** @param highest last address of the scope that this is part of */
function administrative(
  name: string,
  scop: number,
  ttl: number,
  first: string,
  last: string,
  highest = last,
): ScopeZone {
  return {
    ...zone4(name, scop, ttl, first, last),
    sapGroup: relativeGroup(highest, RELATIVE_OFFSETS.sap),
    madcapGroup: relativeGroup(highest, RELATIVE_OFFSETS.madcap),
  };
}
