import type { XrSpread } from '../../rtcp/index.ts';
import type { BurstGapFigures } from './burst-gap.ts';
import { Histogram } from './histogram.ts';
import { JitterMeter } from './jitter-meter.ts';
import { LossMeter } from './loss-meter.ts';

/** Packets noted before they are looked at all at once, while the tables that count them are in the cache. */
const NOTED = 64;
/** Shared by all, since counting is done in one go. */
const delays = new Int32Array(NOTED);

/** Percentiles and extremes of times, in seconds. */
export interface TimeSpread {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly maximum: number;
}

/** What the meter of a source has found; a value of its own, it does not change. */
export interface SourceFigures {
  /** Bursts and gaps of loss, without the latest 128 packets, whose fate is not settled. */
  readonly loss: BurstGapFigures;
  readonly lossRuns: {
    readonly count: number;
    /** Packets. */
    readonly longest: number;
    readonly mean: number;
    /** How many runs were from `first` to `last` packets long. */
    readonly histogram: readonly { readonly first: number; readonly last: number; readonly count: number }[];
  };
  /** Delay above the least of the last seconds (PDV of RFC 5481 §4.2); undefined before a packet has come. */
  readonly variation: TimeSpread | undefined;
}

/**
 * Everything that is measured of one source's packets beyond RFC 3550. A packet is only noted; it is counted with those
 * before and after it, or when somebody asks.
 */
export class SourceMeter {
  readonly #loss = new LossMeter();
  readonly #jitter = new JitterMeter();
  readonly #variation = new Histogram();
  /** Transit times and extended sequence numbers of the packets noted. */
  readonly #transits = new Int32Array(NOTED);
  readonly #sequences = new Float64Array(NOTED);
  #fill = 0;
  /** The transit time to which others are compared: differences go round the 32-bit circle. */
  #origin: number | undefined;
  /** Least transit times, relative to the origin: of this window, and of this and the one before. */
  #least = Infinity;
  #leastBefore = Infinity;

  /** @param transit arrival minus timestamp, units of the RTP clock, as 32-bit integer */
  note(transit: number, extendedSequence: number): void {
    const at = this.#fill;
    this.#transits[at] = transit;
    this.#sequences[at] = extendedSequence;
    this.#fill = at + 1;
    if (at + 1 === NOTED) this.#count();
  }

  /** A packet came too late, or too early, to be played. */
  discarded(extendedSequence: number): void {
    this.#count();
    this.#loss.discarded(extendedSequence);
  }

  /** The sequence or the clock begins anew: nothing is compared with what was before. */
  restart(): void {
    this.#count();
    this.#loss.restart();
    this.#jitter.resetTransit();
    this.#origin = undefined;
  }

  /** Begins a new window of the least delay; to be called every few seconds, so that clocks may drift. */
  roll(): void {
    this.#count();
    this.#leastBefore = this.#least;
    this.#least = Infinity;
  }

  /** Jitter since the last call, as a statistics block has it (RFC 3611 §4.6). */
  takeJitter(): XrSpread | undefined {
    this.#count();
    return this.#jitter.takeSpread();
  }

  /** BurstR of the E-model, at least 1. */
  get burstRatio(): number {
    this.#count();
    return this.#loss.burstRatio();
  }

  /** @param clockRate Hz of the RTP clock */
  figures(clockRate: number): SourceFigures {
    this.#count();
    const { runs } = this.#loss;
    return {
      loss: this.#loss.figures(),
      lossRuns: { count: runs.count, longest: runs.maximum, mean: runs.mean, histogram: runs.buckets() },
      variation: inSeconds(this.#variation, clockRate),
    };
  }

  #count(): void {
    const length = this.#fill;
    if (length === 0) return;
    this.#fill = 0;
    this.#loss.receivedAll(this.#sequences, length);
    this.#jitter.arriveAll(this.#transits, length);
    const origin = this.#origin ?? this.#begin();
    let least = this.#least;
    const before = this.#leastBefore;
    for (let at = 0; at < length; at++) {
      const delay = ((this.#transits[at] ?? 0) - origin) | 0;
      if (delay < least) least = delay;
      delays[at] = delay - (before < least ? before : least);
    }
    this.#least = least;
    this.#variation.addAll(delays, length);
  }

  #begin(): number {
    this.#least = Infinity;
    this.#leastBefore = Infinity;
    this.#origin = this.#transits[0] ?? 0;
    return this.#origin;
  }
}

function inSeconds(ticks: Histogram, clockRate: number): TimeSpread | undefined {
  if (ticks.count === 0) return undefined;
  const at = (percent: number): number => (ticks.percentile(percent) ?? 0) / clockRate;
  return { p50: at(50), p95: at(95), p99: at(99), maximum: ticks.maximum / clockRate };
}
