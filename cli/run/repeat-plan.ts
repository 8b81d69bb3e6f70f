import type { RepeatInit, TimeZone } from '../../directory/index.ts';
import { UsageError } from '../errors.ts';
import { atClock } from '../input/zone-time.ts';
import type { RepeatRule } from '../input/repeat.ts';
import type { Times } from './conference-plan.ts';

const DAY = 86_400;

/** What `--repeat`, `--until` and `--zone` ask for; a null rule is a series that ends. */
export interface RepeatPlan {
  readonly rule: RepeatRule | null;
  readonly until: Date | null;
  readonly zone: TimeZone;
}

/**
 * The series that begins with an occurrence at these times, or on the first day of the week asked for behind them.
 *
 * @throws {UsageError} when the occurrence has no beginning or no end
 */
export function seriesOf({ rule, until, zone }: RepeatPlan, first: Times): RepeatInit {
  const { start, stop } = first;
  if (rule === null || start === undefined || stop === null) {
    throw new UsageError('What repeats needs a start, and a duration or a stop');
  }
  const { intervalSeconds, weekdays } = rule;
  const series = {
    durationSeconds: Math.floor((stop.getTime() - start.getTime()) / 1000),
    intervalSeconds,
    until,
    zone: zone.name,
  };
  if (weekdays === undefined) return { ...series, start };
  const shown = start.getTime() + zone.offsetSecondsAt(start.getTime()) * 1000;
  const weekday = new Date(shown).getUTCDay();
  const ahead = weekdays.map((day) => (day - weekday + 7) % 7).toSorted((a, b) => a - b);
  const [skip = 0] = ahead;
  return {
    ...series,
    start: skip === 0 ? start : atClock(zone, shown + skip * DAY * 1000),
    offsetsSeconds: ahead.map((days) => (days - skip) * DAY),
  };
}
