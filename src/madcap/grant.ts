import { isMulticast, zoneOfGroup } from '../ip/index.ts';
import { type AddressRange, countAddresses, expandRanges } from './address-ranges.ts';
import { MADCAP_LOCAL_TTL } from './constants.ts';
import type { MadcapLease } from './client-types.ts';
import { type Answer, clockAhead, type OperationHost } from './operation.ts';

/** Most addresses that one lease can have: the Number of Addresses Requested says no more (RFC 2730 §3.8). */
const MOST_ADDRESSES = 0xffff;

/** The addresses of an OFFER or ACK; undefined when they are no group addresses, or too many. */
export function grantedAddresses(ranges: readonly AddressRange[]): string[] | undefined {
  const count = countAddresses(ranges);
  if (count > MOST_ADDRESSES) return undefined;
  const addresses = new Set(expandRanges(ranges));
  return addresses.size === count && [...addresses].every(isMulticast) ? [...addresses] : undefined;
}

/** The lease that an ACK grants; undefined when the ACK makes no sense. */
export function leaseOf(
  { message, options, server, from }: Answer,
  host: OperationHost,
  asked: { readonly id: Uint8Array; readonly ttl?: number },
): MadcapLease | undefined {
  const { addressRanges, leaseTime, startTime, scope, featureList } = options;
  if (addressRanges === undefined || leaseTime === undefined || scope === undefined) return undefined;
  const addresses = grantedAddresses(addressRanges);
  if (addresses === undefined || addresses.length === 0) return undefined;
  const start = startTime ?? host.unixSeconds();
  return {
    id: asked.id,
    family: message.family,
    scope,
    server,
    serverAddress: from,
    addresses,
    start,
    stop: start + leaseTime,
    ttl: asked.ttl ?? zoneOfGroup(scope)?.ttl ?? MADCAP_LOCAL_TTL,
    features: featureList?.required ?? [],
    clockAhead: clockAhead(options, host),
  };
}
