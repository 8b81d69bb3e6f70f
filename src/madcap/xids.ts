import type { Ms, RandomSource } from '../machine.ts';
import { XID_REUSE_MS } from './constants.ts';

/** Transaction ids at random, none twice within ten minutes (RFC 2730 appendix B, XID-REUSE-INTERVAL). */
export class Xids {
  readonly #random: RandomSource;
  /** When each was given out, oldest first. */
  readonly #used = new Map<number, Ms>();

  constructor(random: RandomSource) {
    this.#random = random;
  }

  next(now: Ms): number {
    for (const [xid, at] of this.#used) {
      if (now - at < XID_REUSE_MS) break;
      this.#used.delete(xid);
    }
    let xid = Math.floor(this.#random() * 2 ** 32);
    while (this.#used.has(xid)) xid = (xid + 1) % 2 ** 32;
    this.#used.set(xid, now);
    return xid;
  }
}
