import { type PtpClock, readMediaClock, readReferenceClock } from '../clocks.ts';
import { show } from '../rules/report.ts';
import type { AttributeLine, Medium } from './description.ts';
import { type Check, eachAudio } from './rule.ts';

/** The value of `a=ts-refclk` where it names a PTP clock and its standard; undefined otherwise. */
function ptpClock(value: string): PtpClock | undefined {
  const clock = readReferenceClock(`ts-refclk:${value}`);
  return clock?.kind === 'ptp' && clock.version !== undefined ? clock : undefined;
}

/** The number of the PTP domain that a value of `a=ts-refclk` states. */
export function ptpDomain(value: string): number | undefined {
  const domain = ptpClock(value)?.domain;
  return typeof domain === 'number' ? domain : undefined;
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
  !value.startsWith('ptp=') || isUnnamed(value) || ptpClock(value) !== undefined
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
  const clock = ptpClock(value);
  return clock === undefined || clock.version === 'IEEE1588-2008'
    ? undefined
    : `${clock.version} is not IEEE1588-2008`;
});

/** A PTP clock without its domain. */
export const noPtpDomain: Check = eachClock(({ value }) => {
  const clock = ptpClock(value);
  return clock?.clockId !== undefined && clock.domain === undefined ? 'the PTP domain is missing' : undefined;
});

/** RFC 7273 allows both; not everybody compares both. */
export const lowerCaseClock: Check = eachClock(({ value }) => {
  const clock = ptpClock(value)?.clockId;
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
  return offsetOf(clock.value) !== undefined
    ? undefined
    : { line: clock.line, reason: `${show(clock.value)} has no number behind direct=` };
});

/** The offset of the media clock, or undefined. */
export function mediaClockOffset({ find }: Medium): number | undefined {
  return offsetOf(find('mediaclk')?.value ?? '');
}

function offsetOf(value: string): number | undefined {
  const clock = readMediaClock(`mediaclk:${value}`);
  return clock?.kind === 'direct' ? clock.offset : undefined;
}

/** An offset other than 0 with a PTP clock. */
export const offsetNotZero: Check = eachAudio((medium) => {
  const offset = mediaClockOffset(medium);
  const clock = medium.find('mediaclk');
  if (offset === undefined || offset === 0 || clock === undefined) return undefined;
  return { line: clock.line, reason: `the offset ${offset} is not 0` };
});
