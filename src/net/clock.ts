import type { Ms } from '../machine.ts';

/** One deadline at a time; setting it again replaces the old one, undefined clears it. */
export interface Timer {
  set(deadline: Ms | undefined): void;
}

/** Time as adapters see it; tests pass a fake one. */
export interface Clock {
  /** Monotonic milliseconds, with fractions; only differences count. */
  now(): Ms;
  /** Wall-clock milliseconds since 1970-01-01 UTC. */
  wall(): number;
  timer(onExpiry: () => void): Timer;
}

/** The real clock. A pending timer keeps the process alive; clear it. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  timer(onExpiry) {
    let handle: NodeJS.Timeout | undefined;
    return {
      set(deadline) {
        clearTimeout(handle);
        handle = undefined;
        if (deadline === undefined) return;
        // setTimeout takes at most 2^31 - 1 ms; a longer wait goes in steps.
        const wait = Math.max(0, deadline - performance.now());
        if (wait > 0x7fff_ffff) handle = setTimeout(() => this.set(deadline), 0x7fff_ffff);
        else handle = setTimeout(onExpiry, wait);
      },
    };
  },
};
