import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RefreshSchedule, refreshDelayMs } from '../../directory/refresh-schedule.ts';

test.each([
  { ttl: 1800, wait: 900 },
  { ttl: 300, wait: 150 },
  { ttl: 100, wait: 40 }, // 60 s before the end
  { ttl: 61, wait: 1 },
  { ttl: 60, wait: 30 },
  { ttl: 2, wait: 1 },
  { ttl: 1, wait: 0.5 },
])('[DIR-06] a time to live of $ttl s is refreshed after $wait s', ({ ttl, wait }) => {
  expect(refreshDelayMs(ttl)).toBe(wait * 1000);
});

test('[DIR-06] a refresh is always due before the entry ends', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 31_557_600 }), (ttl) => {
      expect(refreshDelayMs(ttl)).toBeGreaterThan(0);
      expect(refreshDelayMs(ttl)).toBeLessThan(ttl * 1000);
    }),
    { numRuns: 200 },
  );
});

test('[DIR-06] each entry has its own time, and is asked for once until the outcome is known', () => {
  const schedule = new RefreshSchedule(() => 0);
  expect(schedule.pollTimeout()).toBeUndefined();
  schedule.add('a', 600, 0);
  schedule.add('b', 1200, 0);
  expect(schedule.pollTimeout()).toBe(300_000);
  schedule.handleTimeout(299_999);
  expect(schedule.pollTransmit()).toBeUndefined();
  schedule.handleTimeout(300_000);
  schedule.handleTimeout(300_001);
  expect(schedule.pollTransmit()).toEqual({ key: 'a', ttlSeconds: 600 });
  expect(schedule.pollTransmit()).toBeUndefined();
  expect(schedule.pollTimeout()).toBe(600_000); // b's
  schedule.granted('a', 700, 300_100);
  expect(schedule.pollTimeout()).toBe(600_000);
  schedule.handleTimeout(650_100);
  expect([schedule.pollTransmit()?.key, schedule.pollTransmit()?.ttlSeconds]).toEqual(['a', 1200]);
  schedule.remove('a');
  schedule.remove('b');
  expect(schedule.size).toBe(0);
  expect(schedule.pollTimeout()).toBeUndefined();
});

test('[DIR-06] failures are tried again: at once, then ever later up to a minute, spread by chance', () => {
  const waits = (random: number): (number | undefined)[] => {
    const schedule = new RefreshSchedule(() => random);
    schedule.add('a', 600, 0);
    return Array.from({ length: 9 }, (_, i) => schedule.failed('a', i));
  };
  expect(waits(1 - Number.EPSILON).map((ms) => Math.round(ms ?? -1))).toEqual([
    0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
  ]);
  expect(waits(0).slice(0, 3)).toEqual([0, 500, 1000]);
  const schedule = new RefreshSchedule(() => 0);
  schedule.add('a', 600, 0);
  schedule.failed('a', 0);
  schedule.failed('a', 0);
  schedule.granted('a', 600, 10);
  expect(schedule.failed('a', 20)).toBe(0); // a success starts it over
});

test('[DIR-06] what was removed is not sent any more, and its failures count for nothing', () => {
  const schedule = new RefreshSchedule(() => 0);
  schedule.add('a', 600, 0);
  schedule.handleTimeout(300_000);
  schedule.remove('a');
  expect(schedule.pollTransmit()).toBeUndefined();
  expect(schedule.failed('a', 300_000)).toBeUndefined();
  schedule.granted('a', 600, 300_000);
  expect(schedule.has('a')).toBe(false);
});
