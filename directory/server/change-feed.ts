import type { Clock, Timer } from '../../src/net/clock.ts';
import type { ChangeLog } from './change-log.ts';

/** Milliseconds after which a change by another process, or the end of an entry's time, is noticed at the latest. */
const LOOK_MS = 200;

/**
 * Wakes those who follow the log of changes: at once after a change by this process, soon after one by another. As long
 * as somebody follows, entries are removed as soon as their time is over, since that is a change like any other.
 */
export class ChangeFeed {
  readonly #changes: ChangeLog;
  readonly #clock: Clock;
  readonly #expire: () => void;
  readonly #timer: Timer;
  readonly #followers = new Set<() => void>();
  #unsubscribe: (() => void) | undefined;
  #seen = 0;

  /** @param expire removes what has ended; must not throw */
  constructor(changes: ChangeLog, clock: Clock, expire: () => void) {
    this.#changes = changes;
    this.#clock = clock;
    this.#expire = expire;
    this.#timer = clock.timer(() => this.#look());
  }

  /** Those who follow. */
  get followers(): number {
    return this.#followers.size;
  }

  /** @param wake called when there may be something new; it must not do much. @returns ends it */
  follow(wake: () => void): () => void {
    this.#followers.add(wake);
    if (this.#unsubscribe === undefined) {
      this.#unsubscribe = this.#changes.subscribe(() => this.#wakeAll());
      this.#look();
    }
    return () => {
      this.#followers.delete(wake);
      if (this.#followers.size === 0) this.close();
    };
  }

  close(): void {
    this.#followers.clear();
    this.#timer.set(undefined);
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #look(): void {
    try {
      this.#expire();
      const version = this.#changes.foreignVersion;
      if (version !== this.#seen) this.#wakeAll();
      this.#seen = version;
    } catch {
      this.#wakeAll(); // the store fails: whoever reads on is told why
    }
    this.#timer.set(this.#clock.now() + LOOK_MS);
  }

  #wakeAll(): void {
    for (const wake of this.#followers) wake();
  }
}
