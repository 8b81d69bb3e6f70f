import { describe, expect, test } from 'vitest';
import { type GroupFacts, judgeGroup } from '../../cli/doctor/group/judge.ts';
import { GroupSurvey, type Sender } from '../../cli/doctor/group/survey.ts';
import { serializeRtcpCompound } from '../../src/rtcp/index.ts';
import { serializeRtpPacket } from '../../src/rtp/index.ts';

const rtp = (ssrc: number, sequenceNumber: number, payloadType = 0): Uint8Array =>
  serializeRtpPacket({
    marker: false,
    payloadType,
    sequenceNumber,
    timestamp: 160 * sequenceNumber,
    ssrc,
    csrcs: [],
    payload: new Uint8Array(4),
    padding: 0,
  });

describe('a survey of a group', () => {
  test('counts by host and SSRC, sees gaps, formats, marks and names', () => {
    const survey = new GroupSurvey();
    for (const [at, number] of [0, 1, 2, 5, 4, 6].entries())
      survey.addMedia(rtp(7, 0xfffe + number), { address: '10.0.0.1', ttl: 14, dscp: 46 }, at);
    survey.addMedia(rtp(7, 1, 8), { address: '10.0.0.2' }, 9);
    survey.addControl(
      serializeRtcpCompound([
        { type: 'rr', ssrc: 7, reports: [], extension: new Uint8Array() },
        { type: 'sdes', chunks: [{ ssrc: 7, items: [{ type: 'cname', text: 'ann@10.0.0.1' }] }] },
      ]),
    );
    survey.addControl(Uint8Array.of(1, 2, 3));
    expect(survey.senders).toMatchObject([
      {
        address: '10.0.0.1',
        ssrc: 7,
        packets: 6,
        missing: 2,
        payloadTypes: [0],
        ttl: 14,
        dscp: 46,
        cname: 'ann@10.0.0.1',
      },
      { address: '10.0.0.2', ssrc: 7, packets: 1, missing: 0, payloadTypes: [8], firstAt: 9, lastAt: 9 },
    ]);
  });

  test('what is no RTP is counted apart, and nobody can fill the memory', () => {
    const survey = new GroupSurvey();
    for (let i = 0; i < 1000; i++) {
      survey.addMedia(Uint8Array.of(0x47, 1, 2), { address: `10.0.${i >> 8}.${i & 255}` }, i);
      survey.addMedia(rtp(i, 1), { address: '10.0.0.1' }, i);
    }
    expect([survey.strangers.length, survey.senders.length, survey.overflow]).toEqual([256, 256, 1488]);
  });
});

const sender: Sender = {
  address: '10.0.0.1',
  ssrc: 1,
  packets: 250,
  missing: 0,
  payloadTypes: [0],
  ttl: 15,
  dscp: 46,
  firstAt: 0,
  lastAt: 5000,
  cname: undefined,
};
const facts: GroupFacts = {
  endpoint: '239.255.1.2:5004',
  seconds: 5,
  senders: [sender],
  strangers: [],
  expected: undefined,
  suspicion: undefined,
};
const other: Sender = { ...sender, address: '10.0.0.2', ssrc: 2, cname: 'bob@10.0.0.2' };

describe('what the doctor says of a group', () => {
  test('one sender is well', () => {
    expect(judgeGroup(facts).map(({ id, status }) => [id, status])).toEqual([
      ['heard', 'ok'],
      ['collision', 'ok'],
    ]);
  });

  test.each<{ name: string; facts: Partial<GroupFacts>; id: string; status: string; detail: RegExp }>([
    { name: 'nothing', facts: { senders: [] }, id: 'heard', status: 'fail', detail: /nothing came/ },
    {
      name: 'no RTP at all',
      facts: { senders: [], strangers: [{ address: '10.0.0.9', packets: 7 }] },
      id: 'heard',
      status: 'fail',
      detail: /is RTP/,
    },
    {
      name: 'loss',
      facts: { senders: [{ ...sender, missing: 9 }] },
      id: 'heard',
      status: 'warn',
      detail: /9 are missing/,
    },
    {
      name: 'two senders on a group that nobody described',
      facts: { senders: [sender, other] },
      id: 'collision',
      status: 'warn',
      detail:
        /2 senders on different hosts send at the same time: 10\.0\.0\.1, 10\.0\.0\.2 \(bob@10\.0\.0\.2\)/,
    },
    {
      name: 'two senders in a conference',
      facts: { senders: [sender, other], expected: [0] },
      id: 'collision',
      status: 'ok',
      detail: /as in a conversation/,
    },
    {
      name: 'two senders of different formats in a conference',
      facts: { senders: [sender, { ...other, payloadTypes: [96] }], expected: [0, 96] },
      id: 'collision',
      status: 'warn',
      detail: /at the same time/,
    },
    {
      name: 'one after the other',
      facts: { senders: [sender, { ...other, firstAt: 6000, lastAt: 7000 }] },
      id: 'collision',
      status: 'ok',
      detail: /no two hosts/,
    },
    {
      name: 'the same SSRC twice',
      facts: { senders: [sender, { ...other, ssrc: 1 }], expected: [0] },
      id: 'collision',
      status: 'warn',
      detail: /same SSRC 00000001/,
    },
    {
      name: 'something else beside RTP',
      facts: { strangers: [{ address: '10.0.0.9', packets: 7 }] },
      id: 'collision',
      status: 'warn',
      detail: /10\.0\.0\.9 \(7\)/,
    },
    {
      name: 'another format',
      facts: { expected: [8] },
      id: 'payload',
      status: 'warn',
      detail: /sends 0; .* names 8/,
    },
    {
      name: 'silence after 260 s',
      facts: { suspicion: { level: 'likely', heardForMs: 260_000, silentForMs: 40_000, announced: true } },
      id: 'snooping',
      status: 'warn',
      detail: /^heard for 260 s, then silent for 40 s, although it is announced$/,
    },
  ])('$name', ({ facts: change, id, status, detail }) => {
    const check = judgeGroup({ ...facts, ...change }).find((it) => it.id === id);
    expect(check).toMatchObject({ status, detail: expect.stringMatching(detail) });
  });
});
