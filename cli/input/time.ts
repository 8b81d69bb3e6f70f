import { UsageError } from '../errors.ts';
import { parseDuration } from './duration.ts';

export const WEEKDAYS: readonly string[] = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
];
const ISO_DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[t ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(z|[+-]\d{2}:?\d{2})?)?$/;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/;
const DAY = /^([a-z]+)(?:\s+(?:at\s+)?(\S+))?$/;

/**
 * A moment as people write it: ISO 8601 (`2026-11-21T14:00`, with `Z` or an offset where it is not local time), `now`,
 * `+30m`, `14:00` (the next time it is), `today 14:00`, `tomorrow 14:00`, `friday 14:00`; a day alone is its midnight.
 *
 * @param now   what "today" and "now" mean
 * @param from  what `+30m` and a bare `14:00` count from, such as the start for a stop; default `now`
 * @throws {UsageError} when the text is no such moment, or no day that exists
 */
export function parseTime(text: string, now: Date, from: Date = now): Date {
  const trimmed = text.trim().toLowerCase();
  const found =
    relativeTime(trimmed, now, from) ?? isoTime(trimmed) ?? clockTime(trimmed, from) ?? dayTime(trimmed, now);
  if (found !== undefined && !Number.isNaN(found.getTime())) return found;
  throw new UsageError(
    `"${text}" is not a time: write it like now, +30m, 14:00, "tomorrow 14:00", "friday 14:00" or 2026-11-21T14:00`,
  );
}

/** As {@link parseTime}; `never` gives null. */
export function parseStop(text: string, now: Date, start: Date, parse = parseTime): Date | null {
  return /^never$/i.test(text.trim()) ? null : parse(text, now, start);
}

function relativeTime(text: string, now: Date, from: Date): Date | undefined {
  if (text === 'now') return new Date(now);
  const match = /^(?:\+|in )\s*(\S+)$/.exec(text);
  return match === null ? undefined : new Date(from.getTime() + parseDuration(match[1] ?? ''));
}

function isoTime(text: string): Date | undefined {
  const match = ISO_DATE.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const exists =
    utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day && hour < 24 && minute < 60 && second < 61;
  if (!exists) return new Date(Number.NaN); // the 30th of February
  const zone = match[7];
  if (zone === undefined) return new Date(year, month - 1, day, hour, minute, second);
  if (zone === 'z') return utc;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return new Date(utc.getTime() - (sign === '-' ? -offset : offset));
}

/** The next moment from `from` on at which a clock here shows that. */
function clockTime(text: string, from: Date): Date | undefined {
  const clock = parseClock(text);
  if (clock === undefined) return undefined;
  const today = atClock(from, 0, clock);
  return today.getTime() >= from.getTime() - 60_000 ? today : atClock(from, 1, clock);
}

function dayTime(text: string, now: Date): Date | undefined {
  const [, word = '', clockText] = DAY.exec(text) ?? [];
  const clock = clockText === undefined ? MIDNIGHT : parseClock(clockText);
  if (clock === undefined) return undefined;
  if (word === 'today') return atClock(now, 0, clock);
  if (word === 'tomorrow') return atClock(now, 1, clock);
  const weekday = word.length < 3 ? -1 : WEEKDAYS.findIndex((name) => name.startsWith(word));
  if (weekday < 0) return undefined;
  const ahead = (weekday - now.getDay() + 7) % 7;
  const first = atClock(now, ahead, clock);
  return first.getTime() >= now.getTime() ? first : atClock(now, ahead + 7, clock);
}

type ClockTime = readonly [hour: number, minute: number, second: number];

/** What a day alone means, as a date alone does. */
const MIDNIGHT: ClockTime = [0, 0, 0];

function parseClock(text: string): ClockTime | undefined {
  const match = CLOCK.exec(text);
  const [hour = 0, minute = 0, second = 0] = match?.slice(1).map((part) => Number(part ?? 0)) ?? [];
  return match === null || hour > 23 || minute > 59 || second > 59 ? undefined : [hour, minute, second];
}

/** Local time, so a day is as long as it is there (daylight saving). */
function atClock(day: Date, addDays: number, [hour, minute, second]: ClockTime): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + addDays, hour, minute, second);
}
