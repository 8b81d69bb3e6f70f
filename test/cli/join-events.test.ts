import { CALL_QUALITY, QUALITY } from '../support/quality-sample.ts';
import { describe, expect, test } from 'vitest';
import { JOIN_EVENTS, type JoinEvent, type LeaveCause } from '../../cli/join/events.ts';
import { say, totalsOf } from '../../cli/join/wording.ts';
import { VerdictWatch } from '../../cli/join/verdict-watch.ts';
import { checkStandardStreams, planTerminals, soundHere } from '../../cli/join/terminals.ts';
import type { ParticipantJson } from '../../conference/index.ts';

const NOW = new Date('2026-11-21T12:00:00Z');

const bob: ParticipantJson = {
  id: 'p1',
  cname: 'bob@host',
  local: false,
  name: 'Bob',
  email: null,
  phone: null,
  location: null,
  tool: 'a tool',
  note: null,
  private: [],
  address: '192.0.2.9',
  media: ['audio'],
  active: true,
  talking: true,
  muted: false,
  levelDbfs: -20.4,
  since: NOW.toISOString(),
  substreams: [
    {
      ssrc: 0xabcd,
      media: 'audio',
      format: 'PCMU/8000',
      packetsReceived: 95,
      packetsLost: 5,
      lossPercent: 5,
      jitterMs: 1.25,
      duplicates: 0,
      reordered: 0,
      late: 0,
      undecodable: 0,
      concealedMs: 0,
      playoutDelayMs: 60,
      playoutTargetMs: 60,
      clockDriftPpm: null,
      roundTripMs: null,
      quality: QUALITY,
    },
  ],
};
const stranger: ParticipantJson = { ...bob, name: null, cname: null, substreams: [] };

describe('what is told', () => {
  test.each<{ name: string; event: JoinEvent; weight: string; lines: string[] }>([
    {
      name: '[PEV-01] somebody new',
      event: { type: 'participant-joined', participant: bob },
      weight: 'news',
      lines: ['Bob is here, from 192.0.2.9'],
    },
    {
      name: '[PEV-01] somebody whose RTCP has not come yet',
      event: { type: 'participant-joined', participant: stranger },
      weight: 'news',
      lines: ['somebody is here, from 192.0.2.9'],
    },
    {
      name: '[PEV-02] a name becomes known',
      event: { type: 'participant-updated', participant: bob, items: ['cname', 'name', 'tool'] },
      weight: 'news',
      lines: ['0000abcd from 192.0.2.9 is Bob, tool a tool'],
    },
    {
      name: '[PEV-02] a note is withdrawn',
      event: { type: 'participant-updated', participant: bob, items: ['note'] },
      weight: 'news',
      lines: ['Bob says: note withdrawn'],
    },
    {
      name: '[PEV-03] a goodbye with a reason',
      event: { type: 'participant-left', participant: bob, reason: 'lunch' },
      weight: 'news',
      lines: ['Bob has left: lunch'],
    },
    {
      name: '[PEV-12] we talk',
      event: { type: 'talking', participant: { ...bob, local: true } },
      weight: 'news',
      lines: ['you are talking'],
    },
    {
      name: 'statistics on the way',
      event: { type: 'statistics', final: false, participants: [bob], media: [], call: CALL_QUALITY },
      weight: 'detail',
      lines: [
        'all together: 0 kbit/s in (at most 0 kbit/s), 0 kbit/s out (at most 0 kbit/s), processor 0 % (at most 0 %)',
        'Bob: 95 packets, 5.0 % lost, jitter 1.3 ms, MOS 4.4, 95 % within 2.5 ms, -20 dBFS',
      ],
    },
    {
      name: 'somebody hard to understand',
      event: {
        type: 'quality-poor',
        participant: {
          ...bob,
          substreams: bob.substreams.map((it) => ({
            ...it,
            quality: { ...QUALITY, recentLossPercent: 12, mosLq: 2.6 },
          })),
        },
        ssrc: 0xabcd,
        media: 'audio',
        mosLq: 2.6,
      },
      weight: 'warning',
      lines: ['Bob is hard to understand: 12.0 % lost (MOS 2.6)'],
    },
    {
      name: 'somebody well heard again',
      event: { type: 'quality-restored', participant: bob, ssrc: 0xabcd, media: 'audio', mosLq: 4.2 },
      weight: 'news',
      lines: ['Bob is heard well again (MOS 4.2)'],
    },
    {
      name: 'a verdict with reasons',
      event: {
        type: 'verdict',
        outcome: 'nothing',
        participants: 0,
        hearing: 0,
        summary: 'nobody is heard yet',
        reasons: [{ code: 'alone', message: 'perhaps nobody is here', tryThis: 'wait' }],
      },
      weight: 'news',
      lines: ['nobody is heard yet; likeliest first:', '  - perhaps nobody is here', '    try: wait'],
    },
    {
      name: 'names from elsewhere cannot move the cursor',
      event: { type: 'participant-left', participant: { ...bob, name: 'B\u001b[2Job' }, reason: null },
      weight: 'news',
      lines: ['B\ufffd[2Job has left'],
    },
  ])('$name', ({ event, weight, lines }) => expect(say(event, NOW)).toEqual({ weight, lines }));

  test('every cause of leaving has its words', () => {
    const causes: LeaveCause[] = ['duration', 'quit', 'closed', 'interrupted', 'output-closed'];
    const said = causes.map((cause) => say({ type: 'left', cause, seconds: 61 }, NOW).lines[0]);
    expect(said[0]).toBe('left as asked after 1 min');
    expect(said.join()).not.toContain('undefined');
  });

  test('no event is documented twice', () => {
    expect(new Set(JOIN_EVENTS.map(([type]) => type)).size).toBe(JOIN_EVENTS.length);
  });

  test('losses of several sources are put together, duplicates do not make up for them', () => {
    const [one] = bob.substreams;
    if (one === undefined) throw new Error('no substream');
    const both = {
      ...bob,
      substreams: [one, { ...one, packetsLost: -3, packetsReceived: 105, jitterMs: 9 }],
    };
    expect(totalsOf(both)).toEqual({
      packetsReceived: 200,
      packetsLost: 5,
      lossPercent: (100 * 5) / 205,
      jitterMs: 9,
    });
  });
});

describe('when a verdict is told', () => {
  /** Looks every 100 ms. @returns the moments at which it is told */
  function watch(until: number, hearing: (now: number) => boolean, vanishedAt?: number): number[] {
    const it = new VerdictWatch(0);
    const told: number[] = [];
    for (let now = 0; now <= until; now += 100) {
      if (now === vanishedAt) it.handleVanished();
      if (it.handleTimeout(now, hearing(now))) told.push(now);
    }
    return told;
  }

  test.each([
    { name: 'heard at once', hearing: () => true, want: [1500] },
    { name: 'never heard', hearing: () => false, want: [5000] },
    { name: 'heard late', hearing: (now: number) => now >= 8000, want: [5000, 9500] },
    { name: 'heard just before patience ends', hearing: (now: number) => now >= 4900, want: [6400] },
    { name: 'a pause between two sentences', hearing: (now: number) => now < 6000, want: [1500] },
    { name: 'vanished', hearing: (now: number) => now < 6000, vanishedAt: 7000, want: [1500, 7000] },
  ])('$name', ({ hearing, vanishedAt, want }) => expect(watch(20_000, hearing, vanishedAt)).toEqual(want));

  test('before leaving early it is told at last, once', () => {
    const it = new VerdictWatch(0);
    expect([it.handleTimeout(1000, false), it.finish(false), it.finish(false)]).toEqual([false, true, false]);
  });
});

describe('terminals', () => {
  const none = { send: undefined, receive: ['null'] };
  test.each([
    {
      name: 'nothing said, with a sound card',
      input: {},
      sound: true,
      want: { send: 'mic', receive: ['speaker'] },
    },
    { name: 'nothing said, without', input: {}, sound: false, want: none },
    {
      name: '--listen',
      input: { listen: true },
      sound: true,
      want: { send: undefined, receive: ['speaker'] },
    },
    {
      name: 'a source alone is heard where there is a loudspeaker',
      input: { send: 'tone:440' },
      sound: true,
      want: { send: 'tone:440', receive: ['speaker'] },
    },
    {
      name: 'a sink alone opens no microphone',
      input: { receive: ['wav:x.wav'] },
      sound: true,
      want: { send: undefined, receive: ['wav:x.wav'] },
    },
    { name: '--send null', input: { send: 'null', receive: ['null'] }, sound: true, want: none },
  ])('$name', ({ input, sound, want }) => expect(planTerminals(input, sound)).toMatchObject(want));

  test('a computer without sound is told so', () => {
    expect(planTerminals({}, false).note).toContain('--send tone:440');
    expect(planTerminals({}, true).note).toBeUndefined();
  });

  test.each([
    { name: 'two sounds', run: () => planTerminals({ receive: ['pcm:-', 'pcm:-,rate=8000'] }, false) },
    { name: 'description and sound', run: () => checkStandardStreams('-', { send: 'pcm:-' }) },
    { name: 'events and sound', run: () => checkStandardStreams('x', { receive: ['pcm:-'], json: true }) },
  ])('one standard stream cannot have two uses: $name', ({ run }) => {
    expect(run).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  });

  test('a file whose name begins with a dash is no standard stream', () => {
    expect(() => checkStandardStreams('-', { send: 'pcm:-.raw' })).not.toThrow();
  });

  test.each<{ env: Record<string, string>; files: string[]; want: boolean }>([
    { env: {}, files: [], want: false },
    { env: {}, files: ['/dev/snd/controlC0'], want: true },
    { env: { PULSE_SERVER: 'tcp:host' }, files: [], want: true },
    { env: { XDG_RUNTIME_DIR: '/run/user/1' }, files: ['/run/user/1/pipewire-0'], want: true },
  ])('sound with $env and $files: $want', ({ env, files, want }) => {
    expect(soundHere(env, 'linux', (path) => files.includes(path))).toBe(want);
  });
});
