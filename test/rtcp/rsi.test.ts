import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import {
  parseRtcpCompound,
  type ReceiverSummary,
  type RsiBlock,
  serializeRtcpPackets,
} from '../../src/rtcp/index.ts';

const hex = (text: string): Uint8Array => Uint8Array.fromHex(text.replaceAll(/\s/g, ''));
const HEAD = '80c90001 11223344'; // an empty RR, without which no compound begins
const summary = (...blocks: RsiBlock[]): ReceiverSummary => ({
  type: 'rsi',
  ssrc: 0x1122_3344,
  summarizedSsrc: 0x5566_7788,
  ntp: 0xe000_0000_8000_0000n,
  blocks,
});
const bytesOf = (words: number, body: string): Uint8Array =>
  hex(
    `${HEAD} 80d1 00${(words + 4).toString(16).padStart(2, '0')} 11223344 55667788 e0000000 80000000 ${body}`,
  );

function faultOf(read: () => unknown): unknown {
  try {
    read();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('receiver summary information (RFC 5760 §7.1)', () => {
  test.each<{ name: string; words: number; body: string; block: RsiBlock }>([
    {
      name: 'IPv4 feedback target',
      words: 2,
      body: '0002 138d 0a000007',
      block: { type: 'feedbackTarget', address: '10.0.0.7', port: 5005 },
    },
    {
      name: 'IPv6 feedback target',
      words: 5,
      body: '0105 138d fd000000 00000000 00000000 00000007',
      block: { type: 'feedbackTarget', address: 'fd00::7', port: 5005 },
    },
    {
      name: 'feedback target by name',
      words: 3,
      body: `0203 138d ${Buffer.from('radio.x').toString('hex')}00`,
      block: { type: 'feedbackTarget', address: 'radio.x', port: 5005 },
    },
    {
      name: 'loss, four buckets of 16 bits',
      words: 5,
      body: '0405 0043 00000000 000000ff 0001 0002 0003 ffff',
      block: {
        type: 'loss',
        minimum: 0,
        maximum: 255,
        factor: 3,
        bucketBits: 16,
        buckets: [1, 2, 3, 0xffff],
      },
    },
    {
      name: 'jitter, eight buckets of 4 bits',
      words: 4,
      body: '0504 0080 00000010 00000020 12345678',
      block: {
        type: 'jitter',
        minimum: 16,
        maximum: 32,
        factor: 0,
        bucketBits: 4,
        buckets: [1, 2, 3, 4, 5, 6, 7, 8],
      },
    },
    {
      name: 'collisions',
      words: 3,
      body: '0803 0000 aabbccdd 01020304',
      block: { type: 'collisions', ssrcs: [0xaabb_ccdd, 0x0102_0304] },
    },
    {
      name: 'general statistics',
      words: 3,
      body: '0a03 0000 20 000102 00000040',
      block: { type: 'statistics', medianFractionLost: 32, highestCumulativeLost: 258, medianJitter: 64 },
    },
    {
      name: 'RTCP bandwidth of receivers, 1.5 kbit/s',
      words: 2,
      body: '0b02 4000 00018000',
      block: { type: 'bandwidth', senders: false, receivers: true, bitsPerSecond: 1500 },
    },
    {
      name: 'group and average packet size',
      words: 2,
      body: '0c02 0064 00012345',
      block: { type: 'groupSize', averageBytes: 100, receivers: 0x1_2345 },
    },
    {
      name: 'a block that is not known',
      words: 2,
      body: '6302 0102 03040506',
      block: { type: 'unknown', blockType: 0x63, body: hex('0102 03040506') },
    },
  ])('$name', ({ words, body, block }) => {
    const bytes = bytesOf(words, body);
    expect(parseRtcpCompound(bytes)[1]).toEqual(summary(block));
    const written = serializeRtcpPackets([{ type: 'rr', ssrc: 0x1122_3344, reports: [] }, summary(block)]);
    expect(Buffer.from(written).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
  });

  test.each([
    { name: 'a block of no words', words: 1, body: '0c00 0064' },
    { name: 'a block past the end', words: 2, body: '0c03 0064 00000001' },
    { name: 'half a collision', words: 2, body: '0802 0000 aabbccdd 0803' },
    { name: 'more buckets than bits', words: 3, body: '0403 fff0 00000000 00000001' },
  ])('refused: $name', ({ words, body }) => {
    expect(() => parseRtcpCompound(bytesOf(words, body))).toThrow(DecodeError);
  });

  test('any bytes are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (body) => {
        const padded = new Uint8Array(Math.ceil(body.length / 4) * 4);
        padded.set(body);
        const bytes = bytesOf(padded.length / 4, Buffer.from(padded).toString('hex'));
        expect(faultOf(() => parseRtcpCompound(bytes)) ?? new DecodeError('RTCP', 'none')).toBeInstanceOf(
          DecodeError,
        );
      }),
    );
  });

  test.each<{ name: string; change: object }>([
    { name: 'a factor of 16', change: { factor: 16 } },
    { name: 'a bucket that is too small for its count', change: { buckets: [16, 0] } },
    { name: 'buckets that do not fill whole words', change: { buckets: [1, 2, 3] } },
  ])('not written: $name', ({ change }) => {
    const loss = { type: 'loss', minimum: 0, maximum: 1, factor: 0, bucketBits: 4, buckets: [] } as const;
    expect(() => serializeRtcpPackets([summary({ ...loss, ...change })])).toThrow(EncodeError);
  });
});
