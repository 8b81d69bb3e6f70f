import type { Ms } from '../machine.ts';
import { hexOf } from './lease-identifier.ts';
import type { MadcapMessage } from './message.ts';

/** How long an answer is repeated: between the 60 and 300 s of RFC 2730 appendix B. */
const KEEP_MS: Ms = 120_000;
/** Answers kept in all, and for one client. */
const MOST = 20_000;
const MOST_OF_ONE = 512;

interface Cached {
  readonly response: Uint8Array;
  readonly client: string;
  readonly at: Ms;
}

/**
 * Answers that were given, by transaction id, message type and lease: a message that is sent again gets the same answer, and
 * nothing is done twice (RFC 2730 §2.1.4).
 */
export class ResponseCache {
  /** Oldest first. */
  readonly #cached = new Map<string, Cached>();
  /** Keys of each client's, oldest first. */
  readonly #byClient = new Map<string, Set<string>>();

  get size(): number {
    return this.#cached.size;
  }

  get(request: MadcapMessage, now: Ms): Uint8Array | undefined {
    const cached = this.#cached.get(keyOf(request));
    return cached !== undefined && now - cached.at < KEEP_MS ? cached.response : undefined;
  }

  add(request: MadcapMessage, response: Uint8Array, client: string, now: Ms): void {
    this.expire(now);
    const key = keyOf(request);
    this.#remove(key);
    const own = this.#byClient.get(client) ?? new Set();
    const [ownOldest] = own.size >= MOST_OF_ONE ? own : [];
    const [oldest] = this.#cached.size >= MOST ? this.#cached.keys() : [];
    const superfluous = ownOldest ?? oldest;
    if (superfluous !== undefined) this.#remove(superfluous);
    this.#cached.set(key, { response, client, at: now });
    this.#byClient.set(client, own.add(key));
  }

  clear(): void {
    this.#cached.clear();
    this.#byClient.clear();
  }

  expire(now: Ms): void {
    for (const [key, { at }] of this.#cached) {
      if (now - at < KEEP_MS) break;
      this.#remove(key);
    }
  }

  #remove(key: string): void {
    const cached = this.#cached.get(key);
    if (cached === undefined) return;
    this.#cached.delete(key);
    const own = this.#byClient.get(cached.client);
    own?.delete(key);
    if (own?.size === 0) this.#byClient.delete(cached.client);
  }
}

function keyOf({ xid, type, options }: MadcapMessage): string {
  return `${xid} ${type} ${hexOf(options.leaseIdentifier ?? new Uint8Array())}`;
}
