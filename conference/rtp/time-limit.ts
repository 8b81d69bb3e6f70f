import type { Ms } from '../../src/machine.ts';
import type { Clock } from '../../src/net/index.ts';

/** Resolves after so many milliseconds, unless it is disposed of before. */
export function timeLimit(clock: Clock, ms: Ms): Disposable & { readonly over: Promise<void> } {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = clock.timer(resolve);
  timer.set(clock.now() + ms);
  return { over, [Symbol.dispose]: () => timer.set(undefined) };
}
