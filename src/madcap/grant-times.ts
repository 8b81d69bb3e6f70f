import { CLOCK_SKEW_ALLOWANCE_S, MADCAP_ERROR, MADCAP_OPTION } from './constants.ts';
import type { MadcapError } from './error-option.ts';
import type { MadcapOptions } from './options.ts';

/** When a lease begins and ends, Unix seconds. */
export interface LeaseTimes {
  readonly start: number;
  readonly stop: number;
}

export interface TimePolicy {
  /** Longest lease. */
  readonly maximumSeconds: number;
  /** How far ahead a lease may begin, seconds. */
  readonly maximumAheadSeconds: number;
}

/** Times that would do, best first; or why none does. */
export type TimePlan = { readonly times: readonly LeaseTimes[] } | { readonly error: MadcapError };

/** Latest moment that 32 bits can say. */
const LATEST = 0xffff_ffff;

/**
 * What a request for times comes to (RFC 2730 §2.2.2): as long as was asked for, else as long as there is; from now on, else
 * from the start that was asked for until the latest that will do.
 */
export function planTimes(
  { startTime, maximumStartTime, leaseTime, minimumLeaseTime }: MadcapOptions,
  { maximumSeconds, maximumAheadSeconds }: TimePolicy,
  now: number,
): TimePlan {
  const seconds = Math.min(leaseTime ?? maximumSeconds, maximumSeconds);
  const minimum = minimumLeaseTime ?? seconds;
  if (seconds < 1) return impossible(MADCAP_OPTION.leaseTime);
  if (minimum > seconds) return impossible(MADCAP_OPTION.minimumLeaseTime);
  const asked = startTime ?? now;
  const latest = maximumStartTime ?? asked;
  // A start in the past is what a clock that is behind says, or else too late.
  const start = asked >= now - CLOCK_SKEW_ALLOWANCE_S ? asked : now;
  if (start > latest) return impossible(MADCAP_OPTION.maximumStartTime);
  if (start > now + maximumAheadSeconds) return impossible(MADCAP_OPTION.startTime);
  if (start + seconds <= now || start + seconds > LATEST) return impossible(MADCAP_OPTION.leaseTime);
  const last = Math.min(latest, now + maximumAheadSeconds);
  const starts = last > start ? [start, last] : [start];
  const lengths = minimum < seconds ? [seconds, minimum] : [seconds];
  return {
    times: starts.flatMap((from) => lengths.map((length) => ({ start: from, stop: from + length }))),
  };
}

function impossible(option: number): TimePlan {
  return { error: { code: MADCAP_ERROR.notCompletable, option } };
}
