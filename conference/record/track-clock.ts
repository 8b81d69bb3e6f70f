import type { Ms } from '../../src/machine.ts';

/** Placed further ahead of its arrival than this, the sender's timestamps have jumped. */
const MAX_AHEAD_MS: Ms = 1000;
/** Later than this, too; a smaller delay may be a stall of the network or of ourselves. */
const MAX_BEHIND_MS: Ms = 5000;
/** Clocks are compared by the least delay within this time. */
const WINDOW_MS: Ms = 10_000;
/** Clocks that have run apart by this are brought together again. */
const MAX_DRIFT_MS: Ms = 40;

/**
 * The place of each packet of one source in a recording. The first packet is placed by its arrival, all others by their
 * RTP timestamps, so that what is recorded is what was sent, whatever the network's jitter. Where the sender's clock runs
 * apart from ours, the place is moved in steps, lest tracks part from each other.
 */
export class TrackClock {
  /** Times the place was moved. */
  moves = 0;
  readonly #start: Ms;
  readonly #framesPerTick: number;
  readonly #framesPerMs: number;
  #timestamp = 0;
  #ticks = 0;
  #anchor: number | undefined;
  #windowEnd: Ms = 0;
  #least = Number.POSITIVE_INFINITY;
  /** The least delay when the place was found. */
  #usual: number | undefined;

  /** @param start when the recording begins, on the clock of arrivals */
  constructor(start: Ms, clockRate: number, sampleRate: number) {
    this.#start = start;
    this.#framesPerTick = sampleRate / clockRate;
    this.#framesPerMs = sampleRate / 1000;
  }

  /** @returns frames since the start of the recording */
  place(timestamp: number, arrival: Ms): number {
    const arrived = (arrival - this.#start) * this.#framesPerMs;
    if (this.#anchor === undefined) this.#begin(timestamp, arrived, arrival);
    this.#ticks += (timestamp - this.#timestamp) | 0;
    this.#timestamp = timestamp;
    const frame = this.#frame();
    const delay = arrived - frame;
    if (delay < -MAX_AHEAD_MS * this.#framesPerMs || delay > MAX_BEHIND_MS * this.#framesPerMs) {
      this.moves++;
      this.#begin(timestamp, arrived, arrival);
      return this.#frame();
    }
    this.#watch(delay, arrival);
    return this.#frame();
  }

  #frame(): number {
    return Math.max(0, Math.round((this.#anchor ?? 0) + this.#ticks * this.#framesPerTick));
  }

  #begin(timestamp: number, arrived: number, arrival: Ms): void {
    this.#timestamp = timestamp;
    this.#ticks = 0;
    this.#anchor = Math.round(arrived);
    this.#usual = undefined;
    this.#least = Number.POSITIVE_INFINITY;
    this.#windowEnd = arrival + WINDOW_MS;
  }

  #watch(delay: number, arrival: Ms): void {
    if (delay < this.#least) this.#least = delay;
    if (arrival < this.#windowEnd) return;
    const least = this.#least;
    this.#windowEnd = arrival + WINDOW_MS;
    this.#least = Number.POSITIVE_INFINITY;
    if (this.#usual === undefined) this.#usual = least;
    const drift = least - this.#usual;
    if (Math.abs(drift) <= MAX_DRIFT_MS * this.#framesPerMs) return;
    this.moves++;
    this.#anchor = (this.#anchor ?? 0) + Math.round(drift);
  }
}
