import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidValueError } from '../../src/errors.ts';
import { type Tick, Ticker } from '../../src/net/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

function record(clock: FakeClock, intervalMs: number, catchUpMs?: number) {
  const ticks: Tick[] = [];
  const at: number[] = [];
  const ticker = new Ticker({
    clock,
    intervalMs,
    ...(catchUpMs === undefined ? {} : { catchUpMs }),
    onTick: (tick) => {
      ticks.push(tick);
      at.push(clock.now());
    },
  });
  return { ticks, at, ticker };
}

describe('Ticker', () => {
  test('60 s of 20 ms beats are 3000, however late each timer fires', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 45 }), { minLength: 50, maxLength: 200 }), (stalls) => {
        const clock = new FakeClock();
        const { ticks, ticker } = record(clock, 20);
        const start = clock.now();
        ticker.start();
        for (let i = 0; clock.now() - start < 60_000; i++) {
          clock.stall(Math.min(stalls[i % stalls.length] ?? 1, start + 60_000 - clock.now()));
        }
        expect(ticks.length).toBe(3001); // beat 0 and beat 3000 included
        expect(ticks.map(({ index, due }) => due - start - 20 * index).every((error) => error === 0)).toBe(
          true,
        );
      }),
      { numRuns: 20 },
    );
  });

  test('a short stall is made up for at once', () => {
    const clock = new FakeClock(0);
    const { ticks, at, ticker } = record(clock, 20);
    ticker.start();
    clock.advance(30);
    clock.stall(100);
    expect(at).toEqual([0, 20, 130, 130, 130, 130, 130]);
    clock.advance(10);
    expect(ticks.at(-1)).toEqual({ index: 7, due: 140, skipped: 0 });
  });

  test('after a long one the beats before now are skipped, and the count is told once', () => {
    const clock = new FakeClock(0);
    const { ticks, ticker } = record(clock, 20, 200);
    ticker.start();
    clock.advance(20);
    clock.stall(10_005); // now 10025; beats 2 to 500 are overdue, 501 is the last due
    expect(ticks.slice(2)).toEqual([{ index: 501, due: 10_020, skipped: 499 }]);
    clock.advance(15);
    expect(ticks.at(-1)).toEqual({ index: 502, due: 10_040, skipped: 0 });
  });

  test('stop from within a beat stops the burst; start begins anew', () => {
    const clock = new FakeClock(0);
    const seen: number[] = [];
    const ticker = new Ticker({
      clock,
      intervalMs: 10,
      onTick: ({ index }) => {
        seen.push(index);
        if (index === 1) ticker.stop();
      },
    });
    ticker.start();
    clock.stall(100);
    expect([seen, ticker.running, clock.nextDeadline]).toEqual([[0, 1], false, undefined]);
    ticker.start(clock.now() + 5);
    clock.advance(5);
    expect(seen).toEqual([0, 1, 0]);
    ticker[Symbol.dispose]();
    clock.advance(1000);
    expect(seen.length).toBe(3);
  });

  test('an interval that is not above 0 is refused', () => {
    const make = (intervalMs: number) => () =>
      new Ticker({ clock: new FakeClock(), intervalMs, onTick: () => undefined });
    for (const bad of [0, -20, Number.NaN]) expect(make(bad)).toThrow(InvalidValueError);
  });
});

test('FakeClock fires in the order of deadlines, also those set on the way', () => {
  const clock = new FakeClock(0);
  const fired: string[] = [];
  const late = clock.timer(() => fired.push(`late@${clock.now()}`));
  const early = clock.timer(() => {
    fired.push(`early@${clock.now()}`);
    if (clock.now() < 9) early.set(clock.now() + 4);
  });
  const never = clock.timer(() => fired.push('never'));
  late.set(10);
  early.set(3);
  never.set(5);
  never.set(undefined);
  clock.advance(20);
  expect(fired).toEqual(['early@3', 'early@7', 'late@10', 'early@11']);
});
