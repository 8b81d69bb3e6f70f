import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BurstGapMeter, LossMeter, type PacketFate, voipLossFields } from '../../../src/rtp/index.ts';

const FATES: Readonly<Record<string, PacketFate>> = { '.': 'received', x: 'lost', d: 'discarded' };
/** Written as `.` received, `x` lost, `d` discarded; `(20)` repeats what is before it. */
const trace = (text: string): PacketFate[] => {
  const spread = text.replaceAll(/(.)\((\d+)\)/g, (_all, one: string, count: string) =>
    one.repeat(Number(count)),
  );
  return spread.split('').flatMap((one) => FATES[one] ?? []);
};
const meterOf = (fates: readonly PacketFate[], gmin?: number): BurstGapMeter => {
  const meter = new BurstGapMeter(gmin);
  for (const fate of fates) meter.add(fate);
  return meter;
};

describe('bursts and gaps (RFC 3611 §4.7.2)', () => {
  test.each([
    { name: 'nothing', fates: '', want: [0, 0, 0, 0, 0, 0] },
    { name: 'no loss: one gap', fates: '.(50)', want: [0, 0, 0, 1, 50, 0] },
    { name: 'a single loss is of the gap', fates: '.(20)x.(20)', want: [0, 0, 0, 1, 41, 1] },
    { name: 'two, 15 received between: a burst', fates: '.(20)x.(15)x.(20)', want: [1, 17, 2, 2, 40, 0] },
    { name: 'two, 16 received between: no burst', fates: '.(20)x.(16)x.(20)', want: [0, 0, 0, 1, 58, 2] },
    { name: 'discarded counts as lost', fates: '.(20)xd.(20)', want: [1, 2, 2, 2, 40, 0] },
    { name: 'a single loss at the very start', fates: 'x.(20)', want: [0, 0, 0, 1, 21, 1] },
    { name: 'a burst from the start to now', fates: 'xxx', want: [1, 3, 3, 0, 0, 0] },
    { name: 'a burst now', fates: '.(5)xx', want: [1, 2, 2, 1, 5, 0] },
    { name: 'a burst, not yet long ago', fates: '.(5)xx...', want: [1, 2, 2, 2, 8, 0] },
    {
      name: 'two bursts, a single loss between',
      fates: 'x.x.(16)x.(16)xx.(4)',
      want: [2, 5, 4, 2, 37, 1],
    },
  ])('$name', ({ fates, want }) => {
    const { bursts, burstPackets, burstLost, gaps, gapPackets, gapLost } = meterOf(trace(fates)).figures();
    expect([bursts, burstPackets, burstLost, gaps, gapPackets, gapLost]).toEqual(want);
  });

  test('Gmin is as told', () => {
    expect(meterOf(trace('x.x'), 1).figures().bursts).toBe(0);
    expect(meterOf(trace('x.x'), 2).figures().bursts).toBe(1);
    expect(() => new BurstGapMeter(0)).toThrow(RangeError);
    expect(() => new BurstGapMeter(256)).toThrow(RangeError);
  });

  test('a burst of 1/4 s every 10 s, as a report has it', () => {
    // 20 ms: 500 packets are 10 s; the burst has 12 packets of which 6 are lost, in the gap one of 488 is lost
    const period = '.(244)x.(243)x.x.xx.x...x';
    const fields = voipLossFields(meterOf(trace(`${period}${period}`)).figures(), 20);
    expect(fields).toEqual({
      lossRate: Math.floor((256 * 14) / 1000),
      discardRate: 0,
      burstDensity: Math.floor((256 * 12) / 24),
      gapDensity: Math.floor((256 * 2) / 976),
      burstDuration: 240,
      gapDuration: 9760,
    });
  });
  test('fields stay in their bytes', () => {
    expect(voipLossFields(meterOf([]).figures(), 20)).toMatchObject({ lossRate: 0, gapDuration: 0 });
    expect(voipLossFields(meterOf(trace('x(9)')).figures(), 1e9)).toMatchObject({
      lossRate: 255,
      burstDensity: 255,
      burstDuration: 0xffff,
    });
  });

  test('is what the definition says, computed another way', () => {
    const fate = fc.constantFrom<PacketFate>('received', 'received', 'received', 'lost', 'discarded');
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (fates, gmin) => {
        const figures = meterOf(fates, gmin).figures();
        expect(figures).toMatchObject(byDefinition(fates, gmin));
        expect(figures.packets).toBe(fates.length);
        expect(figures.gapPackets + figures.burstPackets).toBe(fates.length);
      }),
      { numRuns: 500 },
    );
  });
});

/** Bursts are found by a look at the whole trace. */
function byDefinition(fates: readonly PacketFate[], gmin: number): object {
  const text = fates.map((fate) => (fate === 'received' ? '.' : 'x')).join('');
  const between = gmin === 1 ? '' : `\\.{0,${gmin - 1}}`;
  const bursts = [...text.matchAll(new RegExp(`x(?:${between}x)+`, 'g'))].map(([burst]) => burst);
  const gaps = text.split(new RegExp(`x(?:${between}x)+`)).filter((gap) => gap !== '');
  return {
    bursts: bursts.length,
    burstPackets: bursts.join('').length,
    burstLost: bursts.join('').replaceAll('.', '').length,
    gaps: gaps.length,
    gapLost: gaps.join('').replaceAll('.', '').length,
  };
}

describe('loss of a source', () => {
  const meterAfter = (...sequences: number[]): LossMeter => {
    const meter = new LossMeter();
    for (const sequence of sequences) meter.received(sequence);
    meter.restart();
    return meter;
  };
  test('holes are runs of loss', () => {
    const meter = meterAfter(10, 11, 13, 17, 18);
    expect(meter.figures()).toMatchObject({ packets: 9, lost: 4, bursts: 1, burstPackets: 5 });
    expect(meter.runs.buckets()).toEqual([
      { first: 1, last: 1, count: 1 },
      { first: 3, last: 3, count: 1 },
    ]);
  });
  test('late and doubled packets are no loss', () => {
    expect(meterAfter(1, 4, 3, 2, 2, 4, 5).figures()).toMatchObject({ packets: 5, lost: 0 });
  });
  test('a packet later than the window stays lost, one before the first is not counted', () => {
    const meter = new LossMeter();
    for (const sequence of [1000, 999, 1002, 1000 + 128]) meter.received(sequence);
    expect(meter.figures()).toMatchObject({ packets: 1, lost: 0 });
    meter.received(1130);
    meter.received(1001);
    meter.restart();
    expect(meter.figures()).toMatchObject({ packets: 131, lost: 127 });
  });
  test('discarded, whether told before or after it is received', () => {
    const meter = new LossMeter();
    meter.received(1);
    meter.received(2);
    meter.discarded(2);
    meter.discarded(3);
    meter.received(3);
    meter.restart();
    expect(meter.figures()).toMatchObject({ packets: 3, lost: 0, discarded: 2 });
  });
  test('a jump, ahead or back, is a new start, not loss', () => {
    expect(meterAfter(1, 2, 70_000, 70_001, 5, 6).figures()).toMatchObject({ packets: 6, lost: 0 });
  });
  test('numbers below zero, of packets before the first wrap, and far above 2^32', () => {
    expect(meterAfter(-3, -1, 0, 1).figures()).toMatchObject({ packets: 5, lost: 1 });
    expect(meterAfter(2 ** 40, 2 ** 40 + 2).figures()).toMatchObject({ packets: 3, lost: 1 });
  });
  test('any order within the window gives the same as the order itself', () => {
    const kept = fc.uniqueArray(fc.nat(120), { minLength: 1 });
    fc.assert(
      fc.property(kept, (sequences) => {
        const sorted = sequences.toSorted((a, b) => a - b);
        const first = sorted[0] ?? 0;
        const shuffled = meterAfter(first, ...sequences);
        expect(shuffled.figures()).toEqual(meterAfter(...sorted).figures());
        expect(shuffled.figures().lost).toBe((sorted.at(-1) ?? 0) - first + 1 - sorted.length);
      }),
    );
  });
  test('burst ratio: runs compared with chance (ITU-T G.107 §7.5)', () => {
    expect(new LossMeter().burstRatio()).toBe(1);
    const sequences = Array.from({ length: 1000 }, (_, n) => n).filter((n) => n % 100 < 90 || n === 999);
    expect(meterAfter(...sequences).burstRatio()).toBeCloseTo(9.9 * (1 - 0.099), 6);
    // every other packet lost is less bursty than chance
    expect(meterAfter(...sequences.map((_, n) => n * 2)).burstRatio()).toBe(1);
  });
});
