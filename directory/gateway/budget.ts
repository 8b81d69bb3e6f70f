import type { Ms } from '../../src/machine.ts';

/** So many in a while, of which some may come at once: a bucket that fills with time. */
export class Budget {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #at: Ms;

  /** @param now it is full then */
  constructor(perSecond: number, burst: number, now: Ms) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
    this.#at = now;
  }

  /** @returns whether there was one left */
  take(now: Ms): boolean {
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  /** When there will be one, if nothing is taken until then. */
  get nextAt(): Ms {
    return this.#left >= 1 ? this.#at : this.#at + ((1 - this.#left) / this.#perSecond) * 1000;
  }
}
