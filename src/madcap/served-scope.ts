import { InvalidValueError } from '../errors.ts';
import {
  type IpFamily,
  isMulticast,
  isSourceSpecific,
  parseIp,
  RELATIVE_ADDRESSES,
  tryParseIp,
} from '../ip/index.ts';
import { addressNumber } from './addresses.ts';
import { WireWriter } from '../wire/index.ts';
import { type MadcapScope, writeScopeList } from './scope-list.ts';

/** The list counts them in one octet (RFC 2730 §3.10). */
const MOST_SCOPES = 255;
/** A UDP datagram, less what else is in the answer: for 255 scopes 8 kB of nesting. Octets. */
const LONGEST_SCOPE_LIST = 56_000;

/** A scope that a server grants addresses of. */
export interface ServedScope extends MadcapScope {
  /** Never granted; besides, the highest 256 addresses never are (RFC 2365 §9). */
  readonly exclusions: readonly { readonly first: string; readonly last: string }[];
  /** Longest lease, seconds. */
  readonly maximumSeconds: number;
}

/** Consecutive addresses as numbers, both ends included. */
export interface NumberRange {
  readonly first: bigint;
  readonly last: bigint;
}

export function familyOfScope({ first }: Pick<MadcapScope, 'first'>): IpFamily {
  return parseIp(first).family;
}

/** What of a scope may be granted: without its relative assignments and what is excluded; in order, without overlaps. */
export function grantable({
  first,
  last,
  exclusions,
}: Pick<ServedScope, 'first' | 'last' | 'exclusions'>): NumberRange[] {
  let ranges: NumberRange[] = [
    { first: addressNumber(first), last: addressNumber(last) - BigInt(RELATIVE_ADDRESSES) },
  ];
  for (const excluded of exclusions) {
    const hole = { first: addressNumber(excluded.first), last: addressNumber(excluded.last) };
    ranges = ranges.flatMap((range) => [
      { first: range.first, last: lesser(range.last, hole.first - 1n) },
      { first: greater(range.first, hole.last + 1n), last: range.last },
    ]);
  }
  return ranges.filter((range) => range.first <= range.last);
}

/** What is in both; ranges of one family. */
export function intersect(ranges: readonly NumberRange[], others: readonly NumberRange[]): NumberRange[] {
  return ranges
    .flatMap((a) => others.map((b) => ({ first: greater(a.first, b.first), last: lesser(a.last, b.last) })))
    .filter(({ first, last }) => first <= last);
}

/** The same addresses in order, each once. */
export function merged(ranges: readonly NumberRange[]): NumberRange[] {
  const sorted = ranges
    .filter(({ first, last }) => first <= last)
    .sort((a, b) => (a.first < b.first ? -1 : 1));
  const result: NumberRange[] = [];
  for (const range of sorted) {
    const before = result.at(-1);
    if (before === undefined || range.first > before.last + 1n) result.push(range);
    else result[result.length - 1] = { first: before.first, last: greater(before.last, range.last) };
  }
  return result;
}

export function sizeOf(ranges: readonly NumberRange[]): bigint {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
}

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/**
 * Holds the scopes of a server against what a scope can be.
 *
 * @throws {InvalidValueError} saying which scope is wrong, and what to do
 * @see RFC 2730 §3.10; RFC 2365 §9; RFC 4607 §4.3
 */
export function requireScopes(scopes: readonly ServedScope[]): void {
  for (const [at, scope] of scopes.entries()) {
    const { first, last, ttl, names, maximumSeconds, exclusions } = scope;
    const wrong = (problem: string): InvalidValueError =>
      new InvalidValueError(`The scope ${first} to ${last} ${problem}`);
    const family = tryParseIp(first)?.family;
    for (const [text, what] of [
      [first, 'first'],
      [last, 'last'],
    ] as const) {
      if (!isMulticast(text))
        throw wrong(`cannot be leased from: its ${what} address is no multicast address`);
      if (isSourceSpecific(text)) throw wrong('is source-specific: senders choose such groups themselves');
    }
    if (family !== tryParseIp(last)?.family)
      throw wrong('begins in one address family and ends in the other');
    for (const excluded of exclusions) {
      if ([excluded.first, excluded.last].some((text) => tryParseIp(text)?.family !== family)) {
        throw wrong(`excludes ${excluded.first} to ${excluded.last}, which are no addresses of its family`);
      }
      if (addressNumber(excluded.first) > addressNumber(excluded.last)) {
        throw wrong(`excludes ${excluded.first} to ${excluded.last}, which ends before it begins`);
      }
    }
    if (sizeOf(grantable(scope)) < 1n) {
      throw wrong(
        `has nothing to lease: its last ${RELATIVE_ADDRESSES} addresses are kept for relative assignments (RFC 2365 section 9), and what is excluded`,
      );
    }
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > 255) throw wrong(`has the TTL ${ttl}, not 1 to 255`);
    if (!Number.isInteger(maximumSeconds) || maximumSeconds < 1 || maximumSeconds > 0xffff_ffff) {
      throw wrong(`has leases of ${maximumSeconds} seconds at most, not a whole number from 1`);
    }
    if (names.filter(({ isDefault }) => isDefault).length > 1) throw wrong('has more than one default name');
    for (const other of scopes.slice(0, at)) {
      if (other.first === first) throw wrong('is there twice');
      const both = intersect(grantable(scope), grantable(other));
      if (familyOfScope(other) === family && both.length > 0) {
        throw wrong(`overlaps ${other.first} to ${other.last}: exclude from one what the other leases`);
      }
    }
  }
  for (const family of [4, 6] as const) {
    requireTellable(
      family,
      scopes.filter((it) => familyOfScope(it) === family),
    );
  }
}

/** All scopes of a family are told in one datagram. */
function requireTellable(family: IpFamily, scopes: readonly ServedScope[]): void {
  if (scopes.length > MOST_SCOPES) {
    throw new InvalidValueError(`${scopes.length} scopes of IPv${family} are more than ${MOST_SCOPES}`);
  }
  const w = new WireWriter();
  writeScopeList(w, family, scopes);
  if (w.length <= LONGEST_SCOPE_LIST) return;
  throw new InvalidValueError(
    `The scopes of IPv${family} do not fit into a datagram: they take ${w.length} octets, and ${LONGEST_SCOPE_LIST} do; give them fewer or shorter names`,
  );
}
