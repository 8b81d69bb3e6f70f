import { describe, expect, test } from 'vitest';
import { parseRepeatRule } from '../../cli/input/repeat.ts';
import { dayAfter, parseTimeIn } from '../../cli/input/zone-time.ts';
import { TimeZone } from '../../directory/index.ts';

const DAY = 86_400;
const WEEK = 7 * DAY;

describe('how often', () => {
  test.each([
    ['daily', { intervalSeconds: DAY }],
    ['weekly', { intervalSeconds: WEEK }],
    ['Weekdays', { intervalSeconds: WEEK, weekdays: [1, 2, 3, 4, 5] }],
    ['mon,wed', { intervalSeconds: WEEK, weekdays: [1, 3] }],
    ['wed, mon and mon', { intervalSeconds: WEEK, weekdays: [1, 3] }],
    ['mondays', { intervalSeconds: WEEK, weekdays: [1] }],
    ['weekly on tuesday', { intervalSeconds: WEEK, weekdays: [2] }],
    ['every friday', { intervalSeconds: WEEK, weekdays: [5] }],
    ['every day', { intervalSeconds: DAY }],
    ['every 3 days', { intervalSeconds: 3 * DAY }],
    ['every 2 weeks', { intervalSeconds: 2 * WEEK }],
    ['every 2 weeks on mon,thu', { intervalSeconds: 2 * WEEK, weekdays: [1, 4] }],
    ['12h', { intervalSeconds: 12 * 3600 }],
    ['2w', { intervalSeconds: 2 * WEEK }],
    ['never', null],
  ])('%s', (text, want) => expect(parseRepeatRule(text)).toEqual(want));

  test.each([
    '',
    'often',
    'every 0 days',
    'every 2 days on mon',
    'm',
    'mon,xyz',
    '1.0001s',
    'every 2 weeks on',
  ])('%j is not how often', (text) =>
    expect(() => parseRepeatRule(text)).toThrow(/not how often: write it like daily|not a duration/),
  );
});

describe('times at another place', () => {
  const newYork = new TimeZone('America/New_York');
  const now = new Date('2026-03-07T22:30:00Z'); // Saturday 17:30 there; clocks change on the next day
  test.each([
    ['2026-03-10T09:00', '2026-03-10T13:00:00Z'],
    ['2026-03-02T09:00', '2026-03-02T14:00:00Z'],
    ['2026-03-10T09:00Z', '2026-03-10T09:00:00Z'],
    ['2026-03-10T09:00+01:00', '2026-03-10T08:00:00Z'],
    ['tomorrow 09:00', '2026-03-08T13:00:00Z'],
    ['18:00', '2026-03-07T23:00:00Z'],
    ['17:00', '2026-03-08T21:00:00Z'],
    ['monday 09:00', '2026-03-09T13:00:00Z'],
    ['2026-03-08', '2026-03-08T05:00:00Z'],
    ['+30m', '2026-03-07T23:00:00Z'],
    ['now', '2026-03-07T22:30:00Z'],
  ])('%s', (text, want) => expect(parseTimeIn(newYork, text, now)).toEqual(new Date(want)));

  test('the next day has 23 hours where the clocks go forward', () => {
    expect(dayAfter(newYork, new Date('2026-03-08T05:00Z'))).toEqual(new Date('2026-03-09T04:00Z'));
  });
});
