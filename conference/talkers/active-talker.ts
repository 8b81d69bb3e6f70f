import type { Ms } from '../../src/machine.ts';

/** Somebody who may have the floor. */
export interface Talker {
  readonly talking: boolean;
  readonly levelDbfs: number;
}

/** Time over which loudness is compared: a loud word does not take the floor. */
const MEMORY_MS: Ms = 1000;
/** Who is louder by this takes the floor from somebody who still talks. */
const LOUDER_DB = 6;
/** Nobody loses the floor to a louder one before having had it for this long. */
const DWELL_MS: Ms = 1500;
/** The least that is told apart from silence. */
const FLOOR_DBFS = -70;

/**
 * Who is *the* talker of a conference, of those whose level says that they talk (by {@link VoiceActivity}: after 40 ms
 * over the threshold, until 500 ms below it). The first to talk has the floor, and keeps it while talking; another who is
 * 6 dB louder on the average of a second takes it over, at the earliest after 1.5 s. When the talker falls silent, the
 * loudest of the others who talk is next. Told the time; holds no reference to who is no longer given.
 */
export class ActiveTalker<T extends Talker> {
  #current: T | undefined;
  #since: Ms = 0;
  #last: Ms | undefined;
  #loudness = new Map<T, number>();
  /** Of the look before; the two take turns. */
  #before = new Map<T, number>();

  get current(): T | undefined {
    return this.#current;
  }

  /** Looks at everybody; call it ten times a second. @returns whether {@link current} has changed */
  update(all: Iterable<T>, now: Ms): boolean {
    const share = this.#last === undefined ? 1 : Math.min(1, (now - this.#last) / MEMORY_MS);
    this.#last = now;
    const before = this.#loudness;
    let loudest: T | undefined;
    this.#loudness = this.#before;
    this.#before = before;
    this.#loudness.clear();
    for (const it of all) {
      if (!it.talking) continue;
      const level = Math.max(FLOOR_DBFS, it.levelDbfs);
      const was = before.get(it) ?? FLOOR_DBFS;
      const loudness = was + (level - was) * share;
      this.#loudness.set(it, loudness);
      if (loudest === undefined || loudness > this.#loudnessOf(loudest)) loudest = it;
    }
    const next = this.#next(loudest, now);
    if (next === this.#current) return false;
    this.#current = next;
    this.#since = now;
    return true;
  }

  #next(loudest: T | undefined, now: Ms): T | undefined {
    const current = this.#current;
    if (current === undefined || !this.#loudness.has(current)) return loudest;
    if (loudest === undefined || loudest === current || now - this.#since < DWELL_MS) return current;
    return this.#loudnessOf(loudest) >= this.#loudnessOf(current) + LOUDER_DB ? loudest : current;
  }

  #loudnessOf(it: T): number {
    return this.#loudness.get(it) ?? FLOOR_DBFS;
  }
}
