import type { Clock } from '../../src/net/clock.ts';

/** Milliseconds within which several changes make one picture. */
const SOON_MS = 40;

/** Does `work` once, soon after it was asked for any number of times. */
export class Soon implements Disposable {
  readonly #clock: Clock;
  readonly #timer;
  #isAsked = false;

  constructor(clock: Clock, work: () => void) {
    this.#clock = clock;
    this.#timer = clock.timer(() => {
      this.#isAsked = false;
      work();
    });
  }
  ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#timer.set(this.#clock.now() + SOON_MS);
  }
  [Symbol.dispose](): void {
    this.#timer.set(undefined);
  }
}
