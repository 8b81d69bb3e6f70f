import { describe, expect, test } from 'vitest';
import { ntpFromWall, wallFromNtp } from '../../src/rtcp/index.ts';
import { SenderClock } from '../../src/rtp/index.ts';

const RATE = 48_000;
const ERA = Date.UTC(2036, 1, 7, 6, 28, 16);

/** A sender whose clocks differ from ours, and the path to us. */
interface Sender {
  readonly start: number;
  readonly aheadMs: number;
  readonly driftPpm: number;
  readonly mediaPpm: number;
  readonly delay: (n: number) => number;
}
const EXACT: Sender = { start: Date.UTC(2026, 0, 1), aheadMs: 0, driftPpm: 0, mediaPpm: 0, delay: () => 0 };

/** Takes reports `n` from `first` to `last`, five seconds apart, as they go over the wire. */
function run(
  clock: SenderClock,
  sender: Sender,
  first: number,
  last: number,
  ticksAt = 2 ** 32 - 200_000,
): void {
  for (let n = first; n <= last; n++) {
    const elapsed = n * 5000;
    const sent = sender.start + sender.aheadMs + elapsed * (1 + sender.driftPpm / 1e6);
    const mediaMs = elapsed * (1 + sender.driftPpm / 1e6) * (1 + sender.mediaPpm / 1e6);
    const ticks = Math.round(ticksAt + (mediaMs * RATE) / 1000) >>> 0;
    const at = elapsed + sender.delay(n);
    clock.take(wallFromNtp(ntpFromWall(sent)), ticks, RATE, at, sender.start + at);
  }
}

describe('the clock of a sender', () => {
  test('nothing is known before a report, and no rate before half a minute', () => {
    const clock = new SenderClock();
    expect(clock.figures(RATE, undefined)).toBeUndefined();
    expect(clock.wallAt(0, RATE)).toBeUndefined();
    run(clock, EXACT, 0, 5);
    expect(clock.figures(RATE, undefined)).toMatchObject({ reports: 6, driftPpm: undefined });
    run(clock, EXACT, 6, 6);
    expect(clock.figures(RATE, undefined)?.driftPpm).toBeCloseTo(0, 1);
  });

  test.each([
    ['ahead by an hour', { aheadMs: 3_600_000 }],
    ['behind, and slow', { aheadMs: -1500, driftPpm: -80 }],
    ['fast, with a media clock that is slow by it', { driftPpm: 100, mediaPpm: -200 }],
    [
      'over the end of the NTP era, and of the timestamps',
      { start: ERA - 60_000, driftPpm: 30, mediaPpm: 30 },
    ],
  ])('%s', (_name, differs) => {
    const sender = { ...EXACT, ...differs };
    const clock = new SenderClock();
    run(clock, sender, 0, 40);
    const figures = clock.figures(RATE, undefined);
    expect(figures?.reports).toBe(32);
    expect(figures?.driftPpm).toBeCloseTo(sender.driftPpm, 0);
    expect(figures?.mediaDriftPpm).toBeCloseTo(sender.mediaPpm, 0);
    expect(figures?.offsetMs).toBeCloseTo(sender.aheadMs + (200_000 * sender.driftPpm) / 1e6, 0);
  });

  test('the fastest report counts, and half the round trip is allowed for', () => {
    const clock = new SenderClock();
    run(clock, { ...EXACT, aheadMs: 250, delay: (n) => (n % 4 === 1 ? 20 : 20 + (n % 3) * 30) }, 0, 40);
    expect(clock.figures(RATE, undefined)?.offsetMs).toBeCloseTo(230, -0.5);
    expect(clock.figures(RATE, 40)?.offsetMs).toBeCloseTo(250, -0.5);
    expect(clock.figures(RATE, 40)?.halfRoundTripMs).toBe(20);
    expect(clock.figures(RATE, 40)?.driftPpm).toBeUndefined(); // so much jitter tells nothing of it
  });

  test('the wall clock at timestamps before and after a wrap', () => {
    const clock = new SenderClock();
    clock.take(1_000_000, 0xffff_ff00, RATE, 0, 0);
    expect(clock.wallAt(0xffff_ff00, RATE)).toBe(1_000_000);
    expect(clock.wallAt(48_000 - 256, RATE)).toBe(1_001_000);
    expect(clock.wallAt(0xffff_ff00 - 48_000, RATE)).toBe(999_000);
  });

  test.each([
    ['the sender sets its clock', { aheadMs: 5000 }, undefined],
    ['the source begins anew', {}, 7],
  ])('%s: what was known is forgotten', (_name, differs, ticks) => {
    const clock = new SenderClock();
    run(clock, EXACT, 0, 20);
    run(clock, { ...EXACT, ...differs }, 21, 21, ticks);
    expect(clock.figures(RATE, undefined)).toMatchObject({ reports: 1, driftPpm: undefined });
    run(clock, { ...EXACT, ...differs }, 22, 40, ticks);
    expect(clock.figures(RATE, undefined)?.driftPpm).toBeCloseTo(0, 1);
  });

  test('our own clock is set', () => {
    const clock = new SenderClock();
    run(clock, EXACT, 0, 20);
    run(clock, { ...EXACT, start: EXACT.start + 60_000, aheadMs: -60_000 }, 21, 21);
    expect(clock.figures(RATE, undefined)).toMatchObject({ reports: 1, offsetMs: -60_000 });
  });

  test('a copy of a report changes nothing', () => {
    const clock = new SenderClock();
    run(clock, EXACT, 0, 20);
    run(clock, { ...EXACT, delay: () => 3 }, 20, 20);
    expect(clock.figures(RATE, undefined)?.reports).toBe(21);
  });

  test('a rate is not told before jitter allows it', () => {
    const clock = new SenderClock();
    const sender = { ...EXACT, driftPpm: 50, delay: (n: number) => (n * 7) % 3 };
    run(clock, sender, 0, 8);
    expect(clock.figures(RATE, undefined)?.driftPpm).toBeUndefined();
    run(clock, sender, 9, 31);
    expect(Math.abs((clock.figures(RATE, undefined)?.driftPpm ?? Infinity) - 50)).toBeLessThan(10);
  });

  test('a clock that runs too wildly to be one has no drift', () => {
    const clock = new SenderClock();
    run(clock, { ...EXACT, driftPpm: 5000 }, 0, 20);
    expect(clock.figures(RATE, undefined)?.driftPpm).toBeUndefined();
  });

  test('the delay of packets, where both clocks are one', () => {
    const clock = new SenderClock();
    run(clock, { ...EXACT, delay: () => 30 }, 0, 3, 2 ** 32 - 100);
    // stamped a second after the first report's moment, 12.5 ms under way
    const [stamp, arrival] = [48_000 - 100, 1012.5];
    const transit = ((arrival * RATE) / 1000 - stamp) | 0;
    expect(clock.delayMs(transit, RATE)).toBeCloseTo(12.5, 1);
    expect(clock.delayMs(transit - 4800, RATE)).toBeCloseTo(-87.5, 1);
  });
});
