import { RendezvousError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import { type Clock, type observeDscp } from '../../src/net/index.ts';
import type { MediumWatch } from './medium-watch.ts';

/** So many groups are looked at beside each other, each for so long or for so many packets. */
const AT_ONCE = 4;
const LOOK_MS: Ms = 300;
const ENOUGH = 5;
/** From one round to the next, so that few groups are not looked at without an end. */
const ROUND_MS: Ms = 10_000;
/** Who has just appeared is looked at sooner. */
const PAUSE_MS: Ms = 1000;

/**
 * Looks at DSCP and TTL of what arrives, one group after the other: each time another socket joins for a moment, since
 * `node:dgram` does not tell them. The network sees nothing of it, this host being a member already.
 */
export class MarkRounds implements Disposable {
  readonly #observe: typeof observeDscp;
  readonly #clock: Clock;
  readonly #media: () => readonly MediumWatch[];
  readonly #ended = new AbortController();
  /** Why marks cannot be seen here. */
  unavailable: string | undefined;

  /** @param media asked for at each round; those of source-specific groups are left out, which such a join would open */
  constructor(observe: typeof observeDscp, clock: Clock, media: () => readonly MediumWatch[]) {
    this.#observe = observe;
    this.#clock = clock;
    this.#media = media;
  }

  /** Goes on until disposed of, or until it turns out that it cannot be done here. */
  async run(): Promise<void> {
    const { signal } = this.#ended;
    let nextRound = -Infinity;
    while (!signal.aborted && this.unavailable === undefined) {
      const now = this.#clock.now();
      const media = this.#media().filter((it) => it.expected.joinSources.length === 0);
      const waiting = now >= nextRound ? media : media.filter((it) => hasNewSender(it, now));
      if (now >= nextRound && waiting.length > 0) nextRound = now + ROUND_MS;
      const worker = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await this.#look(next);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      await this.#pause();
    }
  }

  async #look(medium: MediumWatch): Promise<void> {
    const { signal } = this.#ended;
    const { group, port } = medium.expected;
    for (const name of medium.facts?.interfaces ?? []) {
      if (signal.aborted || this.unavailable !== undefined) return;
      try {
        const clock = this.#clock;
        const asked = { group, port, interface: name, durationMs: LOOK_MS, enough: ENOUGH, signal, clock };
        const { observations, unavailable } = await this.#observe(asked);
        this.unavailable = unavailable;
        const now = clock.now();
        for (const { address, port: from, dscp, ttl } of observations)
          medium.mark(address, from, { dscp, ttl }, now);
      } catch (error) {
        // The interface has just gone, or there is no descriptor left: the socket of the medium tells of both.
        if (!(error instanceof RendezvousError)) throw error;
      }
    }
  }

  #pause(): Promise<void> {
    const { signal } = this.#ended;
    return new Promise((resolve) => {
      const timer = this.#clock.timer(resolve);
      timer.set(this.#clock.now() + PAUSE_MS);
      signal.addEventListener('abort', () => {
        timer.set(undefined);
        resolve();
      });
    });
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
  }
}

function hasNewSender({ meters }: MediumWatch, now: Ms): boolean {
  return [...meters.values()].some((it) => it.marks === undefined && now - it.source.firstHeard < ROUND_MS);
}
