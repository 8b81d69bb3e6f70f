import type { Ms, TransportAddress } from '../../src/machine.ts';

/** Sources that are told apart. */
const MAX_SOURCES = 4096;
/** A source that has not been heard for so long may come from elsewhere. */
const FORGET_MS: Ms = 10_000;
/** With a full table, how often those that have fallen silent are looked for: a flood of new ones must not cost more. */
const SWEEP_MS: Ms = 1000;

interface Seen {
  address: string;
  port: number;
  at: Ms;
}

/** `round`: it comes by another way than before, so that it has been here. `tooMany`: there is no room to know it again. */
export type Origin = 'first' | 'round' | 'tooMany';

/** Which address each source of one RTP session sends from, to tell what comes round (RFC 3550 §8.2). */
export class Origins {
  readonly #known = new Map<number, Seen>();
  #nextSweep: Ms = 0;

  /** @param at when it came, on a clock that never goes back */
  judge(ssrc: number, { address, port }: TransportAddress, at: Ms): Origin {
    const seen = this.#known.get(ssrc);
    if (seen === undefined) {
      if (this.#known.size >= MAX_SOURCES && !this.#makeRoom(at)) return 'tooMany';
      this.#known.set(ssrc, { address, port, at });
      return 'first';
    }
    if ((seen.port !== port || seen.address !== address) && at - seen.at < FORGET_MS) return 'round';
    seen.address = address;
    seen.port = port;
    seen.at = at;
    return 'first';
  }

  #makeRoom(now: Ms): boolean {
    if (now < this.#nextSweep) return false;
    this.#nextSweep = now + SWEEP_MS;
    for (const [ssrc, { at }] of this.#known) if (now - at >= FORGET_MS) this.#known.delete(ssrc);
    return this.#known.size < MAX_SOURCES;
  }
}
