import { EncodeError } from '../errors.ts';
import { formatIp, parseIp } from '../ip/index.ts';
import { WireReader, WireWriter } from '../wire/index.ts';
import { addressBytes, familyNumber, familyOf } from './addresses.ts';

/** Fewest random octets that make an identifier unique, and hard to guess (RFC 2730 §2.4). */
export const RANDOM_LEASE_OCTETS = 16;

const TYPE = { random: 0, address: 1 } as const;

/** What a Lease Identifier says of itself (RFC 2730 §2.4). To servers it is opaque: they compare all its octets. */
export type LeaseIdentifierKind =
  | { readonly type: 'random'; readonly octets: Uint8Array }
  | { readonly type: 'address'; readonly address: string; readonly clientId: Uint8Array }
  | { readonly type: 'other' };

/**
 * An identifier of random octets. Whoever knows it can renew and release the lease, so they must come from a source that
 * nobody can guess.
 *
 * @param octets at least {@link RANDOM_LEASE_OCTETS}
 * @see RFC 2730 §2.4
 */
export function randomLeaseIdentifier(octets: Uint8Array): Uint8Array {
  if (octets.length < RANDOM_LEASE_OCTETS) {
    throw new EncodeError('MADCAP', 'leaseIdentifier', `has ${octets.length} random octets, not 16 or more`);
  }
  return new WireWriter().u8(TYPE.random).bytes(octets).finish();
}

/**
 * An identifier made of an address of the client's own and of what tells its leases apart.
 *
 * @see RFC 2730 §2.4
 */
export function addressLeaseIdentifier(address: string, clientId: Uint8Array): Uint8Array {
  const { family, bytes } = parseIp(address);
  return new WireWriter().u8(TYPE.address).u16(familyNumber(family)).bytes(bytes).bytes(clientId).finish();
}

export function leaseIdentifierKind(identifier: Uint8Array): LeaseIdentifierKind {
  const r = new WireReader('MADCAP', identifier);
  const type = r.remaining > 0 ? r.u8() : undefined;
  if (type === TYPE.random && r.remaining >= RANDOM_LEASE_OCTETS) return { type: 'random', octets: r.rest() };
  if (type !== TYPE.address || r.remaining < 2) return { type: 'other' };
  const family = familyOf(r.u16());
  if (family === undefined || r.remaining < addressBytes(family)) return { type: 'other' };
  const address = formatIp({ bytes: r.bytes(addressBytes(family)) });
  return { type: 'address', address, clientId: r.rest() };
}

/** Lower-case hexadecimal: how lease identifiers are shown, typed and kept. */
export function hexOf(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

/** {@link hexOf} the other way; undefined for what is not an even number of hexadecimal digits. */
export function bytesOfHex(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
