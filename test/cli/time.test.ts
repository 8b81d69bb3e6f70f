import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { parseDuration } from '../../cli/input/duration.ts';
import { parseSeconds } from '../../cli/input/seconds.ts';
import { parseStop, parseTime } from '../../cli/input/time.ts';

/** A Saturday. Local, so that the table reads the same in every zone. */
const NOW = new Date(2026, 10, 21, 10, 30, 0);
/** What it returns or throws. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
const local = (text: string): Date => new Date(text); // without a zone: local time

describe('a moment', () => {
  test.each([
    ['now', local('2026-11-21T10:30:00')],
    ['NOW', local('2026-11-21T10:30:00')],
    [' now ', local('2026-11-21T10:30:00')],
    ['+30m', local('2026-11-21T11:00:00')],
    ['+1h30m', local('2026-11-21T12:00:00')],
    ['in 5m', local('2026-11-21T10:35:00')],
    ['2026-12-01T14:00', local('2026-12-01T14:00:00')],
    ['2026-12-01 14:00', local('2026-12-01T14:00:00')],
    ['2026-12-01t14:00:05', local('2026-12-01T14:00:05')],
    ['2026-12-01', local('2026-12-01T00:00:00')],
    ['2026-12-01T14:00Z', new Date('2026-12-01T14:00:00Z')],
    ['2026-12-01T14:00:00.250z', new Date('2026-12-01T14:00:00Z')],
    ['2026-12-01T14:00+02:00', new Date('2026-12-01T12:00:00Z')],
    ['2026-12-01T14:00-0530', new Date('2026-12-01T19:30:00Z')],
    ['2028-02-29T08:00', local('2028-02-29T08:00:00')],
    ['14:00', local('2026-11-21T14:00:00')],
    ['10:30', local('2026-11-21T10:30:00')],
    ['9:05', local('2026-11-22T09:05:00')],
    ['today 14:00', local('2026-11-21T14:00:00')],
    ['today at 14:00', local('2026-11-21T14:00:00')],
    ['today', local('2026-11-21T00:00:00')],
    ['tomorrow 14:00', local('2026-11-22T14:00:00')],
    ['tomorrow', local('2026-11-22T00:00:00')],
    ['Tomorrow  09:15:30', local('2026-11-22T09:15:30')],
    ['monday 9:00', local('2026-11-23T09:00:00')],
    ['Fri 14:00', local('2026-11-27T14:00:00')],
    ['friday', local('2026-11-27T00:00:00')],
    ['saturday 12:00', local('2026-11-21T12:00:00')],
    ['saturday 10:00', local('2026-11-28T10:00:00')], // today's is over
    ['saturday', local('2026-11-28T00:00:00')],
  ])('[CNF-12] %j', (text, want) => {
    expect(parseTime(text, NOW)).toEqual(want);
  });

  test.each([
    '',
    'soon',
    'yesterday 14:00',
    'fr 14:00',
    '24:00',
    '14:60',
    '12',
    '+',
    '+30',
    '+x',
    '-30m',
    '2026-02-30T10:00',
    '2026-13-01',
    '2026-11-21T25:00',
    '2027-02-29',
    '26-11-21',
    '2026-11-21T10:00X',
    '2026-11-21T10:00+2',
    'tomorrow 25:00',
    'tomorrow noon',
    'now 14:00',
  ])('refuses %j and says how to write it', (text) => {
    expect(() => parseTime(text, NOW)).toThrow(UsageError);
    expect(() => parseTime(text, NOW)).toThrow(/is not a (time|duration).*: /s);
  });

  test('a stop counts from the start', () => {
    const start = local('2026-11-25T20:00:00');
    expect(parseStop('+45m', NOW, start)).toEqual(local('2026-11-25T20:45:00'));
    expect(parseStop('21:15', NOW, start)).toEqual(local('2026-11-25T21:15:00'));
    expect(parseStop('01:00', NOW, start)).toEqual(local('2026-11-26T01:00:00'));
  });

  test('[CNF-14] [CNF-15] never is without end', () => {
    expect(parseStop('never', NOW, NOW)).toBeNull();
    expect(parseStop('Never', NOW, NOW)).toBeNull();
  });

  test('what JavaScript writes is read back, to the second', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('1970-01-01T00:00:00Z'),
          max: new Date('2100-01-01T00:00:00Z'),
          noInvalidDate: true,
        }),
        (date) => {
          expect(parseTime(date.toISOString(), NOW).getTime()).toBe(Math.floor(date.getTime() / 1000) * 1000);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('no text brings it down', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-z +:.TZ-]{0,24}$/)), (text) => {
        const result = outcome(() => parseTime(text, NOW));
        expect(
          result instanceof UsageError || (result instanceof Date && !Number.isNaN(result.getTime())),
        ).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('where clocks change', () => {
  /** Runs the parser where it is that time of the year; a zone cannot change within a process. */
  function parsedIn(zone: string, now: string, texts: readonly string[]): string[] {
    const module = new URL('../../cli/input/time.ts', import.meta.url).href;
    const program = `
      import { parseTime } from ${JSON.stringify(module)};
      const now = new Date(${JSON.stringify(now)});
      console.log(JSON.stringify(${JSON.stringify(texts)}.map((text) => parseTime(text, now).toISOString())));`;
    const out = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      env: { ...process.env, TZ: zone },
      encoding: 'utf8',
    });
    const parsed: unknown = JSON.parse(out);
    return Array.isArray(parsed) ? parsed.map(String) : [];
  }

  test('spring: a day of 23 hours', () => {
    // Berlin, Saturday 28 March 2026, 20:00; clocks go from 02:00 to 03:00 in the night
    expect(
      parsedIn('Europe/Berlin', '2026-03-28T19:00:00Z', [
        'tomorrow 20:00', // 23 hours on
        '+1d', // 24 hours on
        'tomorrow 02:30', // there is none: an hour later, as clocks do
        'monday 20:00',
        '2026-03-29T01:30',
      ]),
    ).toEqual([
      '2026-03-29T18:00:00.000Z',
      '2026-03-29T19:00:00.000Z',
      '2026-03-29T01:30:00.000Z',
      '2026-03-30T18:00:00.000Z',
      '2026-03-29T00:30:00.000Z',
    ]);
  });

  test('autumn: a day of 25 hours', () => {
    // New York, Saturday 31 October 2026, 20:00; clocks go back from 02:00 to 01:00
    expect(
      parsedIn('America/New_York', '2026-11-01T00:00:00Z', [
        'tomorrow 20:00',
        '+1d',
        'tomorrow',
        '2026-11-01T12:00',
      ]),
    ).toEqual([
      '2026-11-02T01:00:00.000Z',
      '2026-11-02T00:00:00.000Z',
      '2026-11-01T04:00:00.000Z',
      '2026-11-01T17:00:00.000Z',
    ]);
  });

  test('half an hour off the others', () => {
    expect(parsedIn('Asia/Kolkata', '2026-11-21T04:00:00Z', ['14:00', '2026-12-01', 'now'])).toEqual([
      '2026-11-21T08:30:00.000Z',
      '2026-11-30T18:30:00.000Z',
      '2026-11-21T04:00:00.000Z',
    ]);
  });
});

describe('a duration', () => {
  test.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['30min', 1_800_000],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['1w', 604_800_000],
    ['1d12h', 129_600_000],
    ['250ms', 250],
    ['0.5s', 500],
    ['30M', 1_800_000],
    ['PT30M', 1_800_000],
    ['P1DT2H', 93_600_000],
    ['pt1.5h', 5_400_000],
  ])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each([
    '',
    '0s',
    '0',
    '30',
    '-5m',
    'm',
    '5x',
    '1h30',
    '1m 2',
    'P',
    'PT',
    '1e9h',
    '101y',
    '99999w',
    '½h',
  ])('refuses %j', (text) => expect(() => parseDuration(text)).toThrow(UsageError));

  test('a number alone counts seconds where that is usual, and asks otherwise', () => {
    expect(parseDuration('45', 's')).toBe(45_000);
    expect(() => parseDuration('45')).toThrow('45s, 45m or 45h');
  });

  test('whole seconds', () => {
    expect(parseSeconds('1800')).toBe(1800);
    expect(parseSeconds('30m')).toBe(1800);
    expect(() => parseSeconds('1.5')).toThrow(UsageError);
    expect(() => parseSeconds('250ms')).toThrow(UsageError);
  });

  test('sums of parts', () => {
    const part = fc.tuple(
      fc.integer({ min: 1, max: 99 }),
      fc.constantFrom(['s', 1000], ['m', 60_000], ['h', 3_600_000]),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const text = parts.map(([count, [unit]]) => `${count}${unit}`).join('');
        const want = parts.reduce((sum, [count, [, ms]]) => sum + count * ms, 0);
        expect(parseDuration(text)).toBe(want);
      }),
      { numRuns: 100 },
    );
  });
});
