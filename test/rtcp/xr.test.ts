import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncodeError } from '../../src/errors.ts';
import {
  encodeXrTrace,
  type ExtendedReport,
  parseRtcpCompound,
  type RtcpPacket,
  serializeRtcpPackets,
  type XrBlock,
  xrSequences,
  xrTrace,
} from '../../src/rtcp/index.ts';
import { hex, XR_SAMPLES } from './xr-samples.ts';

const RR: RtcpPacket = { type: 'rr', ssrc: 0x1122_3344, reports: [] };
const report = (...blocks: XrBlock[]): ExtendedReport => ({ type: 'xr', ssrc: 0x1122_3344, blocks });
/** A compound of an empty RR and an XR whose blocks these are. */
const bytesOf = (blocks: string): Uint8Array => {
  const body = hex(`11223344 ${blocks}`);
  const words = (body.length / 4).toString(16).padStart(4, '0');
  return hex(`80c90001 11223344 80cf ${words} ${Buffer.from(body).toString('hex')}`);
};
const xrOf = (blocks: string): RtcpPacket | undefined => parseRtcpCompound(bytesOf(blocks))[1];

describe('known bytes (RFC 3611 §4)', () => {
  test.each(XR_SAMPLES)('$name', ({ bytes, block }) => {
    expect(xrOf(bytes)).toEqual(report(block));
    expect(serializeRtcpPackets([RR, report(block)])).toEqual(bytesOf(bytes));
  });
  test('all of them in one report', () => {
    const bytes = bytesOf(XR_SAMPLES.map((sample) => sample.bytes).join(''));
    const packets = [RR, report(...XR_SAMPLES.map(({ block }) => block))];
    expect(parseRtcpCompound(bytes)).toEqual(packets);
    expect(serializeRtcpPackets(packets)).toEqual(bytes);
  });
  test('a report without blocks', () => {
    expect(xrOf('')).toEqual(report());
  });
});

describe('read with tolerance', () => {
  test.each([
    ['reserved bits', '04 ff 0002 e0000000 80000000', '04 00 0002 e0000000 80000000'],
    [
      'what follows a null chunk, and runs of no packets',
      '01 f0 0004 55667788 0000 0064 4000 4064 0000 ffff',
      '01 00 0003 55667788 0000 0064 4064 0000',
    ],
    [
      'values behind flags that are not set, and the kind of TTL that is not to be used',
      '06 1f 0009 55667788 0001 0101 00000005 00000002 00000001 00000050 00000010 0000000c 3d403f01',
      '06 00 0009 55667788 0001 0101 00000000 00000000 00000000 00000000 00000000 00000000 00000000',
    ],
    [
      'ratings that cannot be, and the reserved kind of jitter buffer',
      '07 00 0008 55667788 00000000 0000 0000 0000 0000 00 00 00 10 65 ff 09 33 10 ff 0000 0000 0000',
      '07 00 0008 55667788 00000000 0000 0000 0000 0000 00 00 00 10 7f 7f 7f 7f 00 00 0000 0000 0000',
    ],
  ])('%s: ignored', (_name, bytes, again) => {
    const packet = xrOf(bytes);
    expect(packet?.type).toBe('xr');
    expect(serializeRtcpPackets(packet === undefined ? [] : [RR, packet])).toEqual(bytesOf(again));
  });

  test.each([
    ['a reference time of one word', '04 00 0001 e0000000'],
    ['half a delay', '05 00 0002 aabbccdd 00008000'],
    ['statistics without TTL', '06 e0 0001 55667788'],
    ['VoIP metrics of nine words', `07 00 0009 ${'00'.repeat(36)}`],
    ['loss runs without a range', '01 00 0001 55667788'],
  ])('%s: kept as it is', (_name, bytes) => {
    const [blockType, typeSpecific] = hex(bytes);
    const body = hex(bytes).slice(4);
    const next = XR_SAMPLES[3];
    const packet = xrOf(`${bytes} ${next?.bytes ?? ''}`);
    expect(packet).toMatchObject({
      blocks: [{ type: 'unknown', blockType, typeSpecific, body }, next?.block],
    });
    expect(serializeRtcpPackets(packet === undefined ? [] : [packet])).toEqual(
      bytesOf(`${bytes} ${next?.bytes ?? ''}`).slice(8),
    );
  });

  test.each([
    ['a block past the end', '11223344 04000003 e0000000 80000000'],
    ['no SSRC', ''],
  ])('%s: the packet is kept as it is, and the others of the compound count', (_name, body) => {
    const words = (hex(body).length / 4).toString(16).padStart(4, '0');
    const bytes = hex(`80c90001 11223344 80cf${words} ${body}`);
    const packets = [RR, { type: 'raw', packetType: 207, count: 0, body: hex(body) }];
    expect(parseRtcpCompound(bytes)).toEqual(packets);
  });

  test('values share no memory with the bytes they were read from', () => {
    const bytes = bytesOf('0e 81 0002 55667788 01020304');
    const [, xr] = parseRtcpCompound(bytes);
    bytes.fill(0);
    expect(xr).toMatchObject({ blocks: [{ body: hex('55667788 01020304') }] });
  });
});

describe('written strictly', () => {
  const changed = (index: number, change: object): XrBlock => {
    const block = XR_SAMPLES[index]?.block;
    if (block === undefined) throw new Error(`no sample ${index}`);
    return { ...block, ...change };
  };
  test.each<[string, XrBlock]>([
    ['a run of no packets', changed(0, { chunks: [{ type: 'run', value: true, length: 0 }] })],
    ['a run of 16384', changed(0, { chunks: [{ type: 'run', value: true, length: 0x4000 }] })],
    ['a vector of 16 bits', changed(0, { chunks: [{ type: 'bits', bits: 0x8000 }] })],
    ['thinning by 2^16', changed(0, { thinning: 16 })],
    ['a sequence number of 17 bits', changed(1, { endSequence: 0x1_0000 })],
    [
      'too many chunks',
      changed(1, { chunks: Array.from({ length: 0x2_0001 }, () => ({ type: 'bits', bits: 0 })) }),
    ],
    ['a time of 33 bits', changed(2, { times: [0x1_0000_0000] })],
    ['a negative loss', changed(5, { lost: -1 })],
    [
      'a TTL of 256',
      changed(5, { hops: { header: 'ttl', minimum: 0, maximum: 256, mean: 0, deviation: 0 } }),
    ],
    ['a share of 256', changed(7, { lossRate: 256 })],
    ['a duration of 17 bits', changed(7, { burstDuration: 0x1_0000 })],
    ['R above 100', changed(7, { rFactor: 101 })],
    ['MOS below 1', changed(7, { mosLq: 0.9 })],
    ['MOS above 5', changed(7, { mosCq: 5.1 })],
    ['a signal of +127 dBm0, which would mean unknown', changed(7, { signalLevel: 127 })],
    ['an echo loss of 127 dB, which would mean unknown', changed(7, { residualEchoReturnLoss: 127 })],
    ['a jitter buffer rate of 16', changed(7, { jitterBufferRate: 16 })],
    ['half a word', changed(9, { body: new Uint8Array(2) })],
    ['a known block as an unknown one', changed(9, { blockType: 4 })],
    ['a block type of 256', changed(9, { blockType: 256 })],
    ['a block of 65536 words', changed(9, { body: new Uint8Array(0x4_0000) })],
  ])('not %s', (_name, block) => {
    expect(() => serializeRtcpPackets([report(block)])).toThrow(EncodeError);
  });
});

describe('traces (RFC 3611 §4.1)', () => {
  const range = { ssrc: 1, thinning: 0, beginSequence: 0, endSequence: 0 };
  test.each([
    { name: 'over the wrap', range: { beginSequence: 0xfffe, endSequence: 2 }, want: [0xfffe, 0xffff, 0, 1] },
    { name: 'none', range: { beginSequence: 7, endSequence: 7 }, want: [] },
    { name: 'every fourth', range: { beginSequence: 3, endSequence: 13, thinning: 2 }, want: [4, 8, 12] },
    {
      name: 'every fourth, over the wrap',
      range: { beginSequence: 0xfffd, endSequence: 5, thinning: 2 },
      want: [0, 4],
    },
    { name: 'thinned to nothing', range: { beginSequence: 1, endSequence: 9, thinning: 15 }, want: [] },
  ])('sequence numbers: $name', ({ range: change, want }) => {
    expect(xrSequences({ ...range, ...change })).toEqual(want);
  });
  test.each([
    { name: 'all came', trace: Array(100).fill(true), chunks: '4064' },
    { name: 'all lost, more than a run holds', trace: Array(0x4000).fill(false), chunks: '3fff 0001' },
    { name: 'one of 16 lost', trace: [true, false, ...Array(14).fill(true)], chunks: 'dfff 4001' },
    { name: 'short and mixed', trace: [true, false], chunks: 'c000' },
    { name: 'nothing', trace: [], chunks: '' },
  ])('chunks: $name', ({ trace, chunks }) => {
    const block = {
      ...range,
      type: 'lossRuns',
      endSequence: trace.length,
      chunks: encodeXrTrace(trace),
    } as const;
    const bytes = serializeRtcpPackets([report(block)]).slice(20);
    expect(Buffer.from(bytes).toString('hex').replace(/0000$/, '')).toBe(chunks.replaceAll(' ', ''));
    expect(xrTrace(block)).toEqual(trace);
  });
  test('what is encoded is read again, through the bytes', () => {
    const runs = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 60 })), { maxLength: 40 });
    fc.assert(
      fc.property(runs, fc.nat(0xffff), (parts, beginSequence) => {
        const trace = parts.flatMap(([value, length]) => Array<boolean>(length).fill(value));
        const endSequence = (beginSequence + trace.length) & 0xffff;
        const chunks = encodeXrTrace(trace);
        expect(chunks.length).toBeLessThanOrEqual(Math.ceil(trace.length / 15));
        const sent = report({ ...range, type: 'duplicateRuns', beginSequence, endSequence, chunks });
        const [, read] = parseRtcpCompound(serializeRtcpPackets([RR, sent]));
        const block = read?.type === 'xr' ? read.blocks[0] : undefined;
        expect(block?.type === 'duplicateRuns' ? xrTrace(block) : undefined).toEqual(trace);
      }),
    );
  });
  test('chunks that tell more than the range are cut, fewer give fewer', () => {
    const chunks = [{ type: 'run', value: true, length: 9 }] as const;
    expect(xrTrace({ ...range, type: 'lossRuns', endSequence: 3, chunks })).toEqual([true, true, true]);
    expect(xrTrace({ ...range, type: 'lossRuns', endSequence: 30, chunks })).toHaveLength(9);
  });
});
