import type { Ms } from '../machine.ts';
import { OFFER_HOLD_MS } from './constants.ts';
import { type GrantedLease, MemoryLeaseStore } from './lease-store.ts';

/** Offers kept in all. */
const MOST = 10_000;

/** Addresses that were offered and are kept for a minute, until the client says whose offer it takes (RFC 2730 §2.2.3). */
export class HeldOffers {
  readonly leases = new MemoryLeaseStore();
  /** When each ends, first to end first. */
  readonly #ends = new Map<string, Ms>();

  get isFull(): boolean {
    return this.leases.size >= MOST;
  }
  /** When the next ends. */
  get nextEnd(): Ms | undefined {
    const [first] = this.#ends.values();
    return first;
  }

  hold(offer: GrantedLease, now: Ms): void {
    this.free(offer.id);
    this.leases.set(offer);
    this.#ends.set(offer.id, now + OFFER_HOLD_MS);
  }

  free(id: string): void {
    this.leases.delete(id);
    this.#ends.delete(id);
  }

  clear(): void {
    for (const id of this.#ends.keys()) this.free(id);
  }

  expire(now: Ms): void {
    for (const [id, end] of this.#ends) {
      if (end > now) break;
      this.free(id);
    }
  }
}
