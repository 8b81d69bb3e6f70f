import { show } from '../rules/report.ts';
import type { AttributeLine, Medium } from './description.ts';
import { type Check, eachAudio } from './rule.ts';

/** A reference clock of the precision time protocol, `ptp=<version>[:<clock>[:<domain>]]` (RFC 7273 §4.8). */
export interface PtpClock {
  /** `IEEE1588-2008` */
  readonly version: string;
  /** The grandmaster's identity, `00-1D-C1-FF-FE-12-00-A3`; undefined for any traceable one, or none stated. */
  readonly clockId: string | undefined;
  readonly isTraceable: boolean;
  readonly domain: number | undefined;
}

const CLOCK_ID = /^[0-9A-F]{2}(?:-[0-9A-F]{2}){7}$/i;

/** Reads the value of `a=ts-refclk` where it names a PTP clock as RFC 7273 §4.8 has it; undefined otherwise. */
export function readPtpClock(value: string): PtpClock | undefined {
  const match = /^ptp=(IEEE[A-Za-z0-9.-]+?)(?::([^:]+)(?::(.+))?)?$/.exec(value);
  if (match === null) return undefined;
  const [, version = '', clock, domain] = match;
  const isTraceable = clock === 'traceable';
  if (clock !== undefined && !isTraceable && !CLOCK_ID.test(clock)) return undefined;
  const number = domain === undefined ? undefined : /(\d{1,3})$/.exec(domain)?.[1];
  if (domain !== undefined && (number === undefined || Number(number) > 255)) return undefined;
  return {
    version,
    isTraceable,
    clockId: isTraceable ? undefined : clock,
    domain: number === undefined ? undefined : Number(number),
  };
}

/** Each `a=ts-refclk` that counts for an audio medium. */
function eachClock(look: (clock: AttributeLine, medium: Medium) => string | undefined): Check {
  return eachAudio((medium) => {
    const clock = medium.find('ts-refclk');
    const reason = clock === undefined ? undefined : look(clock, medium);
    return clock === undefined || reason === undefined ? undefined : { line: clock.line, reason };
  });
}

/** PTP written another way than RFC 7273 has it, the way without the name of the standard left to {@link unnamedPtp}. */
export const badPtpClock: Check = eachClock(({ value }) =>
  !value.startsWith('ptp=') || isUnnamed(value) || readPtpClock(value) !== undefined
    ? undefined
    : `${show(value)} is not ptp=IEEE1588-2008:<clock>:<domain>`,
);

/** `ptp=traceable` and its like, which name no standard. */
export const unnamedPtp: Check = eachClock(({ value }) =>
  isUnnamed(value) ? `${show(value)} does not name its standard` : undefined,
);

const isUnnamed = (value: string): boolean => value.startsWith('ptp=') && !value.startsWith('ptp=IEEE');

/** A clock that is not PTP at all, among those that are allowed beside it. */
export function otherClock(allowed: readonly string[]): Check {
  return eachClock(({ value }) => {
    const [source = ''] = value.split('=', 1);
    return source === 'ptp' || allowed.includes(source) ? undefined : `the clock is ${show(source)}, not PTP`;
  });
}

/** PTP clocks of another version of the standard than that of 2008. */
export const otherPtpVersion: Check = eachClock(({ value }) => {
  const clock = readPtpClock(value);
  return clock === undefined || clock.version === 'IEEE1588-2008'
    ? undefined
    : `${clock.version} is not IEEE1588-2008`;
});

/** A PTP clock without its domain. */
export const noPtpDomain: Check = eachClock(({ value }) => {
  const clock = readPtpClock(value);
  return clock?.clockId !== undefined && clock.domain === undefined ? 'the PTP domain is missing' : undefined;
});

/** RFC 7273 allows both; not everybody compares both. */
export const lowerCaseClock: Check = eachClock(({ value }) => {
  const clock = readPtpClock(value)?.clockId;
  return clock !== undefined && clock !== clock.toUpperCase()
    ? `the clock identity ${clock} is in small letters`
    : undefined;
});

/** `a=mediaclk` that is none of these kinds. */
export function mediaClockOneOf(kinds: readonly ('direct' | 'sender')[]): Check {
  return eachAudio(({ find }) => {
    const clock = find('mediaclk');
    if (clock === undefined) return undefined;
    const kind = clock.value.split('=')[0]?.trim() ?? '';
    if (kinds.some((known) => known === kind)) return undefined;
    return { line: clock.line, reason: `the media clock is ${show(kind)}, not ${kinds.join(' or ')}` };
  });
}

/** `direct` without a number behind it. */
export const badOffset: Check = eachAudio(({ find }) => {
  const clock = find('mediaclk');
  if (clock === undefined || !clock.value.startsWith('direct')) return undefined;
  return /^direct=\s*\d+/.test(clock.value)
    ? undefined
    : { line: clock.line, reason: `${show(clock.value)} has no number behind direct=` };
});

/** The offset of the media clock, or undefined. */
export function mediaClockOffset({ find }: Medium): number | undefined {
  const match = /^direct=\s*(\d+)/.exec(find('mediaclk')?.value ?? '');
  return match === null ? undefined : Number(match[1]);
}

/** An offset other than 0 with a PTP clock. */
export const offsetNotZero: Check = eachAudio((medium) => {
  const offset = mediaClockOffset(medium);
  const clock = medium.find('mediaclk');
  if (offset === undefined || offset === 0 || clock === undefined) return undefined;
  return { line: clock.line, reason: `the offset ${offset} is not 0` };
});
