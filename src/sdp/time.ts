import { EncodeError } from '../errors.ts';
import { words } from './lines.ts';

/** Seconds between 1900-01-01 and 1970-01-01 UTC (RFC 8866 §5.9). */
export const NTP_UNIX_OFFSET_SECONDS = 2_208_988_800;

export function ntpToUnixSeconds(ntpSeconds: number): number {
  return ntpSeconds - NTP_UNIX_OFFSET_SECONDS;
}
export function unixToNtpSeconds(unixSeconds: number): number {
  return Math.floor(unixSeconds) + NTP_UNIX_OFFSET_SECONDS;
}
export function ntpSecondsToUnixMs(ntpSeconds: number): number {
  return ntpToUnixSeconds(ntpSeconds) * 1000;
}
/** Rounds down to the whole second. */
export function unixMsToNtpSeconds(unixMs: number): number {
  return unixToNtpSeconds(unixMs / 1000);
}

/** A `t=` line: seconds since 1900 (RFC 8866 §5.9). Start 0: since ever. Stop 0: no end. Both 0: permanent. */
export interface TimeRange {
  readonly start: number;
  readonly stop: number;
}

/** Reads the value of a `t=` line; undefined when it is not two whole numbers that a double holds exactly. */
export function parseTimeRange(value: string): TimeRange | undefined {
  const [start, stop, ...rest] = words(value);
  if (start === undefined || stop === undefined || rest.length > 0) return undefined;
  const range = { start: wholeNumber(start), stop: wholeNumber(stop) };
  return Number.isNaN(range.start) || Number.isNaN(range.stop) ? undefined : range;
}

/** @throws {EncodeError} for a time that is not a whole number of seconds, or not 0 and before 1968 (10 digits) */
export function formatTime(field: string, ntpSeconds: number): string {
  if (!Number.isSafeInteger(ntpSeconds) || ntpSeconds < 0 || ntpSeconds >= 1e15) {
    throw new EncodeError('SDP', field, `${ntpSeconds} is not a whole number of seconds since 1900`);
  }
  if (ntpSeconds !== 0 && ntpSeconds < 1e9) {
    throw new EncodeError('SDP', field, `${ntpSeconds} has fewer than 10 digits (RFC 8866 §5.9)`);
  }
  return String(ntpSeconds);
}

/** @throws {EncodeError} as {@link formatTime}, and when the stop is before the start */
export function formatTimeRange({ start, stop }: TimeRange): string {
  const text = `${formatTime('start time', start)} ${formatTime('stop time', stop)}`;
  if (stop !== 0 && stop < start) {
    throw new EncodeError('SDP', 'stop time', `${stop} is before the start ${start}`);
  }
  return text;
}

/** Digits only, at most 15 of them; else NaN. */
function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60, s: 1 };

/**
 * A typed time such as `7d`, `-1h`, `90000` in seconds (RFC 8866 §5.10: d, h, m, s, in small letters), or undefined.
 */
export function parseTypedTime(text: string): number | undefined {
  const match = /^(-?\d{1,12})([dhms]?)$/.exec(text);
  if (match === null) return undefined;
  const [, number = '', unit = ''] = match;
  return Number(number) * (UNIT_SECONDS[unit] ?? 1) || 0; // no minus zero
}

/** The shortest typed time: whole days, hours or minutes with their letter, else bare seconds. */
export function formatTypedTime(seconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    const size = UNIT_SECONDS[unit] ?? 1;
    if (seconds !== 0 && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return String(seconds);
}
