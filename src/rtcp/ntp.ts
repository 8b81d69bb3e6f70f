/** Seconds from 1900-01-01, where NTP counts from, to 1970-01-01. */
const UNIX_EPOCH_IN_NTP = 2_208_988_800;

/** NTP 32.32 timestamp of a wall-clock time in milliseconds since 1970-01-01 UTC (RFC 3550 §4); wraps in 2036. */
export function ntpFromWall(wall: number): bigint {
  const seconds = Math.floor(wall / 1000);
  const fraction = Math.round((wall / 1000 - seconds) * 0x1_0000_0000); // may be 2^32: it carries
  return BigInt.asUintN(64, (BigInt(seconds + UNIX_EPOCH_IN_NTP) << 32n) + BigInt(fraction));
}

/**
 * Wall-clock milliseconds since 1970-01-01 UTC of an NTP timestamp.
 *
 * The seconds wrap on 2036-02-07: values without the top bit are taken as being after that (RFC 4330 §3).
 */
export function wallFromNtp(ntp: bigint): number {
  const seconds = Number(ntp >> 32n);
  const era = seconds < 0x8000_0000 ? 0x1_0000_0000 : 0;
  const fraction = Number(ntp & 0xffff_ffffn) / 0x1_0000_0000;
  return (seconds + era - UNIX_EPOCH_IN_NTP + fraction) * 1000;
}

/** Middle 32 bits: 16.16 fixed-point seconds, the form of LSR (RFC 3550 §6.4.1). */
export function ntpMiddle(ntp: bigint): number {
  return Number((ntp >> 16n) & 0xffff_ffffn);
}

/**
 * Round-trip time from a report block about us, all three as 16.16 fixed-point seconds.
 *
 * @param arrival when the report came, by the clock that stamped our SR
 * @param lastSr the block's LSR; 0 when its sender has heard no SR from us
 * @param delaySinceLastSr the block's DLSR
 * @returns seconds, not below 0 (clocks that were set meanwhile would give less), or undefined without an SR
 * @see RFC 3550 §6.4.1, Figure 2
 */
export function roundTripSeconds(
  arrival: number,
  lastSr: number,
  delaySinceLastSr: number,
): number | undefined {
  if (lastSr === 0) return undefined;
  return Math.max(0, (arrival - lastSr - delaySinceLastSr) | 0) / 0x1_0000;
}
