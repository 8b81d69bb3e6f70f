import { describe, expect, test } from 'vitest';
import { parseRtcpCompound, serializeRtcpCompound, type XrBlock } from '../../src/rtcp/index.ts';
import { type ExtendedReportPlan, RtpSession } from '../../src/rtp/index.ts';
import { type Node, Simulation } from './simulation.ts';

const ALL: ExtendedReportPlan = {
  statistics: { loss: true, duplicates: true, jitter: true },
  referenceTime: 'all',
  voice: () => ({
    packetMs: 20,
    endSystemDelay: 80,
    signalLevel: -20,
    noiseLevel: undefined,
    rFactor: 93,
    mosLq: 4.4,
    mosCq: 4.4,
    concealment: 'standard',
    jitterBuffer: 'adaptive',
    jitterBufferRate: 0,
    jitterBufferNominal: 60,
    jitterBufferMaximum: 60,
    jitterBufferAbsoluteMaximum: 400,
  }),
};

const told = (node: Node, by: string, about: Node) => node.sees(by)?.extendedReports.get(about.session.ssrc);
/** Blocks of everything that a session wants to send. */
function blocksOf(session: RtpSession): XrBlock[] {
  const blocks: XrBlock[] = [];
  for (let out = session.pollTransmit(); out !== undefined; out = session.pollTransmit()) {
    for (const packet of parseRtcpCompound(out)) if (packet.type === 'xr') blocks.push(...packet.blocks);
  }
  return blocks;
}

describe('extended reports in sessions (RFC 3611)', () => {
  test('everybody reads what the others measure, and a receiver learns its round trip', () => {
    const room = new Simulation(7, { loss: 0.05, delay: [10, 10] });
    const [talker, listener, third] = ['anna', 'berta', 'carla'].map((name) =>
      room.join(name, { extendedReports: ALL }),
    );
    if (talker === undefined || listener === undefined || third === undefined)
      throw new Error('three joined');
    room.talk(talker);
    room.runUntil(60_000);
    const report = told(third, 'berta', talker);
    expect(report?.statistics).toMatchObject({ ssrc: talker.session.ssrc, duplicates: 0, hops: undefined });
    const { lost = 0, beginSequence = 0, endSequence = 0 } = report?.statistics ?? {};
    const span = (endSequence - beginSequence) & 0xffff;
    expect(span).toBeGreaterThan(100); // one interval, not all that was sent
    expect(span).toBeLessThan(1000);
    expect(lost / span).toBeGreaterThan(0.01);
    expect(lost / span).toBeLessThan(0.12);
    expect(report?.voice?.lossRate).toBeGreaterThan(0.03 * 256);
    expect(report?.voice).toMatchObject({ mosLq: 4.4, gmin: 16, jitterBufferNominal: 60 });
    // listener and third never send media: their round trip comes from reference times alone
    expect(listener.sees('carla')?.roundTripSeconds).toBeCloseTo(0.02, 3);
    expect(third.sees('anna')?.roundTripSeconds).toBeCloseTo(0.02, 3);
  });

  test('nothing is sent unless asked for, and reference times are for senders alone when it says so', () => {
    const room = new Simulation(8);
    const kinds = (blocks: readonly XrBlock[]) => blocks.map(({ type }) => type);
    const session = (extendedReports?: ExtendedReportPlan): XrBlock[] => {
      const made = new RtpSession(
        {
          random: room.random,
          cname: 'x',
          clockRates: new Map([[0, 8000]]),
          bandwidth: 64_000,
          ...(extendedReports && { extendedReports }),
        },
        0,
      );
      for (let now = 0; now <= 20_000; now += 100) made.handleTimeout(now, now);
      return blocksOf(made);
    };
    expect(session()).toEqual([]);
    expect(new Set(kinds(session({ referenceTime: 'all' })))).toEqual(new Set(['referenceTime']));
    expect(session({ referenceTime: 'sender' })).toEqual([]);
  });

  test('twenty talkers share the room: all get their turn, datagrams stay small, bandwidth stays 5 %', () => {
    const room = new Simulation(9, {}, true);
    const nodes = Array.from({ length: 20 }, (_, n) =>
      room.join(`n${n}`, { extendedReports: ALL, bandwidth: 640_000 }),
    );
    for (const node of nodes) room.talk(node);
    room.runUntil(40_000);
    const [first] = nodes;
    if (first === undefined) throw new Error('somebody joined');
    const heardOf = new Set<number>();
    for (const source of first.session.sources.values())
      for (const about of source.extendedReports.keys()) heardOf.add(about);
    expect(heardOf.size).toBe(20);
    const sent = nodes.flatMap((node) => node.sent);
    expect(Math.max(...sent.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1428);
    const late = sent.filter(({ at }) => at > 20_000).reduce((sum, { bytes }) => sum + bytes, 0);
    expect((late * 8) / 20).toBeLessThan(640_000 * 0.05 * 1.2);
  });

  test('what is told is kept of known sources alone', () => {
    const session = new RtpSession(
      { random: () => 0.4, cname: 'x', clockRates: new Map([[0, 8000]]), bandwidth: 64_000 },
      0,
    );
    const block = (about: number): XrBlock => ({
      type: 'statistics',
      ssrc: about,
      beginSequence: 1,
      endSequence: 2,
      lost: 1,
      duplicates: 0,
      jitter: undefined,
      hops: undefined,
    });
    const from = { address: '10.0.0.9', port: 5005 };
    const told = serializeRtcpCompound([
      { type: 'rr', ssrc: 9, reports: [] },
      { type: 'sdes', chunks: [{ ssrc: 9, items: [{ type: 'cname', text: 'liar' }] }] },
      {
        type: 'xr',
        ssrc: 9,
        blocks: [...Array.from({ length: 30 }, (_, n) => block(1000 + n)), block(session.ssrc)],
      },
    ]);
    session.handleRtcp(told, from, 1, 1);
    expect([...(session.sources.get(9)?.extendedReports.keys() ?? [])]).toEqual([session.ssrc]);
  });
});
