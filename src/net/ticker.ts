import { InvalidValueError } from '../errors.ts';
import type { Ms } from '../machine.ts';
import type { Clock, Timer } from './clock.ts';

/** One beat of a {@link Ticker}. */
export interface Tick {
  /** Number of the beat, counted from 0; skipped beats count too. */
  readonly index: number;
  /** When the beat was due: start + index × interval. */
  readonly due: Ms;
  /** Beats given up right before this one, because the process stood still for longer than `catchUpMs`. */
  readonly skipped: number;
}

export interface TickerOptions {
  readonly clock: Clock;
  /** Milliseconds between beats; above 0, fractions allowed. */
  readonly intervalMs: Ms;
  /** How far behind beats are still made up for, all at once; older ones are skipped. Default 200 ms. */
  readonly catchUpMs?: Ms;
  readonly onTick: (tick: Tick) => void;
}

/**
 * Beats at absolute times, so that it never drifts: a late beat makes the next wait shorter. After a stall it makes up
 * for the beats missed at once (a receiver's playout buffer evens them out), but after a long one (suspend, a
 * debugger) it skips ahead and says how many beats are gone.
 */
export class Ticker implements Disposable {
  readonly #options: Required<TickerOptions>;
  readonly #timer: Timer;
  #start: Ms = 0;
  #next = 0;
  #running = false;

  /** @throws {InvalidValueError} when the interval is not a positive number */
  constructor(options: TickerOptions) {
    if (!(options.intervalMs > 0)) {
      throw new InvalidValueError(`the interval of ${options.intervalMs} ms is not above 0`);
    }
    this.#options = { catchUpMs: 200, ...options };
    this.#timer = options.clock.timer(() => this.#wake());
  }

  get running(): boolean {
    return this.#running;
  }

  /** Starts anew: beat 0 is due at `at`, by default now (and then comes from the timer, not from this call). */
  start(at: Ms = this.#options.clock.now()): void {
    this.#start = at;
    this.#next = 0;
    this.#running = true;
    this.#timer.set(at);
  }

  /** No beat comes after this, not even from within `onTick`. */
  stop(): void {
    this.#running = false;
    this.#timer.set(undefined);
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #due(index: number): Ms {
    return this.#start + index * this.#options.intervalMs;
  }

  #wake(): void {
    const { clock, intervalMs, catchUpMs, onTick } = this.#options;
    const start = this.#start;
    const now = clock.now();
    let skipped = 0;
    if (now - this.#due(this.#next) > catchUpMs) {
      skipped = Math.floor((now - this.#due(this.#next)) / intervalMs); // the beat due now is kept
      this.#next += skipped;
    }
    while (this.#running && this.#start === start && this.#due(this.#next) <= now) {
      const index = this.#next++;
      onTick({ index, due: this.#due(index), skipped });
      skipped = 0;
    }
    if (this.#running) this.#timer.set(this.#due(this.#next));
  }
}
