import { describe, expect, test } from 'vitest';
import { ActiveTalker, VoiceActivity } from '../../conference/index.ts';
import { capture, Room, render, tone, types } from '../support/room.ts';

const power = (dbfs: number) => 10 ** (dbfs / 10);

/** Levels over time, 20 ms each block, and when the flag changes, in ms. */
function flags(voice: VoiceActivity, levels: readonly (readonly [dbfs: number, ms: number])[]): string[] {
  const out: string[] = [];
  let now = 0;
  for (const [dbfs, ms] of levels) {
    for (let t = 0; t < ms; t += 20, now += 20) {
      voice.add(power(dbfs), 20, now);
      const change = voice.poll(now);
      if (change !== undefined) out.push(`${change} ${now}`);
    }
  }
  return out;
}

describe('voice activity', () => {
  test('[PEV-12] [PEV-13] talking after 40 ms over the threshold, silent 500 ms after the last of it', () => {
    expect(
      flags(new VoiceActivity(), [
        [-80, 1000],
        [-20, 1000],
        [-80, 1000],
      ]),
    ).toEqual(['talking 1020', 'silent 2480']);
  });

  test('a click of 20 ms is not talk, pauses between words do not end it', () => {
    expect(
      flags(new VoiceActivity(), [
        [-80, 500],
        [-10, 20],
        [-80, 1000],
      ]),
    ).toEqual([]);
    const words = Array.from(
      { length: 10 },
      () =>
        [
          [-20, 200],
          [-80, 300],
        ] as const,
    ).flat();
    expect(flags(new VoiceActivity(), words)).toHaveLength(1);
  });

  test.each([
    { noise: -80, voice: -50, talks: true },
    { noise: -60, voice: -48, talks: true },
    { noise: -50, voice: -48, talks: false },
    { noise: -50, voice: -35, talks: true },
    { noise: -38, voice: -30, talks: true },
  ])('[QUA-03] with noise of $noise dBFS a voice of $voice talks: $talks', ({ noise, voice, talks }) => {
    const activity = new VoiceActivity();
    flags(activity, [[noise, 10_000]]);
    expect(activity.talking).toBe(noise > -45); // louder than that is not taken for noise
    const speech = Array.from(
      { length: 4 },
      () =>
        [
          [voice, 300],
          [noise, 100],
        ] as const,
    ).flat();
    flags(activity, speech);
    expect(activity.talking).toBe(talks);
  });

  test('a steady tone is never taken for noise', () => {
    expect(
      flags(new VoiceActivity(), [
        [-80, 500],
        [-30, 120_000],
      ]),
    ).toEqual(['talking 520']);
  });

  test('a level that wavers about the threshold does not flutter', () => {
    const wavering = Array.from({ length: 100 }, (_, i) => [i % 2 === 0 ? -39 : -41, 400] as const);
    expect(flags(new VoiceActivity({ thresholdDbfs: -40, holdMs: 100 }), wavering)).toHaveLength(1);
  });
});

class Person {
  talking = false;
  levelDbfs = Number.NEGATIVE_INFINITY;
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  say(levelDbfs: number | undefined): void {
    this.talking = levelDbfs !== undefined;
    this.levelDbfs = levelDbfs ?? Number.NEGATIVE_INFINITY;
  }
}

/** Looks ten times a second; tells who has the floor from when on. */
function floor() {
  const [anna, berta, carl] = [new Person('anna'), new Person('berta'), new Person('carl')];
  const talker = new ActiveTalker<Person>();
  let now = 0;
  const pass = (ms: number): string[] => {
    const out: string[] = [];
    for (const end = now + ms; now < end; now += 100) {
      if (talker.update([anna, berta, carl], now)) out.push(`${talker.current?.name ?? 'nobody'} ${now}`);
    }
    return out;
  };
  return { anna, berta, carl, pass };
}

describe('who has the floor', () => {
  test('[PEV-10] [PEV-11] the first to talk, until silent; then the loudest of the others', () => {
    const { anna, berta, carl, pass } = floor();
    expect(pass(500)).toEqual([]);
    anna.say(-20);
    expect(pass(500)).toEqual(['anna 500']);
    berta.say(-26);
    carl.say(-22);
    expect(pass(3000)).toEqual([]);
    anna.say(undefined);
    expect(pass(500)).toEqual(['carl 4000']);
    carl.say(undefined);
    berta.say(undefined);
    expect(pass(500)).toEqual(['nobody 4500']);
  });

  test('a louder one takes it over, not at once and not for a loud word', () => {
    const { anna, berta, pass } = floor();
    anna.say(-30);
    pass(5000);
    berta.say(-15);
    expect(pass(300)).toEqual([]); // a word
    berta.say(undefined);
    expect(pass(1000)).toEqual([]);
    berta.say(-15);
    expect(pass(5000)).toEqual([expect.stringMatching(/^berta (7|8)\d00$/)]);
    expect(pass(5000)).toEqual([]);
  });

  test('two of the same loudness do not take it from each other', () => {
    const { anna, berta, pass } = floor();
    anna.say(-20);
    berta.say(-20);
    const changes: string[] = [];
    for (let i = 0; i < 100; i++) {
      anna.say(-20 + (i % 2) * 4);
      berta.say(-20 + ((i + 1) % 2) * 4);
      changes.push(...pass(200));
    }
    expect(changes).toHaveLength(1);
  });

  test('whoever has the floor keeps it for at least 1.5 s', () => {
    const { anna, berta, pass } = floor();
    anna.say(-40);
    pass(200);
    berta.say(0);
    expect(pass(5000)).toEqual(['berta 1500']);
  });
});

test('[PEV-10] [PEV-12] [PEV-13] a call tells who has the floor, ourselves included', async () => {
  const room = new Room();
  const { call, events } = await room.join('carl', tone(700, -20));
  room.clock.advance(500);
  const anna = await room.join('anna', tone(440, -18));
  const out = capture(anna.call);
  room.clock.advance(7000);
  expect(call.session.activeTalker?.local).toBe(true);
  capture(call)?.pause();
  room.clock.advance(2000);
  expect(call.session.activeTalker?.displayName).toBe('anna');
  out?.pause();
  room.clock.advance(2000);
  expect(call.session.activeTalker).toBeUndefined();
  expect(events.filter(({ type }) => type === 'activeTalker')).toHaveLength(3);
  const stream = render(call);
  if (stream !== undefined) stream.silenceThresholdDbfs = -5;
  const before = events.length;
  out?.start();
  room.clock.advance(2000);
  expect(types(events.slice(before))).not.toContain('talking');
  if (stream !== undefined) stream.silenceThresholdDbfs = undefined;
  room.clock.advance(1000);
  expect(types(events.slice(before))).toContain('talking');
});
