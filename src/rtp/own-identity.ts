import type { Ms, TransportAddress } from '../machine.ts';
import { addressKey } from './source-record.ts';

/** Addresses in conflict with us that are remembered. */
const MAX_CONFLICTS = 64;
const MAX_OWN_ADDRESSES = 64;

/**
 * What it means that our SSRC came in: `own` is our packet looped back by the network; `collision` someone who chose
 * the same number; `loop` our packets relayed by somebody, told first as `newLoop`.
 */
export type OwnSsrcVerdict = 'own' | 'collision' | 'loop' | 'newLoop';

/** Tells our own packets from collisions and loops, by where they come from (RFC 3550 §8.2). */
export class OwnIdentity {
  readonly #addresses = new Set<string>();
  readonly #relays = new Set<string>();
  readonly #conflicts = new Map<string, { last: Ms; told: boolean }>();

  addAddress(address: TransportAddress): void {
    if (this.#addresses.size < MAX_OWN_ADDRESSES) this.#addresses.add(addressKey(address));
  }

  /** Names an IP address that sends on what others report, ours too (RFC 5760 §6). */
  addRelay(address: string): void {
    if (this.#relays.size < MAX_OWN_ADDRESSES) this.#relays.add(withoutZone(address));
  }
  isRelay({ address }: TransportAddress): boolean {
    return this.#relays.size > 0 && this.#relays.has(withoutZone(address));
  }

  isOwnAddress(from: TransportAddress): boolean {
    return this.#addresses.has(addressKey(from));
  }

  /** Judges a packet with our SSRC. Each address is a collision once; after that it can only be a loop. */
  judge(from: TransportAddress, now: Ms): OwnSsrcVerdict {
    const key = addressKey(from);
    if (this.#addresses.has(key)) return 'own';
    const conflict = this.#conflicts.get(key);
    if (conflict === undefined) {
      // With a full list a stranger could make us change our SSRC for ever; better not to change it any more.
      if (this.#conflicts.size >= MAX_CONFLICTS) return 'loop';
      this.#conflicts.set(key, { last: now, told: false });
      return 'collision';
    }
    conflict.last = now;
    if (conflict.told) return 'loop';
    conflict.told = true;
    return 'newLoop';
  }

  /** Forgets conflicts not seen since `deadline` (RFC 3550 §8.2: about ten intervals). */
  expire(deadline: Ms): void {
    for (const [key, { last }] of this.#conflicts) if (last < deadline) this.#conflicts.delete(key);
  }
}

function withoutZone(address: string): string {
  const percent = address.indexOf('%');
  return percent < 0 ? address : address.slice(0, percent);
}
