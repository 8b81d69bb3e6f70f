import { expect, test } from 'vitest';
import {
  ntpFromWall,
  ntpMiddle,
  parseRtcpCompound,
  type ReportBlock,
  serializeRtcpPackets,
  wallFromNtp,
} from '../../src/rtcp/index.ts';
import { RtpSession, serializeRtpPacket } from '../../src/rtp/index.ts';
import { seeded } from './simulation.ts';

const DAY_S = 24 * 3600;
const RATE = 48_000;
/** Noon of the day on which NTP's seconds begin anew, less what makes that happen in the middle of the run. */
const START = Date.UTC(2036, 1, 7, 6, 28, 16) - (DAY_S * 1000) / 2;
const OTHERS = 99;
const SENDERS = 4;
/** The first of them loses as much as a sequence can bear without a jump. */
const LOSSY_STEP = 2900;
const REPORT_S = 40;
const PATH_MS = 20;
const MOST_LOST = 0x7f_ffff;

const address = (n: number, port: number) => ({ address: `10.0.1.${n}`, port });
const ssrcOf = (n: number): number => 0x1000 + n;
const driftOf = (n: number): number => (n - 3) * 40;

test('a day of reports among a hundred, over every wrap: they stay plausible, and memory flat', () => {
  const random = seeded(5);
  const session = new RtpSession(
    {
      random,
      cname: 'me',
      clockRates: new Map([[96, RATE]]),
      bandwidth: 64_000,
      ssrc: 7,
      lowSequence: false,
    },
    0,
  );
  let [reports, wrapsOfSequence, lastOwnSequence, eras] = [0, 0, 0, 0];
  let ownReport: { readonly middle: number; readonly at: number } | undefined;
  const lostBefore = new Map<number, number>();
  const highestBefore = new Map<number, number>();
  let [heapEarly, heapLate] = [0, 0];

  const look = (now: number): void => {
    for (let out = session.pollTransmit(); out !== undefined; out = session.pollTransmit()) {
      for (const packet of parseRtcpCompound(out)) {
        if (packet.type !== 'sr') continue;
        reports++;
        ownReport = { middle: ntpMiddle(packet.ntp), at: now };
        if (packet.ntp >> 32n < 0x8000_0000n) eras++;
        if (Math.abs(wallFromNtp(packet.ntp) - (START + now)) > 1)
          throw new Error(`the time at ${now} is wrong`);
        for (const block of packet.reports) check(block, now);
      }
    }
    while (session.pollEvent() !== undefined);
  };
  const check = (block: ReportBlock, now: number): void => {
    const lossy = block.ssrc === ssrcOf(0);
    const before = lostBefore.get(block.ssrc) ?? 0;
    const sane =
      block.cumulativeLost >= (lossy ? before : 0) &&
      block.cumulativeLost <= (lossy ? MOST_LOST : 0) &&
      (lossy ? block.fractionLost >= 254 || now < 60_000 : block.fractionLost === 0) &&
      // cycles are counted in the upper half, which wraps itself after 2^32 packets
      (block.extendedHighestSequence - (highestBefore.get(block.ssrc) ?? 0)) >>> 0 < 2 ** 31 &&
      block.jitter < RATE / 100 &&
      (block.lastSr !== 0 || now <= (REPORT_S + 1) * 1000) &&
      block.delaySinceLastSr <= (REPORT_S + 1) * 65_536;
    if (!sane) throw new Error(`at ${now / 1000} s: ${JSON.stringify(block)}`);
    lostBefore.set(block.ssrc, block.cumulativeLost);
    highestBefore.set(block.ssrc, block.extendedHighestSequence);
  };

  const payload = new Uint8Array(4);
  for (let second = 1; second <= DAY_S; second++) {
    const sent = second * 1000;
    const now = sent + PATH_MS;
    const wall = START + now;
    session.nextRtp(payload, RATE, false, now);
    const { sequenceNumber } = session.own;
    if (sequenceNumber < lastOwnSequence) wrapsOfSequence++;
    lastOwnSequence = sequenceNumber;
    const stampOf = (n: number): number =>
      Math.round(2 ** 32 - 5_000_000 + (sent * (1 + driftOf(n) / 1e6) * RATE) / 1000) >>> 0;
    for (let n = 0; n < SENDERS; n++) {
      const packet = {
        marker: false,
        payloadType: 96,
        // the first packets make it known
        sequenceNumber: (65_000 + (n === 0 && second > 5 ? (second - 5) * LOSSY_STEP : second)) & 0xffff,
        timestamp: stampOf(n),
        ssrc: ssrcOf(n),
        payload,
        csrcs: [],
        padding: 0,
      };
      session.handleRtp(serializeRtpPacket(packet), address(n, 5004), now, wall);
    }
    for (let n = second % REPORT_S; n < OTHERS; n += REPORT_S) {
      const block = {
        ssrc: 7,
        fractionLost: 0,
        cumulativeLost: 0,
        extendedHighestSequence: second,
        jitter: 0,
        lastSr: ownReport?.middle ?? 0,
        delaySinceLastSr:
          ownReport === undefined ? 0 : Math.round(((sent - PATH_MS - ownReport.at) * 65_536) / 1000),
      };
      const about = { ssrc: ssrcOf(n), reports: [block] };
      const told = sent * (1 + driftOf(n) / 1e6);
      const report =
        n < SENDERS
          ? ({
              type: 'sr',
              ...about,
              ntp: ntpFromWall(START + told),
              rtpTimestamp: stampOf(n),
              packets: second,
              octets: second * 4,
            } as const)
          : ({ type: 'rr', ...about } as const);
      const items = [{ type: 'cname', text: `member ${n}` }] as const;
      const sdes = { type: 'sdes', chunks: [{ ssrc: ssrcOf(n), items }] } as const;
      session.handleRtcp(serializeRtcpPackets([report, sdes]), address(n, 5005), now, wall);
    }
    session.handleTimeout(now, wall);
    look(now);
    if (second === DAY_S >> 2) heapEarly = process.memoryUsage().heapUsed;
  }
  heapLate = process.memoryUsage().heapUsed;

  expect(session.sources.size).toBe(OTHERS);
  expect(session.stats.rtcpMalformed + session.stats.collisions + session.stats.rtpMalformed).toBe(0);
  expect(reports).toBeGreaterThan(1000);
  expect(wrapsOfSequence).toBeGreaterThanOrEqual(1);
  expect(eras).toBeGreaterThan(reports / 3); // the second half of the day is in the next era
  expect(lostBefore.get(ssrcOf(0))).toBe(MOST_LOST);
  for (const source of session.sources.values()) {
    expect(source.restarts).toBe(0);
    expect(source.roundTripSeconds).toBeCloseTo((2 * PATH_MS) / 1000, 1);
    const n = source.ssrc - 0x1000;
    if (n >= SENDERS) continue;
    const clock = source.senderClock;
    expect(clock?.driftPpm).toBeCloseTo(driftOf(n), 0);
    expect(clock?.mediaDriftPpm).toBeCloseTo(0, 0);
    expect(clock?.offsetMs).toBeCloseTo((DAY_S * driftOf(n)) / 1000, -1.5);
    const now = DAY_S * 1000;
    const stamp = Math.round(2 ** 32 - 5_000_000 + (now * (1 + driftOf(n) / 1e6) * RATE) / 1000) >>> 0;
    expect(source.wallAt(stamp)).toBeCloseTo(START + now * (1 + driftOf(n) / 1e6), -1);
  }
  expect(heapLate - heapEarly).toBeLessThan(30e6);
});
