import type { WireReader, WireWriter } from '../wire/index.ts';
import { formatIp, parseIp, tryParseIp } from '../ip/index.ts';

/** How often each value was seen. */
export type Counts = ReadonlyMap<number, number>;

/** What arrived of the probes of one direction. */
export interface Tally {
  /** Different ones. */
  readonly heard: number;
  readonly duplicates: number;
  /** Came after one with a higher number. */
  readonly reordered: number;
  /** TTL or hop limit on arrival, and DSCP; empty where they cannot be seen. */
  readonly ttls: Counts;
  readonly dscps: Counts;
  /** Addresses they came from; one, if all is well. */
  readonly sources: readonly string[];
}

/** A datagram as it arrived, with the marks where they can be seen. */
export interface Arrival {
  readonly address: string;
  readonly ttl: number | undefined;
  readonly dscp: number | undefined;
}

const MOST_VALUES = 8;
const MOST_SOURCES = 4;

/** Counts numbered probes. Holds at most `limit` numbers, and few values of each kind, whatever arrives. */
export class Tallier {
  readonly #limit: number;
  readonly #numbers = new Set<number>();
  readonly #ttls = new Map<number, number>();
  readonly #dscps = new Map<number, number>();
  readonly #sources = new Set<string>();
  #duplicates = 0;
  #reordered = 0;
  #highest = -1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get heard(): number {
    return this.#numbers.size;
  }

  /** @param number from 0; what is not below the limit is not ours */
  add(number: number, { address, ttl, dscp }: Arrival): void {
    if (number >= this.#limit) return;
    if (this.#numbers.has(number)) this.#duplicates++;
    else {
      this.#numbers.add(number);
      if (number < this.#highest) this.#reordered++;
      this.#highest = Math.max(this.#highest, number);
    }
    if (ttl !== undefined) count(this.#ttls, ttl);
    if (dscp !== undefined) count(this.#dscps, dscp);
    if (this.#sources.size < MOST_SOURCES) this.#sources.add(address);
  }

  result(): Tally {
    return {
      heard: this.#numbers.size,
      duplicates: Math.min(0xffff, this.#duplicates),
      reordered: this.#reordered,
      ttls: new Map(this.#ttls),
      dscps: new Map(this.#dscps),
      sources: [...this.#sources],
    };
  }
}

function count(counts: Map<number, number>, value: number): void {
  if (counts.size >= MOST_VALUES && !counts.has(value)) return;
  counts.set(value, Math.min(0xffff, (counts.get(value) ?? 0) + 1));
}

export function readTally(reader: WireReader): Tally {
  const [heard, duplicates, reordered] = [reader.u16(), reader.u16(), reader.u16()];
  const [ttls, dscps] = [readCounts(reader), readCounts(reader)];
  const sources = Array.from({ length: few(reader, MOST_SOURCES) }, () => {
    const length = reader.u8();
    if (length !== 4 && length !== 16) throw reader.fail('an address of neither 4 nor 16 bytes');
    return formatIp({ bytes: reader.bytes(length) });
  });
  return { heard, duplicates, reordered, ttls, dscps, sources };
}

export function writeTally(writer: WireWriter, tally: Tally): void {
  writer.u16(tally.heard).u16(tally.duplicates).u16(tally.reordered);
  for (const counts of [tally.ttls, tally.dscps]) {
    writer.u8(counts.size);
    for (const [value, times] of counts) writer.u8(value).u16(times);
  }
  const sources = tally.sources.filter((it) => tryParseIp(it) !== undefined);
  writer.u8(sources.length);
  for (const source of sources) {
    const { bytes } = parseIp(source);
    writer.u8(bytes.length).bytes(bytes);
  }
}

function readCounts(reader: WireReader): Counts {
  return new Map(
    Array.from({ length: few(reader, MOST_VALUES) }, (): [number, number] => [reader.u8(), reader.u16()]),
  );
}

function few(reader: WireReader, most: number): number {
  const length = reader.u8();
  if (length > most) throw reader.fail(`${length} values where ${most} are the most`);
  return length;
}
