import { describe, expect, test } from 'vitest';
import { followTimeline, SessionTimeline, type TimelineEvent } from '../../conference/index.ts';
import { SessionDescription, unixMsToNtpSeconds } from '../../src/sdp/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

const NOON = Date.UTC(2026, 0, 5, 12);
const MINUTE = 60_000;

function description(...times: string[]): SessionDescription {
  return SessionDescription.parse(['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', ...times, ''].join('\r\n'));
}
const t = (start: number, stop: number): string =>
  `t=${unixMsToNtpSeconds(NOON + start * MINUTE)} ${unixMsToNtpSeconds(NOON + stop * MINUTE)}`;

function follow(sdp: SessionDescription, clock = new FakeClock(1000, NOON)) {
  const events: string[] = [];
  const told = (event: TimelineEvent): number =>
    events.push(`${event.type} ${(clock.wall() - NOON) / MINUTE}`);
  return { clock, events, timeline: followTimeline(sdp, { clock, onEvent: told }) };
}

describe('time lines', () => {
  test('[TIM-06] [TIM-08] a session opens at its start, warns twice and closes at its stop', () => {
    const { clock, events, timeline } = follow(description(t(10, 40)));
    expect(timeline).toMatchObject({ state: 'before', nextStart: NOON + 10 * MINUTE });
    clock.advance(10 * MINUTE);
    expect(timeline.state).toBe('open');
    clock.advance(60 * MINUTE);
    expect(events).toEqual(['open 10', 'closing 35', 'closing 39', 'close 40']);
    expect(timeline).toMatchObject({ state: 'over', nextStart: undefined });
    expect(clock.nextDeadline).toBeUndefined();
  });

  test('a permanent session is open at once and never ends', () => {
    const { clock, events } = follow(description('t=0 0'));
    clock.advance(1000 * MINUTE);
    expect(events).toEqual(['open 0']);
  });

  test('joining in the last seconds warns once, at once', () => {
    const { clock, events } = follow(description(t(-30, 0.5)));
    clock.advance(MINUTE);
    expect(events).toEqual(['open 0', 'closing 0', 'close 0.5']);
  });

  test('[SDP-14] a repeated session opens again', () => {
    const sdp = description(t(10, 24 * 60 * 3), 'r=1d 30m 0');
    const { clock, events } = follow(sdp);
    clock.advance(24 * 60 * MINUTE + 50 * MINUTE);
    expect(events).toEqual([
      'open 10',
      'closing 35',
      'closing 39',
      'close 40',
      'open 1450',
      'closing 1475',
      'closing 1479',
      'close 1480',
    ]);
  });

  test('a session that is over says so without an event', () => {
    const { events, timeline } = follow(description(t(-30, -1)));
    expect(timeline.state).toBe('over');
    expect(events).toEqual([]);
  });

  test('the wall clock may jump while we wait', () => {
    const timeline = new SessionTimeline(description(t(10, 40)), [MINUTE]);
    timeline.handleTimeout(NOON);
    expect(timeline.pollTimeout()).toBe(NOON + 10 * MINUTE);
    timeline.handleTimeout(NOON + 100 * MINUTE); // suspended all through it
    expect([timeline.pollEvent(), timeline.state]).toEqual([undefined, 'over']);
  });

  test('nothing comes after stop()', () => {
    const { clock, events, timeline } = follow(description(t(10, 40)));
    timeline.stop();
    clock.advance(60 * MINUTE);
    expect(events).toEqual([]);
  });
});
