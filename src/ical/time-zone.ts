import { contentLine, escapeText } from './content-line.ts';
import { formatLocal, formatOffset } from './date-time.ts';

/** Clocks that differ from UTC by nothing at first, and by what each change says from then on. */
export interface CalendarZone {
  readonly id: string;
  readonly changes: readonly ClockChange[];
}

export interface ClockChange {
  /** What the clocks show at the moment of the change, before it; as if it were UTC in milliseconds since 1970. */
  readonly shownMs: number;
  /** Seconds ahead of UTC afterwards. */
  readonly offsetSeconds: number;
}

/** A `VTIMEZONE` (RFC 5545 §3.6.5): one observance for the beginning, and one for each change. */
export function formatZone({ id, changes }: CalendarZone): string {
  let before = 0;
  const observances = changes.map(({ shownMs, offsetSeconds }) => {
    const name = offsetSeconds > before ? 'DAYLIGHT' : 'STANDARD';
    const text = observance(name, shownMs, before, offsetSeconds);
    before = offsetSeconds;
    return text;
  });
  return [
    contentLine('BEGIN', 'VTIMEZONE'),
    contentLine('TZID', escapeText(id)),
    observance('STANDARD', 0, 0, 0),
    ...observances,
    contentLine('END', 'VTIMEZONE'),
  ].join('');
}

function observance(name: string, shownMs: number, from: number, to: number): string {
  return [
    contentLine('BEGIN', name),
    contentLine('DTSTART', formatLocal(shownMs)),
    contentLine('TZOFFSETFROM', formatOffset(from)),
    contentLine('TZOFFSETTO', formatOffset(to)),
    contentLine('END', name),
  ].join('');
}
