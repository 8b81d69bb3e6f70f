import type { TimeZone } from '../../directory/index.ts';
import { momentAt, ntpSecondsToUnixMs, unixMsToNtpSeconds } from '../../src/sdp/index.ts';
import { parseTime } from './time.ts';

/** What names a moment whatever the zone: an offset behind it, or a span from now. */
const ABSOLUTE = /(\d(z|[+-]\d{2}:?\d{2})|^now|^\+.*|^in\s.*)$/i;

/**
 * As `parseTime`, but what says no zone is the time at another place.
 *
 * @throws {UsageError} when the text is no moment
 */
export function parseTimeIn(zone: TimeZone | undefined, text: string, now: Date, from: Date = now): Date {
  if (zone === undefined || ABSOLUTE.test(text.trim())) return parseTime(text, now, from);
  return there(zone, parseTime(text, shownHere(zone, now), shownHere(zone, from)));
}

/** The moment at which clocks here show what they show there now. */
function shownHere(zone: TimeZone, moment: Date): Date {
  const shown = new Date(moment.getTime() + zone.offsetSecondsAt(moment.getTime()) * 1000);
  const [year, month, day] = [shown.getUTCFullYear(), shown.getUTCMonth(), shown.getUTCDate()];
  const [hour, minute, second] = [shown.getUTCHours(), shown.getUTCMinutes(), shown.getUTCSeconds()];
  return new Date(year, month, day, hour, minute, second);
}

/** The moment at which clocks there show what they show here then. */
function there(zone: TimeZone, here: Date): Date {
  const [year, month, day] = [here.getFullYear(), here.getMonth(), here.getDate()];
  const shown = Date.UTC(year, month, day, here.getHours(), here.getMinutes(), here.getSeconds());
  return atClock(zone, shown);
}

/** The same time of day, a day later there. */
export function dayAfter(zone: TimeZone, moment: Date): Date {
  const ms = moment.getTime();
  return atClock(zone, ms + zone.offsetSecondsAt(ms) * 1000 + 86_400_000);
}

/** The moment at which clocks there show something, given as if it were UTC in milliseconds since 1970. */
export function atClock(zone: TimeZone, shownMs: number): Date {
  const moment = momentAt(unixMsToNtpSeconds(shownMs), (ntpSeconds) =>
    zone.offsetSecondsAt(ntpSecondsToUnixMs(ntpSeconds)),
  );
  return new Date(ntpSecondsToUnixMs(moment));
}
