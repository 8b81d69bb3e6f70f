import { parseIp, tryParseIp } from './address.ts';

/** Negative, 0 or positive as `a` comes before, is or comes after `b`; IPv4 comes before IPv6, zones count for nothing. */
export function compareIp(a: string, b: string): number {
  const x = parseIp(a);
  const y = parseIp(b);
  if (x.family !== y.family) return x.family - y.family;
  for (const [i, byte] of x.bytes.entries()) {
    const difference = byte - (y.bytes[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether the text is an address of the same family from `first` to `last`, both included. */
export function isWithin(text: string, first: string, last: string): boolean {
  const address = tryParseIp(text);
  if (address === undefined || address.family !== parseIp(first).family) return false;
  return compareIp(text, first) >= 0 && compareIp(text, last) <= 0;
}

/** How many addresses there are from `first` to `last`, both included; exact below 2^53. */
export function countAddresses(first: string, last: string): number {
  const low = parseIp(first).bytes;
  let count = 0;
  for (const [i, byte] of parseIp(last).bytes.entries()) count = count * 256 + byte - (low[i] ?? 0);
  return count + 1;
}
