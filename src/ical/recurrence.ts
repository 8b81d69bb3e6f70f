import { EncodeError } from '../errors.ts';
import { formatUtc, type Weekday } from './date-time.ts';

/** A series at equal distance (RFC 5545 §3.3.10). */
export interface Recurrence {
  /** From one occurrence, or one week of occurrences, to the next. */
  readonly intervalSeconds: number;
  /** Days of the week in a series of whole weeks; at the time of day at which the first occurrence begins. */
  readonly weekdays?: readonly Weekday[];
  /** Day on which weeks begin, where {@link weekdays} are given for every second week or so. */
  readonly weekStart?: Weekday;
  /** No occurrence begins after this, in milliseconds since 1970; undefined for a series without end. */
  readonly untilMs?: number;
}

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['WEEKLY', 604_800],
  ['DAILY', 86_400],
  ['HOURLY', 3_600],
  ['MINUTELY', 60],
  ['SECONDLY', 1],
];

/** The value of an `RRULE`. @throws {EncodeError} when the interval is not whole seconds above 0 */
export function formatRecurrence({ intervalSeconds, weekdays, weekStart, untilMs }: Recurrence): string {
  if (!Number.isSafeInteger(intervalSeconds) || intervalSeconds <= 0) {
    throw new EncodeError('iCalendar', 'RRULE', `cannot repeat every ${intervalSeconds} s`);
  }
  const [name, seconds] = UNITS.find(([, unit]) => intervalSeconds % unit === 0) ?? ['SECONDLY', 1];
  if (weekdays !== undefined && name !== 'WEEKLY') {
    throw new EncodeError('iCalendar', 'RRULE', 'has days of the week, but not whole weeks between them');
  }
  const interval = intervalSeconds / seconds;
  return [
    `FREQ=${name}`,
    ...(untilMs === undefined ? [] : [`UNTIL=${formatUtc(untilMs)}`]),
    ...(interval === 1 ? [] : [`INTERVAL=${interval}`]),
    ...(weekdays === undefined ? [] : [`BYDAY=${weekdays.join(',')}`]),
    ...(weekStart === undefined ? [] : [`WKST=${weekStart}`]),
  ].join(';');
}
