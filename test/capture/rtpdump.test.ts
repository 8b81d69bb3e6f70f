import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatRtpDumpHeader,
  formatRtpDumpPacket,
  type RtpDumpHeader,
  type RtpDumpPacket,
  RtpDumpReader,
} from '../../src/capture/index.ts';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import { orFault } from '../support/decode-fault.ts';
import { hex, join } from './support.ts';

const line = (text: string): string => Buffer.from(text).toString('hex');
const HEADER: RtpDumpHeader = {
  destination: { address: '224.2.0.1', port: 3456 },
  startNs: 1_700_000_000_123_456_000n,
};
const PACKETS: RtpDumpPacket[] = [
  { kind: 'rtp', offsetMs: 20, data: hex('8000000100000000deadbeef0102'), originalLength: 14 },
  { kind: 'rtcp', offsetMs: 0xffff_ffff, data: hex('80c90001deadbeef'), originalLength: 8 },
  { kind: 'rtp', offsetMs: 40, data: hex('8000000200000000deadbeef'), originalLength: 172 },
];
const FILE = hex(`${line('#!rtpplay1.0 224.2.0.1/3456\n')} 6553f100 0001e240 e0020001 0d80 0000
  0016 000e 00000014 8000000100000000deadbeef0102
  0010 0000 ffffffff 80c90001deadbeef
  0014 00ac 00000028 8000000200000000deadbeef`);

function read(pieces: readonly Uint8Array[], reader = new RtpDumpReader()): RtpDumpPacket[] {
  const found: RtpDumpPacket[] = [];
  for (const piece of pieces) {
    const chunk = piece.slice();
    reader.handleBytes(chunk);
    chunk.fill(0xee);
    for (let next; (next = reader.pollPacket()) !== undefined; ) found.push(next);
  }
  return found;
}
const write = (header: RtpDumpHeader, packets: readonly RtpDumpPacket[]): Uint8Array =>
  join(formatRtpDumpHeader(header), ...packets.map(formatRtpDumpPacket));

test('known bytes: RTP, RTCP, and RTP of which only the header was kept', () => {
  const reader = new RtpDumpReader();
  expect(read([FILE], reader)).toEqual(PACKETS);
  reader.handleEnd();
  expect(reader.header).toEqual(HEADER);
  expect(Buffer.from(write(HEADER, PACKETS))).toEqual(Buffer.from(FILE));
});

test('IPv6 stands in the first line only', () => {
  const header = { ...HEADER, destination: { address: 'ff15::1', port: 5004 } };
  const file = formatRtpDumpHeader(header);
  expect(Buffer.from(file)).toEqual(
    Buffer.from(hex(`${line('#!rtpplay1.0 ff15::1/5004\n')} 6553f100 0001e240 00000000 138c 0000`)),
  );
  const reader = new RtpDumpReader();
  expect(read([file], reader)).toEqual([]);
  expect(reader.header).toEqual(header);
});

describe('properties', () => {
  const packet: fc.Arbitrary<RtpDumpPacket> = fc
    .record({
      kind: fc.constantFrom('rtp' as const, 'rtcp' as const),
      offsetMs: fc.integer({ min: 0, max: 0xffff_ffff }),
      data: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      cut: fc.nat(1000),
    })
    .map(({ cut, ...fields }) => ({
      ...fields,
      originalLength: fields.data.length + (fields.kind === 'rtp' ? cut : 0),
    }));
  const header = fc.record({
    destination: fc.record({
      address: fc.constantFrom('224.2.0.1', '0.0.0.0', 'ff15::1'),
      port: fc.integer({ min: 0, max: 0xffff }),
    }),
    startNs: fc.bigInt({ min: 0n, max: 4_294_967_295_999_999n }).map((us) => us * 1000n),
  });

  test('read undoes write, in pieces of any size', () => {
    fc.assert(
      fc.property(
        header,
        fc.array(packet, { maxLength: 4 }),
        fc.integer({ min: 1, max: 60 }),
        (head, all, size) => {
          const file = write(head, all);
          const pieces = Array.from({ length: Math.ceil(file.length / size) }, (_, index) =>
            file.subarray(index * size, (index + 1) * size),
          );
          const reader = new RtpDumpReader();
          expect(read(pieces, reader)).toEqual(all);
          reader.handleEnd();
          expect(reader.header).toEqual(head);
        },
      ),
    );
  });

  test('every prefix gives what is whole in it, and says when it ends within a packet', () => {
    const ends = [0, 1, 2].map((count) => write(HEADER, PACKETS.slice(0, count)).length);
    for (let length = 0; length < FILE.length; length++) {
      const reader = new RtpDumpReader();
      const found = read([FILE.subarray(0, length)], reader);
      expect(found).toEqual(PACKETS.slice(0, found.length));
      const fault = orFault(() => reader.handleEnd());
      const wanted = expect.stringContaining('rtpdump: the file ends within');
      expect(fault?.message).toEqual(ends.includes(length) ? undefined : wanted);
    }
  });

  test('any flipped bits, any bytes: packets, or DecodeError and nothing else', () => {
    const attempt = (file: Uint8Array): void => {
      const reader = new RtpDumpReader();
      const found = orFault(() => read([file], reader));
      const ended = orFault(() => reader.handleEnd());
      expect(found instanceof DecodeError && ended === undefined).toBe(false);
    };
    const flips = fc.array(fc.nat(FILE.length * 8 - 1), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(flips, fc.uint8Array({ maxLength: 200 }), (bits, tail) => {
        const damaged = FILE.slice();
        for (const bit of bits) damaged[bit >>> 3] = (damaged[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
        attempt(damaged);
        attempt(tail);
        attempt(join(formatRtpDumpHeader(HEADER), tail));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('damage is told', () => {
  test.each([
    { name: 'another kind of file', file: line('RIFF'), says: 'does not begin with "#!rtpplay1.0"' },
    {
      name: 'no port',
      file: line('#!rtpplay1.0 224.2.0.1\n'),
      says: 'does not end with address/port at byte 13',
    },
    { name: 'a port too high', file: line('#!rtpplay1.0 224.2.0.1/65536\n'), says: 'address/port' },
    { name: 'no end of the line', file: line(`#!rtpplay1.0 ${'a'.repeat(128)}`), says: 'address/port' },
    {
      name: 'a packet without bytes',
      file: `${line('#!rtpplay1.0 1.2.3.4/5\n')} ${'00'.repeat(16)} 0008 0000 00000000`,
      says: 'a packet of 8 bytes with its header of 8: the file is damaged at byte 39',
    },
  ])('$name', ({ file, says }) => expect(() => read([hex(file)])).toThrow(says));

  test('what does not fit is refused', () => {
    const [packet = { kind: 'rtp', offsetMs: 0, data: hex('00'), originalLength: 1 }] = PACKETS;
    const refused = (change: Partial<RtpDumpPacket>, says: string): void => {
      expect(() => formatRtpDumpPacket({ ...packet, ...change })).toThrow(EncodeError);
      expect(() => formatRtpDumpPacket({ ...packet, ...change })).toThrow(says);
    };
    refused({ data: hex('') }, 'data of 0 bytes');
    refused({ data: new Uint8Array(65_528), originalLength: 65_528 }, 'data of 65528 bytes');
    refused({ offsetMs: 2 ** 32 }, 'offsetMs 4294967296');
    refused({ originalLength: 2 }, 'originalLength 2 is not 14');
    const { destination } = HEADER;
    expect(() => formatRtpDumpHeader({ ...HEADER, startNs: -1n })).toThrow(EncodeError);
    expect(() => formatRtpDumpHeader({ ...HEADER, destination: { ...destination, port: -1 } })).toThrow(
      'port -1',
    );
    expect(() => formatRtpDumpHeader({ ...HEADER, destination: { ...destination, address: 'x' } })).toThrow(
      'x is no IP address',
    );
  });
});
