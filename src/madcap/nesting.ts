import { EncodeError } from '../errors.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';
import { addressNumber } from './addresses.ts';
import type { MadcapScope } from './scope-list.ts';

/**
 * Which scope lies within which, by their places in the scope list: `nesting[row][column]` is true when the scope `row`
 * nests inside the scope `column`. The diagonal is false.
 */
export type NestingState = readonly (readonly boolean[])[];

/** Multicast Scope Nesting State (RFC 2907 §5): a row of bits for each scope, without the diagonal, filled up to octets. */
export function readNesting(r: WireReader): NestingState {
  const count = r.u8();
  const octets = Math.ceil(Math.max(0, count - 1) / 8);
  return Array.from({ length: count }, (_, row) => {
    const bits = r.view(octets);
    return Array.from({ length: count }, (_each, column) => {
      if (column === row) return false;
      const at = column < row ? column : column - 1;
      return ((bits[at >> 3] ?? 0) & (0x80 >> (at & 7))) !== 0;
    });
  });
}

export function writeNesting(w: WireWriter, nesting: NestingState): void {
  const count = nesting.length;
  if (count > 255 || nesting.some((row) => row.length !== count)) {
    throw new EncodeError('MADCAP', 'nesting', 'is not a square of at most 255 rows');
  }
  w.u8(count);
  for (const [row, columns] of nesting.entries()) {
    const bits = new Uint8Array(Math.ceil(Math.max(0, count - 1) / 8));
    for (const [column, isInside] of columns.entries()) {
      if (!isInside || column === row) continue;
      const at = column < row ? column : column - 1;
      bits[at >> 3] = (bits[at >> 3] ?? 0) | (0x80 >> (at & 7));
    }
    w.bytes(bits);
  }
}

/** What a scope reaches, where its addresses do not tell: RFC 2365 scopes nest by their reach. */
export type ReachOf = (scope: MadcapScope) => number;

/**
 * The nesting of scopes that a server offers. One scope nests inside another when everything that the first reaches, the
 * second does too (RFC 2907 §2): by how far each reaches, which grows with the TTL unless `reach` says otherwise; of equal
 * reach neither nests inside the other.
 */
export function nestingOf(scopes: readonly MadcapScope[], reach: ReachOf = ({ ttl }) => ttl): NestingState {
  return scopes.map((row) => scopes.map((column) => row !== column && reach(row) < reach(column)));
}

/** Scopes from the smallest to the largest, as the list has to be (RFC 2730 §3.10). */
export function sortedScopes(
  scopes: readonly MadcapScope[],
  reach: ReachOf = ({ ttl }) => ttl,
): MadcapScope[] {
  const size = ({ first, last }: MadcapScope): bigint => addressNumber(last) - addressNumber(first);
  return [...scopes].sort((a, b) => {
    const [x, y] = [reach(a), reach(b)];
    if (x !== y) return x - y;
    return size(a) < size(b) ? -1 : Number(size(a) > size(b));
  });
}
