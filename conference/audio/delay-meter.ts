import type { Ms } from '../../src/machine.ts';

/** What is remembered: the fastest and the slowest packet of each tenth of a second in which some came. */
const TENTH_MS: Ms = 100;
const TENTHS = 200;
/** Tenths with the slowest packets that may be late: the target holds for 99.5 % of the tenths in 20 s. */
const OUTLIERS = 1;

/**
 * How long packets of one source were under way in the last 20 seconds, as far as it differs: transit times count from an
 * arbitrary moment. Per packet two comparisons, everything else when it is asked for.
 */
export class DelayMeter {
  readonly #fastest = new Float64Array(TENTHS);
  readonly #slowest = new Float64Array(TENTHS);
  /** Tenths recorded so far, and the one being recorded. */
  #count = 0;
  #began: Ms = Number.NEGATIVE_INFINITY;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  reset(): void {
    this.#count = 0;
    this.#began = Number.NEGATIVE_INFINITY;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }

  /** Seconds of audio that have been looked at, at most 20. */
  get seconds(): number {
    return (Math.min(this.#count, TENTHS) * TENTH_MS) / 1000;
  }

  /** @returns whether a tenth of a second is complete */
  add(transit: Ms, arrival: Ms): boolean {
    const complete = arrival - this.#began >= TENTH_MS;
    if (complete) {
      if (this.#max >= this.#min) this.#record();
      this.#began = arrival;
      this.#min = transit;
      this.#max = transit;
      return true;
    }
    if (transit < this.#min) this.#min = transit;
    if (transit > this.#max) this.#max = transit;
    return false;
  }

  #record(): void {
    const at = this.#count++ % TENTHS;
    this.#fastest[at] = this.#min;
    this.#slowest[at] = this.#max;
  }

  /** Of the fastest packet in the tenth before; what the {@link DriftFilter} goes by. */
  get lastFastest(): Ms {
    return this.#fastest[(this.#count - 1) % TENTHS] ?? 0;
  }

  /**
   * Transit of the fastest packet, and of the slowest but for one outlying tenth, as they would be now.
   *
   * @param slope milliseconds by which transit grows in a millisecond, since the clocks are not equally fast
   */
  range(slope: number): { readonly fastest: Ms; readonly slowest: Ms } {
    const known = Math.min(this.#count, TENTHS);
    let fastest = this.#min;
    let slowest = this.#max;
    let second = this.#max;
    for (let age = 0; age < known; age++) {
      const at = (this.#count - 1 - age) % TENTHS;
      const growth = (age + 1) * TENTH_MS * slope;
      const quick = (this.#fastest[at] ?? 0) + growth;
      const slow = (this.#slowest[at] ?? 0) + growth;
      if (quick < fastest) fastest = quick;
      if (slow > slowest) {
        second = slowest;
        slowest = slow;
      } else if (slow > second) second = slow;
    }
    return { fastest, slowest: known > TENTHS / 2 && OUTLIERS === 1 ? second : slowest };
  }
}
