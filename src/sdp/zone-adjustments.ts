import type { RepeatTime, ZoneAdjustment } from './repeat.ts';
import { MAX_REPEAT_ITEMS } from './repeat.ts';

const DAY = 86_400;
/** Most occurrences looked at; further ones keep the adjustment of the last. */
const MAX_OCCURRENCES = 50_000;

/** How far the clocks of a zone are ahead of UTC at a moment; both in seconds, the moment since 1900. */
export type UtcOffsetAt = (ntpSeconds: number) => number;

export interface RepeatingSeries {
  /** Start of `t=`, in seconds since 1900. */
  readonly start: number;
  /** Adjustments are made for occurrences before this; in seconds since 1900. */
  readonly until: number;
  readonly repeats: readonly RepeatTime[];
}

/**
 * The `z=` adjustments with which a series keeps its time of day where the clocks of its zone are changed: each is the
 * difference to the series as it began, in force from the change on (RFC 8866 §5.11). A time of day that a change skips
 * is taken as if the clocks had not changed yet, and of one that comes twice the first counts (RFC 5545 §3.3.5). Series
 * whose interval is not whole days have no time of day to keep and get none.
 *
 * @param offsetAt the zone's clocks
 * @returns at most 256, the earliest first; [] when nothing is to be adjusted
 */
export function zoneAdjustments(series: RepeatingSeries, offsetAt: UtcOffsetAt): ZoneAdjustment[] {
  const first = offsetAt(series.start);
  const adjustments: ZoneAdjustment[] = [];
  let shift = 0;
  let before = series.start;
  for (const nominal of nominalStarts(series)) {
    const wanted = momentAt(nominal + first, offsetAt) - nominal;
    if (wanted !== shift) {
      if (adjustments.length >= MAX_REPEAT_ITEMS) return adjustments;
      adjustments.push({ time: changeBetween(before, nominal, offsetAt), offsetSeconds: wanted });
      shift = wanted;
    }
    before = nominal;
  }
  return adjustments;
}

/** Starts as the series has them without adjustments, in order. */
function nominalStarts({ start, until, repeats }: RepeatingSeries): number[] {
  const starts: number[] = [];
  for (const { intervalSeconds, offsetsSeconds } of repeats) {
    if (intervalSeconds % DAY !== 0) continue;
    const most = MAX_OCCURRENCES / (repeats.length * offsetsSeconds.length);
    for (const offset of offsetsSeconds) {
      for (let k = 0, at = start + offset; at < until && k < most; k++, at += intervalSeconds)
        starts.push(at);
    }
  }
  return starts.sort((a, b) => a - b);
}

/**
 * The moment at which the clocks of a zone show something.
 *
 * @param clockSeconds what they show, counted as if it were UTC; seconds since 1900, as the result is
 */
export function momentAt(clockSeconds: number, offsetAt: UtcOffsetAt): number {
  const before = offsetAt(clockSeconds - DAY);
  const after = offsetAt(clockSeconds + DAY);
  const early = clockSeconds - Math.max(before, after);
  const late = clockSeconds - Math.min(before, after);
  if (early + offsetAt(early) === clockSeconds) return early;
  if (late + offsetAt(late) === clockSeconds) return late;
  return clockSeconds - before; // skipped
}

/** When the clocks were changed between two moments; the later one when they were not. */
function changeBetween(from: number, to: number, offsetAt: UtcOffsetAt): number {
  const offset = offsetAt(to);
  if (offsetAt(from) === offset) return to;
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === offset) high = middle;
    else low = middle;
  }
  return high;
}
