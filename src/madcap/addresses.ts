import { EncodeError } from '../errors.ts';
import { addToIp, formatIp, type IpFamily, parseIp, tryParseIp } from '../ip/index.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';

/** IANA address family numbers, as the header and the Server Identifier have them (RFC 2730 §2, §3.3). */
const FAMILY_NUMBER: Readonly<Record<IpFamily, number>> = { 4: 1, 6: 2 };

/** The IP family behind an IANA number, or undefined for another protocol's. */
export function familyOf(number: number): IpFamily | undefined {
  if (number === FAMILY_NUMBER[4]) return 4;
  return number === FAMILY_NUMBER[6] ? 6 : undefined;
}
export function familyNumber(family: IpFamily): number {
  return FAMILY_NUMBER[family];
}
export function addressBytes(family: IpFamily): number {
  return family === 4 ? 4 : 16;
}

export function readAddress(r: WireReader, family: IpFamily): string {
  return formatIp({ bytes: r.view(addressBytes(family)) });
}

/** @throws {EncodeError} when the text is no address of that family */
export function writeAddress(w: WireWriter, family: IpFamily, text: string, field: string): void {
  const address = tryParseIp(text);
  if (address?.family !== family) {
    throw new EncodeError('MADCAP', field, `${JSON.stringify(text)} is not an IPv${family} address`);
  }
  w.bytes(address.bytes);
}

/** The address as a number: of 32 or 128 bits. */
export function addressNumber(text: string): bigint {
  return parseIp(text).bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** {@link addressNumber} the other way. */
export function addressText(family: IpFamily, value: bigint): string {
  const bytes = new Uint8Array(addressBytes(family));
  for (let i = bytes.length - 1, left = value; i >= 0; i--, left >>= 8n) bytes[i] = Number(left & 0xffn);
  return formatIp({ bytes });
}

/** `count` addresses from `first` on; fewer where the family ends. */
export function addressesFrom(first: string, count: number): string[] {
  const base = parseIp(first);
  return Array.from({ length: count }, (_, offset) => addToIp(base, offset)).flatMap((it) =>
    it === undefined ? [] : [formatIp(it)],
  );
}
