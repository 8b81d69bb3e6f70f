import { CALL_QUALITY, QUALITY } from '../support/quality-sample.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  judgeGoodbye,
  judgeHeard,
  judgeJoined,
  judgeMarked,
  judgeRecorded,
  type MemberEvidence,
} from '../../cli/demo/judge.ts';
import { envelope, envelopeMatch, soundSpan, strongestTone } from '../../cli/demo/measure.ts';
import { missingSteps, stepLines, summaryLine } from '../../cli/demo/report.ts';
import type { JoinEvent } from '../../cli/join/events.ts';
import type { ParticipantJson } from '../../conference/index.ts';

const RATE = 8000;

function sine(hz: number, seconds: number, dbfs = -18): Float32Array {
  const peak = Math.SQRT2 * 10 ** (dbfs / 20); // the level is its mean square
  return Float32Array.from(
    { length: seconds * RATE },
    (_, n) => peak * Math.sin((2 * Math.PI * hz * n) / RATE),
  );
}

/** Bursts of noise with pauses, as speech has them. */
function speech(seed: number, seconds: number): Float32Array {
  let [state, loud] = [seed, 0];
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  return Float32Array.from({ length: seconds * RATE }, (_, n) => {
    if (n % 800 === 0) loud = random() < 0.4 ? 0 : 0.3 * random();
    return loud * (2 * random() - 1);
  });
}

describe('measuring', () => {
  test('a tone is found to a hundredth of a hertz, whatever it is', () =>
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 3500 }), (hz) => {
        const tone = strongestTone(sine(hz, 4), RATE);
        expect(tone?.hz).toBeCloseTo(hz, 1);
        expect(tone?.purity).toBeGreaterThan(0.99);
      }),
      { numRuns: 20 },
    ));

  test('silence and snippets have no tone, noise has no pure one', () => {
    expect(strongestTone(new Float32Array(8000), RATE)).toBeUndefined();
    expect(strongestTone(sine(440, 0.005), RATE)).toBeUndefined();
    expect(strongestTone(speech(1, 3), RATE)?.purity).toBeLessThan(0.3);
  });

  test('where sound begins and ends, its level and its longest gap', () => {
    const samples = new Float32Array([
      ...new Float32Array(4000),
      ...sine(440, 1),
      ...new Float32Array(1600),
      ...sine(440, 1),
    ]);
    const span = soundSpan(envelope(samples, RATE));
    expect(span?.seconds).toBeCloseTo(2.2, 1);
    expect(span?.longestGap).toBeCloseTo(0.2, 2);
    expect(span?.dbfs).toBeCloseTo(-18.4, 1);
    expect(soundSpan(envelope(new Float32Array(8000), RATE))).toBeUndefined();
  });

  test('recordings of the same speech are alike, later and softer too; of another they are not', () => {
    const sent = speech(7, 5);
    const late = new Float32Array([...new Float32Array(8000), ...sent.map((it) => it * 0.3)]);
    const match = (heard: Float32Array): number =>
      envelopeMatch(envelope(sent, RATE), envelope(heard, RATE), 3);
    expect(match(late)).toBeGreaterThan(0.95);
    expect(match(speech(99, 5))).toBeLessThan(0.7);
    expect(match(new Float32Array(40_000))).toBe(0);
  });
});

function member(
  name: string,
  hz: number,
  ssrc: number,
  heard: Float32Array | undefined,
  other: number,
): MemberEvidence {
  const medium = {
    media: 'audio',
    group: '239.255.1.2',
    port: 5004,
    rtcpPort: 5005,
    ssrc,
    interface: 'lo',
    interfaceAddress: '127.0.0.1',
    interfaceReason: 'named',
    ttl: 1,
    loopback: 'selective',
    dscpRequested: 46,
    dscp: 46,
    receiveBufferBytes: 0,
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
    kernelDrops: null,
  };
  const seen: ParticipantJson = {
    id: 'p1',
    cname: `c${other}`,
    local: false,
    name: null,
    email: null,
    phone: null,
    location: null,
    tool: null,
    note: null,
    private: [],
    address: null,
    media: ['audio'],
    active: true,
    talking: true,
    muted: false,
    levelDbfs: -18,
    since: '',
    substreams: [
      {
        ssrc: other,
        media: 'audio',
        format: 'PCMU/8000',
        packetsReceived: 250,
        packetsLost: 0,
        lossPercent: 0,
        jitterMs: 0.5,
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
  const events: JoinEvent[] = [
    {
      type: 'joined',
      name: 'demo',
      cname: `c${ssrc}`,
      sending: `tone:${hz}`,
      receiving: [],
      stop: null,
      media: [medium],
    },
    { type: 'statistics', final: false, participants: [seen], media: [medium], call: CALL_QUALITY },
    { type: 'participant-left', participant: seen, reason: null },
  ];
  return {
    name,
    sent: { hz },
    pid: 1,
    result: { exitCode: 0, events, complaint: '' },
    heard: heard === undefined ? undefined : { samples: heard, sampleRate: RATE },
  };
}

describe('the demonstration', () => {
  const ann = member('Ann', 440, 1, sine(660, 5), 2);
  const bob = member('Bob', 660, 2, sine(440, 5), 1);
  const without = (it: MemberEvidence, type: JoinEvent['type']): MemberEvidence => ({
    ...it,
    result: { ...it.result, events: it.result.events.filter((event) => event.type !== type) },
  });
  const marks = (...counts: [dscp: number, count: number][]) => ({
    observations: counts.map(([dscp, count]) => ({
      address: '127.0.0.1',
      port: 1,
      dscp,
      ecn: 0,
      ttl: 1,
      count,
    })),
  });

  test('is content when all of it happened', () => {
    const steps = [
      judgeJoined([ann, bob]),
      judgeHeard([ann, bob]),
      judgeRecorded([ann, bob]),
      judgeMarked([ann, bob], marks([46, 200])),
      judgeGoodbye([ann, bob], new Set([1, 2])),
    ];
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(steps[2]?.lines[0]).toBe('Ann recorded 660.0 Hz, 5.0 s at -18.0 dBFS; Bob sent 660 Hz');
  });

  test.each([
    {
      name: 'did not join',
      judge: () => judgeJoined([without(ann, 'joined'), bob]),
      says: 'Ann did not join',
    },
    {
      name: 'ended badly',
      judge: () =>
        judgeJoined([ann, { ...bob, result: { ...bob.result, exitCode: 5, complaint: 'no network\n' } }]),
      says: 'Bob ended with status 5: no network',
    },
    {
      name: 'heard nothing',
      judge: () => judgeHeard([without(ann, 'statistics'), bob]),
      says: 'Ann heard nothing of Bob',
    },
    {
      name: 'no recording',
      judge: () => judgeRecorded([{ ...ann, heard: undefined }, bob]),
      says: 'Ann recorded nothing',
    },
    {
      name: 'silence',
      judge: () => judgeRecorded([member('Ann', 440, 1, new Float32Array(40_000), 2), bob]),
      says: 'silence',
    },
    {
      name: 'wrong tone',
      judge: () => judgeRecorded([member('Ann', 440, 1, sine(650, 5), 2), bob]),
      says: '650.0 Hz',
    },
    {
      name: 'too short',
      judge: () => judgeRecorded([member('Ann', 440, 1, sine(660, 2), 2), bob]),
      says: '2.0 s',
    },
    {
      name: 'unmarked',
      judge: () => judgeMarked([ann, bob], marks([46, 199], [0, 1])),
      says: 'DSCP 0 on 1 of 200',
    },
    { name: 'no packets', judge: () => judgeMarked([ann, bob], marks()), says: 'no packet' },
    {
      name: 'marks cannot be seen',
      judge: () => judgeMarked([ann, bob], { observations: [], unavailable: 'koffi is not installed' }),
      says: 'koffi is not installed',
    },
    { name: 'no BYE', judge: () => judgeGoodbye([ann, bob], new Set([1])), says: 'no RTCP BYE of Bob' },
    {
      name: 'the BYE did not reach the other',
      judge: () => judgeGoodbye([without(ann, 'participant-left'), bob], new Set([1, 2])),
      says: 'Ann did not see Bob leave',
    },
  ])('names what did not happen: $name', ({ judge, says }) => {
    const step = judge();
    expect(step.ok).toBe(false);
    expect(step.lines.join('\n')).toContain(says);
  });

  test('a step that was never reached is missing', () => {
    const steps = [
      { id: 'directory', ok: true, lines: [] } as const,
      { id: 'joined', ok: false, lines: ['x'] } as const,
    ];
    expect(missingSteps(steps, ['directory', 'joined', 'heard'])).toEqual(['joined', 'heard']);
    expect(summaryLine(steps, ['directory', 'joined', 'heard'], 1)).toBe('Did not happen: joined, heard.');
    expect(summaryLine(steps, ['directory'], 7.21)).toBe('Everything worked, in 7.2 s.');
    expect(stepLines({ id: 'heard', ok: false, lines: ['a', 'b'] }, (_style, text) => text)).toEqual([
      ' ✗ Heard      a',
      '              b',
    ]);
  });
});
