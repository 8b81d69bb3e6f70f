import { describe, expect, test } from 'vitest';
import { type Evidence, judgeJoin, type MediumEvidence, type TransportInfo } from '../../conference/index.ts';

const own = { name: 'eth0', address: '10.0.0.1', family: 4, internal: false } as const;
const transport: TransportInfo = {
  medium: 0,
  mediaType: 'audio',
  group: '239.1.1.1',
  port: 5004,
  rtcpPort: 5005,
  ssrc: 1,
  interface: { ...own, reason: 'route', sentence: 'eth0 (10.0.0.1), by the route', listenOn: [own] },
  ttl: 15,
  loopback: 'selective',
  qos: { requested: 46, effective: 46, method: 'setsockopt' },
  receiveBuffer: { asked: 4_194_304, granted: 425_984, full: false },
  warnings: [],
  rtpReceived: 0,
  rtcpReceived: 0,
  rtpSent: 0,
  rtcpSent: 0,
  unknownPayloadType: 0,
  malformed: 0,
  encryption: undefined,
  authenticationFailed: 0,
  replayed: 0,
  unknownKey: 0,
  filtered: 0,
  localAddress: '10.0.0.1',
  away: false,
  sources: [],
  foreignSources: [],
  rtcpTo: undefined,
  rtcpReflected: 0,
  rtcpNotReflected: 0,
  referenceClocks: [],
  mediaClock: undefined,
  receiversTold: undefined,
  sendersUnheard: 0,
  ownLooped: 0,
  kernelDrops: 0,
  sendErrors: 0,
};
const medium: MediumEvidence = {
  mediaType: 'audio',
  support: 'full',
  transport,
  receives: true,
  remote: 0,
  senders: 0,
  arrived: false,
  decoded: 0,
  undecodable: 0,
  foreignFormats: [],
  decodable: ['PCMU/8000'],
  sources: [],
  membership: true,
  strictReversePath: false,
};
const nobody: Evidence = {
  joined: true,
  held: false,
  participants: 0,
  hearing: 0,
  heardBefore: false,
  timing: { active: true, nextStart: undefined },
  host: { container: undefined, firewalls: [], otherInterfaces: ['eth0'], onlyLoopback: false },
  media: [medium],
};
const withMedium = (change: Partial<MediumEvidence>, rest: Partial<Evidence> = {}): Evidence => ({
  ...nobody,
  ...rest,
  media: [{ ...medium, ...change }],
});
const withTransport = (change: Partial<TransportInfo>, rest: Partial<Evidence> = {}): Evidence =>
  withMedium({ transport: { ...transport, ...change } }, rest);
const others = { participants: 2, hearing: 0 };

describe('the verdict on a join', () => {
  test('hearing everybody needs no reason', () => {
    const verdict = judgeJoin(
      withMedium({ remote: 2, senders: 2, arrived: true, decoded: 99 }, { participants: 2, hearing: 2 }),
    );
    expect(verdict).toEqual({
      outcome: 'hearing',
      participants: 2,
      hearing: 2,
      summary: 'hearing 2 participants',
      reasons: [],
    });
  });

  test('hearing some, and a sign of trouble is still told', () => {
    const evidence = withTransport({ kernelDrops: 12 }, { participants: 3, hearing: 1 });
    expect(judgeJoin(evidence)).toMatchObject({
      summary: 'hearing 1 of 3 participants',
      reasons: [{ code: 'bufferOverflow' }],
    });
  });

  test.each([
    {
      code: 'notStarted',
      evidence: { ...nobody, timing: { active: false, nextStart: 1e12 } },
      outcome: 'problem',
    },
    {
      code: 'over',
      evidence: { ...nobody, timing: { active: false, nextStart: undefined } },
      outcome: 'problem',
    },
    { code: 'onHold', evidence: { ...nobody, held: true }, outcome: 'nothing' },
    {
      code: 'encrypted',
      evidence: withMedium({ support: 'none', code: 'encrypted', reason: 'RTP/SAVP', transport: undefined }),
      outcome: 'problem',
    },
    {
      code: 'unsupportedCodec',
      evidence: withMedium(
        { undecodable: 50, remote: 2, arrived: true, foreignFormats: ['SPEEX/16000'] },
        others,
      ),
      outcome: 'silent',
    },
    { code: 'foreignPayloadType', evidence: withTransport({ unknownPayloadType: 50 }), outcome: 'nothing' },
    { code: 'sourceFilter', evidence: withTransport({ filtered: 50 }), outcome: 'nothing' },
    { code: 'portMismatch', evidence: withTransport({ sendersUnheard: 1 }, others), outcome: 'silent' },
    { code: 'bufferOverflow', evidence: withTransport({ kernelDrops: 5 }), outcome: 'nothing' },
    { code: 'notRtp', evidence: withTransport({ malformed: 5 }), outcome: 'nothing' },
    { code: 'everyoneSilent', evidence: withMedium({ remote: 2, arrived: true }, others), outcome: 'silent' },
    { code: 'noMembership', evidence: withMedium({ membership: false }), outcome: 'nothing' },
    {
      code: 'noRoute',
      evidence: withTransport({ interface: { ...transport.interface, reason: 'loopback' } }),
      outcome: 'nothing',
    },
    {
      code: 'sourceFilter',
      evidence: withTransport({ foreignSources: ['10.0.0.3'], sources: ['10.0.0.9'] }),
      outcome: 'nothing',
    },
    { code: 'sendRefused', evidence: withTransport({ sendErrors: 3 }), outcome: 'nothing' },
    { code: 'sendOnly', evidence: withMedium({ receives: false }), outcome: 'nothing' },
    {
      code: 'noQuerier',
      evidence: {
        ...nobody,
        heardBefore: true,
        snooping: { level: 'likely', heardForMs: 260_000, silentForMs: 30_000, announced: false },
      },
      outcome: 'nothing',
    },
    { code: 'noQuerier', evidence: { ...nobody, heardBefore: true }, outcome: 'nothing' },
    {
      code: 'container',
      evidence: { ...nobody, host: { ...nobody.host, container: 'docker' } },
      outcome: 'nothing',
    },
  ] as const)('likeliest: $code', ({ code, evidence, outcome }) => {
    const verdict = judgeJoin(evidence);
    expect(verdict.reasons[0]?.code).toBe(code);
    expect(verdict.outcome).toBe(outcome);
    for (const { message, tryThis } of verdict.reasons)
      expect(`${message}${tryThis}`).not.toMatch(/undefined|NaN/);
  });

  test('silence after 260 s is told as what it is', () => {
    const snooping = { level: 'likely', heardForMs: 260_000, silentForMs: 30_000, announced: false } as const;
    expect(judgeJoin({ ...nobody, heardBefore: true, snooping }).reasons[0]).toMatchObject({
      code: 'noQuerier',
      message: expect.stringContaining('heard for 260 s after the join and then stopped'),
      tryThis: expect.stringContaining('querier'),
    });
  });

  test('the only source has nothing to hear, and nothing is wrong with that', () => {
    const listeners = { transport: { ...transport, sources: ['10.0.0.1'] }, remote: 2, arrived: true };
    expect(judgeJoin(withMedium(listeners, others))).toEqual({
      outcome: 'silent',
      participants: 2,
      hearing: 0,
      summary: '2 participants here; only you may be heard',
      reasons: [],
    });
    const alone = judgeJoin(withTransport({ sources: ['10.0.0.1'] }));
    expect(alone.summary).toBe('nobody else is here yet; only you may be heard');
    expect(alone.reasons.map(({ code }) => code)).not.toContain('sourceFilter');
  });

  test('a container is no reason for who joined on loopback', () => {
    const host = { ...nobody.host, container: 'docker' } as const;
    const loopback = { ...own, name: 'lo', address: '127.0.0.1', internal: true };
    const evidence = withTransport(
      { interface: { ...transport.interface, ...loopback, reason: 'named' } },
      { host },
    );
    expect(judgeJoin(evidence).reasons.map(({ code }) => code)).not.toContain('container');
    expect(judgeJoin({ ...nobody, host }).reasons[0]?.code).toBe('container');
  });

  test('without a sign it guesses by experience: alone, the interface, TTL, filter, firewall', () => {
    const evidence = withMedium(
      { transport: { ...transport, ttl: 1 }, sources: ['10.0.0.9'], strictReversePath: true },
      { host: { ...nobody.host, otherInterfaces: ['eth0', 'wlan0'], firewalls: ['ufw'] } },
    );
    expect(judgeJoin(evidence).reasons.map(({ code }) => code)).toEqual([
      'alone',
      'wrongInterface',
      'sourceFilter',
      'ttl',
      'firewall',
      'reversePath',
    ]);
  });
});
