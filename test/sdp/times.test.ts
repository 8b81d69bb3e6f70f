import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodeError, StateError } from '../../src/errors.ts';
import {
  NTP_UNIX_OFFSET_SECONDS,
  ntpSecondsToUnixMs,
  ntpToUnixSeconds,
  parseSessionDescription,
  parseTypedTime,
  Schedule,
  type ScheduleEntry,
  type SessionDescription,
  unixMsToNtpSeconds,
  unixToNtpSeconds,
} from '../../src/sdp/index.ts';

const [HOUR, DAY, WEEK] = [3_600, 86_400, 604_800];
const withTimes = (lines: string): SessionDescription =>
  parseSessionDescription(
    `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n${lines.replaceAll('|', '\r\n')}\r\na=x\r\n`,
  );
const timeLines = (sdp: SessionDescription): string =>
  sdp.lines
    .filter(({ type }) => 'trz'.includes(type))
    .map(({ type, value }) => `${type}=${value}`)
    .join('|');

describe('times', () => {
  test('[TIM-01] a new time goes before the one at its index, behind the repeats of the one before', () => {
    const sdp = withTimes('t=3900000000 3900000100|r=7d 1h 0|z=3900000000 1h|t=3950000000 0');
    sdp.times.insert(1, { start: 3_910_000_000, stop: 0 });
    sdp.times.insert(0);
    sdp.times.add({ start: 3_960_000_000, stop: 3_960_000_001 });
    expect(timeLines(sdp)).toBe(
      't=0 0|t=3900000000 3900000100|r=7d 1h 0|z=3900000000 1h|t=3910000000 0|t=3950000000 0|t=3960000000 3960000001',
    );
    expect(() => sdp.times.insert(9)).toThrow(RangeError);
    expect(() => sdp.times.insert(-1)).toThrow(RangeError);
  });

  test('[TIM-02] removing a time takes its repeats along, and nothing else', () => {
    const sdp = withTimes('t=3900000000 3900000100|r=7d 1h 0|z=3900000000 1h|t=3950000000 0|r=1d 1h 0');
    sdp.times.remove(0);
    expect(timeLines(sdp)).toBe('t=3950000000 0|r=1d 1h 0');
    expect(() => sdp.times.remove(1)).toThrow(RangeError);
    const gone = sdp.times.at(0);
    sdp.times.remove(0);
    expect(() => (gone.stop = 0)).toThrow(StateError);
  });

  test('[TIM-03] [TIM-04] [TIM-05] count, item and iteration agree', () => {
    const { times } = withTimes('t=3900000000 0|t=3950000000 0');
    expect(times.length).toBe(2);
    expect(times.at(1).start).toBe(3_950_000_000);
    expect(Array.from(times, ({ start }) => start)).toEqual([3_900_000_000, 3_950_000_000]);
    expect(times.toArray()).toHaveLength(2);
    expect(() => times.at(2)).toThrow(RangeError);
  });

  test('[TIM-06] [TIM-07] start in seconds since 1900', () => {
    const sdp = withTimes('t=3900000000  3900003600 ');
    const time = sdp.times.at(0);
    expect(time.start).toBe(3_900_000_000);
    time.start = 3_900_000_060;
    expect(timeLines(sdp)).toBe('t=3900000060  3900003600 ');
    expect(() => (time.start = 3_999_999_999)).toThrow(/before the start/);
    expect(() => (time.start = 12)).toThrow(/10 digits/);
    expect(() => (time.start = 3_900_000_000.5)).toThrow(EncodeError);
  });

  test('[TIM-08] [TIM-09] stop 0 means unbounded', () => {
    const sdp = withTimes('t=3900000000 3900003600');
    const time = sdp.times.at(0);
    expect(time.stop).toBe(3_900_003_600);
    time.stop = 0;
    expect(timeLines(sdp)).toBe('t=3900000000 0');
    expect(sdp.activeAt(ntpSecondsToUnixMs(9_000_000_000))).toBe(true);
    expect(time.permanent).toBe(false);
    time.set(0, 0);
    expect(time.permanent).toBe(true);
    expect(() => time.set(3_900_000_000, 3_899_999_999)).toThrow(EncodeError);
  });

  test('a line nobody can read is replaced as a whole', () => {
    const sdp = withTimes('t=now');
    expect([sdp.times.at(0).start, sdp.times.at(0).stop]).toEqual([0, 0]);
    sdp.times.at(0).start = 3_900_000_000;
    expect(timeLines(sdp)).toBe('t=3900000000 0');
  });

  test('[SDP-14] repeats and zone adjustments are read and written', () => {
    const sdp = withTimes('t=3034423619 3042462419|r=7d 1h 0 25h|z=2882844526 -1h 2898848070 0');
    const time = sdp.times.at(0);
    const weekly = { intervalSeconds: WEEK, durationSeconds: HOUR, offsetsSeconds: [0, 25 * HOUR] };
    expect(time.repeats).toEqual([weekly]);
    expect(time.zones).toEqual([
      { time: 2_882_844_526, offsetSeconds: -HOUR },
      { time: 2_898_848_070, offsetSeconds: 0 },
    ]);
    time.repeats = [weekly, { intervalSeconds: 90, durationSeconds: 61, offsetsSeconds: [0] }];
    time.zones = [{ time: 3_900_000_000, offsetSeconds: -5_400 }];
    expect(timeLines(sdp)).toBe('t=3034423619 3042462419|r=7d 1h 0 25h|r=90 61 0|z=3900000000 -90m');
    expect(() => (time.repeats = [])).toThrow(/set zones to \[\] first/);
    time.zones = [];
    time.repeats = [];
    expect(timeLines(sdp)).toBe('t=3034423619 3042462419');
    expect(() => (time.zones = [{ time: 3_900_000_000, offsetSeconds: 0 }])).toThrow(StateError);
    expect(() => (time.repeats = [{ ...weekly, intervalSeconds: 0 }])).toThrow(EncodeError);
    expect(() => (time.repeats = [{ ...weekly, offsetsSeconds: [] }])).toThrow(EncodeError);
    expect(() => (time.repeats = [{ ...weekly, offsetsSeconds: [-1] }])).toThrow(EncodeError);
  });

  test.each([
    ['7d', WEEK],
    ['1h', HOUR],
    ['25h', 25 * HOUR],
    ['10m', 600],
    ['5s', 5],
    ['90000', 90_000],
    ['-1h', -HOUR],
    ['0', 0],
    ['-0', 0],
    ['1H', undefined],
    ['1w', undefined],
    ['1.5h', undefined],
    ['', undefined],
  ])('[SDP-14] typed time %s', (text, want) => expect(parseTypedTime(text)).toBe(want));

  test('NTP and Unix time convert both ways', () => {
    expect(NTP_UNIX_OFFSET_SECONDS).toBe((70 * 365 + 17) * DAY);
    expect(ntpToUnixSeconds(3_456_462_469)).toBe(Date.UTC(2009, 6, 13, 8, 27, 49) / 1000);
    expect(unixToNtpSeconds(0)).toBe(2_208_988_800);
    expect(unixMsToNtpSeconds(1_999)).toBe(2_208_988_801);
    expect(ntpSecondsToUnixMs(2_208_988_801)).toBe(1_000);
  });
});

describe('schedule', () => {
  const weekly: ScheduleEntry = {
    start: 3_900_000_000,
    stop: 3_900_000_000 + 4 * WEEK,
    repeats: [{ intervalSeconds: WEEK, durationSeconds: HOUR, offsetsSeconds: [0, DAY + HOUR] }],
    zones: [],
  };
  const take = (schedule: Schedule, from: number, count: number): number[][] => {
    const out: number[][] = [];
    for (const { start, stop } of schedule.occurrences(from)) {
      out.push([start, stop ?? Number.NaN]);
      if (out.length === count) break;
    }
    return out;
  };

  test('[SDP-14] a weekly series with two starts a week', () => {
    const schedule = new Schedule([weekly]);
    const { start } = weekly;
    expect(take(schedule, 0, 100)).toHaveLength(8);
    expect(take(schedule, start + HOUR - 1, 3).map(([at]) => (at ?? 0) - start)).toEqual([
      0,
      DAY + HOUR,
      WEEK,
    ]);
    expect(take(schedule, start + HOUR, 1)).toEqual([[start + DAY + HOUR, start + DAY + 2 * HOUR]]);
    expect([start - 1, start, start + HOUR - 1, start + HOUR].map((at) => schedule.activeAt(at))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(schedule.nextChange(start - 5)).toBe(start);
    expect(schedule.nextChange(start)).toBe(start + HOUR);
    expect(schedule.nextChange(start + HOUR)).toBe(start + DAY + HOUR);
    expect(schedule.nextChange(start + 4 * WEEK)).toBeUndefined();
  });

  test('[SDP-14] zone adjustments move the original schedule, not one another', () => {
    const { start } = weekly;
    const zones = [
      { time: start + WEEK, offsetSeconds: -HOUR },
      { time: start + 3 * WEEK, offsetSeconds: 0 },
    ];
    const repeats = [{ intervalSeconds: WEEK, durationSeconds: HOUR, offsetsSeconds: [0] }];
    const schedule = new Schedule([{ ...weekly, repeats, zones }]);
    expect(take(schedule, 0, 9).map(([at]) => (at ?? 0) - start)).toEqual([
      0,
      WEEK - HOUR,
      2 * WEEK - HOUR,
      3 * WEEK,
    ]);
    expect(schedule.activeAt(start + WEEK - 1)).toBe(true);
    expect(schedule.activeAt(start + WEEK)).toBe(false);
  });

  test('[SDP-14] t= bounds the series, and cuts the last occurrence', () => {
    const schedule = new Schedule([{ ...weekly, stop: weekly.start + WEEK + 60, zones: [] }]);
    expect(take(schedule, 0, 9).at(-1)).toEqual([weekly.start + WEEK, weekly.start + WEEK + 60]);
  });

  test('occurrences that touch are one activity', () => {
    const start = 3_900_000_000;
    const daily = [{ intervalSeconds: DAY, durationSeconds: DAY, offsetsSeconds: [0] }];
    expect(
      new Schedule([{ start, stop: start + 10 * DAY, repeats: daily, zones: [] }]).nextChange(start),
    ).toBe(start + 10 * DAY);
    expect(new Schedule([{ start, stop: 0, repeats: daily, zones: [] }]).nextChange(start)).toBeUndefined();
    const two = [
      { start, stop: start + 60, repeats: [], zones: [] },
      { start: start + 60, stop: start + 90, repeats: [], zones: [] },
    ];
    expect(new Schedule(two).nextChange(start)).toBe(start + 90);
  });

  test.each([
    ['t=0 0', [true, undefined]],
    ['t=3900000000 0', [false, 3_900_000_000]],
    ['t=0 3900000000', [true, 3_900_000_000]],
    ['t=3900000000 3900000060', [false, 3_900_000_000]],
    ['t=3700000000 3700000060', [false, undefined]],
  ])('%s seen from 3800000000', (line, want) => {
    const sdp = withTimes(line);
    const now = ntpSecondsToUnixMs(3_800_000_000);
    const change = sdp.nextChange(now);
    expect([sdp.activeAt(now), change && unixMsToNtpSeconds(change.atUnixMs)]).toEqual(want);
    expect(change?.active ?? !sdp.activeAt(now)).toBe(!sdp.activeAt(now));
  });

  test('without t= nothing bounds the session', () => {
    expect(parseSessionDescription('v=0\r\n').activeAt(0)).toBe(true);
  });

  test('[SDP-14] z= behind all t= lines adjusts every repeat, as RFC 4566 had it', () => {
    const sdp = withTimes('t=3900000000 0|r=7d 1h 0|t=3900100000 3900100060|z=3900000000 1h');
    const first = [...take(sdp.times.schedule(), 0, 1)][0]?.[0];
    expect(first).toBe(3_900_003_600);
  });

  test('milliseconds since 1970 go in and out', () => {
    const sdp = withTimes('t=3900000000 3900000060');
    const startUnixMs = (3_900_000_000 - NTP_UNIX_OFFSET_SECONDS) * 1000;
    expect([...sdp.occurrences()]).toEqual([{ startUnixMs, stopUnixMs: startUnixMs + 60_000 }]);
    expect([...withTimes('t=0 0').occurrences(5)]).toEqual([
      { startUnixMs: undefined, stopUnixMs: undefined },
    ]);
    const time = sdp.times.at(0);
    expect([time.startUnixMs, time.stopUnixMs]).toEqual([startUnixMs, startUnixMs + 60_000]);
    time.setUnixMs(startUnixMs + 1_999, undefined);
    expect([timeLines(sdp), time.stopUnixMs]).toEqual(['t=3900000001 0', undefined]);
    time.set(3_900_000_000, 3_900_000_060);
    expect(sdp.activeAt(startUnixMs + 59_999)).toBe(true);
    expect(sdp.activeAt(startUnixMs + 60_000)).toBe(false);
  });

  const entry = fc
    .record({
      start: fc.integer({ min: 0, max: 400 }),
      length: fc.integer({ min: 0, max: 400 }),
      repeats: fc.array(
        fc.record({
          intervalSeconds: fc.integer({ min: 1, max: 90 }),
          durationSeconds: fc.integer({ min: 1, max: 40 }),
          offsetsSeconds: fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 3 }),
        }),
        { maxLength: 2 },
      ),
      zones: fc.array(
        fc.record({
          time: fc.integer({ min: 0, max: 600 }),
          offsetSeconds: fc.integer({ min: -50, max: 50 }),
        }),
        { maxLength: 3 },
      ),
    })
    .map(({ start, length, repeats, zones }) => ({
      start,
      stop: length === 0 ? 0 : start + length,
      repeats,
      zones,
    }));

  test('activeAt, occurrences and nextChange tell the same story', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3 }), fc.integer({ min: 0, max: 500 }), (entries, from) => {
        const schedule = new Schedule(entries);
        const [until, seen] = [from + 120, new Set<number>()];
        let before = Number.NEGATIVE_INFINITY;
        for (const { start, stop = Number.POSITIVE_INFINITY } of schedule.occurrences(from)) {
          if (start > until) break;
          expect(start).toBeGreaterThanOrEqual(before);
          expect(stop).toBeGreaterThan(Math.max(from, start));
          before = start;
          for (let at = Math.max(start, from); at < Math.min(stop, until); at++) seen.add(at);
        }
        for (let at = from; at < until; at++) expect(schedule.activeAt(at)).toBe(seen.has(at));
        const change = schedule.nextChange(from) ?? Number.POSITIVE_INFINITY;
        for (let at = from; at < Math.min(change, until); at++) {
          expect(schedule.activeAt(at)).toBe(schedule.activeAt(from));
        }
        const after = change < until ? schedule.activeAt(change) : !schedule.activeAt(from);
        expect(after).toBe(!schedule.activeAt(from));
      }),
      { numRuns: 150 },
    );
  });

  test('hostile numbers end in bounded time', () => {
    const sdp = withTimes(
      `t=1000000000 999999999999999|r=1 1 ${'0 '.repeat(250).trim()}|${'r=1s 999999999999 0 1 2 3|'.repeat(50)}z=${Array.from({ length: 200 }, (_, i) => `${1_000_000_000 + i} ${i * 1_000_000_000}`).join(' ')}`,
    );
    sdp.activeAt(0);
    sdp.nextChange(ntpSecondsToUnixMs(1_000_000_100));
    let count = 0;
    for (const _ of sdp.occurrences(ntpSecondsToUnixMs(2_000_000_000))) if (++count === 50) break;
    expect(count).toBe(50);
  });
});
