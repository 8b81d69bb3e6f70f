import type { Ms } from '../machine.ts';

/** Clients that are kept count of at a time; of more, whoever was quiet longest is forgotten. */
const MOST_CLIENTS = 8192;

/** So many messages of one client in a second, and as many at once: nobody proves who he is (RFC 2730 §4). */
export class RateLimit {
  readonly #perSecond: number;
  readonly #clients = new Map<string, { left: number; at: Ms }>();

  /** @param perSecond Infinity for no limit */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** False: too many. */
  take(client: string, now: Ms): boolean {
    if (this.#perSecond === Infinity) return true;
    const known = this.#clients.get(client);
    const left =
      known === undefined
        ? this.#perSecond
        : Math.min(this.#perSecond, known.left + ((now - known.at) / 1000) * this.#perSecond);
    this.#clients.delete(client);
    this.#clients.set(client, { left: left < 1 ? left : left - 1, at: now });
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > MOST_CLIENTS && oldest !== undefined) this.#clients.delete(oldest);
    return left >= 1;
  }
}
