import type { Ms } from '../src/machine.ts';

/** The wall clock is corrected by small steps all the time; those are no sleep. */
const TOLERANCE_MS = 5000;

/**
 * Notices that time passed without the monotonic clock: on some systems it stands still while the computer sleeps. All
 * that can be seen afterwards is that the wall clock ran ahead. A wall clock that was set forward by hand looks the same,
 * and one that was set back is none of our business. Pure.
 */
export class SleepWatch {
  #ahead: Ms | undefined;

  /**
   * @param now  monotonic milliseconds
   * @param wall wall-clock milliseconds
   * @returns whether the computer seems to have slept since the last call
   */
  slept(now: Ms, wall: Ms): boolean {
    const ahead = wall - now;
    const before = this.#ahead ?? ahead;
    this.#ahead = ahead;
    return ahead - before > TOLERANCE_MS;
  }
}
