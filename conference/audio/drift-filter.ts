import type { Ms } from '../../src/machine.ts';

/** The fastest packet of so long a window stands for it. */
const WINDOW_MS: Ms = 5000;
/** Windows that the line is laid through: two minutes at most, half a minute at least. */
const WINDOWS = 24;
const ENOUGH = 6;
/** A window that is off the line by more has another cause than drift: the way through the network has changed. */
const STEP_MS: Ms = 5;
const STEP_SIGMAS = 6;
/** A slope that is not sure to within 20 millionths says nothing. */
const MAX_UNCERTAINTY = 20e-6;
/** Clocks are not further apart than this; 0.2 % is far beyond what any crystal does. */
const MAX_PPM = 2000;

/**
 * How much faster or slower the clock of a sender is than ours: a straight line through the transit times of the fastest
 * packets in windows of 5 s. Jitter only ever delays, so the fastest packets show the clocks. A step starts it anew.
 */
export class DriftFilter {
  readonly #at = new Float64Array(WINDOWS);
  readonly #transit = new Float64Array(WINDOWS);
  #count = 0;
  #windowStart: Ms | undefined;
  #fastest = Number.POSITIVE_INFINITY;
  #fastestAt: Ms = 0;
  #slope = 0;
  #middleAt: Ms = 0;
  #middle: Ms = 0;
  /** Standard error of the slope. */
  #uncertainty = 0;
  /** Standard deviation of what is off the line. */
  noiseMs: Ms = 0;

  reset(): void {
    this.#count = 0;
    this.#windowStart = undefined;
    this.#fastest = Number.POSITIVE_INFINITY;
    this.#slope = 0;
    this.noiseMs = 0;
  }

  /** Whether there has been enough to tell, and it is not drowned by jitter. */
  get known(): boolean {
    return this.#count >= ENOUGH && this.#uncertainty < MAX_UNCERTAINTY;
  }
  /** Milliseconds by which transit grows in a millisecond: above 0 for a sender that is slower than we. */
  get slope(): number {
    return this.known ? this.#slope : 0;
  }
  /** Transit of the fastest packet in the last window. */
  get lastWindow(): Ms {
    return this.#transit[(this.#count - 1) % WINDOWS] ?? 0;
  }
  /** By how many millionths the sender is faster. */
  get ppm(): number | undefined {
    return this.known ? -this.#slope * 1e6 : undefined;
  }
  /** Transit of the fastest packets at a moment, by the line. */
  transitAt(now: Ms): Ms {
    return this.#middle + (now - this.#middleAt) * this.#slope;
  }

  /**
   * @param transit of the fastest packet in the tenth of a second that ended at `now`
   * @returns `step` when it began anew, `window` when a window is complete
   */
  add(transit: Ms, now: Ms): 'step' | 'window' | undefined {
    this.#windowStart ??= now;
    if (transit < this.#fastest) {
      this.#fastest = transit;
      this.#fastestAt = now;
    }
    if (now - this.#windowStart < WINDOW_MS) return undefined;
    const [fastest, at] = [this.#fastest, this.#fastestAt];
    this.#windowStart = now;
    this.#fastest = Number.POSITIVE_INFINITY;
    const limit = Math.max(STEP_MS, STEP_SIGMAS * this.noiseMs);
    if (this.#count > 0 && Math.abs(fastest - this.#expected(at)) > limit) {
      this.reset();
      this.#record(fastest, at);
      return 'step';
    }
    this.#record(fastest, at);
    return 'window';
  }

  #expected(at: Ms): Ms {
    if (this.known) return this.transitAt(at);
    return this.lastWindow;
  }

  #record(transit: Ms, at: Ms): void {
    const slot = this.#count++ % WINDOWS;
    this.#transit[slot] = transit;
    this.#at[slot] = at;
    const n = Math.min(this.#count, WINDOWS);
    let [x, y] = [0, 0];
    for (let i = 0; i < n; i++) {
      x += (this.#at[i] ?? 0) / n;
      y += (this.#transit[i] ?? 0) / n;
    }
    let [xx, xy, yy] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const dx = (this.#at[i] ?? 0) - x;
      const dy = (this.#transit[i] ?? 0) - y;
      xx += dx * dx;
      xy += dx * dy;
      yy += dy * dy;
    }
    const slope = xx > 0 ? xy / xx : 0;
    this.#slope = Math.max(-MAX_PPM / 1e6, Math.min(MAX_PPM / 1e6, slope));
    this.#middleAt = x;
    this.#middle = y;
    this.noiseMs = n > 2 ? Math.sqrt(Math.max(0, yy - slope * xy) / (n - 2)) : 0;
    this.#uncertainty = xx > 0 ? this.noiseMs / Math.sqrt(xx) : 0;
  }
}
