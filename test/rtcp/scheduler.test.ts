import { describe, expect, test } from 'vitest';
import { RtcpScheduler } from '../../src/rtcp/index.ts';

const half = (): number => 0.5;
const E = Math.E - 1.5;
const counts = (members: number, senders = 0, weSent = false) => ({ members, senders, weSent });
const scheduler = () =>
  new RtcpScheduler({ senderBandwidth: 800, receiverBandwidth: 2400, firstBytes: 100 }, half, 1000);

test('the first report comes after half the minimum, the next after the whole', () => {
  const s = scheduler();
  expect(s.due).toBeCloseTo(1000 + 2500 / E);
  expect(s.expire(counts(1), s.due - 1)).toBe(false);
  const first = s.due;
  expect(s.expire(counts(1), first)).toBe(true);
  s.sent(100, counts(1), first);
  expect(s.due).toBeCloseTo(first + 5000 / E);
});

test('timer reconsideration: a group that has grown meanwhile postpones the report (RFC 3550 §6.3.6)', () => {
  const s = scheduler();
  const first = s.due;
  expect(s.expire(counts(301), first)).toBe(false);
  // Td = 301 · 100 B / 300 B/s
  expect(s.due).toBeCloseTo(1000 + (301 * 1000) / 3 / E);
  expect(s.expire(counts(301), s.due)).toBe(true);
});

test('reverse reconsideration: a group that shrinks brings the report forward (RFC 3550 §6.3.4)', () => {
  const s = scheduler();
  s.expire(counts(301), s.due);
  const before = s.due;
  const now = 11_000;
  s.membersLeft(counts(100), now);
  expect(s.due).toBeCloseTo(now + (100 / 301) * (before - now));
  const after = s.due;
  s.membersLeft(counts(200), now); // more than when last computed: no change
  expect(s.due).toBe(after);
});

test('the mean packet size moves by a sixteenth (RFC 3550 §6.3.3)', () => {
  const s = scheduler();
  s.received(260, false);
  expect(s.averageBytes).toBe(110);
  s.sent(110, counts(2), 5000);
  expect(s.averageBytes).toBe(110);
});

describe('BYE (RFC 3550 §6.3.7)', () => {
  test('goes at once among 50', () => {
    expect(scheduler().leave(90, 50, 5000)).toBe(true);
  });
  test('among 51 waits, and waits longer the more leave', () => {
    const s = scheduler();
    expect(s.leave(90, 51, 5000)).toBe(false);
    const due = s.due;
    expect(due).toBeCloseTo(5000 + 2500 / E);
    for (let n = 0; n < 100; n++) s.received(90, true);
    expect(s.expire(counts(5), due)).toBe(false); // counts of others no longer matter: 101 leavers do
    expect(s.due).toBeCloseTo(5000 + (101 * 90 * 1000) / 300 / E);
    expect(s.expire(counts(5), s.due)).toBe(true);
  });
  test('reports of those who stay do not postpone it, nor change the mean size', () => {
    const s = scheduler();
    s.leave(90, 51, 5000);
    for (let n = 0; n < 100; n++) s.received(1000, false);
    expect(s.averageBytes).toBe(90);
    expect(s.expire(counts(1000), s.due)).toBe(true);
  });
});

test('no bandwidth: never due', () => {
  const s = new RtcpScheduler({ senderBandwidth: 0, receiverBandwidth: 0, firstBytes: 100 }, half, 0);
  expect(s.due).toBe(Infinity);
  s.membersLeft(counts(1), 100);
  expect(s.due).toBe(Infinity);
});

test('the unit of time-outs is a receiver’s Td with the full minimum, even before the first report', () => {
  expect(scheduler().timeoutUnit(counts(2, 2, true))).toBe(5000);
  expect(scheduler().timeoutUnit(counts(301, 1, true))).toBe(100_000);
  expect(scheduler().senderUnit(counts(301, 1, false))).toBe(5000);
});
