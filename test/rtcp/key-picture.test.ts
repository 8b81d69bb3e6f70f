import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRtcpCompound, type RtcpPacket, serializeRtcpPackets } from '../../src/rtcp/index.ts';
import { hex } from './xr-samples.ts';

const RR: RtcpPacket = { type: 'rr', ssrc: 0x1122_3344, reports: [] };
const RR_HEX = '80c90001 11223344';

describe('known bytes', () => {
  const known: [name: string, bytes: string, packet: RtcpPacket][] = [
    [
      'picture loss indication (RFC 4585 §6.3.1)',
      '81ce0002 11223344 55667788',
      { type: 'pli', ssrc: 0x1122_3344, mediaSsrc: 0x5566_7788 },
    ],
    [
      'full intra request (RFC 5104 §4.3.1)',
      '84ce0004 11223344 00000000 55667788 ff000000',
      { type: 'fir', ssrc: 0x1122_3344, requests: [{ ssrc: 0x5566_7788, sequence: 255 }] },
    ],
    [
      'full intra request of two senders',
      '84ce0006 11223344 00000000 55667788 01000000 99aabbcc 00000000',
      {
        type: 'fir',
        ssrc: 0x1122_3344,
        requests: [
          { ssrc: 0x5566_7788, sequence: 1 },
          { ssrc: 0x99aa_bbcc, sequence: 0 },
        ],
      },
    ],
  ];
  test.each(known)('%s', (_name, bytes, packet) => {
    expect(parseRtcpCompound(hex(`${RR_HEX} ${bytes}`))).toEqual([RR, packet]);
    expect(serializeRtcpPackets([RR, packet])).toEqual(hex(`${RR_HEX} ${bytes}`));
  });
});

test('the media source of a full intra request, and what is reserved, are not looked at', () => {
  const [, packet] = parseRtcpCompound(hex(`${RR_HEX} 84ce0004 11223344 55667788 55667788 07abcdef`));
  expect(packet).toEqual({ type: 'fir', ssrc: 0x1122_3344, requests: [{ ssrc: 0x5566_7788, sequence: 7 }] });
});

test.each([
  ['a slice loss indication', '82ce0003 11223344 55667788 00010002'],
  ['a bandwidth estimate', '8fce0005 11223344 00000000 52454d42 01000000 55667788'],
  ['a picture loss indication that is too long', '81ce0003 11223344 55667788 00000000'],
  ['one without a media source', '81ce0001 11223344'],
  ['a full intra request of nobody', '84ce0002 11223344 00000000'],
  ['one that ends in the middle', '84ce0003 11223344 00000000 55667788'],
])('%s is kept as it is', (_name, bytes) => {
  const packets = parseRtcpCompound(hex(`${RR_HEX} ${bytes}`));
  expect(packets[1]).toMatchObject({ type: 'raw', packetType: 206 });
  expect(serializeRtcpPackets(packets)).toEqual(hex(`${RR_HEX} ${bytes}`));
});

test('what is written is read again', () => {
  const ssrc = fc.integer({ min: 0, max: 0xffff_ffff });
  const entry = fc.record({ ssrc, sequence: fc.integer({ min: 0, max: 255 }) });
  const packet: fc.Arbitrary<RtcpPacket> = fc.oneof(
    fc.record({ type: fc.constant('pli' as const), ssrc, mediaSsrc: ssrc }),
    fc.record({ type: fc.constant('fir' as const), ssrc, requests: fc.array(entry, { minLength: 1 }) }),
  );
  fc.assert(
    fc.property(fc.array(packet), (packets) => {
      expect(parseRtcpCompound(serializeRtcpPackets([RR, ...packets]))).toEqual([RR, ...packets]);
    }),
  );
});
