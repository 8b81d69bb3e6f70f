import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import {
  parseRtcpCompound,
  type RtcpPacket,
  serializeRtcpPackets,
  type XrBlock,
} from '../../src/rtcp/index.ts';
import { XR_SAMPLES } from './xr-samples.ts';

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const range = { ssrc: u32, thinning: fc.nat(15), beginSequence: u16, endSequence: u16 };
const spread = (
  value: fc.Arbitrary<number>,
): Record<'minimum' | 'maximum' | 'mean' | 'deviation', typeof value> => ({
  minimum: value,
  maximum: value,
  mean: value,
  deviation: value,
});
const chunk = fc.oneof(
  fc.record({
    type: fc.constant('run' as const),
    value: fc.boolean(),
    length: fc.integer({ min: 1, max: 0x3fff }),
  }),
  fc.record({ type: fc.constant('bits' as const), bits: fc.nat(0x7fff) }),
);
const level = maybe(fc.integer({ min: -128, max: 126 }));
const mos = maybe(fc.integer({ min: 10, max: 50 }).map((tenths) => tenths / 10));
const block: fc.Arbitrary<XrBlock> = fc.oneof(
  fc.record({
    type: fc.constantFrom('lossRuns' as const, 'duplicateRuns' as const),
    ...range,
    chunks: fc.array(chunk, { maxLength: 9 }),
  }),
  fc.record({ type: fc.constant('receiptTimes' as const), ...range, times: fc.array(u32, { maxLength: 5 }) }),
  fc.record({
    type: fc.constant('referenceTime' as const),
    ntp: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  }),
  fc.record({
    type: fc.constant('delaySinceReference' as const),
    receivers: fc.array(fc.record({ ssrc: u32, lastReference: u32, delay: u32 }), { maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant('statistics' as const),
    ssrc: u32,
    beginSequence: u16,
    endSequence: u16,
    lost: maybe(u32),
    duplicates: maybe(u32),
    jitter: maybe(fc.record(spread(u32))),
    hops: maybe(fc.record({ header: fc.constantFrom('ttl' as const, 'hopLimit' as const), ...spread(u8) })),
  }),
  fc.record({
    type: fc.constant('voipMetrics' as const),
    ssrc: u32,
    lossRate: u8,
    discardRate: u8,
    burstDensity: u8,
    gapDensity: u8,
    burstDuration: u16,
    gapDuration: u16,
    roundTripDelay: u16,
    endSystemDelay: u16,
    signalLevel: level,
    noiseLevel: level,
    residualEchoReturnLoss: maybe(u8.filter((value) => value !== 127)),
    gmin: u8,
    rFactor: maybe(fc.nat(100)),
    externalRFactor: maybe(fc.nat(100)),
    mosLq: mos,
    mosCq: mos,
    concealment: fc.constantFrom(
      'unspecified' as const,
      'disabled' as const,
      'enhanced' as const,
      'standard' as const,
    ),
    jitterBuffer: fc.constantFrom('unknown' as const, 'fixed' as const, 'adaptive' as const),
    jitterBufferRate: fc.nat(15),
    jitterBufferNominal: u16,
    jitterBufferMaximum: u16,
    jitterBufferAbsoluteMaximum: u16,
  }),
  fc.record({
    type: fc.constant('unknown' as const),
    blockType: fc.constantFrom(0, 8, 14, 255),
    typeSpecific: u8,
    body: fc
      .uint8Array({ maxLength: 12 })
      .map((bytes) => new Uint8Array(bytes.subarray(0, bytes.length & ~3))),
  }),
);
const compound = fc
  .record({ ssrc: u32, blocks: fc.array(block, { maxLength: 6 }) })
  .map(({ ssrc, blocks }): RtcpPacket[] => [
    { type: 'rr', ssrc, reports: [] },
    { type: 'xr', ssrc, blocks },
  ]);

/** The packets, or undefined when they are refused; fails on any other error. */
function packetsOf(bytes: Uint8Array): RtcpPacket[] | undefined {
  try {
    return parseRtcpCompound(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** What was read can be written, and then reads the same again. */
function readsOrRefuses(bytes: Uint8Array): void {
  const packets = packetsOf(bytes);
  expect(packets && parseRtcpCompound(serializeRtcpPackets(packets))).toEqual(packets);
}

test('XR parse undoes serialize', () => {
  fc.assert(
    fc.property(compound, (packets) => {
      expect(parseRtcpCompound(serializeRtcpPackets(packets))).toEqual(packets);
    }),
    { numRuns: 300 },
  );
});

test('any blocks are read', () => {
  const head = [0x80, 201, 0, 1, 1, 2, 3, 4];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (body) => {
      const words = Math.ceil(body.length / 4);
      const bytes = new Uint8Array(12 + words * 4);
      bytes.set([...head, 0x80, 207, 0, words]);
      bytes.set(body, 12);
      expect(parseRtcpCompound(bytes)).toHaveLength(2);
      readsOrRefuses(bytes);
    }),
    { numRuns: 500 },
  );
});

test('every prefix of a report, and every report with one bit changed, is read or refused', () => {
  const blocks = XR_SAMPLES.map((sample) => sample.block);
  const whole = serializeRtcpPackets([
    { type: 'rr', ssrc: 1, reports: [] },
    { type: 'xr', ssrc: 1, blocks },
  ]);
  const complete = Array.from(whole, (_, length) => packetsOf(whole.slice(0, length))?.length);
  expect(complete.flatMap((packets, length) => (packets === undefined ? [] : [[length, packets]]))).toEqual([
    [8, 1], // the RR alone
  ]);
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const bytes = whole.slice();
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    readsOrRefuses(bytes);
  }
});
