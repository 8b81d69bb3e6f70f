import type { RandomSource } from '../machine.ts';
import { formatIp, isLinkLocal, parseIp } from './address.ts';
import { type AdvertisingScope, poolFor } from './scopes.ts';

/**
 * What is sent to a group of link-local scope (2) leaves from a link-local address (RFC 6724 §5, rule 2): for another
 * source the next scope is the least.
 */
const LEAST_SCOP = 3;

/**
 * A source-specific group for a sender, drawn at random. IPv4 has one range for every scope, 232.0.1.0 to
 * 232.255.255.255; IPv6 has `ff3x::8000:0` to `ff3x::ffff:ffff`, where x is the scope's SCOP (RFC 4607 §1, §4.3;
 * RFC 3307 §4.3). It is the pair of source and group that is one's own: that somebody else draws the same group does no
 * harm.
 *
 * @param random uniform in [0, 1)
 * @throws {DecodeError} when the source is no address
 */
export function randomSourceSpecificGroup(
  source: string,
  scope: AdvertisingScope,
  random: RandomSource,
): string {
  if (parseIp(source).family === 4) {
    const host = 0x100 + Math.floor(random() * (0x100_0000 - 0x100)); // 232.0.0.0/24 is reserved
    return formatIp({ bytes: Uint8Array.of(232, host >>> 16, (host >>> 8) & 255, host & 255) });
  }
  const { scop } = poolFor(scope, 6).zone;
  const bytes = new Uint8Array(16);
  bytes.set([0xff, 0x30 | (isLinkLocal(source) ? scop : Math.max(LEAST_SCOP, scop))]);
  new DataView(bytes.buffer).setUint32(12, 0x8000_0000 + Math.floor(random() * 0x8000_0000));
  return formatIp({ bytes });
}
