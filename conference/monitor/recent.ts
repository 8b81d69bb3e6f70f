import type { Ms } from '../../src/machine.ts';

/** Looks remembered; with one a second, a little more than ten seconds. */
const LOOKS = 16;

/** How a count that only grows has grown lately: remembers what it was at the last looks. */
export class Recent {
  readonly #at = new Float64Array(LOOKS);
  readonly #values = new Float64Array(LOOKS);
  #looks = 0;

  /** Notes what the count is now. One that has become smaller has begun anew. */
  look(value: number, now: Ms): void {
    if (this.#looks > 0 && value < this.#value(0)) this.#looks = 0;
    const slot = this.#looks % LOOKS;
    this.#at[slot] = now;
    this.#values[slot] = value;
    this.#looks++;
  }

  /** How much it has grown in the last `ms`, as far as that is known. */
  growth(ms: Ms): number {
    return this.#looks === 0 ? 0 : this.#value(0) - this.#value(this.#before(ms));
  }

  /** Growth per second over the last `ms`; 0 before the second look. */
  perSecond(ms: Ms): number {
    const back = this.#before(ms);
    const span = this.#time(0) - this.#time(back);
    return span <= 0 ? 0 : ((this.#value(0) - this.#value(back)) * 1000) / span;
  }

  /** How many looks back the one at least `ms` ago is, or the oldest. */
  #before(ms: Ms): number {
    const most = Math.min(this.#looks, LOOKS) - 1;
    for (let back = 1; back < most; back++) if (this.#time(0) - this.#time(back) >= ms - 50) return back;
    return Math.max(0, most);
  }
  #value(back: number): number {
    return this.#values[(this.#looks - 1 - back) % LOOKS] ?? 0;
  }
  #time(back: number): Ms {
    return this.#looks === 0 ? 0 : (this.#at[(this.#looks - 1 - back) % LOOKS] ?? 0);
  }
}
