import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codecImpairment, eModel, mosOfRating } from '../../../src/rtp/index.ts';

const CONCEALED = { ie: 0, bpl: 25.1 };

describe('published values', () => {
  test('the defaults: R of 93.2, MOS of 4.41 (ITU-T G.107 §7.7)', () => {
    const { r, mos } = eModel();
    expect(r).toBeCloseTo(93.2, 1);
    expect(mos).toBeCloseTo(4.41, 2);
    expect(r).toBeCloseTo(93.2062077, 6); // what other implementations have as a constant
  });

  test.each([
    // ITU-T G.107 Annex B: lower limits of the classes of users' satisfaction
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
  ])('R of %d is MOS %d', (r, mos) => {
    expect(Math.abs(mosOfRating(r) - mos)).toBeLessThan(0.01);
  });

  test.each([50, 100, 150, 177.3, 200, 250, 300, 350, 400])(
    'delay of %d ms with its echo: near 0.024 d + 0.11 (d − 177.3) for d above 177.3 (Cole and Rosenbluth, 2001)',
    (d) => {
      const published = 94.2 - 0.024 * d - 0.11 * Math.max(0, d - 177.3);
      const { r } = eModel({ delayMs: d, echo: { oneWayMs: d, roundTripMs: 2 * d } });
      expect(Math.abs(r - published)).toBeLessThan(2.3);
    },
  );

  test.each([
    // Ie of G.711 with concealment under random loss, as ITU-T G.113 had it before Bpl
    [1, 5],
    [2, 7],
    [3, 10],
    [5, 15],
    [7, 20],
    [10, 25],
    [15, 35],
    [20, 45],
  ])('%d %% loss costs G.711 with concealment about %d', (percent, ie) => {
    expect(Math.abs(eModel({ ...CONCEALED, loss: percent / 100 }).ieEff - ie)).toBeLessThan(3);
  });
});

describe('edges', () => {
  test('the MOS polynomial is cut at both ends', () => {
    expect([-50, 0, 3, 100, 120].map(mosOfRating)).toEqual([1, 1, 1, 4.5, 4.5]);
  });
  test('up to 100 ms delay alone costs nothing, and there is no step behind', () => {
    expect(eModel({ delayMs: 100 }).r).toBe(eModel().r);
    expect(eModel({ delayMs: 100.01 }).r).toBeCloseTo(eModel().r, 6);
  });
  test('all lost: 95 when loss is random and Bpl small, and the lowest MOS', () => {
    const { ieEff, mos } = eModel({ loss: 1, bpl: 1e-9 });
    expect(ieEff).toBeCloseTo(95, 6);
    expect(mos).toBe(1);
  });
  test('loss in bursts costs more, at most as if Ppl/BurstR were nothing', () => {
    const bursty = [1, 2, 4, 1e9].map((burstRatio) => eModel({ ...CONCEALED, loss: 0.05, burstRatio }).ieEff);
    expect(bursty).toEqual(bursty.toSorted((a, b) => a - b));
    expect(bursty[3]).toBeCloseTo((95 * 5) / 25.1, 6);
  });
  test('the parts add up, and the advantage is added', () => {
    const { r, ro, is, id, ieEff } = eModel({ delayMs: 250, loss: 0.02, ie: 11, bpl: 19, advantage: 5 });
    expect(r).toBeCloseTo(ro - is - id - ieEff + 5, 9);
  });
  test('MOS stays between 1 and 4.5, and falls with loss and delay', () => {
    const delay = fc.double({ min: 0, max: 1e6, noNaN: true });
    const loss = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(delay, loss, fc.double({ min: 1, max: 1e6, noNaN: true }), (delayMs, share, burstRatio) => {
        const echo = { oneWayMs: delayMs, roundTripMs: 2 * delayMs };
        const rating = eModel({ ...CONCEALED, delayMs, echo, loss: share, burstRatio });
        expect(rating.mos).toBeGreaterThanOrEqual(1);
        expect(rating.mos).toBeLessThanOrEqual(4.5);
        expect(eModel({ ...CONCEALED, delayMs, loss: share / 2, burstRatio }).r).toBeGreaterThanOrEqual(
          eModel({ ...CONCEALED, delayMs, loss: share, burstRatio }).r,
        );
        expect(eModel({ delayMs: delayMs + 1 }).r).toBeLessThanOrEqual(eModel({ delayMs }).r + 1e-9);
      }),
    );
  });
  test.each([
    { delayMs: -1 },
    { delayMs: Infinity },
    { delayMs: Number.NaN },
    { loss: 1.1 },
    { loss: -0.1 },
    { bpl: 0 },
    { burstRatio: 0.9 },
    { ie: 96 },
    { advantage: 21 },
    { echo: { oneWayMs: -1, roundTripMs: 0 } },
  ])('refused: %o', (input) => {
    expect(() => eModel(input)).toThrow(RangeError);
  });
});

describe('codecs', () => {
  test.each([
    ['PCMU', false, { ie: 0, bpl: 4.3, source: 'G.113' }],
    ['pcma', true, { ie: 0, bpl: 25.1, source: 'G.113' }],
    ['G729', true, { ie: 11, bpl: 19, source: 'G.113' }],
    ['opus', true, { ie: 0, bpl: 25.1, source: 'assumed' }],
    ['G722', false, { ie: 0, bpl: 4.3, source: 'assumed' }],
    ['H264', true, undefined],
  ])('%s, concealed: %s', (encoding, concealed, want) => {
    expect(codecImpairment(encoding, concealed)).toEqual(want);
  });
});
