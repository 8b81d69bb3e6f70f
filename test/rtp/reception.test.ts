import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Reception,
  type SequenceVerdict,
  sequenceAdd,
  sequenceDelta,
  sequenceDistance,
  timestampAdd,
  timestampDelta,
} from '../../src/rtp/index.ts';

const feed = (reception: Reception, ...sequences: number[]): SequenceVerdict[] =>
  sequences.map((sequence) => reception.update(sequence));
/** A valid reception whose highest sequence number is `at`. */
const validAt = (at: number): Reception => {
  const reception = new Reception();
  feed(reception, sequenceAdd(at, -1), at);
  return reception;
};

describe('sequence arithmetic wraps', () => {
  test.each([
    [0xffff, 0, 1, 1],
    [0, 0xffff, 0xffff, -1],
    [5, 5, 0, 0],
    [0, 0x8000, 0x8000, -0x8000],
    [0, 0x7fff, 0x7fff, 0x7fff],
  ])('from %d to %d', (from, to, distance, delta) => {
    expect(sequenceDistance(from, to)).toBe(distance);
    expect(sequenceDelta(from, to)).toBe(delta);
    expect(sequenceAdd(from, delta)).toBe(to);
  });
  test('timestamps too', () => {
    expect(timestampDelta(0xffff_fff0, 0x10)).toBe(0x20);
    expect(timestampDelta(0x10, 0xffff_fff0)).toBe(-0x20);
    expect(timestampAdd(0xffff_fff0, 0x20)).toBe(0x10);
  });
});

describe('validity (RFC 3550 §A.1)', () => {
  test.each<{ name: string; sequences: number[]; verdicts: SequenceVerdict[] }>([
    { name: 'two in sequence', sequences: [7, 8, 9], verdicts: ['probation', 'validated', 'next'] },
    { name: 'a gap begins anew', sequences: [7, 9, 10], verdicts: ['probation', 'probation', 'validated'] },
    { name: 'over the wrap', sequences: [0xffff, 0, 1], verdicts: ['probation', 'validated', 'next'] },
    { name: 'loss', sequences: [1, 2, 5], verdicts: ['probation', 'validated', 'next'] },
    { name: 'late', sequences: [1, 2, 4, 3], verdicts: ['probation', 'validated', 'next', 'late'] },
    { name: 'the highest again', sequences: [1, 2, 2], verdicts: ['probation', 'validated', 'duplicate'] },
    {
      name: 'a late one twice',
      sequences: [1, 2, 4, 3, 3],
      verdicts: ['probation', 'validated', 'next', 'late', 'duplicate'],
    },
    { name: 'largest loss', sequences: [1, 2, 3001], verdicts: ['probation', 'validated', 'next'] },
    { name: 'jump ahead', sequences: [1, 2, 3002], verdicts: ['probation', 'validated', 'jump'] },
    { name: 'latest late', sequences: [999, 1000, 901], verdicts: ['probation', 'validated', 'late'] },
    { name: 'jump back', sequences: [999, 1000, 900], verdicts: ['probation', 'validated', 'jump'] },
    {
      name: 'a restart: two in sequence after a jump',
      sequences: [1, 2, 20_000, 20_001, 20_002],
      verdicts: ['probation', 'validated', 'jump', 'restarted', 'next'],
    },
    {
      name: 'two jumps that do not follow each other',
      sequences: [1, 2, 20_000, 30_000, 3],
      verdicts: ['probation', 'validated', 'jump', 'jump', 'next'],
    },
  ])('$name', ({ sequences, verdicts }) => {
    expect(feed(new Reception(), ...sequences)).toEqual(verdicts);
  });

  test('minSequential 1 believes the first packet, 3 the third', () => {
    expect(feed(new Reception(1), 7, 8)).toEqual(['validated', 'next']);
    expect(feed(new Reception(3), 7, 8, 9)).toEqual(['probation', 'probation', 'validated']);
  });
  test('a source whose RTCP was heard is believed at once', () => {
    const reception = new Reception();
    reception.trust();
    expect(feed(reception, 7)).toEqual(['validated']);
    expect(reception.expected).toBe(1);
  });
  test('wraps are counted in the extended number, also of late packets from before the wrap', () => {
    const reception = validAt(0xfffe);
    feed(reception, 0); // 0xffff is late
    expect(reception.extendedHighest).toBe(0x1_0000);
    expect(reception.update(0xffff)).toBe('late');
    expect(reception.extend(0xffff)).toBe(0xffff);
    expect(reception.extend(0)).toBe(0x1_0000);
    for (let n = 1; n <= 0x2_0000; n++) reception.update(n & 0xffff);
    expect(reception.extendedHighest).toBe(0x3_0000);
    expect([reception.expected - reception.received, reception.reordered]).toEqual([0, 1]);
  });
  test('after a restart counts begin anew', () => {
    const reception = validAt(10);
    feed(reception, 15, 40_000, 40_001);
    expect([reception.received, reception.expected, reception.restarts, reception.discarded]).toEqual([
      1, 1, 1, 1,
    ]);
  });
});

describe('loss (RFC 3550 §A.3)', () => {
  const loss = (reception: Reception): number => reception.expected - reception.received;
  test('losses, late arrivals and duplicates', () => {
    const reception = validAt(100);
    feed(reception, 104, 105);
    expect([reception.expected, reception.received, loss(reception)]).toEqual([6, 3, 3]);
    feed(reception, 102);
    expect(loss(reception)).toBe(2);
    feed(reception, 105, 105, 105);
    expect([loss(reception), reception.duplicates, reception.reordered]).toEqual([-1, 3, 1]);
  });
  test('the fraction is of the interval just ended', () => {
    const reception = validAt(0);
    feed(reception, 1, 3);
    reception.endInterval();
    expect(reception.fractionLost).toBe(64); // 1 of 4
    reception.endInterval();
    expect(reception.fractionLost).toBe(0); // nothing was expected
    feed(reception, 4, 5);
    reception.endInterval();
    expect(reception.fractionLost).toBe(0);
    feed(reception, 5, 5, 5, 8);
    reception.endInterval();
    expect(reception.fractionLost).toBe(0); // duplicates outnumber the losses
    feed(reception, 2008);
    reception.endInterval();
    expect(reception.fractionLost).toBe(255);
  });
  test('any order with duplicates of a full run loses nothing but gains the duplicates', () => {
    const run = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(run, fc.integer({ min: 0, max: 0xffff }), (delays, base) => {
        // Packet n is delayed by up to 20 places: within the reordering window.
        const order = delays.map((delay, n) => ({ n, at: n + delay })).sort((a, b) => a.at - b.at);
        const reception = validAt(base);
        for (const { n } of order) reception.update(sequenceAdd(base, n + 1));
        for (const { n } of order) expect(reception.update(sequenceAdd(base, n + 1))).toBe('duplicate');
        expect(reception.expected).toBe(delays.length + 1);
        expect(reception.received).toBe(delays.length * 2 + 1);
        expect(reception.duplicates).toBe(delays.length);
      }),
    );
  });
});

describe('jitter (RFC 3550 §A.8)', () => {
  test('is 0 for even spacing, whatever the offset and the wraps', () => {
    const reception = new Reception();
    for (let n = 0; n < 50; n++) reception.arrive(1e12 + n * 160, (0xffff_f000 + n * 160) >>> 0);
    expect(reception.jitter).toBe(0);
  });
  test('moves a sixteenth of the way', () => {
    const reception = new Reception();
    reception.arrive(0, 0);
    reception.arrive(160 + 32, 160);
    expect(reception.jitter).toBe(2);
    reception.arrive(320 + 32, 320);
    expect(reception.jitter).toBe(2 - 2 / 16);
    reception.arrive(480, 480); // early again: the sign does not count
    expect(reception.jitter).toBeCloseTo(1.875 + (32 - 1.875) / 16);
  });
  test('settles at the mean difference', () => {
    const reception = new Reception();
    for (let n = 0; n < 500; n++) reception.arrive(n * 160 + (n % 2) * 40, n * 160);
    expect(reception.jitter).toBeCloseTo(40, 1);
  });
  test('a changed clock rate makes no spike', () => {
    const reception = new Reception();
    reception.arrive(0, 0);
    reception.resetTransit();
    reception.arrive(90_000, 12);
    expect(reception.jitter).toBe(0);
  });
});
