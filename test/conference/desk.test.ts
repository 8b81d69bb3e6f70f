import { describe, expect, test } from 'vitest';
import {
  type AudioSource,
  Desk,
  type DeskChannel,
  type DeskChannelOptions,
  type DeskEvent,
  InvalidStreamError,
  MulticastRtpProvider,
} from '../../conference/index.ts';
import { InvalidValueError, StateError } from '../../src/errors.ts';
import { ArraySink, silence } from '../support/array-terminals.ts';
import { capture, PORT, Room, render, sdp, tone } from '../support/room.ts';
import { decibels, powerAt } from '../support/tone-meter.ts';

const RATE = 8000;
const FORMAT = { sampleRate: RATE, channels: 1 };
const ROOMS = {
  hall: { description: sdp('m=audio 5004 RTP/AVP 0'), frequency: 440 },
  studio: { description: sdp('m=audio 5006 RTP/AVP 0'), frequency: 1000 },
  alarm: { description: sdp('m=audio 5008 RTP/AVP 0'), frequency: 2000 },
} as const;
type Name = keyof typeof ROOMS;

/** An operator who listens to some conferences; in each somebody has a tone, switched on and off. */
async function operator(wishes: Partial<Record<Name, DeskChannelOptions>>) {
  const room = new Room();
  const provider = new MulticastRtpProvider({ openSocket: room.network.host('10.0.9.9') });
  const desk = new Desk({ format: FORMAT });
  const events: DeskEvent[] = [];
  desk.onAny((event) => events.push(event));
  const sink = new ArraySink();
  desk.attach(sink);
  const channels = new Map<string, DeskChannel>();
  const talkers = new Map<string, Awaited<ReturnType<Room['join']>>>();
  for (const name of ['hall', 'studio', 'alarm'] as const) {
    const options = wishes[name];
    if (options === undefined) continue;
    const { description, frequency } = ROOMS[name];
    talkers.set(name, await room.join(`${name} talker`, tone(frequency, -20), { description }));
    const { call } = room.call('operator', { description, provider });
    channels.set(name, desk.add(call, { name, ...options }));
    await call.connect();
  }
  const channel = (name: Name): DeskChannel => {
    const found = channels.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  const talk = (name: Name, on: boolean): void => {
    const talker = talkers.get(name);
    const out = talker === undefined ? undefined : capture(talker.call);
    if (on) out?.start();
    else out?.pause();
  };
  /** The level of each conference's tone in the last so many milliseconds. */
  const level = (name: Name, ms = 300): number =>
    decibels(powerAt(sink.last(ms / 1000), RATE, ROOMS[name].frequency));
  return { room, desk, sink, events, channel, talk, level };
}

describe('conferences at a desk', () => {
  test('are heard together, each with its volume and mute', async () => {
    const { room, desk, level, channel } = await operator({ hall: {}, studio: {} });
    room.clock.advance(2000);
    expect([level('hall'), level('studio')]).toEqual([expect.closeTo(-20, 0), expect.closeTo(-20, 0)]);
    channel('hall').sound.gainDb = -10;
    channel('studio').muted = true;
    room.clock.advance(1000);
    expect(level('hall')).toBeCloseTo(-30, 0);
    expect(level('studio')).toBeLessThan(-60);
    channel('studio').muted = false;
    await desk.remove(channel('hall'));
    room.clock.advance(1000);
    expect(level('hall')).toBeLessThan(-60);
    expect(level('studio')).toBeCloseTo(-20, 0);
  });

  test('the desk adds no delay: time of all conferences goes on as one', async () => {
    const { room, sink, channel, level } = await operator({ hall: {}, studio: {} });
    room.clock.advance(1000);
    const before = sink.samples.length;
    room.clock.advance(1000);
    expect(sink.samples.length - before).toBe(RATE);
    channel('hall').call.hold();
    room.clock.advance(1000);
    expect(sink.samples.length - before).toBe(2 * RATE);
    await Promise.all([channel('hall').call.disconnect(), room.clock.advanceAsync(2000, 100)]);
    expect(sink.samples.length - before).toBeGreaterThan(3.9 * RATE);
    expect(level('studio')).toBeCloseTo(-20, 0);
  });

  test('two that are both at full scale together stay within it', async () => {
    const { room, sink, channel } = await operator({ hall: {}, studio: {} });
    for (const name of ['hall', 'studio'] as const) channel(name).sound.gainDb = 17;
    room.clock.advance(2000);
    const peak = sink.last(0.5).reduce((most, it) => Math.max(most, Math.abs(it)), 0);
    expect(peak).toBeGreaterThan(0.85);
    expect(peak).toBeLessThanOrEqual(1);
  });
});

describe('priorities', () => {
  test('paging makes the others softer by 20 dB while somebody talks, and they come back after the hold', async () => {
    const { room, level, talk, events, channel } = await operator({
      hall: {},
      studio: { priority: 'paging' },
    });
    talk('studio', false);
    room.clock.advance(4000);
    expect(level('hall')).toBeCloseTo(-20, 0);
    talk('studio', true);
    room.clock.advance(1000);
    expect(level('hall')).toBeCloseTo(-40, 0);
    expect(level('studio')).toBeCloseTo(-20, 0);
    expect(channel('hall').duckedDb).toBe(20);
    expect(channel('studio').duckedDb).toBe(0);
    talk('studio', false);
    room.clock.advance(1500);
    expect(level('hall')).toBeCloseTo(-40, 0); // the hold
    room.clock.advance(1500);
    expect(level('hall')).toBeCloseTo(-20, 0);
    expect(events.map(({ type }) => type)).toEqual(['ducking', 'duckingOver']);
  });

  test('emergency silences everything else, paging included', async () => {
    const { room, level, talk } = await operator({
      hall: {},
      studio: { priority: 'paging' },
      alarm: { priority: 'emergency' },
    });
    talk('alarm', false);
    room.clock.advance(4000);
    expect([level('hall'), level('studio')]).toEqual([expect.closeTo(-40, 0), expect.closeTo(-20, 0)]);
    talk('alarm', true);
    room.clock.advance(1000);
    expect(level('hall')).toBeLessThan(-80);
    expect(level('studio')).toBeLessThan(-80);
    expect(level('alarm')).toBeCloseTo(-20, 0);
  });

  test('going down takes a tenth of a second, coming back 0.8 s, both without a click', async () => {
    const { room, sink, talk, level } = await operator({ hall: {}, alarm: { priority: 'emergency' } });
    talk('alarm', false);
    room.clock.advance(4000);
    const start = sink.samples.length;
    talk('alarm', true);
    room.clock.advance(400); // 60 ms of playout, 40 ms until it counts, 100 ms of fading
    expect(level('hall', 100)).toBeLessThan(-75);
    talk('alarm', false);
    room.clock.advance(1800);
    expect(level('hall', 60)).toBeLessThan(-22);
    room.clock.advance(1500);
    expect(level('hall', 60)).toBeCloseTo(-20, 0);
    const heard = sink.samples.subarray(start);
    // the second difference of the two tones is small; a click would be an edge
    let edge = 0;
    for (let i = 2; i < heard.length; i++) {
      const bend = (heard[i] ?? 0) - 2 * (heard[i - 1] ?? 0) + (heard[i - 2] ?? 0);
      edge = Math.max(edge, Math.abs(bend));
    }
    expect(edge).toBeLessThan(0.4); // 2 kHz at a peak of 0.14, begun anywhere: 2 · 0.14 and its beginning
  });

  test('one that ends amid a word gives the others back', async () => {
    const { room, level, channel } = await operator({ hall: {}, studio: { priority: 'paging' } });
    room.clock.advance(2000);
    expect(level('hall')).toBeCloseTo(-40, 0);
    await Promise.all([channel('studio').call.disconnect(), room.clock.advanceAsync(4000, 100)]);
    expect(channel('studio').talking).toBe(false);
    expect(level('hall')).toBeCloseTo(-20, 0);
  });

  test('a conference that is muted ducks nobody; its importance can be changed', async () => {
    const { room, level, channel } = await operator({
      hall: {},
      studio: { priority: 'paging', ducksByDb: 12 },
    });
    room.clock.advance(3000);
    expect(level('hall')).toBeCloseTo(-32, 0);
    channel('studio').muted = true;
    room.clock.advance(4000);
    expect(level('hall')).toBeCloseTo(-20, 0);
    channel('studio').muted = false;
    channel('hall').importance = 'emergency';
    room.clock.advance(4000);
    expect(level('hall')).toBeCloseTo(-20, 0);
    expect(level('studio')).toBeLessThan(-60);
  });
});

describe('talking', () => {
  const sentTo = (room: Room, port: number): number =>
    room.network.wire.filter((it) => it.port === port && it.from.address === '10.0.9.9').length;

  test('goes to one conference at a time', async () => {
    const { room, desk, channel, events } = await operator({ hall: {}, studio: {} });
    const source: AudioSource = tone(700);
    desk.attachSource(source);
    expect(() => desk.attachSource(silence())).toThrow(StateError);
    room.clock.advance(1000);
    expect([sentTo(room, 5004), sentTo(room, 5006)]).toEqual([0, 0]);
    desk.talkTo(channel('hall'));
    room.clock.advance(1000);
    const hall = sentTo(room, 5004);
    expect([hall, sentTo(room, 5006)]).toEqual([expect.closeTo(50, -1), 0]);
    desk.talkTo(channel('studio'));
    room.clock.advance(1000);
    expect([sentTo(room, 5004) - hall, sentTo(room, 5006)]).toEqual([0, expect.closeTo(50, -1)]);
    expect(desk.talkTarget).toBe(channel('studio'));
    desk.talkTo(undefined);
    expect(
      events
        .map((it) => (it.type === 'talkTarget' ? it.channel?.name : it.type))
        .filter((it) => it !== 'ducking'),
    ).toEqual(['hall', 'studio', undefined]);
  });

  test('a call that ends does not take the microphone with it', async () => {
    const { room, desk, channel } = await operator({ hall: {}, studio: {} });
    desk.attachSource(tone(700));
    desk.talkTo(channel('hall'));
    room.clock.advance(500);
    await Promise.all([channel('hall').call.disconnect(), room.clock.advanceAsync(2000, 100)]);
    desk.talkTo(channel('studio'));
    room.clock.advance(1000);
    expect(sentTo(room, 5006)).toBeGreaterThan(40);
  });

  test('[ERR-06] what cannot be is refused by name', async () => {
    const { room, desk, channel } = await operator({ hall: {} });
    const { call: listener } = room.call('listener', { direction: 'recvonly' });
    const only = desk.add(listener, { name: 'only' });
    expect(() => desk.talkTo(only)).toThrow(InvalidStreamError);
    expect(() => desk.add(listener)).toThrow(StateError);
    const { call: mute } = room.call('mute', { description: sdp(`m=audio ${PORT} RTP/AVP 0`, 'a=sendonly') });
    expect(() => desk.add(mute)).toThrow(InvalidStreamError);
    await desk.remove(only);
    expect(() => desk.talkTo(only)).toThrow(InvalidValueError);
    expect(() => desk.detach(new ArraySink())).toThrow(InvalidValueError);
    expect(() => new Desk({ format: { sampleRate: 1, channels: 1 } })).toThrow(InvalidValueError);
    expect(render(channel('hall').call)?.terminals).toHaveLength(1);
  });

  test('a loudspeaker that fails is told; the end closes what the desk was given', async () => {
    const { room, desk, sink, events } = await operator({ hall: {} });
    const broken = new ArraySink();
    desk.attach(broken);
    broken.break('it was unplugged');
    expect(events.map(({ type }) => type)).toContain('terminalFailed');
    expect(desk.sinks).toEqual([sink]);
    room.clock.advance(500);
    await desk[Symbol.asyncDispose]();
    expect(sink.closed).toBe(true);
    expect(desk.channels).toEqual([]);
  });
});
