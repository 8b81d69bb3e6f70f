import type { Ms } from '../../src/machine.ts';
import type { MatrixFinding, MediaType, ReceptionMatrix } from '../types/index.ts';

/** What has been away for this long is told again when it comes back. */
const AWAY_MS: Ms = 60_000;
/** Findings remembered. */
const MOST = 256;

interface Seen {
  readonly first: Ms;
  last: Ms;
  told: boolean;
}

export interface ReceptionNews {
  readonly mediaType: MediaType;
  readonly finding: MatrixFinding;
}

/** Says what the matrix finds when it finds it twice, and then no more until it was gone for a minute. */
export class ReceptionWatch {
  readonly #seen = new Map<string, Seen>();

  look(matrices: readonly ReceptionMatrix[], now: Ms): ReceptionNews[] {
    const news: ReceptionNews[] = [];
    for (const { medium, mediaType, findings } of matrices) {
      for (const finding of findings) {
        const key = `${medium} ${finding.code} ${finding.reporter} ${finding.source}`;
        const seen = this.#seen.get(key);
        if (seen === undefined) {
          if (this.#seen.size < MOST) this.#seen.set(key, { first: now, last: now, told: false });
        } else {
          seen.last = now;
          if (!seen.told) news.push({ mediaType, finding });
          seen.told = true;
        }
      }
    }
    for (const [key, { last }] of this.#seen) {
      if (now - last > AWAY_MS) this.#seen.delete(key);
    }
    return news;
  }
}
