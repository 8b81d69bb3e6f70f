import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram, JitterMeter } from '../../../src/rtp/index.ts';

const histogramOf = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
};

describe('histogram', () => {
  test('empty', () => {
    const histogram = new Histogram();
    expect(histogram.percentile(50)).toBeUndefined();
    expect([histogram.count, histogram.mean, histogram.minimum, histogram.maximum]).toEqual([0, 0, 0, 0]);
    expect(histogram.buckets()).toEqual([]);
  });
  test('small values exactly', () => {
    const histogram = histogramOf([1, 2, 2, 3, 15]);
    expect([20, 50, 60, 80, 81, 100].map((percent) => histogram.percentile(percent))).toEqual([
      1, 2, 2, 3, 15, 15,
    ]);
  });
  test('buckets border on each other', () => {
    const histogram = histogramOf(Array.from({ length: 5000 }, (_, n) => n));
    const buckets = histogram.buckets();
    for (const [i, { first, last }] of buckets.entries()) {
      expect(first).toBe(i === 0 ? 0 : (buckets[i - 1]?.last ?? 0) + 1);
      expect(last - first).toBeLessThanOrEqual(first / 16);
    }
  });
  test('values that are none, negative, broken or huge', () => {
    const histogram = histogramOf([-5, Number.NaN, 0.4, Infinity, 2 ** 40]);
    expect(histogram.buckets().map(({ count }) => count)).toEqual([3, 2]);
    expect(histogram.maximum).toBe(2 ** 31 - 1);
    expect(histogram.percentile(100)).toBe(2 ** 31 - 1);
  });
  test.each([0, -1, 100.1, Number.NaN])('there is no percentile %d', (percent) => {
    expect(() => histogramOf([1]).percentile(percent)).toThrow(RangeError);
  });
  test('a percentile is not below the exact one, and at most a sixteenth above', () => {
    const values = fc.array(fc.nat(2 ** 31 - 1), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 100 }), (list, percent) => {
        const exact = list.toSorted((a, b) => a - b)[Math.ceil((list.length * percent) / 100) - 1] ?? 0;
        const told = histogramOf(list).percentile(percent) ?? -1;
        expect(told).toBeGreaterThanOrEqual(exact);
        expect(told).toBeLessThanOrEqual(exact * (1 + 1 / 16));
      }),
    );
  });
});

describe('jitter', () => {
  test('even arrivals have none, whatever the zero of the clock', () => {
    const meter = new JitterMeter();
    for (let n = 0; n < 50; n++) meter.arrive((0xffff_ff00 + n * 160) >>> 0, (0xffff_fff0 + n * 160) >>> 0);
    expect(meter.spread()).toEqual({ minimum: 0, maximum: 0, mean: 0, deviation: 0 });
  });
  test('one in ten comes 80 ticks late: twice a difference of 80', () => {
    const meter = new JitterMeter();
    for (let n = 0; n <= 100; n++) meter.arrive(n * 160 + (n % 10 === 5 ? 80 : 0), n * 160);
    expect(meter.spread()).toEqual({ minimum: 0, maximum: 80, mean: 16, deviation: 32 });
  });
  test('nothing before the second packet, nor across a change of clocks', () => {
    const meter = new JitterMeter();
    meter.arrive(0, 0);
    expect(meter.spread()).toBeUndefined();
    meter.resetTransit();
    meter.arrive(5000, 7);
    expect(meter.spread()).toBeUndefined();
  });
});
