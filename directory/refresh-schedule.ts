import type { Ms, RandomSource } from '../src/machine.ts';

/** A refresh that is due. */
export interface DueRefresh {
  readonly key: string;
  readonly ttlSeconds: number;
}

interface Entry {
  readonly key: string;
  ttlSeconds: number;
  due: Ms;
  /** Sent, and the outcome not heard of. */
  pending: boolean;
  failures: number;
}

/** Longest wait between attempts while refreshing fails. */
const MAX_RETRY_MS = 60_000;
const FIRST_RETRY_MS = 1_000;

/**
 * When to refresh which entry: after half of its time to live, or 60 s before the end if that is earlier, so that
 * there is time for more attempts. The first retry after a failure follows at once (RFC 2589 §6.1: a lost answer), the
 * next ones ever later, up to a minute apart.
 */
export class RefreshSchedule {
  readonly #random: RandomSource;
  readonly #entries = new Map<string, Entry>();
  readonly #outbox: DueRefresh[] = [];

  constructor(random: RandomSource) {
    this.#random = random;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Keeps an entry alive from now on that was just given `ttlSeconds`. */
  add(key: string, ttlSeconds: number, now: Ms): void {
    const due = now + refreshDelayMs(ttlSeconds);
    this.#entries.set(key, { key, ttlSeconds, due, pending: false, failures: 0 });
  }

  remove(key: string): void {
    this.#entries.delete(key);
  }

  /** The server granted `ttlSeconds` more. */
  granted(key: string, ttlSeconds: number, now: Ms): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.ttlSeconds = ttlSeconds;
    entry.due = now + refreshDelayMs(ttlSeconds);
    entry.pending = false;
    entry.failures = 0;
  }

  /** It failed; gives the milliseconds until the next attempt, or undefined when the entry is not ours any more. */
  failed(key: string, now: Ms): Ms | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const wait =
      entry.failures === 0
        ? 0
        : Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (entry.failures - 1)) * (0.5 + this.#random() / 2);
    entry.failures++;
    entry.pending = false;
    entry.due = now + wait;
    return wait;
  }

  /** Nobody knows how long it was since the last grant: everything is due. */
  hurry(now: Ms): void {
    for (const entry of this.#entries.values()) entry.due = Math.min(entry.due, now);
  }

  handleTimeout(now: Ms): void {
    for (const entry of this.#entries.values()) {
      if (entry.pending || entry.due > now) continue;
      entry.pending = true;
      this.#outbox.push({ key: entry.key, ttlSeconds: entry.ttlSeconds });
    }
  }

  /** The next refresh to send. Tell {@link granted} or {@link failed} how it went. */
  pollTransmit(): DueRefresh | undefined {
    for (let next = this.#outbox.shift(); next !== undefined; next = this.#outbox.shift()) {
      if (this.#entries.has(next.key)) return next;
    }
    return undefined;
  }

  pollTimeout(): Ms | undefined {
    let due: Ms | undefined;
    for (const entry of this.#entries.values()) {
      if (!entry.pending && (due === undefined || entry.due < due)) due = entry.due;
    }
    return due;
  }
}

/** Milliseconds from a grant to the next refresh: min(TTL/2, TTL - 60 s), and never at once. */
export function refreshDelayMs(ttlSeconds: number): Ms {
  const half = ttlSeconds / 2;
  const early = ttlSeconds - 60;
  return Math.max(0.5, early > 0 ? Math.min(half, early) : half) * 1000;
}
