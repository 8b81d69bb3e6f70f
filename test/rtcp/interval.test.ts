import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reducedMinimum, rtcpDeterministicInterval, rtcpInterval } from '../../src/rtcp/index.ts';

/** 64 kbit/s session: RTCP has 3200 bit/s = 400 octets/s. */
const base = {
  members: 2,
  senders: 1,
  weSent: false,
  initial: false,
  averageBytes: 100,
  senderBandwidth: 800,
  receiverBandwidth: 2400,
};

test.each([
  { name: 'two members: the minimum', change: {}, want: 5000 },
  { name: 'the first packet: half of it', change: { initial: true }, want: 2500 },
  // 100 senders of 1000 members: 25 % for senders. C = 100/(0.25·400) = 1 s, n = 100
  { name: 'few senders, we send', change: { members: 1000, senders: 100, weSent: true }, want: 100_000 },
  // C = 100/(0.75·400) = 1/3 s, n = 900
  { name: 'few senders, we listen', change: { members: 1000, senders: 100 }, want: 300_000 },
  // more than a quarter send: C = 100/400 = 0.25 s, n = 1000, whoever we are
  { name: 'many senders, we send', change: { members: 1000, senders: 600, weSent: true }, want: 250_000 },
  { name: 'many senders, we listen', change: { members: 1000, senders: 600 }, want: 250_000 },
  {
    name: 'exactly a quarter is still few',
    change: { members: 1000, senders: 250, weSent: true },
    want: 250_000,
  },
  { name: 'bigger packets', change: { members: 1000, senders: 0, averageBytes: 200 }, want: 666_666.7 },
  {
    name: 'no bandwidth for anyone: never',
    change: { senderBandwidth: 0, receiverBandwidth: 0 },
    want: Infinity,
  },
  {
    name: 'none for receivers, we listen: never',
    change: { members: 9, receiverBandwidth: 0 },
    want: Infinity,
  },
  { name: 'a smaller minimum', change: { members: 1, senders: 0, minimum: 360 }, want: 360 },
])('Td, $name (RFC 3550 §6.3.1)', ({ change, want }) => {
  expect(rtcpDeterministicInterval({ ...base, ...change })).toBeCloseTo(want, 0);
});

describe('T', () => {
  test.each([
    [0, 0.5],
    [0.5, 1],
    [0.999_999, 1.5],
  ])('chance %f gives Td times %f, over e − 3/2', (chance, factor) => {
    expect(rtcpInterval(base, () => chance)).toBeCloseTo((5000 * factor) / 1.218_28, 0);
  });
  test('lies within its bounds, grows with the group, and falls with bandwidth', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (members, chance) => {
          const input = { ...base, members, senders: 0 };
          const td = rtcpDeterministicInterval(input);
          const t = rtcpInterval(input, () => chance);
          expect(t).toBeGreaterThanOrEqual((td * 0.5) / 1.218_29);
          expect(t).toBeLessThan((td * 1.5) / 1.218_28);
          expect(rtcpDeterministicInterval({ ...input, members: members + 1 })).toBeGreaterThanOrEqual(td);
          expect(rtcpDeterministicInterval({ ...input, receiverBandwidth: 4800 })).toBeLessThanOrEqual(td);
        },
      ),
    );
  });
});

test.each([
  [72_000, 5000],
  [64_000, 5000],
  [360_000, 1000],
  [36_000_000, 10],
])('reduced minimum at %d bit/s (RFC 3550 §6.2)', (bandwidth, want) => {
  expect(reducedMinimum(bandwidth)).toBeCloseTo(want, 6);
});
