import { type AdvertisingScope, isMulticast, scopeOfTtl, tryParseIp } from '../src/ip/index.ts';
import type { ConnectionField, SessionDescription } from '../src/sdp/index.ts';

/** Every `c=` that counts for a medium; the session's own when there is no medium. */
export function allConnections(sdp: SessionDescription): ConnectionField[] {
  const media = sdp.media.toArray();
  return media.length === 0 ? sdp.connection.all : media.flatMap((medium) => medium.effectiveConnections);
}

/** How far the widest of some connections reaches; undefined when none goes to a group. */
export function scopeOf(fields: readonly ConnectionField[]): AdvertisingScope | undefined {
  const ORDER: readonly AdvertisingScope[] = ['local', 'site', 'region', 'world'];
  const scopes = fields.flatMap(({ address, ttl }): AdvertisingScope[] => {
    if (!isMulticast(address)) return [];
    const ip = tryParseIp(address);
    if (ip?.family === 6) return [scopeOfIpv6((ip.bytes[1] ?? 0) & 0x0f)];
    return ttl === undefined ? [] : [scopeOfTtl(ttl)];
  });
  return scopes.toSorted((a, b) => ORDER.indexOf(b) - ORDER.indexOf(a))[0];
}

/** RFC 7346 §2: 1 interface, 2 link, 3 realm, 4 admin, 5 site, 8 organization, E global. */
function scopeOfIpv6(scop: number): AdvertisingScope {
  if (scop <= 2) return 'local';
  if (scop <= 5) return 'site';
  return scop <= 8 ? 'region' : 'world';
}

/** Whether a description has keys or a secure transport. */
export function describesEncryption(sdp: SessionDescription | undefined): boolean {
  if (sdp === undefined) return false;
  return [sdp, ...sdp.media].some(
    (level) =>
      level.connection.key !== undefined ||
      level.attributes.has('crypto') ||
      level.attributes.has('key-mgmt') || // RFC 4567: MIKEY messages have keys in them
      ('proto' in level && /\bSAVPF?\b/.test(level.proto)),
  );
}
