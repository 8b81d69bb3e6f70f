import { EncodeError } from '../errors.ts';
import { words } from './lines.ts';
import { formatTime, formatTypedTime, parseTypedTime } from './time.ts';

/** An `r=` line (RFC 8866 §5.10); all in seconds. */
export interface RepeatTime {
  /** From one series of occurrences to the next; above 0. */
  readonly intervalSeconds: number;
  /** How long each occurrence lasts; above 0. */
  readonly durationSeconds: number;
  /** Where occurrences start, counted from the `t=` start; at least one, none negative. */
  readonly offsetsSeconds: readonly number[];
}

/** One pair of a `z=` line (RFC 8866 §5.11). */
export interface ZoneAdjustment {
  /** From here on (seconds since 1900) … */
  readonly time: number;
  /** … occurrences come this much later than the original schedule; negative for earlier. Not cumulative. */
  readonly offsetSeconds: number;
}

/** Most offsets in one `r=` line and most pairs in one `z=` line that are understood. */
export const MAX_REPEAT_ITEMS = 256;

/** Reads the value of an `r=` line; undefined when it breaks RFC 8866 §5.10. */
export function parseRepeat(value: string): RepeatTime | undefined {
  const parts = words(value);
  if (parts.length < 3 || parts.length > 2 + MAX_REPEAT_ITEMS) return undefined;
  const seconds = parts.map(parseTypedTime).filter((time) => time !== undefined);
  const [intervalSeconds = 0, durationSeconds = 0, ...offsetsSeconds] = seconds;
  if (seconds.length < parts.length || intervalSeconds <= 0 || durationSeconds <= 0) return undefined;
  if (offsetsSeconds.some((offset) => offset < 0)) return undefined;
  return { intervalSeconds, durationSeconds, offsetsSeconds };
}

/** @throws {EncodeError} when a number is not whole, not in range, or there is no offset */
export function formatRepeat({ intervalSeconds, durationSeconds, offsetsSeconds }: RepeatTime): string {
  const whole = (field: string, n: number, least: number): string => {
    if (!Number.isSafeInteger(n) || n < least || n >= 1e12) {
      throw new EncodeError('SDP', field, `${n} is not a whole number of seconds from ${least} on`);
    }
    return formatTypedTime(n);
  };
  if (offsetsSeconds.length === 0 || offsetsSeconds.length > MAX_REPEAT_ITEMS) {
    throw new EncodeError(
      'SDP',
      'repeat offsets',
      `are ${offsetsSeconds.length}, not 1 to ${MAX_REPEAT_ITEMS}`,
    );
  }
  return [
    whole('repeat interval', intervalSeconds, 1),
    whole('repeat duration', durationSeconds, 1),
    ...offsetsSeconds.map((offset) => whole('repeat offset', offset, 0)),
  ].join(' ');
}

/** Reads the value of a `z=` line; undefined when it is not pairs of a time and a typed offset. */
export function parseZones(value: string): ZoneAdjustment[] | undefined {
  const parts = words(value);
  if (parts.length === 0 || parts.length % 2 === 1 || parts.length > 2 * MAX_REPEAT_ITEMS) return undefined;
  const out: ZoneAdjustment[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const time = parts[i] ?? '';
    const offsetSeconds = parseTypedTime(parts[i + 1] ?? '');
    if (!/^\d{1,15}$/.test(time) || offsetSeconds === undefined) return undefined;
    out.push({ time: Number(time), offsetSeconds });
  }
  return out;
}

/** @throws {EncodeError} when there is no pair, or a number is not whole */
export function formatZones(zones: readonly ZoneAdjustment[]): string {
  if (zones.length === 0 || zones.length > MAX_REPEAT_ITEMS) {
    throw new EncodeError('SDP', 'zone adjustments', `are ${zones.length}, not 1 to ${MAX_REPEAT_ITEMS}`);
  }
  return zones
    .map(({ time, offsetSeconds }) => {
      if (!Number.isSafeInteger(offsetSeconds) || Math.abs(offsetSeconds) >= 1e12) {
        throw new EncodeError('SDP', 'zone offset', `${offsetSeconds} is not a whole number of seconds`);
      }
      return `${formatTime('zone adjustment time', time)} ${formatTypedTime(offsetSeconds)}`;
    })
    .join(' ');
}
