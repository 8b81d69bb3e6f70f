import type { ConferenceQuery } from '../../directory/index.ts';
import { parseTime } from './time.ts';

/** Options that ask for conferences by when they take place. */
export interface WhenOptions {
  readonly active?: boolean;
  readonly upcoming?: boolean;
  readonly on?: string;
}

/** @throws {UsageError} when `--on` is no day */
export function whenQuery({ active, upcoming, on }: WhenOptions, now: Date): Partial<ConferenceQuery> {
  return {
    ...(active === true ? { activeAt: now } : {}),
    ...(upcoming === true ? { startsAfter: now } : {}),
    ...(on === undefined ? {} : { takesPlace: dayOf(parseTime(on, now)) }),
  };
}

/** The day here that a moment is in; it may have 23 or 25 hours. */
export function dayOf(moment: Date): { readonly from: Date; readonly to: Date } {
  const day = (offset: number): Date =>
    new Date(moment.getFullYear(), moment.getMonth(), moment.getDate() + offset);
  return { from: day(0), to: day(1) };
}
