import { UsageError } from '../errors.ts';
import { parseDuration } from './duration.ts';
import { WEEKDAYS } from './time.ts';

/** How often something takes place. */
export interface RepeatRule {
  readonly intervalSeconds: number;
  /** Days of the week, 0 for Sunday, in a series of weeks; undefined to go by the interval alone. */
  readonly weekdays?: readonly number[];
}

const DAY = 86_400;
const WEEK = 7 * DAY;

const EVERY = /^every\s+(?:(\d{1,3})\s+)?(day|week)s?(?:\s+on\s+(.*))?$/;

/**
 * `daily`, `weekly`, `weekdays`, days of the week like `mon,wed`, `every 2 weeks`, `every 2 weeks on mon,wed`, or a span
 * like `12h`; `never` gives null.
 *
 * @throws {UsageError} when the text is none of them
 */
export function parseRepeatRule(text: string): RepeatRule | null {
  const trimmed = text.trim().toLowerCase();
  if (/^(never|once|none)$/.test(trimmed)) return null;
  if (trimmed === 'daily') return { intervalSeconds: DAY };
  if (trimmed === 'weekly') return { intervalSeconds: WEEK };
  if (trimmed === 'weekdays') return { intervalSeconds: WEEK, weekdays: [1, 2, 3, 4, 5] };
  const [, count = '1', unit, days] = EVERY.exec(trimmed) ?? [];
  if (unit !== undefined && Number(count) > 0 && (days === undefined || unit === 'week')) {
    const intervalSeconds = Number(count) * (unit === 'week' ? WEEK : DAY);
    return days === undefined ? { intervalSeconds } : { intervalSeconds, weekdays: required(text, days) };
  }
  const weekdays = parseWeekdays(trimmed.replace(/^(weekly\s+on|every|on)\s+/, ''));
  if (weekdays !== undefined) return { intervalSeconds: WEEK, weekdays };
  if (/^\d/.test(trimmed)) {
    const intervalSeconds = parseDuration(trimmed) / 1000;
    if (Number.isInteger(intervalSeconds)) return { intervalSeconds };
  }
  throw wrong(text);
}

function required(text: string, days: string): number[] {
  const weekdays = parseWeekdays(days);
  if (weekdays === undefined) throw wrong(text);
  return weekdays;
}

/** Names of days with commas or blanks between them, in the order of the week from Sunday on. */
function parseWeekdays(text: string): number[] | undefined {
  const words = text.split(/[\s,]+(?:and\s+)?/).filter(Boolean);
  const days = words.map((word) =>
    word.length < 2 ? -1 : WEEKDAYS.findIndex((name) => name.startsWith(word.replace(/s$/, ''))),
  );
  if (days.length === 0 || days.includes(-1)) return undefined;
  return [...new Set(days)].sort((a, b) => a - b);
}

function wrong(text: string): UsageError {
  return new UsageError(
    `"${text}" is not how often: write it like daily, weekly, weekdays, mon,wed, "every 2 weeks" or 12h`,
  );
}
