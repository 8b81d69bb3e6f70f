// Calendar arithmetic on milliseconds since 1970, in the proleptic Gregorian calendar; no clock and no zone is asked.

const DAY_MS = 86_400_000;
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAYS = 719_468;
/** Days in 400 years. */
const ERA_DAYS = 146_097;

/** Days of the week as RFC 5545 §3.3.10 writes them, Sunday first. */
export const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Day of the week in UTC. */
export function weekdayOf(unixMs: number): Weekday {
  const days = Math.floor(unixMs / DAY_MS); // 1970-01-01 was a Thursday
  return WEEKDAYS[(((days + 4) % 7) + 7) % 7] ?? 'SU';
}

/** `20260329T010000`: date and time without a zone (RFC 5545 §3.3.5, form 1). Fractions of a second are dropped. */
export function formatLocal(unixMs: number): string {
  const days = Math.floor(unixMs / DAY_MS);
  const seconds = Math.floor((unixMs - days * DAY_MS) / 1000);
  const { year, month, day } = civil(days);
  const date = `${padded(year, 4)}${padded(month, 2)}${padded(day, 2)}`;
  const [hour, minute, second] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${date}T${padded(hour, 2)}${padded(minute, 2)}${padded(second, 2)}`;
}

/** `20260329T010000Z`: date and time in UTC (RFC 5545 §3.3.5, form 2). */
export function formatUtc(unixMs: number): string {
  return `${formatLocal(unixMs)}Z`;
}

/** `+0100`, `-050000` with seconds where there are any (RFC 5545 §3.3.14). */
export function formatOffset(seconds: number): string {
  const size = Math.abs(seconds);
  const [hour, minute, second] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  const sign = seconds < 0 ? '-' : '+';
  return `${sign}${padded(hour, 2)}${padded(minute, 2)}${second === 0 ? '' : padded(second, 2)}`;
}

/** Year, month and day of a day counted from 1970-01-01. Years begin in March, so the leap day is the last. */
function civil(daysSince1970: number): { year: number; month: number; day: number } {
  const days = daysSince1970 + EPOCH_DAYS;
  const era = Math.floor(days / ERA_DAYS);
  const dayOfEra = days - era * ERA_DAYS;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / (ERA_DAYS - 1))) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
