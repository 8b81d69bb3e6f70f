import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram, LossMeter, SourceMeter } from '../../../src/rtp/index.ts';

/** 20 ms of an 8 kHz clock; `delay` in ticks. */
const feed = (
  meter: SourceMeter,
  packets: readonly { readonly n: number; readonly delay: number }[],
): void => {
  for (const { n, delay } of packets) meter.note(delay | 0, n);
};

test('percentiles of delay above the least, and runs of loss', () => {
  const meter = new SourceMeter();
  const all = Array.from({ length: 1000 }, (_, n) => ({ n, delay: 4000 + (n % 10 === 9 ? 80 : 0) }));
  feed(
    meter,
    all.filter(({ n }) => n < 500 || n >= 503),
  );
  const { variation, loss, lossRuns } = meter.figures(8000);
  expect(variation).toEqual({ p50: 0, p95: 0.01, p99: 0.01, maximum: 0.01 });
  expect(loss).toMatchObject({ lost: 3, discarded: 0, bursts: 1, burstPackets: 3 });
  expect(lossRuns).toMatchObject({
    count: 1,
    longest: 3,
    mean: 3,
    histogram: [{ first: 3, last: 3, count: 1 }],
  });
  expect(meter.burstRatio).toBeGreaterThan(2.9);
});

test('a clock that drifts is no variation, as long as windows are begun anew', () => {
  const meter = new SourceMeter();
  for (let n = 0; n < 50_000; n++) {
    meter.note(Math.floor(n * 160 * 100e-6), n); // 100 ppm: 100 ms in 1000 s
    if (n % 125 === 0) meter.roll();
  }
  expect(meter.figures(8000).variation?.maximum).toBeLessThan(0.001);
});

test('the circle of 32 bits and a restart are no variation', () => {
  const meter = new SourceMeter();
  feed(meter, [
    { n: 1, delay: 0x7fff_fff0 },
    { n: 2, delay: 0x8000_0010 },
  ]);
  expect(meter.figures(8000).variation?.maximum).toBe(0.004);
  meter.restart();
  feed(meter, [{ n: 70_000, delay: 12_345 }]);
  const { variation, loss } = meter.figures(8000);
  expect(variation?.maximum).toBe(0.004);
  expect(loss.lost).toBe(0);
});

test('what was discarded after it was noted counts as lost to the listener', () => {
  const meter = new SourceMeter();
  feed(
    meter,
    Array.from({ length: 100 }, (_, n) => ({ n, delay: 0 })),
  );
  meter.discarded(50);
  feed(
    meter,
    Array.from({ length: 300 }, (_, n) => ({ n: n + 100, delay: 0 })),
  );
  expect(meter.figures(8000).loss).toMatchObject({ lost: 0, discarded: 1 });
});

test('any differences whatever are counted, and leave the table whole', () => {
  const meter = new SourceMeter();
  feed(
    meter,
    [0, -0x8000_0000, 0x7fff_ffff, 0, 1].map((delay, n) => ({ n, delay })),
  );
  const { variation } = meter.figures(8000);
  expect(variation?.p50).toBeGreaterThanOrEqual(0);
  expect(meter.takeJitter()?.maximum).toBeGreaterThan(0);
});

test('a table filled at once is one filled value by value', () =>
  fc.assert(
    fc.property(fc.array(fc.nat(0x7fff_ffff)), (values) => {
      const [one, all] = [new Histogram(), new Histogram()];
      for (const value of values) one.add(value);
      all.addAll(Int32Array.from(values), values.length);
      expect(all.buckets()).toEqual(one.buckets());
      expect([all.count, all.mean, all.minimum, all.maximum]).toEqual([
        one.count,
        one.mean,
        one.minimum,
        one.maximum,
      ]);
    }),
  ));

test('loss told packet by packet is loss told at once, with packets late, discarded and lost', () =>
  fc.assert(
    fc.property(
      fc.array(fc.record({ skip: fc.nat(3), late: fc.nat(9), drop: fc.boolean() }), { maxLength: 400 }),
      (steps) => {
        const [one, all] = [new LossMeter(), new LossMeter()];
        const numbers: number[] = [];
        let n = 0;
        for (const { skip, late } of steps) {
          n += skip === 3 ? 3 : 1;
          numbers.push(late === 0 ? Math.max(0, n - 2) : n);
        }
        for (const number of numbers) one.received(number);
        all.receivedAll(Float64Array.from(numbers), numbers.length);
        for (const meter of [one, all]) {
          for (const [at, { drop }] of steps.entries()) if (drop) meter.discarded(numbers[at] ?? 0);
          meter.restart();
        }
        expect(all.figures()).toEqual(one.figures());
        expect(all.runs.buckets()).toEqual(one.runs.buckets());
      },
    ),
  ));
