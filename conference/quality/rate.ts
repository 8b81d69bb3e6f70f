import type { CurrentAndMax } from '../types/index.ts';

/** Rate at which a counter grows, and the greatest it has had. */
export class Rate {
  readonly #perSecond: number;
  #count: number | undefined;
  #current = 0;
  #maximum = 0;

  /** @param unit what the rate is told in, of the counter's units per second: 8 for bits of a counter of bytes */
  constructor(unit = 1) {
    this.#perSecond = unit * 1000;
  }

  get figures(): CurrentAndMax {
    return { current: this.#current, maximum: this.#maximum };
  }

  /** @param count as it is now; below what it was, it has begun anew */
  take(count: number, elapsedMs: number): void {
    const before = this.#count;
    this.#count = count;
    if (before === undefined || elapsedMs <= 0) return;
    this.#current = (Math.max(0, count - before) * this.#perSecond) / elapsedMs;
    this.#maximum = Math.max(this.#maximum, this.#current);
  }
}
