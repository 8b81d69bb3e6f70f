import type { RepeatTime, ZoneAdjustment } from './repeat.ts';
import type { TimeRange } from './time.ts';

/** One `t=` with its `r=` and `z=` lines; times in seconds since 1900. */
export interface ScheduleEntry extends TimeRange {
  readonly repeats: readonly RepeatTime[];
  readonly zones: readonly ZoneAdjustment[];
}

/** From `start` up to, not including, `stop`; undefined for no end. Seconds since 1900. */
export interface Occurrence {
  readonly start: number;
  readonly stop: number | undefined;
}

/** Most runs that are followed; a description with more is not meant for people, and the later ones are left out. */
const MAX_RUNS = 16_384;
/** Most occurrences chained while looking for the end of an activity without gaps. */
const MAX_CHAIN = 1_000;

/**
 * A run of occurrences at equal distance, all shifted by one zone adjustment: `first + k * step` for k in 0..last.
 * A `t=` without `r=` is a run of one.
 */
interface Run {
  readonly first: number;
  readonly step: number;
  readonly last: number;
  readonly duration: number;
  /** Nothing lasts beyond this. */
  readonly bound: number;
}

/** When a session takes place (RFC 8866 §5.9 - §5.11). All times in seconds since 1900; nothing here asks a clock. */
export class Schedule {
  readonly #runs: Run[] = [];

  /** Without any entry the session is permanent: nothing bounds it. */
  constructor(entries: readonly ScheduleEntry[]) {
    if (entries.length === 0) this.#runs.push(once(0, Number.POSITIVE_INFINITY));
    for (const { start, stop, repeats, zones } of entries) {
      const bound = stop === 0 ? Number.POSITIVE_INFINITY : stop;
      if (repeats.length === 0 && start < bound) this.#runs.push(once(start, bound));
      const segments = segmentsOf(zones);
      for (const { intervalSeconds: step, durationSeconds: duration, offsetsSeconds } of repeats) {
        for (const offset of offsetsSeconds) {
          for (const { from, to, shift } of segments) {
            if (this.#runs.length >= MAX_RUNS) return;
            const skipped = Math.max(0, Math.ceil((from - start - offset) / step));
            const nominal = start + offset + skipped * step;
            const end = Math.min(to, bound, bound - shift); // neither planned nor moved past the bound
            if (nominal >= end) continue;
            const last = Math.ceil((end - nominal) / step) - 1;
            this.#runs.push({ first: nominal + shift, step, last, duration, bound });
          }
        }
      }
    }
  }

  /** Whether the session takes place at that moment. */
  activeAt(ntpSeconds: number): boolean {
    return this.#latestStop(ntpSeconds) !== undefined;
  }

  /** The occurrences that end after `from`, by start; bounded by the caller, since a series may have no end. */
  *occurrences(from: number): Generator<Occurrence> {
    const heads = this.#runs.map((run) => ({ run, k: firstEndingAfter(run, from) }));
    for (;;) {
      let next: { run: Run; k: number } | undefined;
      for (const head of heads) {
        if (head.k > head.run.last) continue;
        if (next === undefined || startOf(head.run, head.k) < startOf(next.run, next.k)) next = head;
      }
      if (next === undefined) return;
      const start = startOf(next.run, next.k);
      const stop = stopOf(next.run, next.k++);
      if (stop > from) yield { start, stop: Number.isFinite(stop) ? stop : undefined };
    }
  }

  /**
   * The next moment after `ntpSeconds` at which {@link activeAt} changes, or undefined when it never does again.
   * Occurrences that touch or overlap are one activity.
   */
  nextChange(ntpSeconds: number): number | undefined {
    let stop = this.#latestStop(ntpSeconds);
    if (stop === undefined) {
      for (const run of this.#runs) {
        const k = run.first > ntpSeconds ? 0 : Math.floor((ntpSeconds - run.first) / run.step) + 1;
        if (k > run.last) continue;
        stop = Math.min(stop ?? Number.POSITIVE_INFINITY, startOf(run, k));
      }
      return stop;
    }
    for (let links = 0; links < MAX_CHAIN && Number.isFinite(stop); links++) {
      const later = this.#latestStop(stop);
      if (later === undefined) return stop;
      stop = later;
    }
    return undefined; // no end, or occurrences without a gap for as far as anybody plans
  }

  /** When the longest of the occurrences running at `at` stops; undefined when none runs. */
  #latestStop(at: number): number | undefined {
    let latest: number | undefined;
    for (const run of this.#runs) {
      if (at < run.first) continue;
      const k = Math.min(run.last, Math.floor((at - run.first) / run.step)); // the last one started
      const stop = stopOf(run, k);
      if (stop > at && (latest === undefined || stop > latest)) latest = stop;
    }
    return latest;
  }
}

function once(start: number, bound: number): Run {
  return { first: start, step: 1, last: 0, duration: Number.POSITIVE_INFINITY, bound };
}

function startOf({ first, step }: Run, k: number): number {
  return first + k * step;
}

function stopOf(run: Run, k: number): number {
  return Math.min(startOf(run, k) + run.duration, run.bound);
}

function firstEndingAfter(run: Run, from: number): number {
  if (run.duration === Number.POSITIVE_INFINITY) return run.bound > from ? 0 : 1;
  return Math.max(0, Math.floor((from - run.duration - run.first) / run.step) + 1);
}

/** Stretches of the original schedule with one zone offset each. */
function segmentsOf(zones: readonly ZoneAdjustment[]): { from: number; to: number; shift: number }[] {
  const sorted = [...zones].sort((a, b) => a.time - b.time);
  const out = [{ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, shift: 0 }];
  for (const { time, offsetSeconds } of sorted) {
    const last = out.at(-1);
    if (last !== undefined) last.to = time;
    out.push({ from: time, to: Number.POSITIVE_INFINITY, shift: offsetSeconds });
  }
  return out;
}
