import type { SdpLine } from '../lines.ts';
import { MAX_REPEAT_ITEMS, parseRepeat, parseZones } from '../repeat.ts';
import { NTP_UNIX_OFFSET_SECONDS, parseTimeRange } from '../time.ts';
import { type Report, show } from './report.ts';

/** `t=`, `r=` and `z=` (RFC 8866 §5.9 - §5.11). */
export function checkTimes(report: Report, lines: readonly SdpLine[]): void {
  const timing = lines.filter(({ type, media }) => media === undefined && 'trz'.includes(type || '-'));
  let times = 0;
  let repeats = 0;
  let allRepeats = 0;
  let zones = 0;
  for (const [index, line] of timing.entries()) {
    const { type, number } = line;
    if (type === 't') {
      checkRange(report, line);
      times++;
      repeats = 0;
      zones = 0;
    } else if (times === 0) {
      report.error(number, 'RFC 8866 §5.9', `${type}= before any t=`, 'put it below the t= it belongs to');
    } else if (type === 'r') {
      checkRepeat(report, line);
      if (zones > 0) report.error(number, 'RFC 8866 §9', 'r= behind z=', 'put it before the z= line');
      repeats++;
      allRepeats++;
    } else {
      checkZones(report, line);
      if (zones++ > 0)
        report.error(number, 'RFC 8866 §9', 'a second z= for one t=', 'put all pairs in one line');
      const lastOfAll = !timing.slice(index + 1).some((later) => later.type === 't');
      if (repeats === 0 && allRepeats > 0 && lastOfAll) {
        const message = 'z= behind all t= lines, as RFC 4566 had it';
        report.warn(number, 'RFC 8866 §5.11', message, 'put it below the r= lines it changes');
      } else if (repeats === 0) {
        report.error(
          number,
          'RFC 8866 §5.11',
          'z= without r=: nothing to adjust',
          'remove it, or add the r= line',
        );
      }
    }
  }
}

function checkRange(report: Report, { number, value }: SdpLine): void {
  const rule = 'RFC 8866 §5.9';
  const range = parseTimeRange(value);
  if (range === undefined) {
    const advice = 'write "t=<start> <stop>" in whole seconds since 1900, or "t=0 0"';
    report.error(number, rule, `${show(value)} is not two times`, advice);
    return;
  }
  for (const [name, time] of [
    ['start', range.start],
    ['stop', range.stop],
  ] as const) {
    if (time === 0) continue;
    if (time < 1e9) {
      report.error(number, rule, `${name} ${time} has fewer than 10 digits`, 'count seconds since 1900');
    } else if (time < NTP_UNIX_OFFSET_SECONDS) {
      const advice = `add ${NTP_UNIX_OFFSET_SECONDS} if it counts from 1970`;
      report.warn(number, rule, `${name} ${time} is before 1970: it looks like Unix time`, advice);
    }
  }
  if (range.stop !== 0 && range.stop < range.start) {
    report.error(number, rule, `stops at ${range.stop}, before it starts`, 'exchange or mend the times');
  } else if (range.stop !== 0 && range.stop === range.start) {
    report.warn(number, rule, 'stops when it starts: it never takes place', 'give it a later stop');
  }
  if (range.start === 0 && range.stop !== 0) {
    report.warn(number, rule, 'has a stop but no start', 'write the start time, or 0 0 for permanent');
  }
}

function checkRepeat(report: Report, { number, value }: SdpLine): void {
  const rule = 'RFC 8866 §5.10';
  const repeat = parseRepeat(value);
  if (repeat === undefined) {
    const advice = `write "r=<interval> <duration> <offset>...", at most ${MAX_REPEAT_ITEMS} offsets, units d h m s in small letters, interval and duration above 0`;
    report.error(number, rule, `${show(value)} is not a repeat`, advice);
  } else if (repeat.durationSeconds > repeat.intervalSeconds) {
    report.warn(
      number,
      rule,
      'each occurrence lasts longer than the interval',
      'check interval and duration',
    );
  }
}

function checkZones(report: Report, { number, value }: SdpLine): void {
  const rule = 'RFC 8866 §5.11';
  const zones = parseZones(value);
  if (zones === undefined) {
    const advice = `write pairs "z=<time> <offset> ...", at most ${MAX_REPEAT_ITEMS}, offsets such as -1h`;
    report.error(number, rule, `${show(value)} is not a list of adjustments`, advice);
  } else if (zones.some(({ time }, i) => i > 0 && time <= (zones[i - 1]?.time ?? 0))) {
    report.warn(number, rule, 'the adjustments are not in order of time', 'sort them');
  }
}
