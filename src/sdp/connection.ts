import { EncodeError } from '../errors.ts';
import { addToIp, formatIp, isMulticast, tryParseIp } from '../ip/index.ts';
import { isLineText, words } from './lines.ts';

/** A `c=` line (RFC 8866 §5.7). */
export interface ConnectionField {
  /** `IN` for the Internet. */
  readonly netType: string;
  /** `IP4` or `IP6`. */
  readonly addressType: string;
  /** First address, or a host name. */
  readonly address: string;
  /** 0..255; only IPv4 multicast has one. */
  readonly ttl?: number;
  /** Contiguous addresses from `address` on; at least 1. */
  readonly count: number;
}

/** Most addresses of one `c=` line that are ever listed; layered codings use a handful. */
export const MAX_ADDRESS_COUNT = 256;

/**
 * Reads the value of a `c=` line: `IN IP4 224.2.1.1/127/3` or `IN IP6 ff15::101/3`. Undefined when it is not one;
 * what RFC 8866 forbids but can be understood (no TTL, slash on a unicast address) is read.
 */
export function parseConnection(value: string): ConnectionField | undefined {
  const [netType, addressType, target, ...rest] = words(value);
  if (netType === undefined || addressType === undefined || target === undefined || rest.length > 0) {
    return undefined;
  }
  const [address = '', ...numbers] = target.split('/');
  if (address === '' || numbers.some((n) => !/^\d{1,9}$/.test(n))) return undefined;
  const [first, second] = numbers.map(Number);
  if (addressType === 'IP6') {
    if (numbers.length > 1 || first === 0) return undefined;
    return { netType, addressType, address, count: first ?? 1 };
  }
  if (numbers.length > 2 || second === 0) return undefined;
  return {
    netType,
    addressType,
    address,
    ...(first === undefined ? {} : { ttl: first }),
    count: second ?? 1,
  };
}

/**
 * The value of a `c=` line, by the strict rules of RFC 8866 §5.7.
 *
 * @throws {EncodeError} IPv4 multicast without TTL, IPv6 with one, several unicast addresses, numbers out of range
 */
export function formatConnection({ netType, addressType, address, ttl, count }: ConnectionField): string {
  const fail = (problem: string): never => {
    throw new EncodeError('SDP', 'c=', problem);
  };
  for (const word of [netType, addressType, address]) {
    if (!/^[^\s/]+$/.test(word) || !isLineText(word)) fail(`cannot hold ${JSON.stringify(word)}`);
  }
  const ip = tryParseIp(address);
  if (ip !== undefined && addressType !== `IP${ip.family}`) {
    fail(`says ${addressType}, but ${address} is an IPv${ip.family} address`);
  }
  if (!Number.isInteger(count) || count < 1 || count > MAX_ADDRESS_COUNT) {
    fail(`counts ${count} addresses; 1 to ${MAX_ADDRESS_COUNT} are possible`);
  }
  if (ttl !== undefined && (!Number.isInteger(ttl) || ttl < 0 || ttl > 255))
    fail(`TTL ${ttl} is not 0 to 255`);
  const multicast = isMulticast(address);
  if (addressType === 'IP4' && multicast) {
    if (ttl === undefined) fail(`needs a TTL (0 to 255) for the multicast address ${address}`);
    if (count > 1 && addToIp(tryParseIp(address) ?? fail('is not an address'), count - 1) === undefined) {
      fail('runs past the last IPv4 address');
    }
    return `${netType} ${addressType} ${address}/${ttl}${count > 1 ? `/${count}` : ''}`;
  }
  if (ttl !== undefined) fail(`takes a TTL only for an IPv4 multicast address, not for ${address}`);
  if (count > 1 && !multicast) fail(`counts addresses only for multicast, not for ${address}`);
  return `${netType} ${addressType} ${address}${count > 1 ? `/${count}` : ''}`;
}

/**
 * The addresses a connection stands for, in order: `count` contiguous ones, never more than {@link MAX_ADDRESS_COUNT}.
 * A host name stands for itself.
 */
export function connectionAddresses({ address, count }: ConnectionField): string[] {
  const first = tryParseIp(address);
  if (first === undefined) return [address];
  const out = [address];
  for (let i = 1; i < Math.min(count, MAX_ADDRESS_COUNT); i++) {
    const next = addToIp(first, i);
    if (next === undefined) break;
    out.push(formatIp(next));
  }
  return out;
}

/** The addresses of several connections, never more than {@link MAX_ADDRESS_COUNT} together. */
export function allAddresses(fields: readonly ConnectionField[]): string[] {
  const out: string[] = [];
  for (const field of fields) {
    if (out.length >= MAX_ADDRESS_COUNT) break;
    out.push(...connectionAddresses(field));
  }
  return out.slice(0, MAX_ADDRESS_COUNT);
}

/** A `b=` line (RFC 8866 §5.8): CT and AS in kilobit/s, others (TIAS, RS, RR) in the unit of their own RFC. */
export interface Bandwidth {
  readonly modifier: string;
  readonly value: number;
}

/** Reads the value of a `b=` line; undefined when it is not `<modifier>:<number>`. */
export function parseBandwidth(value: string): Bandwidth | undefined {
  const match = /^([^\s:]+):(\d{1,15})$/.exec(value.trim());
  if (match === null) return undefined;
  const [, modifier = '', number = ''] = match;
  return { modifier, value: Number(number) };
}

/** @throws {EncodeError} when the modifier is not a token or the value not a whole number */
export function formatBandwidth({ modifier, value }: Bandwidth): string {
  if (!/^[^\s:]+$/.test(modifier) || !isLineText(modifier)) {
    throw new EncodeError('SDP', 'b=', `modifier ${JSON.stringify(modifier)} is not a word such as AS or CT`);
  }
  if (!Number.isSafeInteger(value) || value < 0 || value > 999_999_999_999_999) {
    throw new EncodeError('SDP', 'b=', `value ${value} is not a whole number of 15 digits at most`);
  }
  return `${modifier}:${value}`;
}

/** A `k=` line of RFC 2327: readable for old blobs, obsolete since RFC 8866 §5.12. */
export interface LegacyKey {
  readonly method: 'clear' | 'base64' | 'uri' | 'prompt' | 'other';
  /** What follows the colon; undefined for `prompt`. For `other` the whole value. */
  readonly data?: string;
}

export function parseKey(value: string): LegacyKey {
  const colon = value.indexOf(':');
  const method = colon < 0 ? value : value.slice(0, colon);
  switch (method) {
    case 'clear':
    case 'base64':
    case 'uri':
      return colon < 0 ? { method: 'other', data: value } : { method, data: value.slice(colon + 1) };
    case 'prompt':
      return colon < 0 ? { method } : { method: 'other', data: value };
    default:
      return { method: 'other', data: value };
  }
}

export function formatKey({ method, data }: LegacyKey): string {
  if (method === 'prompt') return 'prompt';
  if (method === 'other') return data ?? '';
  return `${method}:${data ?? ''}`;
}
