import { type Clock, systemClock } from '../../src/net/clock.ts';

/** The real clock, which a test may set forward. */
export class HastyClock implements Clock {
  #ahead = 0;
  readonly #nudges: (() => void)[] = [];
  now(): number {
    return systemClock.now() + this.#ahead;
  }
  wall(): number {
    return systemClock.wall() + this.#ahead;
  }
  timer(onExpiry: () => void): { set(deadline: number | undefined): void } {
    const timer = systemClock.timer(onExpiry);
    let due: number | undefined;
    const arm = (): void => timer.set(due === undefined ? undefined : due - this.#ahead);
    this.#nudges.push(arm);
    return {
      set(deadline) {
        due = deadline;
        arm();
      },
    };
  }
  forward(ms: number): void {
    this.#ahead += ms;
    for (const nudge of this.#nudges) nudge();
  }
}
