import type { Ms } from '../../src/machine.ts';

/** Rates are measured over stretches of this length. */
const STRETCH_MS: Ms = 3000;
/** A pause after which timestamps may go on anywhere. */
const PAUSE_MS: Ms = 250;
/** Drift is known once the sender was followed for this long. */
const DRIFT_AFTER_MS: Ms = 60_000;
/** Further from what is described it is another rate, not drift. */
const SAME_RATE = 0.01;

/**
 * How fast the timestamps of a sender run, by our clock: the rate itself, and the drift of its clock against ours. Both
 * go by the packets that were delayed least in each stretch, so that bursts and queues do not matter.
 */
export class TimestampClock {
  #rate: number | undefined;
  /** Ticks and time since the last pause. */
  #ticks = 0;
  #beganAt: Ms = 0;
  #lastAt: Ms = 0;
  #stretchAt: Ms = 0;
  /** Least transit time of this stretch, of the one before and of the first one, and when that was. */
  #least = Infinity;
  #leastAt: Ms = 0;
  #before: number | undefined;
  #beforeAt: Ms = 0;
  #first = 0;
  #firstAt: Ms = 0;
  #measured: number | undefined;
  #drift: number | undefined;

  /** @param rate Hz as described; undefined when nothing is known */
  setRate(rate: number | undefined): void {
    this.#rate = rate;
    this.#drift = undefined;
    this.begin(this.#lastAt);
  }

  /** Begins anew: what comes next has nothing to do with what came. */
  begin(now: Ms): void {
    this.#ticks = 0;
    this.#beganAt = now;
    this.#lastAt = now;
    this.#stretchAt = now;
    this.#least = Infinity;
    this.#before = undefined;
    this.#measured = undefined;
  }

  /**
   * Takes a packet.
   *
   * @param step   by how much the timestamp went on
   * @param gap    ms since the packet before
   * @param isNext nothing was lost between the two
   */
  take(step: number, gap: Ms, isNext: boolean, now: Ms): void {
    const rate = this.#rate;
    if (rate === undefined) return;
    if (step > rate || step < -rate || (isNext && gap > PAUSE_MS)) {
      this.begin(now);
      return;
    }
    this.#ticks += step;
    this.#lastAt = now;
    const transit = now - this.#beganAt - (this.#ticks * 1000) / rate;
    if (transit >= this.#least) return;
    this.#least = transit;
    this.#leastAt = now;
  }

  tick(now: Ms): void {
    if (now - this.#stretchAt < STRETCH_MS) return;
    // a sender that fell silent on the way has no rate
    if (this.#lastAt - this.#stretchAt > STRETCH_MS * 0.8) this.#endStretch();
    else this.begin(this.#lastAt);
    this.#stretchAt = now;
    this.#least = Infinity;
  }

  /** Hz, over the last six seconds without a pause. */
  get measuredRate(): number | undefined {
    return this.#measured;
  }
  /** By how much the sender's clock is faster than ours, parts per million; known after a minute without a pause. */
  get driftPpm(): number | undefined {
    return this.#drift;
  }

  #endStretch(): void {
    const rate = this.#rate;
    if (rate === undefined || !Number.isFinite(this.#least)) return;
    const [least, at] = [this.#least, this.#leastAt];
    if (this.#before === undefined) {
      this.#first = least;
      this.#firstAt = at;
    } else if (at > this.#beforeAt) {
      this.#measured = rate * (1 - (least - this.#before) / (at - this.#beforeAt));
      this.#measureDrift(least, at, this.#measured / rate);
    }
    this.#before = least;
    this.#beforeAt = at;
  }

  #measureDrift(least: number, at: Ms, ratio: number): void {
    if (Math.abs(ratio - 1) > SAME_RATE) this.#drift = undefined;
    else if (at - this.#firstAt >= DRIFT_AFTER_MS) {
      this.#drift = ((this.#first - least) / (at - this.#firstAt)) * 1e6;
    }
  }
}
