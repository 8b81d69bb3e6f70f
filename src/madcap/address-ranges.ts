import { EncodeError } from '../errors.ts';
import { formatIp, type IpFamily, parseIp } from '../ip/index.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import {
  addressBytes,
  addressesFrom,
  addressNumber,
  addressText,
  readAddress,
  writeAddress,
} from './addresses.ts';

/** Consecutive addresses: `count` of them from `first` on. */
export interface AddressRange {
  readonly first: string;
  /** 1 to 65535; 0 is read, and means nothing. */
  readonly count: number;
}

/** List of Address Ranges (RFC 2730 §3.11). An empty list is one with Retry Time beside it. */
export function readAddressRanges(r: WireReader, family: IpFamily): AddressRange[] {
  const ranges: AddressRange[] = [];
  while (r.remaining > 0) {
    if (r.remaining < addressBytes(family) + 2) throw r.fail('the last range is cut short', 'RFC 2730 §3.11');
    const first = readAddress(r, family);
    ranges.push({ first, count: r.u16() });
  }
  return ranges;
}

export function writeAddressRanges(w: WireWriter, family: IpFamily, ranges: readonly AddressRange[]): void {
  for (const { first, count } of ranges) {
    if (!Number.isInteger(count) || count < 1 || count > 0xffff) {
      throw new EncodeError('MADCAP', 'addressRanges', `a range has ${count} addresses, not 1 to 65535`);
    }
    writeAddress(w, family, first, 'addressRanges');
    w.u16(count);
  }
}

/** The addresses of all ranges in order. Ask {@link countAddresses} first: a peer's ranges may be long. */
export function expandRanges(ranges: readonly AddressRange[]): string[] {
  return ranges.flatMap(({ first, count }) => addressesFrom(first, count));
}

/** How many addresses there are in all ranges together, overlaps counted twice. */
export function countAddresses(ranges: readonly AddressRange[]): number {
  return ranges.reduce((sum, { count }) => sum + count, 0);
}

/** The fewest ranges that hold exactly these addresses, all of one family; doubles are left out. */
export function toRanges(addresses: Iterable<string>): AddressRange[] {
  const sorted = [...addresses].map((text) => formatIp(parseIp(text)));
  const [one] = sorted;
  if (one === undefined) return [];
  const { family } = parseIp(one);
  const numbers = [...new Set(sorted.map(addressNumber))].sort((a, b) => (a < b ? -1 : 1));
  const ranges: { start: bigint; count: number }[] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last.count < 0xffff && last.start + BigInt(last.count) === number) last.count++;
    else ranges.push({ start: number, count: 1 });
  }
  return ranges.map(({ start, count }) => ({ first: addressText(family, start), count }));
}
