import type { Ms } from '../../src/machine.ts';

/** Below this nearly all listeners are dissatisfied (ITU-T G.107 Annex B, R 60). */
const POOR_MOS = 3.1;
/** Some listeners are content again: not the same as above, or it would go to and fro. */
const RESTORED_MOS = 3.6;
/** What lasts shorter is not told. */
const FOR_MS: Ms = 5000;

/** Notices when listening to a source becomes bad for long, and when it is good again. */
export class QualityAlarm {
  #poor = false;
  #since: Ms | undefined;

  /** Told, and not restored yet. */
  get poor(): boolean {
    return this.#poor;
  }

  /** @param mosLq undefined while nothing can be rated, which changes nothing @returns what is to be told now */
  look(mosLq: number | undefined, now: Ms): 'poor' | 'restored' | undefined {
    const otherwise = mosLq !== undefined && (this.#poor ? mosLq >= RESTORED_MOS : mosLq < POOR_MOS);
    if (!otherwise) {
      this.#since = undefined;
      return undefined;
    }
    this.#since ??= now;
    if (now - this.#since < FOR_MS) return undefined;
    this.#since = undefined;
    this.#poor = !this.#poor;
    return this.#poor ? 'poor' : 'restored';
  }
}
