import type { IpFamily } from '../ip/index.ts';
import type { Ms, RandomSource } from '../machine.ts';
import type { AddressRange } from './address-ranges.ts';
import { addressNumber, addressText } from './addresses.ts';
import {
  familyOfScope,
  grantable,
  intersect,
  merged,
  type NumberRange,
  type ServedScope,
  sizeOf,
} from './served-scope.ts';

/** Draws at random before everything is gone through in order. */
const DRAWS = 32;
/** Addresses gone through at most, in one search. */
const MOST_LOOKED_AT = 65_536;
/** Addresses that may be looked at in a second: nobody can keep the server busy with a range that is full. */
const LOOKS_PER_SECOND = 500_000;
/** Ranges in an answer, so that it fits into a packet. */
const MOST_RANGES: Readonly<Record<IpFamily, number>> = { 4: 150, 6: 50 };

/** Ranges that one request may name. */
const MOST_WANTED = 64;

/** Ranges by the place of their addresses in all of them together. */
class Pool {
  readonly ranges: readonly NumberRange[];
  readonly size: bigint;
  /** Place of the first address of each. */
  readonly #places: readonly bigint[];

  /** @param ranges in order, without overlaps */
  constructor(ranges: readonly NumberRange[]) {
    this.ranges = ranges;
    this.size = sizeOf(ranges);
    let place = 0n;
    this.#places = ranges.map(({ first, last }) => {
      const own = place;
      place += last - first + 1n;
      return own;
    });
  }

  /** The address at a place, and the last one of its range. */
  at(place: bigint): { number: bigint; last: bigint } {
    let [low, high] = [0, this.ranges.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#places[middle] ?? 0n) <= place) low = middle;
      else high = middle - 1;
    }
    const range = this.ranges[low];
    if (range === undefined) throw new RangeError(`${place} is beyond the pool`);
    return { number: range.first + place - (this.#places[low] ?? 0n), last: range.last };
  }
}

/** Draws free addresses of one scope: at random (RFC 2730 §5), several of them beside each other where that is possible. */
export class AddressPicker {
  readonly #family: IpFamily;
  readonly #pool: Pool;
  readonly #random: RandomSource;
  #looks = LOOKS_PER_SECOND;
  #lookedAt: Ms | undefined;

  constructor(scope: ServedScope, random: RandomSource) {
    this.#family = familyOfScope(scope);
    this.#pool = new Pool(merged(grantable(scope)));
    this.#random = random;
  }

  /** How many addresses there are, free or not. */
  get size(): bigint {
    return this.#pool.size;
  }

  /** Whether any of these could be granted. */
  has(ranges: readonly AddressRange[]): boolean {
    return this.#within(ranges).length > 0;
  }

  /**
   * Free addresses, or undefined when there are not enough.
   *
   * @param within only of these; default any
   */
  pick(
    { minimum, desired }: { readonly minimum: number; readonly desired: number },
    within: readonly AddressRange[] | undefined,
    isFree: (address: string) => boolean,
    now: Ms,
  ): string[] | undefined {
    this.#refill(now);
    const pool = within === undefined ? this.#pool : new Pool(this.#within(within));
    if (pool.size < BigInt(minimum)) return undefined;
    const free = (number: bigint): string | undefined => {
      this.#looks--;
      const address = addressText(this.#family, number);
      return isFree(address) ? address : undefined;
    };
    return this.#together(pool, desired, free) ?? this.#scattered(pool, minimum, desired, free);
  }

  #within(ranges: readonly AddressRange[]): NumberRange[] {
    return intersect(this.#pool.ranges, merged(ranges.slice(0, MOST_WANTED).map(toNumbers)));
  }

  #refill(now: Ms): void {
    const passed = this.#lookedAt === undefined ? 0 : now - this.#lookedAt;
    this.#lookedAt = now;
    this.#looks = Math.min(LOOKS_PER_SECOND, this.#looks + (passed / 1000) * LOOKS_PER_SECOND);
  }

  /** As many as desired, one after the other. */
  #together(pool: Pool, desired: number, free: (number: bigint) => string | undefined): string[] | undefined {
    for (let draw = 0; draw < DRAWS && this.#looks > 0; draw++) {
      const { number, last } = pool.at(this.#below(pool.size));
      if (number + BigInt(desired) - 1n > last) continue;
      const found: string[] = [];
      while (found.length < desired) {
        const address = free(number + BigInt(found.length));
        if (address === undefined) break;
        found.push(address);
      }
      if (found.length === desired) return found;
    }
    return undefined;
  }

  /** What is free, in order from anywhere. */
  #scattered(
    pool: Pool,
    minimum: number,
    desired: number,
    free: (number: bigint) => string | undefined,
  ): string[] | undefined {
    const found: string[] = [];
    const from = this.#below(pool.size);
    const { size } = pool;
    const steps = size < BigInt(MOST_LOOKED_AT) ? Number(size) : MOST_LOOKED_AT;
    let ranges = 0;
    let before: bigint | undefined;
    for (let step = 0; step < steps && found.length < desired && this.#looks > 0; step++) {
      const { number } = pool.at((from + BigInt(step)) % size);
      const address = free(number);
      if (address === undefined) continue;
      if (before === undefined || number !== before + 1n) ranges++;
      if (ranges > MOST_RANGES[this.#family]) break;
      before = number;
      found.push(address);
    }
    return found.length >= minimum ? found : undefined;
  }

  /** Uniform below `size`, however large. */
  #below(size: bigint): bigint {
    let value = 0n;
    for (let bound = 1n; bound < size * 0x1_0000n; bound *= 0x1000_0000n) {
      value = value * 0x1000_0000n + BigInt(Math.floor(this.#random() * 0x1000_0000));
    }
    return value % size;
  }
}

function toNumbers({ first, count }: AddressRange): NumberRange {
  const number = addressNumber(first);
  return { first: number, last: number + BigInt(count) - 1n };
}
