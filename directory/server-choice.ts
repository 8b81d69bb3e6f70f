import type { Ms } from '../src/machine.ts';

/** First wait before a server that failed is preferred again, and the longest one. */
const FIRST_AVOIDANCE_MS = 30_000;
const MAX_AVOIDANCE_MS = 600_000;

interface Standing {
  failures: number;
  /** It is tried last until then. */
  avoidedUntil: Ms;
  excluded: boolean;
}

/**
 * Which of the servers of one directory to try next. They are preferred in the order in which they were named; one that
 * failed comes last for half a minute, for ever longer when it keeps failing, up to ten minutes. Pure.
 */
export class ServerChoice {
  readonly #standings: readonly Standing[];

  /** @param count servers, numbered from 0 in the order of preference */
  constructor(count: number) {
    this.#standings = Array.from({ length: count }, () => ({
      failures: 0,
      avoidedUntil: Number.NEGATIVE_INFINITY,
      excluded: false,
    }));
  }

  /** How many servers there are to choose from. */
  get size(): number {
    return this.#standings.filter(({ excluded }) => !excluded).length;
  }

  /** All servers, the one to try first in front. Those that failed lately are tried too when nothing else is left. */
  order(now: Ms): number[] {
    const wait = (index: number): Ms => Math.max(0, (this.#standings[index]?.avoidedUntil ?? now) - now);
    return this.#standings
      .map((_, index) => index)
      .filter((index) => this.#standings[index]?.excluded === false)
      .sort((a, b) => wait(a) - wait(b) || a - b);
  }

  /** A server that is preferred to `current` and due for another attempt. */
  better(current: number, now: Ms): number | undefined {
    const [first] = this.order(now);
    if (first === undefined || first >= current) return undefined;
    return (this.#standings[first]?.avoidedUntil ?? now) <= now ? first : undefined;
  }

  failed(index: number, now: Ms): void {
    const standing = this.#standings[index];
    if (standing === undefined) return;
    const wait = Math.min(MAX_AVOIDANCE_MS, FIRST_AVOIDANCE_MS * 2 ** standing.failures);
    standing.failures++;
    standing.avoidedUntil = now + wait;
  }

  worked(index: number): void {
    const standing = this.#standings[index];
    if (standing === undefined) return;
    standing.failures = 0;
    standing.avoidedUntil = Number.NEGATIVE_INFINITY;
  }

  /** It is never tried again. */
  exclude(index: number): void {
    const standing = this.#standings[index];
    if (standing !== undefined) standing.excluded = true;
  }
}
