import type { Ms } from '../../src/machine.ts';

/** How conferences make room for a more important one. */
export interface DuckingOptions {
  /** From the beginning of the important talk until the others are down; default 100 ms. */
  readonly attackMs?: Ms;
  /** The others stay down for this long after the last word; default 1500 ms. */
  readonly holdMs?: Ms;
  /** Until the others are back; default 800 ms. */
  readonly releaseMs?: Ms;
}

/** What ducking must know of one conference. */
export interface Duckable {
  /** The higher one goes before. */
  readonly priority: number;
  /** By how many dB it makes those of lower priority softer while somebody talks in it, above 0; Infinity silences them. */
  readonly ducksByDb: number;
  /** Somebody talks in it, and it can be heard. */
  readonly talking: boolean;
}

/** Softer than this is silence. */
const SILENT_DB = -60;

/** The gain of one conference over time as others duck it. In dB it moves in a straight line: that is how a fade sounds even. */
export class DuckGain {
  readonly #attackMs: Ms;
  readonly #releaseMs: Ms;
  #db = 0;
  #targetDb = 0;
  /** dB in each millisecond, above 0. */
  #slope = 0;

  constructor({ attackMs = 100, releaseMs = 800 }: DuckingOptions = {}) {
    this.#attackMs = attackMs;
    this.#releaseMs = releaseMs;
  }

  get targetDb(): number {
    return this.#targetDb;
  }
  /** As an amplitude, 0 to 1. */
  get gain(): number {
    return this.#db <= SILENT_DB ? 0 : 10 ** (this.#db / 20);
  }

  /** @param byDb how much softer it shall be, 0 for not at all */
  set(byDb: number): void {
    const target = Math.max(SILENT_DB, -byDb);
    if (target === this.#targetDb) return;
    const within = target < this.#db ? this.#attackMs : this.#releaseMs;
    this.#slope = Math.abs(target - this.#db) / Math.max(1, within);
    this.#targetDb = target;
  }

  advance(ms: Ms): void {
    const step = this.#slope * ms;
    const left = this.#targetDb - this.#db;
    this.#db = Math.abs(left) <= step ? this.#targetDb : this.#db + Math.sign(left) * step;
  }
}

/**
 * Who ducks whom. Whoever talks in a conference ducks all of lower priority, until nobody has talked there for the hold
 * time; the deepest wish counts.
 */
export class Ducking<T extends Duckable> {
  readonly #holdMs: Ms;
  #heldUntil = new Map<T, Ms>();

  constructor({ holdMs = 1500 }: DuckingOptions = {}) {
    this.#holdMs = holdMs;
  }

  /** Looks at all conferences; call it with each block. */
  update(all: Iterable<T>, now: Ms): void {
    for (const it of all) if (it.talking && it.ducksByDb > 0) this.#heldUntil.set(it, now + this.#holdMs);
    for (const [it, until] of this.#heldUntil) if (until <= now && !it.talking) this.#heldUntil.delete(it);
  }
  forget(it: T): void {
    this.#heldUntil.delete(it);
  }
  /** By how much this one is to be softer now. */
  depthFor({ priority }: Duckable): number {
    let depth = 0;
    for (const other of this.#heldUntil.keys()) {
      if (other.priority > priority && other.ducksByDb > depth) depth = other.ducksByDb;
    }
    return depth;
  }
  /** Those that duck now. */
  get ducking(): Iterable<T> {
    return this.#heldUntil.keys();
  }
}
