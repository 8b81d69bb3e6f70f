import type { Clock } from '../../src/net/clock.ts';
import { systemClock } from '../../src/net/clock.ts';

/**
 * A clock by which everything that waits, waits so many times shorter. The time of day is the real one, as it is for
 * others who look at the same directory.
 */
export function fastClock(factor: number): Clock {
  const since = systemClock.now();
  return {
    now: () => since + (systemClock.now() - since) * factor,
    wall: () => systemClock.wall(),
    timer(onExpiry) {
      const timer = systemClock.timer(onExpiry);
      return {
        set: (due) => timer.set(due === undefined ? undefined : since + (due - since) / factor),
      };
    },
  };
}
