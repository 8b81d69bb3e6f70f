import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { InvalidValueError, StateError } from '../../src/errors.ts';
import {
  parseRtcpCompound,
  type RtcpPacket,
  type SdesItem,
  type SdesItemName,
  serializeRtcpPackets,
} from '../../src/rtcp/index.ts';
import {
  parseRtpPacket,
  RtpSession,
  type RtpSessionEvent,
  type RtpSessionOptions,
  serializeRtpPacket,
} from '../../src/rtp/index.ts';
import { seeded } from './simulation.ts';

const WALL = Date.UTC(2026, 0, 1);
const OWN = { address: '10.0.0.1', port: 5004 };
const OWN_RTCP = { address: '10.0.0.1', port: 5005 };
const BOB = { address: '10.0.0.2', port: 5004 };
const BOB_RTCP = { address: '10.0.0.2', port: 5005 };
const EVE = { address: '10.0.0.3', port: 5004 };
const BOB_SSRC = 0xb0b0_b0b0;

const open = (options: Partial<RtpSessionOptions> = {}): RtpSession =>
  new RtpSession(
    {
      random: seeded(1),
      cname: 'me',
      clockRates: new Map([[0, 8000]]),
      bandwidth: 64_000,
      ownAddresses: [OWN, OWN_RTCP],
      ...options,
    },
    0,
  );
const events = (session: RtpSession): RtpSessionEvent[] => {
  const all: RtpSessionEvent[] = [];
  for (let event = session.pollEvent(); event !== undefined; event = session.pollEvent()) all.push(event);
  return all;
};
const types = (session: RtpSession): string[] => events(session).map((event) => event.type);
const datagrams = (session: RtpSession): RtcpPacket[][] => {
  const all: RtcpPacket[][] = [];
  for (let out = session.pollTransmit(); out !== undefined; out = session.pollTransmit()) {
    all.push(parseRtcpCompound(out));
  }
  return all;
};
const rtp = (
  sequenceNumber: number,
  change: { ssrc?: number; payloadType?: number; csrcs?: number[] } = {},
) =>
  serializeRtpPacket({
    marker: false,
    payloadType: 0,
    sequenceNumber,
    timestamp: sequenceNumber * 160,
    ssrc: BOB_SSRC,
    csrcs: [],
    payload: new Uint8Array(160),
    padding: 0,
    ...change,
  });
const rtcp = (items: SdesItem[], more: RtcpPacket[] = [], ssrc = BOB_SSRC): Uint8Array =>
  serializeRtcpPackets([
    { type: 'rr', ssrc, reports: [] },
    { type: 'sdes', chunks: [{ ssrc, items }] },
    ...more,
  ]);
const cname: SdesItem = { type: 'cname', text: 'bob' };

let session: RtpSession;
beforeEach(() => {
  session = open();
});

describe('RTP in', () => {
  test('the second packet in sequence is handed over, with the first', () => {
    expect(session.handleRtp(rtp(7), BOB, 0, WALL)).toBeUndefined();
    const packet = session.handleRtp(rtp(8), BOB, 20, WALL);
    expect(packet).toMatchObject({ sequenceNumber: 8, payloadType: 0, late: false, arrival: 20 });
    expect(packet?.payload()).toHaveLength(160);
    expect(packet?.preceding).toMatchObject({ sequenceNumber: 7, arrival: 0 });
    expect(session.handleRtp(rtp(9), BOB, 40, WALL)?.preceding).toBeUndefined();
    expect(types(session)).toEqual(['sourceAdded', 'sourceActive']);
  });
  test('the packet held before a wrap counts one less; one that does not precede is not handed over', () => {
    session.handleRtp(rtp(0xffff), BOB, 0, WALL);
    const packet = session.handleRtp(rtp(0), BOB, 20, WALL);
    expect([packet?.preceding?.extendedSequence, packet?.extendedSequence]).toEqual([-1, 0]);
    session.handleRtp(rtp(7, { ssrc: 5 }), BOB, 0, WALL);
    session.handleRtcp(rtcp([cname], [], 5), BOB_RTCP, 1, WALL);
    session.handleRtp(rtp(8, { ssrc: 5 }), BOB, 20, WALL);
    session.handleRtp(rtp(7, { ssrc: 6 }), BOB, 0, WALL);
    session.handleRtp(rtp(90, { ssrc: 6 }), BOB, 0, WALL);
    expect(session.handleRtp(rtp(91, { ssrc: 6 }), BOB, 0, WALL)?.preceding?.sequenceNumber).toBe(90);
  });
  test('a held packet is a copy: the receive buffer may be used again', () => {
    const buffer = Buffer.from(rtp(7));
    session.handleRtp(buffer, BOB, 0, WALL);
    buffer.fill(0xff);
    expect(session.handleRtp(rtp(8), BOB, 20, WALL)?.preceding?.payload()).toEqual(new Uint8Array(160));
  });
  test('after RTCP from the same host the first packet is handed over', () => {
    session.handleRtcp(rtcp([cname]), BOB_RTCP, 0, WALL);
    expect(session.handleRtp(rtp(7), BOB, 0, WALL)).toMatchObject({ sequenceNumber: 7 });
    expect(types(session)).toEqual(['sourceAdded', 'sourceActive']);
  });
  test('duplicates are dropped and counted, late packets are marked', () => {
    for (const n of [1, 2, 4]) session.handleRtp(rtp(n), BOB, n * 20, WALL);
    expect(session.handleRtp(rtp(3), BOB, 90, WALL)).toMatchObject({ late: true, extendedSequence: 3 });
    expect(session.handleRtp(rtp(3), BOB, 91, WALL)).toBeUndefined();
    expect(session.stats.rtpDuplicates).toBe(1);
    expect(session.sources.get(BOB_SSRC)).toMatchObject({ duplicates: 1, reordered: 1 });
  });
  test('rubbish is counted and dropped', () => {
    expect(session.handleRtp(Uint8Array.of(1, 2, 3), BOB, 0, WALL)).toBeUndefined();
    session.handleRtcp(Uint8Array.of(1, 2, 3), BOB, 0, WALL);
    session.handleRtp(rtp(1, { payloadType: 99 }), BOB, 0, WALL);
    session.handleRtp(rtp(2, { payloadType: 99 }), BOB, 0, WALL);
    expect(session.stats).toMatchObject({ rtpMalformed: 1, rtcpMalformed: 1, rtpUnknownPayloadType: 2 });
    expect(session.sources.size).toBe(0);
  });
  test('a restarted sender is told', () => {
    for (const n of [1, 2, 30_000, 30_001]) session.handleRtp(rtp(n), BOB, n, WALL);
    expect(types(session)).toEqual(['sourceAdded', 'sourceActive', 'sourceRestarted']);
  });
  test('sources mixed into a packet are participants, reached through the mixer', () => {
    for (const n of [1, 2]) session.handleRtp(rtp(n, { csrcs: [11, 12] }), BOB, n, WALL);
    expect(session.sources.get(11)).toMatchObject({ contributing: true, isSender: false });
    expect(session.size.members).toBe(4);
  });
});

describe('participant information', () => {
  test.each<[string, SdesItem, SdesItemName, object]>([
    ['[PIN-02]', { type: 'name', text: 'Bob é' }, 'name', { name: 'Bob é' }],
    ['[PIN-03]', { type: 'email', text: 'bob@example.org' }, 'email', { email: 'bob@example.org' }],
    ['[PIN-04]', { type: 'phone', text: '+1 555' }, 'phone', { phone: '+1 555' }],
    ['[PIN-05]', { type: 'loc', text: 'Oslo' }, 'loc', { loc: 'Oslo' }],
    ['[PIN-06]', { type: 'tool', text: 'vat 4' }, 'tool', { tool: 'vat 4' }],
    ['[PIN-07]', { type: 'note', text: 'away' }, 'note', { note: 'away' }],
    [
      '[PIN-08]',
      { type: 'priv', prefix: 'seat', value: '7' },
      'priv',
      { priv: [{ prefix: 'seat', value: '7' }] },
    ],
  ])('%s [PIN-01] [PEV-02] an item that differs is told, once', (_id, item, name, want) => {
    session.handleRtcp(rtcp([cname]), BOB_RTCP, 0, WALL);
    expect(types(session)).toEqual(['sourceAdded']);
    session.handleRtcp(rtcp([cname, item]), BOB_RTCP, 1, WALL);
    const [event, ...others] = events(session);
    expect(event).toMatchObject({ type: 'sourceUpdated', items: [name] });
    expect(others).toEqual([]);
    expect(session.sources.get(BOB_SSRC)?.sdes).toEqual({ cname: 'bob', ...want });
    session.handleRtcp(rtcp([cname, item]), BOB_RTCP, 2, WALL);
    expect(events(session)).toEqual([]);
  });
  test('an empty text clears an item', () => {
    session.handleRtcp(rtcp([cname, { type: 'note', text: 'away' }]), BOB_RTCP, 0, WALL);
    session.handleRtcp(rtcp([cname, { type: 'note', text: '' }]), BOB_RTCP, 1, WALL);
    expect(events(session).at(-1)).toMatchObject({ type: 'sourceUpdated', items: ['note'] });
    expect(session.sources.get(BOB_SSRC)?.sdes).toEqual({ cname: 'bob' });
  });
  test('[PIN-07] a NOTE that is no longer repeated is dropped after 25 intervals (RFC 3550 §6.5.7)', () => {
    session.handleRtcp(rtcp([cname, { type: 'note', text: 'away' }]), BOB_RTCP, 0, WALL);
    const repeatWithoutNote = (from: number, to: number): void => {
      for (let now = from; now <= to; now += 2500) {
        session.handleRtcp(rtcp([cname]), BOB_RTCP, now, WALL);
        session.handleTimeout(now, WALL + now);
      }
    };
    repeatWithoutNote(2500, 120_000);
    expect(session.sources.get(BOB_SSRC)?.sdes.note).toBe('away');
    repeatWithoutNote(122_500, 140_000);
    expect(session.sources.get(BOB_SSRC)?.sdes.note).toBeUndefined();
  });
  test('an SSRC without a CNAME is nobody yet', () => {
    session.handleRtcp(rtcp([{ type: 'name', text: 'Bob' }]), BOB_RTCP, 0, WALL);
    expect(session.sources.size).toBe(0);
    session.handleRtcp(rtcp([cname]), BOB_RTCP, 1, WALL);
    expect(session.sources.get(BOB_SSRC)?.sdes).toEqual({ cname: 'bob', name: 'Bob' });
  });
  test('what we say about ourselves is all in the first report, and again after a change', () => {
    session = open({ sdes: { name: 'Me', tool: 'rendezvous', priv: [{ prefix: 'a', value: 'b' }] } });
    session.handleTimeout(6000, WALL);
    expect(datagrams(session)[0]?.[1]).toMatchObject({
      chunks: [
        {
          ssrc: session.ssrc,
          items: [{ text: 'me' }, { text: 'Me' }, { text: 'rendezvous' }, { prefix: 'a' }],
        },
      ],
    });
    session.setSdes({ name: 'Myself' });
    session.handleTimeout(20_000, WALL);
    expect(datagrams(session)[0]?.[1]).toMatchObject({
      chunks: [{ items: [{ text: 'me' }, { text: 'Myself' }] }],
    });
    expect(() => session.setSdes({ name: 'x'.repeat(256) })).toThrow(InvalidValueError);
  });
});

describe('leaving', () => {
  test('[PEV-03] BYE removes a source; stragglers do not bring it back, later packets do', () => {
    session.handleRtcp(rtcp([cname]), BOB_RTCP, 0, WALL);
    events(session);
    session.handleRtcp(
      rtcp([cname], [{ type: 'bye', ssrcs: [BOB_SSRC], reason: 'done' }]),
      BOB_RTCP,
      10,
      WALL,
    );
    expect(events(session)).toMatchObject([{ type: 'sourceBye', reason: 'done', source: { cname: 'bob' } }]);
    for (const n of [1, 2, 3]) expect(session.handleRtp(rtp(n), BOB, 20, WALL)).toBeUndefined();
    expect(session.sources.size).toBe(0);
    for (const n of [4, 5]) session.handleRtp(rtp(n), BOB, 3000, WALL);
    expect(types(session)).toEqual(['sourceAdded', 'sourceActive']);
  });
  test('[PEV-08] [PEV-09] a stream that stops times out, and is recognised by its first packet when it goes on', () => {
    for (const n of [1, 2]) session.handleRtp(rtp(n), BOB, n, WALL);
    for (let now = 2500; now <= 30_000; now += 2500) session.handleTimeout(now, WALL + now);
    expect(types(session)).toEqual(['sourceAdded', 'sourceActive', 'sourceInactive', 'sourceTimeout']);
    expect(session.sources.size).toBe(0);
    expect(session.handleRtp(rtp(3), BOB, 40_000, WALL)).toMatchObject({ sequenceNumber: 3 });
    expect(types(session)).toEqual(['sourceRecovered', 'sourceActive']);
    expect(session.sources.size).toBe(1);
  });
  test('BYE from another address than the source’s is not believed', () => {
    session.handleRtcp(rtcp([cname]), BOB_RTCP, 0, WALL);
    session.handleRtcp(rtcp([], [{ type: 'bye', ssrcs: [BOB_SSRC] }]), { ...EVE, port: 5005 }, 10, WALL);
    expect(session.sources.size).toBe(1);
  });
  test('we leave with SR, CNAME and BYE, after which nothing more is sent or taken', () => {
    session.nextRtp(new Uint8Array(160), 160, true, 0);
    session.leave('over', 100, WALL);
    expect(datagrams(session)).toMatchObject([
      [
        { type: 'sr', packets: 1, octets: 160 },
        { type: 'sdes', chunks: [{ items: [{ type: 'cname' }] }] },
        { type: 'bye', ssrcs: [session.ssrc], reason: 'over' },
      ],
    ]);
    expect(types(session)).toEqual(['left']);
    session.leave('again', 100, WALL);
    session.handleTimeout(100_000, WALL);
    for (const n of [1, 2]) expect(session.handleRtp(rtp(n), BOB, n, WALL)).toBeUndefined();
    expect(datagrams(session)).toEqual([]);
    expect(() => session.nextRtp(new Uint8Array(1), 1, false, 0)).toThrow(StateError);
    expect(session.pollTimeout()).toBeUndefined();
  });
});

describe('our own packets', () => {
  const own = (): Uint8Array => session.nextRtp(new Uint8Array(160), 160, false, 0);
  test.each(['none', 'selective'] as const)(
    '[LOO-04] loopback %s drops them, by SSRC and address',
    (loopback) => {
      session = open({ loopback });
      for (let n = 0; n < 3; n++) expect(session.handleRtp(own(), OWN, n, WALL)).toBeUndefined();
      session.handleTimeout(6000, WALL);
      session.handleRtcp(session.pollTransmit() ?? new Uint8Array(0), OWN_RTCP, 6001, WALL);
      expect(session.stats).toMatchObject({ ownLooped: 4, collisions: 0 });
      expect(events(session)).toEqual([]);
    },
  );
  test('[LOO-04] another program on the same host and port is heard', () => {
    for (const n of [1, 2]) session.handleRtp(rtp(n), OWN, n, WALL);
    expect(session.sources.size).toBe(1);
  });
  test('[LOO-03] loopback full hands them over, without making us a participant twice', () => {
    session = open({ loopback: 'full' });
    expect(session.handleRtp(own(), OWN, 0, WALL)?.source).toBe(session.loopedBack);
    expect(session.handleRtp(own(), OWN, 20, WALL)?.payload()).toHaveLength(160);
    expect(session.loopedBack?.packetsReceived).toBe(2);
    expect(session.sources.size).toBe(0);
    expect(session.size).toEqual({ members: 1, senders: 1 });
  });
});

describe('collisions and loops (RFC 3550 §8.2)', () => {
  test('our SSRC from elsewhere: BYE, another SSRC, once for an address; after that it is a loop', () => {
    session.nextRtp(new Uint8Array(160), 160, false, 0);
    const before = session.ssrc;
    session.handleRtp(rtp(1, { ssrc: before }), EVE, 10, WALL);
    expect(session.ssrc).not.toBe(before);
    expect(events(session)).toEqual([{ type: 'ownSsrcChanged', before, after: session.ssrc, from: EVE }]);
    expect(datagrams(session)[0]?.at(-1)).toEqual({ type: 'bye', ssrcs: [before], reason: 'SSRC collision' });
    expect(session.own).toMatchObject({ packetsSent: 0, octetsSent: 0 });
    // The other one keeps the number and becomes an ordinary source.
    for (const n of [2, 3]) session.handleRtp(rtp(n, { ssrc: before }), EVE, 10 + n, WALL);
    expect(session.sources.has(before)).toBe(true);
    events(session);
    // What comes from there with our new number can only be a relay that returns our packets.
    const after = session.ssrc;
    for (const n of [1, 2, 3]) session.handleRtp(rtp(n, { ssrc: after }), EVE, 20 + n, WALL);
    expect(session.ssrc).toBe(after);
    expect(events(session)).toEqual([{ type: 'loop', ssrc: after, from: EVE }]);
    // When it has stopped for ten intervals, it is a collision again.
    for (let now = 2500; now < 70_000; now += 2500) session.handleTimeout(now, WALL + now);
    session.handleRtp(rtp(9, { ssrc: session.ssrc }), EVE, 70_000, WALL);
    expect(session.ssrc).not.toBe(after);
  });
  test('a collision before we sent anything changes the number without a BYE', () => {
    session.handleRtcp(rtcp([cname], [], session.ssrc), BOB_RTCP, 1, WALL);
    expect(types(session)).toEqual(['ownSsrcChanged']);
    expect(datagrams(session)).toEqual([]);
  });
  test('two others with one SSRC: the first is kept, and it is told once', () => {
    for (const n of [1, 2]) session.handleRtp(rtp(n), BOB, n, WALL);
    events(session);
    for (const n of [3, 4]) expect(session.handleRtp(rtp(n), EVE, n, WALL)).toBeUndefined();
    expect(events(session)).toMatchObject([{ type: 'collision', rejected: EVE }]);
    expect(session.handleRtp(rtp(3), BOB, 5, WALL)).toMatchObject({ late: false });
    expect(session.stats.collisions).toBe(2);
  });
  test('another CNAME under a known SSRC is not taken', () => {
    session.handleRtcp(rtcp([cname]), BOB_RTCP, 0, WALL);
    session.handleRtcp(rtcp([{ type: 'cname', text: 'mallory' }]), BOB_RTCP, 1, WALL);
    expect(session.sources.get(BOB_SSRC)?.cname).toBe('bob');
    expect(types(session)).toEqual(['sourceAdded', 'collision']);
  });
  test('a source that goes on from another address where it left off has moved; a stranger has not', () => {
    for (const n of [1, 2]) session.handleRtp(rtp(n), BOB, n, WALL);
    session.handleRtcp(rtcp([cname]), BOB_RTCP, 3, WALL);
    events(session);
    expect(session.handleRtp(rtp(3), EVE, 300, WALL)).toBeUndefined(); // too soon
    expect(session.handleRtp(rtp(9000), EVE, 500, WALL)).toBeUndefined(); // another sequence
    expect(session.handleRtp(rtp(3), EVE, 600, WALL)).toMatchObject({ sequenceNumber: 3 });
    events(session);
    session.handleRtcp(rtcp([cname]), { ...EVE, port: 5005 }, 700, WALL);
    expect(events(session)).toEqual([]);
    expect(session.sources.get(BOB_SSRC)).toMatchObject({
      rtpAddress: EVE,
      rtcpAddress: { ...EVE, port: 5005 },
    });
  });
  test('a source that was silent may go on from another address', () => {
    for (const n of [1, 2]) session.handleRtp(rtp(n), BOB, n, WALL);
    expect(session.handleRtp(rtp(3), EVE, 6000, WALL)).toMatchObject({ sequenceNumber: 3 });
    expect(session.sources.get(BOB_SSRC)?.rtpAddress).toEqual(EVE);
  });
  test('a hostile host cannot make us change our number for ever', () => {
    for (let port = 1; port <= 1000; port++) {
      session.handleRtp(rtp(1, { ssrc: session.ssrc }), { address: '10.9.9.9', port }, 1, WALL);
    }
    expect(types(session).filter((type) => type === 'ownSsrcChanged')).toHaveLength(64);
  });
});

describe('bounds', () => {
  test('a flood of SSRCs neither fills memory nor displaces valid members', () => {
    session = open({ maxSources: 10 });
    for (const n of [1, 2]) session.handleRtp(rtp(n), BOB, n, WALL);
    session.handleRtcp(rtcp([{ type: 'cname', text: 'carol' }], [], 5), EVE, 3, WALL);
    session.handleRtcp(rtcp([{ type: 'cname', text: 'carol' }], [], 5), EVE, 4, WALL);
    for (let n = 100; n < 3000; n++) {
      session.handleRtp(rtp(1, { ssrc: n }), EVE, 5, WALL);
      session.handleRtcp(rtcp([{ type: 'cname', text: `x${n}` }], [], n + 10_000), EVE, 5, WALL);
    }
    expect(session.sources.size).toBe(10);
    expect(session.sources.has(BOB_SSRC)).toBe(true);
    expect(session.sources.has(5)).toBe(true);
    expect(session.stats.sourcesRefused).toBeGreaterThan(5000);
    // Who comes later and is honest still gets in: the flood gives way to those who prove themselves.
    for (const n of [1, 2]) session.handleRtp(rtp(n, { ssrc: 77 }), { ...BOB, port: 7 }, 6, WALL);
    expect(session.sources.has(77)).toBe(true);
  });
  test('as many as the session holds may begin to talk at once', () => {
    session = open({ maxSources: 1000 });
    for (const sequence of [1, 2]) {
      for (let ssrc = 1; ssrc <= 1000; ssrc++)
        session.handleRtp(rtp(sequence, { ssrc }), BOB, sequence, WALL);
    }
    expect(session.sources.size).toBe(1000);
    expect(session.stats.sourcesRefused).toBe(0);
  });
  test('events that nobody takes are limited and counted', () => {
    session.handleRtcp(rtcp([cname]), BOB_RTCP, 0, WALL);
    for (let n = 0; n < 5000; n++) {
      session.handleRtcp(rtcp([cname, { type: 'note', text: `${n}` }]), BOB_RTCP, n, WALL);
    }
    expect(session.stats.eventsDropped).toBe(5001 - 4096);
    expect(events(session).at(-1)).toMatchObject({ source: { sdes: { note: '4999' } } });
  });
  test('more than 31 senders: several RR; more than fit in a datagram take turns (RFC 3550 §6.1)', () => {
    session = open({ maxRtcpBytes: 1000 });
    const hear = (sequence: number): void => {
      for (let ssrc = 1; ssrc <= 60; ssrc++) session.handleRtp(rtp(sequence, { ssrc }), BOB, sequence, WALL);
    };
    hear(1);
    hear(2);
    for (let now = 100; session.stats.rtcpSent === 0; now += 100) session.handleTimeout(now, WALL);
    hear(3);
    for (let now = 100; session.stats.rtcpSent === 1; now += 100) session.handleTimeout(now, WALL);
    const [first, second] = [session.pollTransmit(), session.pollTransmit()].map(
      (bytes = new Uint8Array(0)) => ({
        bytes: bytes.length,
        reports: parseRtcpCompound(bytes).map((packet) => (packet.type === 'rr' ? packet.reports : [])),
      }),
    );
    expect(first?.bytes).toBeLessThanOrEqual(1000);
    expect(first?.reports.map((reports) => reports.length)).toEqual([31, 9, 0]);
    const told = [first, second].flatMap((report) => report?.reports.flat().map((block) => block.ssrc) ?? []);
    expect(new Set(told).size).toBe(60); // those left out of the first are in the second
  });
});

describe('reports', () => {
  test('a block tells loss, jitter, LSR and DLSR of a sender', () => {
    session.handleRtcp(
      serializeRtcpPackets([
        {
          type: 'sr',
          ssrc: BOB_SSRC,
          ntp: 0x11112222_33334444n,
          rtpTimestamp: 5,
          packets: 9,
          octets: 8,
          reports: [],
        },
        { type: 'sdes', chunks: [{ ssrc: BOB_SSRC, items: [cname] }] },
      ]),
      BOB_RTCP,
      1000,
      WALL,
    );
    for (const n of [1, 2, 3, 5]) session.handleRtp(rtp(n), BOB, 1000 + n * 20, WALL);
    session.handleTimeout(6000, WALL);
    expect(datagrams(session)[0]?.[0]).toMatchObject({
      type: 'rr',
      reports: [
        {
          ssrc: BOB_SSRC,
          fractionLost: 51, // 1 of 5
          cumulativeLost: 1,
          extendedHighestSequence: 5,
          jitter: 0,
          lastSr: 0x2222_3333,
          delaySinceLastSr: 5 * 65_536,
        },
      ],
    });
    expect(session.sources.get(BOB_SSRC)?.senderInfo).toMatchObject({
      packets: 9,
      octets: 8,
      rtpTimestamp: 5,
    });
  });
  test('who reports what about whom is kept, of known sources only', () => {
    session.handleRtcp(rtcp([cname]), BOB_RTCP, 0, WALL);
    session.handleRtcp(rtcp([{ type: 'cname', text: 'eve' }], [], 5), EVE, 0, WALL);
    events(session);
    const block = {
      ssrc: 5,
      fractionLost: 128,
      cumulativeLost: 1,
      extendedHighestSequence: 1,
      jitter: 1,
      lastSr: 0,
      delaySinceLastSr: 0,
    };
    const reports = [block, { ...block, ssrc: session.ssrc }, { ...block, ssrc: 999 }];
    session.handleRtcp(serializeRtcpPackets([{ type: 'rr', ssrc: BOB_SSRC, reports }]), BOB_RTCP, 1, WALL);
    expect(events(session)).toMatchObject([
      { type: 'reportReceived', own: false, report: { about: 5 } },
      { type: 'reportReceived', own: true, report: { about: session.ssrc } },
    ]);
    expect([...(session.sources.get(BOB_SSRC)?.reports.keys() ?? [])]).toEqual([5, session.ssrc]);
  });
  test('APP is told when its source is known', () => {
    const app: RtcpPacket = {
      type: 'app',
      subtype: 3,
      ssrc: BOB_SSRC,
      name: 'test',
      data: new Uint8Array(4),
    };
    session.handleRtcp(rtcp([cname], [app]), BOB_RTCP, 0, WALL);
    expect(events(session).at(-1)).toMatchObject({ type: 'appReceived', subtype: 3, name: 'test' });
  });
  test('with b=RS:0 and b=RR:0 no RTCP is sent, not even BYE', () => {
    session = open({ rtcpBandwidth: { senders: 0, receivers: 0 } });
    session.nextRtp(new Uint8Array(160), 160, true, 0);
    for (let now = 0; now < 60_000; now += 2500) session.handleTimeout(now, WALL);
    session.leave('over', 60_000, WALL);
    expect(types(session)).toEqual(['left']);
    expect(datagrams(session)).toEqual([]);
  });
  test('with b=RR:0 reports begin when we send (RFC 3556 §2)', () => {
    session = open({ rtcpBandwidth: { senders: 800, receivers: 0 } });
    session.handleTimeout(60_000, WALL);
    expect(datagrams(session)).toEqual([]);
    session.nextRtp(new Uint8Array(160), 160, true, 60_000);
    session.handleTimeout(66_000, WALL);
    expect(datagrams(session)).toHaveLength(1);
  });
  test('the sender report extrapolates the RTP timestamp to the moment it is sent', () => {
    const { timestamp } = parseRtpPacket(session.nextRtp(new Uint8Array(160), 160, true, 5000));
    session.handleTimeout(6000, WALL + 6000);
    expect(datagrams(session)[0]?.[0]).toMatchObject({ type: 'sr', rtpTimestamp: (timestamp + 8000) >>> 0 });
  });
});

test('no bytes make a session throw, nor grow without bound', () => {
  // Half-valid packets get further in than noise: headers of good ones with anything behind.
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(
        fc.constantFrom(rtp(1), rtp(2), rtcp([cname]), rtcp([cname], [{ type: 'bye', ssrcs: [BOB_SSRC] }])),
        fc.nat(),
        fc.nat(255),
      )
      .map(([good, where, value]) => good.with(where % good.length, value)),
  );
  const step = fc.tuple(fc.boolean(), bytes, fc.constantFrom(BOB, EVE, OWN), fc.nat(3000));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const target = open({ maxSources: 5 });
      let now = 0;
      for (const [isRtp, datagram, from, wait] of steps) {
        now += wait;
        if (isRtp) target.handleRtp(datagram, from, now, WALL + now);
        else target.handleRtcp(datagram, from, now, WALL + now);
        target.handleTimeout(now, WALL + now);
        expect(target.sources.size).toBeLessThanOrEqual(5);
        expect(target.pollTimeout()).toBeGreaterThan(now);
      }
    }),
    { numRuns: 150 },
  );
});

test.each<[string, Partial<RtpSessionOptions>]>([
  ['no clock rate', { clockRates: new Map() }],
  ['a payload type above 127', { clockRates: new Map([[128, 8000]]) }],
  ['a sending payload type without clock rate', { payloadType: 8 }],
  ['no bandwidth', { bandwidth: 0 }],
  ['an endless CNAME', { cname: 'x'.repeat(256) }],
  ['too small an RTCP datagram', { maxRtcpBytes: 100 }],
])('refused: %s', (_name, options) => {
  expect(() => open(options)).toThrow(InvalidValueError);
});
