import type { RandomSource } from '../machine.ts';
import { formatIp, type IpFamily } from './address.ts';
import type { AdvertisingScope } from './scopes.ts';

/** RFC 4291 §2.7 scopes that reach as far as the TTL of the advertising scope is meant to: link, site, organisation, all. */
const SCOP: Readonly<Record<AdvertisingScope, number>> = { local: 2, site: 5, region: 8, world: 14 };

/**
 * A source-specific group drawn at random. IPv4 has one range for every scope, 232.0.1.0 to 232.255.255.255; IPv6 has
 * `ff3x::8000:0` to `ff3x::ffff:ffff`, where x is the scope (RFC 4607 §1, §4.3; RFC 3307 §4.3). It is the pair of
 * source and group that is one's own: that somebody else draws the same group does no harm.
 *
 * @param random uniform in [0, 1)
 */
export function randomSourceSpecificGroup(
  family: IpFamily,
  scope: AdvertisingScope,
  random: RandomSource,
): string {
  if (family === 4) {
    const host = 0x100 + Math.floor(random() * (0x100_0000 - 0x100)); // 232.0.0.0/24 is reserved
    return formatIp({ bytes: Uint8Array.of(232, host >>> 16, (host >>> 8) & 255, host & 255) });
  }
  const bytes = new Uint8Array(16);
  bytes.set([0xff, 0x30 | SCOP[scope]]);
  new DataView(bytes.buffer).setUint32(12, 0x8000_0000 + Math.floor(random() * 0x8000_0000));
  return formatIp({ bytes });
}
