import { InvalidValueError, StateError } from '../src/errors.ts';
import {
  ntpSecondsToUnixMs,
  type RepeatTime,
  Schedule,
  unixMsToNtpSeconds,
  type ZoneAdjustment,
  zoneAdjustments,
} from '../src/sdp/index.ts';
import type { Conference } from './conference.ts';
import { TimeZone } from './time-zone.ts';

/** How far ahead clock changes are written for a series without end: laws about them change sooner. */
const HORIZON_SECONDS = 10 * 366 * 86_400;

export interface RepeatInit {
  /** Of the first occurrence. */
  readonly start: Date;
  /** Of each occurrence, in seconds; no longer than the interval. */
  readonly durationSeconds: number;
  /** From one series of occurrences to the next, in seconds. */
  readonly intervalSeconds: number;
  /** Where occurrences start, counted from the start; the first is 0. Default [0]. */
  readonly offsetsSeconds?: readonly number[];
  /** No occurrence begins here or later; null for a series without end. */
  readonly until: Date | null;
  /** Zone in which the series keeps its time of day, such as `Europe/Berlin`; default that of this process. */
  readonly zone?: string;
}

/**
 * Makes a conference repeat (`t=`, `r=`, and `z=` where the zone changes its clocks meanwhile). A series of whole days
 * keeps its time of day in the zone; for a series without end the changes of the next ten years are written.
 *
 * @throws {InvalidValueError} when the numbers make no series, or there is no such zone
 * @throws {StateError} when the conference has no session description, or several times
 */
export function setRepeat(conference: Conference, init: RepeatInit): void {
  const { sdp } = conference;
  const { start, until, durationSeconds, intervalSeconds, offsetsSeconds = [0] } = init;
  if (sdp === undefined) throw new StateError(`"${conference.name}" has no session description to repeat`);
  if (sdp.times.length > 1) {
    throw new StateError(`"${conference.name}" has ${sdp.times.length} times; edit sdp.times instead`);
  }
  if (until !== null && until <= start) {
    throw new InvalidValueError('The series ends before its first occurrence begins');
  }
  const repeat: RepeatTime = { intervalSeconds, durationSeconds, offsetsSeconds };
  checkSeries(repeat);
  const zone = new TimeZone(init.zone);
  const first = unixMsToNtpSeconds(start.getTime());
  const end = until === null ? first + HORIZON_SECONDS : unixMsToNtpSeconds(until.getTime());
  const zones = zoneAdjustments({ start: first, until: end, repeats: [repeat] }, (ntpSeconds) =>
    zone.offsetSecondsAt(ntpSecondsToUnixMs(ntpSeconds)),
  );
  const time = sdp.times.length === 0 ? sdp.times.add() : sdp.times.at(0);
  time.zones = [];
  time.set(first, until === null ? 0 : endOfLast(first, end, repeat, zones));
  time.repeats = [repeat];
  time.zones = zones;
}

/**
 * Makes a conference take place once, at its first occurrence.
 *
 * @throws {StateError} when the conference has no session description, or several times
 */
export function clearRepeat(conference: Conference): void {
  const { sdp } = conference;
  if (sdp === undefined || sdp.times.length !== 1) {
    throw new StateError(`"${conference.name}" has not one time that could stop to repeat`);
  }
  const time = sdp.times.at(0);
  const [repeat] = time.repeats;
  if (repeat === undefined) return;
  time.zones = [];
  time.repeats = [];
  const start = time.start + (repeat.offsetsSeconds[0] ?? 0);
  time.set(start, start + repeat.durationSeconds);
}

/** `until`, or the end of an occurrence that is under way then: a stop time would cut it off. */
function endOfLast(
  start: number,
  until: number,
  repeat: RepeatTime,
  zones: readonly ZoneAdjustment[],
): number {
  const endless = new Schedule([{ start, stop: 0, repeats: [repeat], zones }]);
  const [running] = endless.occurrences(until).take(1).toArray();
  if (running === undefined || running.start >= until) return until;
  return running.stop ?? until;
}

function checkSeries({ intervalSeconds, durationSeconds, offsetsSeconds }: RepeatTime): void {
  const whole = [intervalSeconds, durationSeconds, ...offsetsSeconds].every(Number.isSafeInteger);
  if (!whole || intervalSeconds <= 0 || durationSeconds <= 0 || offsetsSeconds.some((it) => it < 0)) {
    throw new InvalidValueError('Interval, duration and offsets of a series are whole seconds above 0');
  }
  const sorted = offsetsSeconds.toSorted((a, b) => a - b);
  const starts = [...sorted, (sorted[0] ?? 0) + intervalSeconds];
  if (starts.some((at, i) => i > 0 && at - (starts[i - 1] ?? 0) < durationSeconds)) {
    throw new InvalidValueError('Each occurrence must be over before the next one begins');
  }
}
