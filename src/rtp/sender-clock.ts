import type { Ms } from '../machine.ts';
import { timestampDelta } from './sequence.ts';

/** What a source's sender reports tell of its clocks; a value of its own, it does not change. */
export interface SenderClockFigures {
  /** Reports that this goes by, since the source or a clock began anew. */
  readonly reports: number;
  /**
   * What the sender's wall clock is ahead of ours, ms; behind below 0. It is too little by what the fastest of the reports was
   * under way, and by a half of the round trip less where that is known.
   */
  readonly offsetMs: number;
  /** Half the round trip that {@link offsetMs} allows for, and may be wrong by; undefined while it is not known. */
  readonly halfRoundTripMs: number | undefined;
  /** How much faster than ours the sender's wall clock runs, parts in a million; undefined before it can be told. */
  readonly driftPpm: number | undefined;
  /** How much faster the RTP clock runs than its rate says, by the sender's wall clock; likewise. */
  readonly mediaDriftPpm: number | undefined;
}

interface Report {
  /** The sender's wall clock. */
  readonly sent: number;
  /** Ticks of the RTP clock, without wraps. */
  readonly ticks: number;
  /** Our clocks when it came. */
  readonly at: Ms;
  readonly wall: number;
}

/** Reports that the rates are reckoned from: five minutes of the longest usual intervals. */
const KEPT = 32;
/** Fewer reports in less time tell nothing of rates. */
const LEAST_SPAN: Ms = 30_000;
const LEAST_REPORTS = 5;
/** A rate that may be wrong by more, going by how far reports are off the line, is not told. */
const MAX_ERROR_PPM = 10;
/** Clocks that differ by more are not clocks. */
const MAX_PPM = 1000;
/** By more than this only a clock that was set moves against another, or a source that began anew. */
const STEP: Ms = 500;

/**
 * How the RTP timestamps, the wall clock and our clocks of one source go together, by its sender reports (RFC 3550 §6.4.1).
 * A clock that is set, and a source that begins anew, are noticed: what was known before is forgotten then.
 */
export class SenderClock {
  #reports: readonly Report[] = [];

  /**
   * Takes a report.
   *
   * @param sent      wall clock that it states, ms since 1970
   * @param clockRate Hz of the RTP clock; undefined while it is not known: then only wall clocks are compared
   * @param at        when it came, by our monotonic clock; `wall` the same by our wall clock
   */
  take(sent: number, rtpTimestamp: number, clockRate: number | undefined, at: Ms, wall: number): void {
    const last = this.#reports.at(-1);
    let ticks = rtpTimestamp;
    if (last !== undefined) {
      const moved = timestampDelta(last.ticks >>> 0, rtpTimestamp);
      ticks = last.ticks + moved;
      const [sentFor, cameFor, wallFor] = [sent - last.sent, at - last.at, wall - last.wall];
      // the shares of a drift that is allowed, and a report that was long under way
      const allowed = STEP + (cameFor * MAX_PPM) / 1e6;
      const mediaFor = clockRate === undefined ? sentFor : (moved * 1000) / clockRate;
      const stepped =
        Math.abs(sentFor - cameFor) > allowed ||
        Math.abs(wallFor - cameFor) > allowed ||
        Math.abs(mediaFor - sentFor) > allowed;
      if (stepped) {
        this.#reports = [];
        ticks = rtpTimestamp;
      } else if (sentFor <= 0) return; // a copy, or one that was overtaken
    }
    this.#reports = [...this.#reports.slice(1 - KEPT), { sent, ticks, at, wall }];
  }

  /** @param roundTripMs of the path, where it is known @returns undefined before a report has come */
  figures(clockRate: number | undefined, roundTripMs: number | undefined): SenderClockFigures | undefined {
    const reports = this.#reports;
    const [first, last] = [reports[0], reports.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const ready = reports.length >= LEAST_REPORTS && last.at - first.at >= LEAST_SPAN;
    const drift = ready
      ? slopePpm(
          reports,
          first,
          ({ at }) => at,
          ({ sent }) => sent,
        )
      : undefined;
    const media =
      ready && clockRate !== undefined
        ? slopePpm(
            reports,
            first,
            ({ sent }) => sent,
            ({ ticks }) => (ticks * 1000) / clockRate,
          )
        : undefined;
    // the report that was fastest, each brought to now by the drift
    const ahead = reports.map(({ sent, wall, at }) => sent - wall + ((last.at - at) * (drift ?? 0)) / 1e6);
    const half = roundTripMs === undefined ? undefined : roundTripMs / 2;
    return {
      reports: reports.length,
      offsetMs: Math.max(...ahead) + (half ?? 0),
      halfRoundTripMs: half,
      driftPpm: drift,
      mediaDriftPpm: media,
    };
  }

  /** The sender's wall clock at an RTP timestamp no more than half a turn from the last report's; undefined without one. */
  wallAt(rtpTimestamp: number, clockRate: number): number | undefined {
    const last = this.#reports.at(-1);
    if (last === undefined) return undefined;
    return last.sent + (timestampDelta(last.ticks >>> 0, rtpTimestamp) * 1000) / clockRate;
  }

  /**
   * How long packets are under way from the moment that the sender stamped on them, if its wall clock is the same as ours.
   *
   * @param transit arrival minus timestamp of a packet, ticks modulo 2^32, as `Reception.arrive` gives it
   * @returns milliseconds; below 0 when the clocks are not the same
   */
  delayMs(transit: number, clockRate: number): number | undefined {
    const last = this.#reports.at(-1);
    if (last === undefined) return undefined;
    // the transit of a packet that needs no time: stamped and here at the moment the report speaks of
    const stamped = last.at - (last.wall - last.sent);
    const none = ((stamped * clockRate) / 1000 - last.ticks) | 0;
    return (((transit - none) | 0) * 1000) / clockRate;
  }
}

/**
 * Slope of the line through the reports by least squares, less 1, in parts in a million; undefined when no
 * clock has it, and while it is not sure.
 */
function slopePpm(
  reports: readonly Report[],
  from: Report,
  x: (report: Report) => number,
  y: (report: Report) => number,
): number | undefined {
  let [sumX, sumD] = [0, 0];
  for (const report of reports) {
    const elapsed = x(report) - x(from);
    sumX += elapsed;
    sumD += y(report) - y(from) - elapsed;
  }
  const [meanX, meanD] = [sumX / reports.length, sumD / reports.length];
  let [xx, xd] = [0, 0];
  for (const report of reports) {
    const elapsed = x(report) - x(from);
    xx += (elapsed - meanX) ** 2;
    xd += (elapsed - meanX) * (y(report) - y(from) - elapsed - meanD);
  }
  const slope = xd / xx;
  let squares = 0;
  for (const report of reports) {
    const elapsed = x(report) - x(from);
    squares += (y(report) - y(from) - elapsed - meanD - slope * (elapsed - meanX)) ** 2;
  }
  const error = Math.sqrt(squares / (reports.length - 2) / xx);
  return Math.abs(slope) * 1e6 <= MAX_PPM && error * 1e6 <= MAX_ERROR_PPM ? slope * 1e6 : undefined;
}
