import { describe, expect, test } from 'vitest';
import { RtcpScheduler } from '../../src/rtcp/index.ts';
import { KeyPictures } from '../../src/rtp/key-pictures.ts';

const TWO = { members: 2, senders: 1, weSent: false };
const CROWD = { members: 101, senders: 1, weSent: false };
const [OWN, SENDER, OTHER] = [1, 7, 8] as const;

/** Receivers have 37.5 kbit/s: a hundred of them, with 128 bytes each, report each 2.7 s by bandwidth. */
function make(kind: 'pli' | 'fir' = 'pli', random = 0.5, receiverBandwidth = 37_500) {
  const schedule = { senderBandwidth: receiverBandwidth / 3, receiverBandwidth, firstBytes: 128 };
  const scheduler = new RtcpScheduler(schedule, () => 0.5, 0);
  scheduler.sent(128, CROWD, 0);
  return { scheduler, pictures: new KeyPictures(kind, scheduler, () => random) };
}

test('between two it is asked at once, and not again for a second', () => {
  const { pictures } = make();
  expect(pictures.ask(SENDER, TWO, 1000)).toBe(true);
  expect(pictures.due).toBe(1000);
  expect(pictures.ask(SENDER, TWO, 1000)).toBe(true);
  expect(pictures.take(OWN, 1000)).toEqual([{ type: 'pli', ssrc: OWN, mediaSsrc: SENDER }]);
  pictures.sentEarly(100, TWO, 1000);
  expect(pictures.due).toBe(Infinity);
  expect(pictures.ask(SENDER, TWO, 1999)).toBe(true);
  expect(pictures.take(OWN, 1999)).toEqual([]);
  expect(pictures.ask(SENDER, TWO, 2000)).toBe(true);
  expect(pictures.due).toBe(2000);
});

describe('in a group (RFC 4585 §3.5.2)', () => {
  test('it is asked after a random part of half an interval', () => {
    const { pictures, scheduler } = make('pli', 0.25);
    const unit = scheduler.earlyUnit(CROWD);
    expect(unit).toBeGreaterThan(2000);
    pictures.ask(SENDER, CROWD, 0);
    expect(pictures.due).toBeCloseTo(0.25 * 0.5 * unit, 6);
  });
  test('what somebody else asks meanwhile is not asked again', () => {
    const { pictures } = make();
    pictures.ask(SENDER, CROWD, 0);
    pictures.ask(OTHER, CROWD, 0);
    pictures.heard(SENDER, 100);
    expect(pictures.due).toBeLessThan(Infinity);
    expect(pictures.take(OWN, 500)).toEqual([{ type: 'pli', ssrc: OWN, mediaSsrc: OTHER }]);
    pictures.ask(SENDER, CROWD, 900);
    pictures.heard(SENDER, 950);
    expect(pictures.due).toBe(Infinity);
  });
  test('one early report in two intervals; what comes sooner goes with the next regular one', () => {
    const { pictures, scheduler } = make('pli', 0);
    pictures.ask(SENDER, CROWD, 0);
    pictures.take(OWN, 0);
    pictures.sentEarly(128, CROWD, 0);
    const again = 2 * scheduler.earlyUnit(CROWD);
    pictures.ask(OTHER, CROWD, again - 1);
    expect(pictures.due).toBe(Infinity);
    expect(pictures.take(OWN, scheduler.due)).toEqual([{ type: 'pli', ssrc: OWN, mediaSsrc: OTHER }]);
  });
  test('the next regular report makes up for it (§3.5.3)', () => {
    const { pictures, scheduler } = make('pli', 0, 3750); // ten times less: an interval is 27 s
    const [before, unit] = [scheduler.due, scheduler.earlyUnit(CROWD)];
    pictures.ask(SENDER, CROWD, 0);
    pictures.take(OWN, 0);
    pictures.sentEarly(128, CROWD, 0);
    expect(before).toBeLessThan(unit);
    expect(scheduler.due).toBeCloseTo(2 * unit, 3);
  });
  test('a regular report that comes sooner takes it along', () => {
    const { pictures, scheduler } = make();
    pictures.ask(SENDER, CROWD, scheduler.due - 10);
    expect(pictures.due).toBe(Infinity);
    expect(pictures.take(OWN, scheduler.due)).toHaveLength(1);
  });
});

test('full intra requests count for each sender (RFC 5104 §4.3.1.2)', () => {
  const { pictures } = make('fir', 0.999);
  const asked = [0, 1000, 2000].flatMap((now) => {
    pictures.ask(SENDER, TWO, now);
    if (now === 1000) pictures.ask(OTHER, TWO, now);
    return pictures.take(OWN, now);
  });
  const entry = (ssrc: number, sequence: number) => ({ ssrc, sequence });
  expect(asked).toEqual([
    { type: 'fir', ssrc: OWN, requests: [entry(SENDER, 0)] },
    { type: 'fir', ssrc: OWN, requests: [entry(SENDER, 1), entry(OTHER, 0)] },
    { type: 'fir', ssrc: OWN, requests: [entry(SENDER, 2)] },
  ]);
});

test('where RTCP is switched off, nobody is asked', () => {
  const off = { senderBandwidth: 0, receiverBandwidth: 0, firstBytes: 128 };
  const pictures = new KeyPictures('pli', new RtcpScheduler(off, Math.random, 0), Math.random);
  expect(pictures.ask(SENDER, TWO, 0)).toBe(false);
});

test('of thousands of senders few are remembered, and their requests fit in one report', () => {
  const { pictures } = make();
  for (let ssrc = 100; ssrc < 5000; ssrc++) pictures.ask(ssrc, TWO, 0);
  expect(pictures.take(OWN, 0)).toHaveLength(64);
});
