import type { Ms, TransportAddress } from '../machine.ts';
import { type AddressRange, countAddresses } from './address-ranges.ts';
import type { LeaseQuery } from './client-types.ts';
import { OFFER_HOLD_MS } from './constants.ts';
import type { MadcapOptions } from './options.ts';

/** What one server is ready to grant (RFC 2730 §2.2.3). */
export interface Offer {
  readonly server: string;
  readonly from: TransportAddress;
  readonly ranges: readonly AddressRange[];
  /** Addresses in it; what was wanted when the offer does not say which. */
  readonly count: number;
  readonly seconds: number;
  /** Unix seconds; undefined for now. */
  readonly start: number | undefined;
  readonly arrived: Ms;
}

/** The offer, or undefined when it is of no use to who asked. */
export function offerOf(
  { addressRanges, leaseTime, startTime, scope }: MadcapOptions,
  query: LeaseQuery,
  who: Pick<Offer, 'server' | 'from' | 'arrived'>,
): Offer | undefined {
  const { count = 1, minimumCount = count, minimumSeconds = 0, start, latestStart = start } = query;
  const offered = addressRanges === undefined ? count : countAddresses(addressRanges);
  if (scope !== query.scope || leaseTime === undefined) return undefined;
  if (offered < minimumCount || leaseTime < minimumSeconds) return undefined;
  if (latestStart !== undefined && startTime !== undefined && startTime > latestStart) return undefined;
  return { ...who, ranges: addressRanges ?? [], count: offered, seconds: leaseTime, start: startTime };
}

/** Whether it has all that was wanted, so that no other can be better. */
export function isComplete(offer: Offer, { count = 1, seconds = 0, start }: LeaseQuery): boolean {
  return offer.count >= count && offer.seconds >= seconds && (offer.start ?? start) === start;
}

/** Best first: more addresses, then longer, then earlier, as far as was wanted; then who answered first. */
export function byMerit({
  count = 1,
  seconds = Infinity,
  start,
}: LeaseQuery): (a: Offer, b: Offer) => number {
  const delay = (offer: Offer): number => Math.abs((offer.start ?? start ?? 0) - (start ?? offer.start ?? 0));
  return (a, b) =>
    Math.min(b.count, count) - Math.min(a.count, count) ||
    Math.min(b.seconds, seconds) - Math.min(a.seconds, seconds) ||
    delay(a) - delay(b) ||
    a.arrived - b.arrived;
}

/** Whether the server may still hold it (RFC 2730 §2.2.3, OFFER-HOLD). */
export function isHeld({ arrived }: Offer, now: Ms): boolean {
  return now - arrived < OFFER_HOLD_MS;
}
