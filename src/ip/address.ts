import { DecodeError } from '../errors.ts';

export type IpFamily = 4 | 6;

/** An IP address as bytes: 4 or 16 of them, in network order. `zone` is the part after `%` of an IPv6 literal. */
export interface IpAddress {
  readonly family: IpFamily;
  readonly bytes: Uint8Array;
  readonly zone?: string;
}

/**
 * Reads an IPv4 dotted quad or an IPv6 literal (RFC 4291 §2.2), the latter with an optional `%zone` (RFC 4007 §11).
 * Leading zeros in IPv4 are refused: some readers take them for octal.
 *
 * @throws {DecodeError} when the text is neither
 */
export function parseIp(text: string): IpAddress {
  const address = tryParseIp(text);
  if (address === undefined)
    throw new DecodeError('IP', `${JSON.stringify(text)} is not an IPv4 or IPv6 address`);
  return address;
}

/** As {@link parseIp}, but gives undefined for text that is not an address. */
export function tryParseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Whether the text is an IPv4 or IPv6 literal. */
export function isIp(text: string): boolean {
  return tryParseIp(text) !== undefined;
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return { family: 4, bytes };
}

function parseIpv6(text: string): IpAddress | undefined {
  const percent = text.indexOf('%');
  const zone = percent < 0 ? undefined : text.slice(percent + 1);
  if (zone === '') return undefined;
  let literal = percent < 0 ? text : text.slice(0, percent);
  const lastColon = literal.lastIndexOf(':');
  if (literal.includes('.')) {
    // the last 32 bits as a dotted quad
    const quad = parseIpv4(literal.slice(lastColon + 1));
    if (quad === undefined) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = quad.bytes;
    literal = `${literal.slice(0, lastColon + 1)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  }
  const halves = literal.split('::');
  if (halves.length > 2) return undefined;
  const groups = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const head = groups(halves[0] ?? '');
  const tail = groups(halves[1] ?? '');
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  const bytes = new Uint8Array(16);
  for (const [i, group] of all.entries()) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    const value = Number.parseInt(group, 16);
    bytes[2 * i] = value >>> 8;
    bytes[2 * i + 1] = value & 0xff;
  }
  return { family: 6, bytes, ...(zone === undefined ? {} : { zone }) };
}

/** Canonical text: dotted quad, or IPv6 as RFC 5952 §4 wants it (lower case, longest zero run compressed). */
export function formatIp({ bytes, zone }: Pick<IpAddress, 'bytes' | 'zone'>): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0));
  let best = { start: -1, length: 1 }; // a single zero group is not compressed (RFC 5952 §4.2.2)
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = groups.map((group) => group.toString(16));
  const text =
    best.start < 0
      ? hex.join(':')
      : `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
  return zone === undefined ? text : `${text}%${zone}`;
}

/** `239.255.1.2:5004` or `[ff15::1]:5004` (RFC 5952 §6): an IPv6 address in brackets, so that its port can be told. */
export function formatEndpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether both texts name the same address, whatever their spelling; zones must agree when both have one. */
export function sameIp(a: string, b: string): boolean {
  const x = tryParseIp(a);
  const y = tryParseIp(b);
  if (x === undefined || y === undefined) return a === b;
  if (x.zone !== undefined && y.zone !== undefined && x.zone !== y.zone) return false;
  return x.family === y.family && x.bytes.every((byte, i) => byte === y.bytes[i]);
}

/** 224.0.0.0/4 or ff00::/8 (RFC 5771 §1, RFC 4291 §2.7). */
export function isMulticast(text: string): boolean {
  const address = tryParseIp(text);
  if (address === undefined) return false;
  const first = address.bytes[0] ?? 0;
  return address.family === 4 ? first >>> 4 === 0xe : first === 0xff;
}

/** 232.0.0.0/8 or ff3x::/32: a group that only a source-specific join may use (RFC 4607 §1). */
export function isSourceSpecific(text: string): boolean {
  const address = tryParseIp(text);
  if (address === undefined) return false;
  const [a = 0, b = 0, c = 0, d = 0] = address.bytes;
  return address.family === 4 ? a === 232 : a === 0xff && b >>> 4 === 3 && c === 0 && d === 0;
}

/** Whether the address is this host itself: 127.0.0.0/8 or ::1. */
export function isLoopback(text: string): boolean {
  const address = tryParseIp(text);
  if (address === undefined) return false;
  if (address.family === 4) return address.bytes[0] === 127;
  return address.bytes.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

/** Whether a host's address means something on its own link only: 169.254.0.0/16 (RFC 3927) or fe80::/10. */
export function isLinkLocal(text: string): boolean {
  const [a = 0, b = 0] = tryParseIp(text)?.bytes ?? [];
  return (a === 169 && b === 254) || (a === 0xfe && (b & 0xc0) === 0x80);
}

/** The address `offset` after `base`, for contiguous groups (`c=…/ttl/count`); undefined past the family's end. */
export function addToIp(base: IpAddress, offset: number): IpAddress | undefined {
  const bytes = base.bytes.slice();
  let carry = offset;
  for (let i = bytes.length - 1; i >= 0 && carry > 0; i--) {
    const sum = (bytes[i] ?? 0) + (carry % 256);
    bytes[i] = sum % 256;
    carry = Math.floor(carry / 256) + Math.floor(sum / 256);
  }
  return carry > 0 ? undefined : { ...base, bytes };
}
