import { describe, expect, test } from 'vitest';
import { SnoopingWatch } from '../../src/igmp/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

const SECOND = 1000;

/** Joined; media every 20 ms count as one each second; announced every 30 s, when it is. */
function listen(seconds: { heard: number; announced?: number; queriedEvery?: number }): {
  clock: FakeClock;
  watch: SnoopingWatch;
} {
  const clock = new FakeClock(5000);
  const watch = new SnoopingWatch(clock.now());
  const end = Math.max(seconds.heard, seconds.announced ?? 0);
  for (let second = 0; second <= end; second++) {
    if (second <= seconds.heard) watch.handleMedia(clock.now());
    if (second % 30 === 0 && second <= (seconds.announced ?? -1)) watch.handleAnnouncement(clock.now());
    if (seconds.queriedEvery !== undefined && second % seconds.queriedEvery === 0)
      watch.handleQuery(clock.now());
    clock.advance(SECOND);
  }
  return { clock, watch };
}

describe('joined, announced, silent', () => {
  test('after 260 s: likely, and it is still announced', () => {
    const { clock, watch } = listen({ heard: 260, announced: 300 });
    expect(watch.suspicion(clock.now())).toEqual({
      level: 'likely',
      heardForMs: 260_000,
      silentForMs: 41_000,
      announced: true,
    });
  });

  test.each([
    { name: 'a switch that forgets a little earlier', heard: 225, level: 'likely' },
    { name: 'a switch that forgets a little later', heard: 299, level: 'likely' },
    { name: 'after a minute, and nothing is announced', heard: 60, level: undefined },
    { name: 'after a minute, and it is announced', heard: 60, announced: 120, level: 'possible' },
    { name: 'after an hour of queries', heard: 3600, queriedEvery: 125, level: undefined },
  ])('$name: $level', ({ level, ...seconds }) => {
    const { clock, watch } = listen(seconds);
    clock.advance(20 * SECOND);
    expect(watch.suspicion(clock.now())?.level).toBe(level);
  });

  test('counts from the last query: the querier went away later', () => {
    const { clock, watch } = listen({ heard: 1000, queriedEvery: 740 });
    clock.advance(20 * SECOND);
    expect(watch.suspicion(clock.now())).toMatchObject({ level: 'likely', heardForMs: 260_000 });
  });

  test('a pause, a goodbye and somebody heard again are no signs', () => {
    const { clock, watch } = listen({ heard: 260 });
    expect(watch.suspicion(clock.now())).toBeUndefined();
    clock.advance(60 * SECOND);
    expect(watch.suspicion(clock.now())?.level).toBe('likely');
    watch.handleEnd();
    expect(watch.suspicion(clock.now())).toBeUndefined();
    watch.handleMedia(clock.now());
    clock.advance(5 * SECOND);
    expect(watch.suspicion(clock.now())).toBeUndefined();
  });

  test('announced and never heard, for longer than any switch remembers', () => {
    const clock = new FakeClock();
    const watch = new SnoopingWatch(clock.now());
    clock.advance(200 * SECOND);
    watch.handleAnnouncement(clock.now());
    expect(watch.suspicion(clock.now())).toBeUndefined();
    clock.advance(61 * SECOND);
    expect(watch.suspicion(clock.now())).toMatchObject({ level: 'possible', heardForMs: undefined });
  });
});
