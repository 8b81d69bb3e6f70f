import { describe, expect, test } from 'vitest';
import { keyActions } from '../../cli/join/keys.ts';
import { levelBar, viewLines } from '../../cli/join/view.ts';
import type { PersonView, ViewState } from '../../cli/join/view-state.ts';
import { textWidth } from '../../cli/output/printable.ts';

const plain = (_style: unknown, text: string): string => text;

const person = (name: string, more: Partial<PersonView> = {}): PersonView => ({
  name,
  note: undefined,
  levelDbfs: Number.NEGATIVE_INFINITY,
  talking: false,
  muted: false,
  active: false,
  lossPercent: undefined,
  jitterMs: undefined,
  delayMs: undefined,
  mos: undefined,
  floor: false,
  gainDb: 0,
  pan: 0,
  ...more,
});

const state: ViewState = {
  title: 'Morning round',
  phase: 'joined',
  medium: {
    media: 'audio',
    group: '239.255.1.2',
    port: 5004,
    rtcpPort: 5005,
    ssrc: 1,
    interface: 'eth0',
    interfaceAddress: '192.0.2.7',
    interfaceReason: 'route',
    ttl: 15,
    loopback: 'none',
    dscpRequested: 46,
    dscp: 46,
    receiveBufferBytes: 8_388_608,
    rtpReceived: 0,
    rtcpReceived: 0,
    rtpSent: 0,
    rtcpSent: 0,
    malformed: 0,
    filtered: 0,
    interfaces: ['eth0'],
    sources: [],
    rtcpTo: null,
    rtcpReflected: 0,
    rtcpNotReflected: 0,
    encryption: null,
    referenceClocks: [],
    mediaClock: null,
    receiversTold: null,
    kernelDrops: 0,
  },
  interfaceSentence: 'eth0 (192.0.2.7), because the route to 239.255.1.2 leaves there',
  away: false,
  remainingMs: 27 * 60_000,
  talk: 'open',
  held: false,
  selected: -1,
  mixDb: 0,
  matrix: undefined,
  self: person('Ann', { levelDbfs: -18, talking: true }),
  sending: 'mic',
  others: [
    person('Bob', { levelDbfs: -30, talking: true, active: true, lossPercent: 0, jitterMs: 0.84 }),
    person('Cyd', { note: 'on the phone' }),
    person('Dan', { muted: true, active: true, lossPercent: 12.5, jitterMs: 40, levelDbfs: -6 }),
  ],
  trouble: [],
  help: false,
  keys: true,
};

describe('the live view', () => {
  test('[PAR-01] shows who is there, how loud, with what loss and jitter, and how it is joined', () => {
    expect(viewLines(state, 80, 24, plain)).toEqual([
      '',
      'Morning round                                                   239.255.1.2:5004',
      'DSCP 46 (EF) · TTL 15 · 27 min left',
      'eth0 (192.0.2.7), because the route to 239.255.1.2 leaves there',
      '',
      '· Ann (you)  ███████···  talking   sends mic',
      '1 Bob        █████·····  talking    0.0 % lost   0.8 ms jitter',
      '2 Cyd        ··········            listening  on the phone',
      '3 Dan        ──────────  muted     12.5 % lost  40.0 ms jitter',
      '',
      'm mute · h hold · q leave · ? help',
    ]);
  });

  test.each([
    { name: 'alone', change: { others: [] }, shows: 'nobody else is here yet' },
    { name: 'on hold', change: { held: true }, shows: 'ON HOLD' },
    { name: 'waiting', change: { phase: 'waiting', remainingMs: 5000 } as const, shows: 'begins in 5 s' },
    { name: 'without end', change: { remainingMs: undefined }, shows: 'no end' },
    {
      name: 'unmarked',
      change: { medium: state.medium && { ...state.medium, dscp: 0 } },
      shows: 'DSCP 0 (best effort) instead of 46',
    },
    { name: 'off the network', change: { away: true }, shows: 'eth0 has gone; waiting for it' },
    {
      name: 'with a source',
      change: { medium: state.medium && { ...state.medium, sources: ['192.0.2.1'] } },
      shows: 'hearing only 192.0.2.1',
    },
    { name: 'without keys', change: { keys: false }, shows: 'Ctrl-C leaves' },
    { name: 'in trouble', change: { trouble: ['nobody is heard yet'] }, shows: 'nobody is heard yet' },
    { name: 'help', change: { help: true }, shows: 'h    hold and resume' },
  ])('$name: $shows', ({ change, shows }) => {
    expect(viewLines({ ...state, ...change }, 100, 40, plain).join('\n')).toContain(shows);
  });

  test('is never wider or higher than the terminal, and says how many are left out', () => {
    const crowd = {
      ...state,
      title: '会議 '.repeat(40),
      trouble: ['t'.repeat(300)],
      others: Array.from({ length: 60 }, (_, i) => person(`Participant with a long name ${i} 会議`)),
    };
    for (const columns of [10, 20, 33, 50, 80, 200]) {
      for (const rows of [3, 5, 10, 24, 100]) {
        const lines = viewLines(crowd, columns, rows, plain);
        expect(Math.max(...lines.map(textWidth)), `${columns}x${rows}`).toBeLessThanOrEqual(columns);
        expect(lines.length, `${columns}x${rows}`).toBeLessThanOrEqual(Math.max(2, rows - 1));
      }
    }
    expect(viewLines(crowd, 80, 24, plain).join('\n')).toMatch(/… and \d+ more/);
  });

  test.each([
    { dbfs: Number.NEGATIVE_INFINITY, bar: '··········' },
    { dbfs: -60, bar: '··········' },
    { dbfs: -30, bar: '█████·····' },
    { dbfs: -33, bar: '████▌·····' },
    { dbfs: 0, bar: '██████████' },
    { dbfs: 6, bar: '██████████' },
  ])('a level of $dbfs dBFS is $bar', ({ dbfs, bar }) => {
    expect(levelBar({ levelDbfs: dbfs, muted: false })).toBe(bar);
  });
});

describe('keys', () => {
  test.each([
    { name: 'm', text: 'm', want: [{ action: 'muteSelf' }] },
    { name: 'several at once', text: 'mh', want: [{ action: 'muteSelf' }, { action: 'hold' }] },
    { name: 'a digit', text: '3', want: [{ action: 'muteParticipant', index: 2 }] },
    { name: 'no participant 0', text: '0', want: [] },
    { name: 'Ctrl-C', text: '\u0003', want: [{ action: 'interrupt' }] },
    { name: 'Escape', text: '\u001b', want: [{ action: 'leave' }] },
    { name: 'cursor up', text: '\u001b[A', want: [{ action: 'select', step: -1 }] },
    { name: 'cursor down in application mode', text: '\u001bOB', want: [{ action: 'select', step: 1 }] },
    { name: 'cursor up with Shift', text: '\u001b[1;2A', want: [] },
    { name: 'Shift-Tab', text: '\u001b[Z', want: [{ action: 'conference', step: -1 }] },
    {
      name: 'louder and softer',
      text: '+-',
      want: [
        { action: 'volume', step: 1 },
        { action: 'volume', step: -1 },
      ],
    },
    { name: 'a function key with digits', text: '\u001b[15~q', want: [{ action: 'leave' }] },
    { name: 'F1', text: '\u001bOPm', want: [{ action: 'muteSelf' }] },
    { name: 'Alt with a key', text: '\u001bq', want: [] },
    { name: 'something else', text: 'yz!', want: [] },
    { name: 'a terminal that tells of releases', text: '\u001b[?0u', want: [{ action: 'keyReleases' }] },
    {
      name: 'the space bar held, as such a terminal tells it',
      text: '\u001b[32;;32u\u001b[32;1:2;32u\u001b[32;1:3u',
      want: [{ action: 'talkDown' }, { action: 'talkUp' }],
    },
    {
      name: 'the space bar, with num lock, let go while Shift is held',
      text: '\u001b[32;129;32u\u001b[32;130:3u',
      want: [{ action: 'talkDown' }, { action: 'talkUp' }],
    },
    {
      name: 'letters there, with what Shift makes of them',
      text: '\u001b[109;;109u\u001b[109;1:3u\u001b[47:63;2;63u\u001b[51;;51u',
      want: [{ action: 'muteSelf' }, { action: 'help' }, { action: 'muteParticipant', index: 2 }],
    },
    {
      name: 'keys that are held there: switches once, steps again and again',
      text: '\u001b[109;1:2;109u\u001b[43;1:2;43u\u001b[1;1:2B\u001b[1;1:3B',
      want: [
        { action: 'volume', step: 1 },
        { action: 'select', step: 1 },
      ],
    },
    {
      name: 'Ctrl-C, Escape, Tab and Shift-Tab there',
      text: '\u001b[99;5u\u001b[27u\u001b[9u\u001b[9;2u',
      want: [
        { action: 'interrupt' },
        { action: 'leave' },
        { action: 'conference', step: 1 },
        { action: 'conference', step: -1 },
      ],
    },
    {
      name: 'Alt with a key, Shift alone, a letter of another script there',
      text: '\u001b[113;3u\u001b[57441;2u\u001b[1081;;1081u',
      want: [],
    },
  ])('$name', ({ text, want }) => expect(keyActions(text)).toEqual(want));
});
