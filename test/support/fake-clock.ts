import type { Ms } from '../../src/machine.ts';
import type { Clock, Timer } from '../../src/net/clock.ts';

interface Pending {
  readonly deadline: Ms;
  readonly order: number;
  readonly fire: () => void;
}

/** Time that stands still until a test moves it; timers fire in the order of their deadlines. */
export class FakeClock implements Clock {
  #now: Ms;
  #wallOffset: number;
  readonly #pending = new Map<object, Pending>();
  #order = 0;

  /**
   * @param start what `now()` says at first
   * @param wall  the wall clock at that moment, milliseconds since 1970
   */
  constructor(start: Ms = 1000, wall: number = Date.UTC(2026, 0, 5, 12)) {
    this.#now = start;
    this.#wallOffset = wall - start;
  }

  now(): Ms {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.#wallOffset;
  }

  timer(onExpiry: () => void): Timer {
    const key = {};
    return {
      set: (deadline) => {
        this.#pending.delete(key);
        if (deadline !== undefined) {
          this.#pending.set(key, { deadline, order: this.#order++, fire: onExpiry });
        }
      },
    };
  }

  /** The earliest deadline that is set, or undefined. */
  get nextDeadline(): Ms | undefined {
    return this.#first()?.[1].deadline;
  }

  /** Moves time on by `ms`, firing each timer at its own deadline, also those set on the way. */
  advance(ms: Ms): void {
    const end = this.#now + ms;
    for (let first = this.#first(); first !== undefined && first[1].deadline <= end; first = this.#first()) {
      const [key, { deadline, fire }] = first;
      this.#now = Math.max(this.#now, deadline);
      this.#pending.delete(key);
      fire();
    }
    this.#now = end;
  }

  /** As {@link advance}, in steps, letting promises settle after each: for code that awaits between timers. */
  async advanceAsync(ms: Ms, step: Ms = ms): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      this.advance(Math.min(step, left));
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  /** A stall: time passes while no timer gets to run; those due fire together at the end. */
  stall(ms: Ms): void {
    this.#now += ms;
    this.advance(0);
  }

  /** Somebody sets the wall clock, forward or, below 0, back; `now()` does not change. */
  setWallForward(ms: Ms): void {
    this.#wallOffset += ms;
  }

  #first(): [object, Pending] | undefined {
    let best: [object, Pending] | undefined;
    for (const entry of this.#pending) {
      if (
        best === undefined ||
        entry[1].deadline < best[1].deadline ||
        (entry[1].deadline === best[1].deadline && entry[1].order < best[1].order)
      ) {
        best = entry;
      }
    }
    return best;
  }
}
