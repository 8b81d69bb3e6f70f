import { EncodeError } from '../errors.ts';
import { formatIp, tryParseIp } from '../ip/index.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import { addressBytes, familyNumber, familyOf } from './addresses.ts';
import { bytesOfHex, hexOf } from './lease-identifier.ts';

const OTHER = /^family-(\d+):((?:[0-9a-f]{2})*)$/;

/**
 * Server Identifier (RFC 2730 §3.3), whose family has nothing to do with the header's: an IPv4 or IPv6 address, or for
 * other families `family-6:001122334455`, so that a client can say it back as it was.
 */
export function readServerIdentifier(r: WireReader): string {
  const number = r.u16();
  const family = familyOf(number);
  if (family === undefined) {
    if (r.remaining === 0) throw r.fail('the server identifier is empty', 'RFC 2730 §3.3');
    return `family-${number}:${hexOf(r.rest())}`;
  }
  if (r.remaining !== addressBytes(family)) {
    throw r.fail(`${r.remaining} octets are not an IPv${family} address`, 'RFC 2730 §3.3');
  }
  return formatIp({ bytes: r.view(addressBytes(family)) });
}

export function writeServerIdentifier(w: WireWriter, identifier: string): void {
  const address = tryParseIp(identifier);
  if (address !== undefined) {
    w.u16(familyNumber(address.family)).bytes(address.bytes);
    return;
  }
  const [, number, hex] = OTHER.exec(identifier) ?? [];
  const octets = hex === undefined ? undefined : bytesOfHex(hex);
  if (octets === undefined || octets.length === 0 || Number(number) > 0xffff) {
    throw new EncodeError('MADCAP', 'serverIdentifier', `${JSON.stringify(identifier)} is not an address`);
  }
  w.u16(Number(number)).bytes(octets);
}
