import type { MediaKey } from '../../src/sdp/index.ts';
import type { Ms } from '../../src/machine.ts';
import type { Clock } from '../../src/net/index.ts';

/** Between two looks for another key, half of it at random: half of what there is before it is used (`REKEY_AFTER_MS`). */
const EVERY_MS: Ms = 20_000;
/** Packets that no key opens make us look sooner, but not more often than this. */
const SOONEST_MS: Ms = 5000;

export interface KeyWatchOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Reads the keys that there are now; fails where the directory does not answer. */
  readonly read: () => Promise<readonly MediaKey[]>;
  readonly use: (keys: readonly MediaKey[]) => void;
}

/** Looks for other keys of an encrypted conference in the directory while one is in it. */
export class KeyWatch implements Disposable {
  readonly #options: KeyWatchOptions;
  readonly #timer: ReturnType<Clock['timer']>;
  #lastLook: Ms;
  #looking = false;
  #ended = false;

  constructor(options: KeyWatchOptions) {
    this.#options = options;
    this.#timer = options.clock.timer(() => void this.#look());
    this.#lastLook = options.clock.now();
    this.#timer.set(this.#next());
  }

  /** There may be another key: looks soon. */
  hurry(): void {
    const { clock } = this.#options;
    if (!this.#looking) this.#timer.set(Math.max(clock.now(), this.#lastLook + SOONEST_MS));
  }

  async #look(): Promise<void> {
    this.#looking = true;
    this.#lastLook = this.#options.clock.now();
    try {
      const keys = await this.#options.read();
      if (!this.#ended && keys.length > 0) this.#options.use(keys);
    } catch {
      // there will be another look; until then the keys that we have do
    } finally {
      this.#looking = false;
    }
    if (!this.#ended) this.#timer.set(this.#next());
  }

  #next(): Ms {
    return this.#options.clock.now() + EVERY_MS * (0.75 + this.#options.random() / 2);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#timer.set(undefined);
  }
}
