import type { Ms } from '../../src/machine.ts';
import type { MediumWatch } from './medium-watch.ts';

/** How one participant hears one sender, by its last report (RFC 3550 §6.4.1). */
export interface MatrixCell {
  readonly reporter: number;
  readonly reporterName: string | undefined;
  readonly about: number;
  readonly aboutName: string | undefined;
  /** Lost between its last two reports, 0 to 1. */
  readonly lossShare: number;
  readonly lost: number;
  readonly jitterMs: Ms | undefined;
  readonly ageMs: Ms;
}

/** At most so many: 64 senders heard by as many. */
const MAX_CELLS = 4096;

/** Who hears whom how well, from everybody's RTCP. */
export function receptionMatrix(medium: MediumWatch, now: Ms): MatrixCell[] {
  const { sources } = medium.session;
  const nameOf = (ssrc: number): string | undefined => {
    const source = sources.get(ssrc);
    return source?.sdes.name ?? source?.cname ?? source?.rtpAddress?.address;
  };
  const cells: MatrixCell[] = [];
  for (const source of sources.values()) {
    for (const { about, block, at } of source.reports.values()) {
      if (cells.length >= MAX_CELLS) return cells;
      const rate = sources.get(about)?.clockRate;
      cells.push({
        reporter: source.ssrc,
        reporterName: nameOf(source.ssrc),
        about,
        aboutName: nameOf(about),
        lossShare: block.fractionLost / 256,
        lost: block.cumulativeLost,
        jitterMs: rate === undefined ? undefined : (block.jitter * 1000) / rate,
        ageMs: now - at,
      });
    }
  }
  return cells;
}
