import type { Ms, RandomSource } from '../machine.ts';

/** Bits per second that all announcements of one group may take together (RFC 2974 §3.1). */
export const SAP_BANDWIDTH = 4000;
/** Shortest interval between two announcements of one session (RFC 2974 §3.1). */
export const SAP_MINIMUM_INTERVAL_SECONDS = 300;

/**
 * Interval between two announcements of one session, before chance (RFC 2974 §3.1).
 *
 * @param adSize bytes of UDP payload of the announcement
 * @param adCount sessions announced in the group, this one included; at least 1
 * @param limit bits per second for the whole group
 * @returns seconds, at least 300
 * @throws {RangeError} when `adCount` is below 1 or `limit` is not positive
 */
export function announceInterval(adSize: number, adCount: number, limit: number = SAP_BANDWIDTH): number {
  if (!(adCount >= 1)) throw new RangeError(`${adCount} sessions: at least this one is announced`);
  if (!(limit > 0)) throw new RangeError(`${limit} bits per second are not a bandwidth`);
  return Math.max(SAP_MINIMUM_INTERVAL_SECONDS, (8 * adCount * adSize) / limit);
}

/** The interval with its random offset of up to a third either way (RFC 2974 §3.1). */
export function withOffset(intervalMs: Ms, random: RandomSource): Ms {
  return intervalMs + (random() * 2 - 1) * (intervalMs / 3);
}
