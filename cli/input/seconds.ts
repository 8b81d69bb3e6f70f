import { UsageError } from '../errors.ts';
import { parseDuration } from './duration.ts';

/** Whole seconds: `1800`, `30m`. @throws {UsageError} when it is no duration, or not of whole seconds */
export function parseSeconds(text: string): number {
  const seconds = parseDuration(text, 's') / 1000;
  if (!Number.isInteger(seconds)) throw new UsageError(`"${text}" is not a whole number of seconds`);
  return seconds;
}
