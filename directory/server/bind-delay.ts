import type { Ms } from '../../src/machine.ts';
import type { Clock, Timer } from '../../src/net/clock.ts';
import { OperationError } from './errors.ts';

/** Failures that cost nothing: people mistype. */
const FREE_FAILURES = 3;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
/** Longer than this nobody waits; a further attempt is refused. */
const LONGEST_QUEUE_MS = 30_000;
/** One failure is forgiven after each such time without another. */
const FORGIVEN_AFTER_MS = 60_000;

interface Offender {
  failures: number;
  last: Ms;
  /** When the next attempt may be made. */
  free: Ms;
}

/**
 * Slows down guessing: after some failed binds from one address each further attempt from there waits, twice as long
 * after each failure. Attempts on many connections at once queue up behind each other, so that they gain nothing.
 */
export class BindDelay {
  readonly #clock: Clock;
  readonly #maxAddresses: number;
  /** In the order of their last failure. */
  readonly #offenders = new Map<string, Offender>();
  readonly #waiting = new Set<{ readonly timer: Timer; readonly release: () => void }>();

  /** @param maxAddresses remembered; beyond it those that failed longest ago are forgotten */
  constructor(clock: Clock, maxAddresses = 10_000) {
    this.#clock = clock;
    this.#maxAddresses = maxAddresses;
  }

  /** Addresses whose failures are remembered and not forgiven yet. */
  get size(): number {
    this.#forgive();
    return this.#offenders.size;
  }
  /** Attempts that wait for their turn now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Waits until an attempt from `address` may be made.
   *
   * @throws {OperationError} busy when too many wait already
   */
  turn(address: string): Promise<void> {
    const now = this.#clock.now();
    const offender = this.#offenders.get(address);
    if (offender === undefined) return Promise.resolve();
    const delay = delayAfter(this.#failures(offender, now));
    if (delay === 0) return Promise.resolve();
    const start = Math.max(now, offender.free);
    const wait = start - now;
    if (wait > LONGEST_QUEUE_MS) {
      const seconds = Math.ceil(wait / 1000);
      const words = `too many failed binds came from your address: try again in ${seconds} s`;
      return Promise.reject(new OperationError('busy', words));
    }
    offender.free = start + delay;
    if (wait === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.timer(() => entry.release());
      const entry = {
        timer,
        release: (): void => {
          this.#waiting.delete(entry);
          timer.set(undefined);
          resolve();
        },
      };
      this.#waiting.add(entry);
      timer.set(start);
    });
  }

  failed(address: string): void {
    const now = this.#clock.now();
    const offender = this.#offenders.get(address) ?? { failures: 0, last: now, free: now };
    offender.failures = Math.min(30, this.#failures(offender, now) + 1);
    offender.last = now;
    offender.free = Math.max(offender.free, now + delayAfter(offender.failures));
    this.#offenders.delete(address);
    this.#offenders.set(address, offender);
    const [oldest] = this.#offenders.keys();
    if (this.#offenders.size > this.#maxAddresses && oldest !== undefined) this.#offenders.delete(oldest);
  }

  /** Lets all who wait go on, into whatever is left. */
  close(): void {
    for (const entry of this.#waiting) entry.release();
  }

  #forgive(): void {
    const now = this.#clock.now();
    for (const [address, offender] of this.#offenders) {
      if (this.#failures(offender, now) === 0) this.#offenders.delete(address);
    }
  }

  /** Failures that still count. */
  #failures({ failures, last }: Offender, now: Ms): number {
    return Math.max(0, failures - Math.floor((now - last) / FORGIVEN_AFTER_MS));
  }
}

function delayAfter(failures: number): Ms {
  if (failures < FREE_FAILURES) return 0;
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - FREE_FAILURES));
}
