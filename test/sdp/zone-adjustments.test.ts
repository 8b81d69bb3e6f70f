import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TimeZone } from '../../directory/index.ts';
import {
  momentAt,
  ntpSecondsToUnixMs,
  Schedule,
  unixMsToNtpSeconds,
  type UtcOffsetAt,
  zoneAdjustments,
} from '../../src/sdp/index.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

const ntp = (iso: string): number => unixMsToNtpSeconds(Date.parse(iso));
const iso = (ntpSeconds: number): string =>
  new Date(ntpSecondsToUnixMs(ntpSeconds)).toISOString().slice(0, 16);
const clocks = (zone: string): UtcOffsetAt => {
  const place = new TimeZone(zone);
  return (seconds) => place.offsetSecondsAt(ntpSecondsToUnixMs(seconds));
};

/** Starts of a series with the adjustments made for it, in UTC. */
function starts(zone: string, from: string, until: string, intervalSeconds = DAY, offsets = [0]): string[] {
  const repeats = [{ intervalSeconds, durationSeconds: HOUR / 2, offsetsSeconds: offsets }];
  const series = { start: ntp(from), until: ntp(until), repeats };
  const zones = zoneAdjustments(series, clocks(zone));
  const schedule = new Schedule([{ start: series.start, stop: series.until, repeats, zones }]);
  return schedule
    .occurrences(0)
    .map(({ start }) => iso(start))
    .toArray();
}

describe('zone adjustments', () => {
  test.each([
    // clocks: Berlin 2026-03-29 and 2026-10-25 at 01:00 UTC; New York 2026-03-08 07:00, 2026-11-01 06:00 UTC
    {
      name: 'Berlin, 09:00, spring: an hour earlier in UTC',
      zone: 'Europe/Berlin',
      from: '2026-03-27T08:00Z',
      until: '2026-03-31T00:00Z',
      want: ['2026-03-27T08:00', '2026-03-28T08:00', '2026-03-29T07:00', '2026-03-30T07:00'],
    },
    {
      name: 'Berlin, 09:00, autumn: an hour later in UTC',
      zone: 'Europe/Berlin',
      from: '2026-10-24T07:00Z',
      until: '2026-10-27T00:00Z',
      want: ['2026-10-24T07:00', '2026-10-25T08:00', '2026-10-26T08:00'],
    },
    {
      name: 'Berlin, 02:30 does not exist on the day in spring: as if the clocks had not changed',
      zone: 'Europe/Berlin',
      from: '2026-03-28T01:30Z',
      until: '2026-03-31T00:00Z',
      want: ['2026-03-28T01:30', '2026-03-29T01:30', '2026-03-30T00:30'],
    },
    {
      name: 'Berlin, 02:30 comes twice in autumn: the first, seen from summer',
      zone: 'Europe/Berlin',
      from: '2026-10-24T00:30Z',
      until: '2026-10-27T00:00Z',
      want: ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30'],
    },
    {
      name: 'Berlin, 03:00: the minute of the change',
      zone: 'Europe/Berlin',
      from: '2026-03-28T02:00Z',
      until: '2026-03-30T12:00Z',
      want: ['2026-03-28T02:00', '2026-03-29T01:00', '2026-03-30T01:00'],
    },
    {
      name: 'New York, 10:00, spring',
      zone: 'America/New_York',
      from: '2026-03-06T15:00Z',
      until: '2026-03-10T00:00Z',
      want: ['2026-03-06T15:00', '2026-03-07T15:00', '2026-03-08T14:00', '2026-03-09T14:00'],
    },
    {
      name: 'New York, 01:30 comes twice in autumn, 21:30 is the day before the change in UTC terms',
      zone: 'America/New_York',
      from: '2026-10-31T05:30Z',
      until: '2026-11-03T00:00Z',
      want: ['2026-10-31T05:30', '2026-11-01T05:30', '2026-11-02T06:30'],
    },
    {
      name: 'New York, 20:30: the change lies between two evenings',
      zone: 'America/New_York',
      from: '2026-10-31T00:30Z',
      until: '2026-11-03T12:00Z',
      want: ['2026-10-31T00:30', '2026-11-01T00:30', '2026-11-02T01:30', '2026-11-03T01:30'],
    },
    {
      name: 'half an hour of change: Lord Howe, 2026-04-04 15:00 UTC',
      zone: 'Australia/Lord_Howe',
      from: '2026-04-03T23:00Z',
      until: '2026-04-06T12:00Z',
      want: ['2026-04-03T23:00', '2026-04-04T23:30', '2026-04-05T23:30'],
    },
    {
      name: 'no change',
      zone: 'Asia/Tokyo',
      from: '2026-03-28T08:00Z',
      until: '2026-03-31T00:00Z',
      want: ['2026-03-28T08:00', '2026-03-29T08:00', '2026-03-30T08:00'],
    },
  ])('[SDP-14] $name', ({ zone, from, until, want }) => {
    expect(starts(zone, from, until)).toEqual(want);
  });

  test('[SDP-14] there and back: the second change gives the original schedule again', () => {
    const repeats = [{ intervalSeconds: WEEK, durationSeconds: HOUR, offsetsSeconds: [0, 2 * DAY] }];
    const series = { start: ntp('2026-01-05T09:00Z'), until: ntp('2028-01-01T00:00Z'), repeats };
    const zones = zoneAdjustments(series, clocks('Europe/Berlin'));
    expect(zones.map(({ time, offsetSeconds }) => [iso(time), offsetSeconds])).toEqual([
      ['2026-03-29T01:00', -HOUR],
      ['2026-10-25T01:00', 0],
      ['2027-03-28T01:00', -HOUR],
      ['2027-10-31T01:00', 0],
    ]);
    expect(starts('Europe/Berlin', '2026-03-23T09:00Z', '2026-04-03T00:00Z', WEEK, [0, 2 * DAY])).toEqual([
      '2026-03-23T09:00',
      '2026-03-25T09:00',
      '2026-03-30T08:00',
      '2026-04-01T08:00',
    ]);
  });

  test('a series of hours runs through: it has no time of day to keep', () => {
    expect(starts('Europe/Berlin', '2026-03-28T22:00Z', '2026-03-29T12:00Z', 6 * HOUR)).toEqual([
      '2026-03-28T22:00',
      '2026-03-29T04:00',
      '2026-03-29T10:00',
    ]);
  });

  test('ends in bounded time and size', () => {
    const wild: UtcOffsetAt = (at) => (Math.floor(at / DAY) % 2) * HOUR;
    const repeats = [{ intervalSeconds: DAY, durationSeconds: 1, offsetsSeconds: [0] }];
    const series = { start: ntp('2026-01-01T12:00Z'), until: Number.POSITIVE_INFINITY, repeats };
    expect(zoneAdjustments(series, wild)).toHaveLength(256);
    expect(zoneAdjustments(series, () => HOUR)).toEqual([]);
  });
});

test.each([
  ['2026-06-01T12:00Z', '2026-06-01T10:00'],
  ['2026-12-01T12:00Z', '2026-12-01T11:00'],
  ['2026-03-29T02:30Z', '2026-03-29T01:30'], // skipped
  ['2026-10-25T02:30Z', '2026-10-25T00:30'], // twice
  ['2026-10-25T03:00Z', '2026-10-25T02:00'],
  ['2026-03-29T01:59Z', '2026-03-29T00:59'],
  ['2026-03-29T03:00Z', '2026-03-29T01:00'],
])('when clocks in Berlin show %s it is %s in UTC', (shown, want) => {
  expect(iso(momentAt(ntp(shown), clocks('Europe/Berlin')))).toBe(want);
});

test.each([
  ['Europe/Berlin', '2026-07-01T00:00Z', 7200],
  ['Europe/Berlin', '2026-03-29T00:59:59Z', 3600],
  ['Europe/Berlin', '2026-03-29T01:00:00Z', 7200],
  ['America/New_York', '2026-11-01T05:59:59Z', -14_400],
  ['America/New_York', '2026-11-01T06:00:00Z', -18_000],
  ['Asia/Kathmandu', '2026-07-01T00:00Z', 20_700],
  ['UTC', '2026-07-01T00:00Z', 0],
  ['America/New_York', '1880-01-01T00:00Z', -17_762], // local mean time
])('%s at %s is %d s ahead of UTC', (zone, at, want) => {
  expect(new TimeZone(zone).offsetSecondsAt(Date.parse(at))).toBe(want);
});

test('a daily series shows the same time of day in its zone, but where the clocks skip it', () => {
  const zones = [
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Pacific/Apia',
  ];
  const from = Date.UTC(2009, 0, 1) / 60_000;
  const start = fc.integer({ min: from, max: from + 20 * 365 * 24 * 60 });
  fc.assert(
    fc.property(fc.constantFrom(...zones), start, (name, minutes) => {
      const offsetAt = clocks(name);
      const first = unixMsToNtpSeconds(minutes * 60_000);
      const repeats = [{ intervalSeconds: DAY, durationSeconds: 60, offsetsSeconds: [0] }];
      const series = { start: first, until: first + 400 * DAY, repeats };
      const schedule = new Schedule([
        { start: first, stop: 0, repeats, zones: zoneAdjustments(series, offsetAt) },
      ]);
      const shown = (at: number): number => at + offsetAt(at);
      let expected = shown(first);
      for (const { start: at } of schedule.occurrences(first).take(400)) {
        const isSkipped = momentAt(expected, offsetAt) + offsetAt(momentAt(expected, offsetAt)) !== expected;
        expect([name, iso(at), isSkipped || shown(at) === expected]).toEqual([name, iso(at), true]);
        expected += DAY;
      }
    }),
    { numRuns: 60 },
  );
});

test('there is no such zone', () => {
  expect(() => new TimeZone('Europe/Atlantis')).toThrow(/no time zone "Europe\/Atlantis": write it like/);
});
