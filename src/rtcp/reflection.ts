import type { Ms } from '../machine.ts';

export interface ReflectionLimits {
  /** Bits per second that all receivers together may use for RTCP; their share of the session's 5 %. */
  readonly receiverBandwidth: number;
}

/** Receivers may report at the same moment, as when all join at once; these many bytes may come in a row. */
const BURST_BYTES = 16_384;
/** Joining members do not know of each other yet and report too often for a while (RFC 3550 §6.3.2). */
const OVERSHOOT = 4;
/** However little bandwidth there is, a small conference must work. */
const LEAST_BITS: number = 16_000;
/** One receiver reports at most every so often on the average, and so often in a row. */
const EACH_MS: Ms = 500;
const EACH_BURST = 4;
/** Receivers that are told apart. */
const MAX_RECEIVERS = 4096;
/** Share of the bandwidth for those who have not been heard before: a flood of invented ones leaves the others theirs. */
const NEWCOMER_SHARE = 0.25;

/**
 * How much of what receivers report is sent on to the group. Reflection turns one datagram into one for each member, so
 * whoever can send to the feedback target could flood them all: each receiver, newcomers together, and all together have
 * a rate that honest ones stay far below (RFC 5760 §11.3).
 */
export class ReflectionLimiter {
  readonly #members: Bucket;
  readonly #newcomers: Bucket;
  readonly #each = new Map<number, Bucket>();

  constructor({ receiverBandwidth }: ReflectionLimits, now: Ms) {
    const bytesPerMs = Math.max(LEAST_BITS, receiverBandwidth * OVERSHOOT) / 8000;
    this.#members = new Bucket(BURST_BYTES * (1 - NEWCOMER_SHARE), bytesPerMs * (1 - NEWCOMER_SHARE), now);
    this.#newcomers = new Bucket(BURST_BYTES * NEWCOMER_SHARE, bytesPerMs * NEWCOMER_SHARE, now);
  }

  /**
   * Whether a report may be sent on now; if so, it counts.
   *
   * @param known it comes from somebody who has reported before
   * @param bytes of UDP payload and headers
   */
  allow(ssrc: number, known: boolean, bytes: number, now: Ms): boolean {
    let own = this.#each.get(ssrc);
    if (own === undefined) own = new Bucket(EACH_BURST, 1 / EACH_MS, now);
    else this.#each.delete(ssrc); // those who report last are remembered longest
    this.#each.set(ssrc, own);
    if (this.#each.size > MAX_RECEIVERS) {
      const [oldest] = this.#each.keys();
      if (oldest !== undefined) this.#each.delete(oldest);
    }
    const shared = known ? this.#members : this.#newcomers;
    if (!own.has(1, now) || !shared.has(bytes, now)) return false;
    own.take(1);
    shared.take(bytes);
    return true;
  }
}

/** A token bucket: full at first, filled at a steady rate. */
class Bucket {
  readonly #size: number;
  readonly #perMs: number;
  #tokens: number;
  #at: Ms;

  constructor(size: number, perMs: number, now: Ms) {
    this.#size = size;
    this.#perMs = perMs;
    this.#tokens = size;
    this.#at = now;
  }

  has(tokens: number, now: Ms): boolean {
    this.#tokens = Math.min(this.#size, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#tokens >= tokens;
  }

  take(tokens: number): void {
    this.#tokens -= tokens;
  }
}
