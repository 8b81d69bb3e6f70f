import { InvalidValueError } from '../src/errors.ts';
import { MAX_TTL_SECONDS } from '../src/ldap/index.ts';
import type { Conference } from './conference.ts';

/** Shortest time to live a client may ask for, in seconds, unless it insists. */
export const MIN_TTL_SECONDS = 300;
/** What entries get that are added without a time to live, in seconds. */
export const DEFAULT_TTL_SECONDS = 1800;
export { MAX_TTL_SECONDS };

/** @throws {InvalidValueError} when it is no whole number of seconds in 300 to 31 557 600, or in 1 to that if short is allowed */
export function checkTtl(ttlSeconds: number, allowShortTtl = false): number {
  const least = allowShortTtl ? 1 : MIN_TTL_SECONDS;
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < least || ttlSeconds > MAX_TTL_SECONDS) {
    throw new InvalidValueError(
      `A time to live of ${ttlSeconds} s is not possible; it is ${least} to ${MAX_TTL_SECONDS} whole seconds`,
    );
  }
  return ttlSeconds;
}

/**
 * A time to live that lets an entry last as long as its conference, for a program that does not stay to refresh it: up
 * to the stop time and `leastSeconds` more, at least `leastSeconds`, at most a year; a year when the conference is
 * unbounded.
 */
export function ttlUntilStop(
  conference: Conference,
  now: Date = new Date(),
  leastSeconds: number = DEFAULT_TTL_SECONDS,
): number {
  const { stopTime } = conference;
  if (stopTime === null) return MAX_TTL_SECONDS;
  const left = Math.max(0, Math.ceil((stopTime.getTime() - now.getTime()) / 1000));
  return Math.min(MAX_TTL_SECONDS, left + leastSeconds);
}
