import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CapturedDatagram,
  CaptureReader,
  formatPcapDatagram,
  formatPcapHeader,
  formatPcapngDatagram,
  formatPcapngHeader,
} from '../../src/capture/index.ts';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import { orFault } from '../support/decode-fault.ts';
import { datagram, hex, join, readAll, readPieces } from './support.ts';

const DATAGRAM: CapturedDatagram = {
  timeNs: 1_700_000_000_123_456_789n,
  source: { address: '192.0.2.1', port: 5004 },
  destination: { address: '192.0.2.2', port: 5005 },
  payload: hex('010203'),
  ttl: 64,
  dscp: 46,
};
const PACKET = '45b8001f 00004000 4011b612 c0000201 c0000202 138c138d000b50b9 010203'; // 31 bytes
const SECTION = '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000';
const RAW = '01000000 14000000 6500 0000 00000000 14000000';

const FORMATS = [
  {
    name: 'pcapng',
    write: (all: readonly CapturedDatagram[]) => join(formatPcapngHeader(), ...all.map(formatPcapngDatagram)),
    untilNs: (1n << 64n) - 1n,
  },
  {
    name: 'pcap',
    write: (all: readonly CapturedDatagram[]) => join(formatPcapHeader(), ...all.map(formatPcapDatagram)),
    untilNs: 0xffff_ffffn * 1_000_000_000n,
  },
];

describe('known bytes', () => {
  const microseconds = { ...DATAGRAM, timeNs: 1_700_000_000_123_456_000n };
  test.each([
    {
      name: 'pcap, big-endian, microseconds',
      file: `a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000065
        6553f100 0001e240 0000001f 0000001f ${PACKET}`,
      want: [microseconds],
    },
    {
      name: 'pcap, little-endian, microseconds, a frame check sequence told',
      file: `d4c3b2a1 0200 0400 00000000 00000000 ffff0000 65000024
        00f15365 40e20100 1f000000 1f000000 ${PACKET}`,
      want: [microseconds],
    },
    {
      name: 'pcap, big-endian, nanoseconds',
      file: `a1b23c4d 0002 0004 00000000 00000000 0000ffff 00000065
        6553f100 075bcd15 0000001f 0000001f ${PACKET}`,
      want: [DATAGRAM],
    },
    {
      name: 'pcapng, little-endian, microseconds unless told',
      file: `${SECTION} ${RAW}
        06000000 40000000 00000000 240a0600 40222018 1f000000 1f000000 ${PACKET} 00 40000000`,
      want: [microseconds],
    },
    {
      name: 'pcapng, big-endian, seconds and an offset',
      file: `0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
        00000001 00000030 0065 0000 00000000 0009 0001 00000000 000e 0008 ffffffffffffffff 0000 0000 0000 0000 00000030
        00000006 00000040 00000000 00000000 00000065 0000001f 0000001f ${PACKET} 00 00000040`,
      want: [{ ...DATAGRAM, timeNs: 100_000_000_000n }],
    },
    {
      name: 'pcapng, times in 1/1024 s',
      file: `${SECTION} 01000000 1c000000 6500 0000 00000000 0900 0100 8a000000 1c000000
        06000000 40000000 00000000 00000000 00060000 1f000000 1f000000 ${PACKET} 00 40000000`,
      want: [{ ...DATAGRAM, timeNs: 1_500_000_000n }],
    },
    {
      name: 'pcapng, the obsolete packet block, after a block of another type',
      file: `${SECTION} ${RAW} 05000000 10000000 00000000 10000000
        02000000 40000000 0000 0700 00000000 e8030000 1f000000 1f000000 ${PACKET} 00 40000000`,
      want: [{ ...DATAGRAM, timeNs: 1_000_000n }],
    },
    {
      name: 'pcapng, a second section of the other byte order',
      file: `${SECTION} ${RAW}
        0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c 00000001 00000014 0065 0000 00000000 00000014
        00000006 00000040 00000000 00000000 000003e8 0000001f 0000001f ${PACKET} 00 00000040`,
      want: [{ ...DATAGRAM, timeNs: 1_000_000n }],
    },
  ])('$name', ({ file, want }) => expect(readAll(hex(file))).toEqual(want));

  test('what is written, in full', () => {
    expect(Buffer.from(formatPcapngHeader('me'))).toEqual(
      Buffer.from(
        hex(`0a0d0d0a 28000000 4d3c2b1a 0100 0000 ffffffffffffffff 0400 0200 6d650000 00000000 28000000
          01000000 20000000 6500 0000 00000400 0900 0100 09000000 00000000 20000000`),
      ),
    );
    expect(Buffer.from(formatPcapngDatagram(DATAGRAM))).toEqual(
      Buffer.from(
        hex(`06000000 40000000 00000000 fe9c9717 15cd853d 1f000000 1f000000 ${PACKET} 00 40000000`),
      ),
    );
    expect(Buffer.from(join(formatPcapHeader(), formatPcapDatagram(DATAGRAM)))).toEqual(
      Buffer.from(
        hex(`4d3cb2a1 0200 0400 00000000 00000000 00000400 65000000
          00f15365 15cd5b07 1f000000 1f000000 ${PACKET}`),
      ),
    );
  });

  test('packets that give no datagram are counted by the reason', () => {
    const reader = new CaptureReader();
    const arp = '06000000 28000000 00000000 00000000 00000000 08000000 08000000 0001080006040001 28000000';
    const simple = `03000000 30000000 1f000000 ${PACKET} 00 30000000`;
    expect(readAll(hex(`${SECTION} ${RAW} ${arp} ${simple}`), reader)).toEqual([]);
    expect(reader.packets).toBe(2);
    expect(reader.skipped).toMatchObject({ notIp: 1, timeless: 1, notUdp: 0 });
  });
});

describe.each(FORMATS)('$name', ({ name, write, untilNs }) => {
  const many = fc.array(datagram(untilNs), { maxLength: 4 });
  const sample = write([DATAGRAM, { ...DATAGRAM, payload: new Uint8Array(40) }]);

  test('read undoes write, in pieces of any size', () => {
    fc.assert(
      fc.property(many, fc.integer({ min: 1, max: 50 }), (wanted, size) => {
        const file = write(wanted);
        const pieces = Array.from({ length: Math.ceil(file.length / size) }, (_, index) =>
          file.subarray(index * size, (index + 1) * size),
        );
        const reader = new CaptureReader();
        expect(readPieces(pieces, reader)).toEqual(wanted);
        reader.handleEnd();
        expect(reader.packets).toBe(wanted.length);
      }),
    );
  });

  test('every prefix gives what is whole in it, and says when it ends within a record', () => {
    const ends = [0, 1, 2].map((count) => write(readAll(sample).slice(0, count)).length);
    for (let length = 0; length < sample.length; length++) {
      const reader = new CaptureReader();
      const found = readPieces([sample.subarray(0, length)], reader);
      expect(found).toHaveLength(ends.filter((end, count) => count > 0 && end <= length).length);
      const afterSection = name === 'pcapng' && length === sample[4];
      const fault = orFault(() => reader.handleEnd());
      const wanted = expect.stringMatching(/^capture: the file (ends within a record|is empty)/);
      expect(fault?.message).toEqual(ends.includes(length) || afterSection ? undefined : wanted);
    }
  });

  test('any flipped bits: datagrams, or DecodeError and nothing else', () => {
    const flips = fc.array(fc.nat(sample.length * 8 - 1), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(flips, (bits) => {
        const damaged = sample.slice();
        for (const bit of bits) damaged[bit >>> 3] = (damaged[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
        const found = orFault(() => readAll(damaged));
        expect(found instanceof DecodeError || found.length <= 2).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('times that do not fit are refused', () => {
    expect(() => write([{ ...DATAGRAM, timeNs: -1n }])).toThrow(EncodeError);
    expect(() => write([{ ...DATAGRAM, timeNs: untilNs + 1_000_000_000n }])).toThrow(EncodeError);
  });
});

describe('damage is told with the place', () => {
  test.each([
    { name: 'another kind of file', file: '7f454c46', says: 'capture: this is neither pcapng nor pcap' },
    {
      name: 'an impossible length (pcap)',
      file: 'a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000065 00000000 00000000 7fffffff 0000001f',
      says: 'a packet of 2147483647 bytes, at most 16777216 are read: the file is damaged at byte 32',
    },
    {
      name: 'another version (pcap)',
      file: 'a1b2c3d4 0003 0004 00000000 00000000 0000ffff 00000065 00',
      says: 'pcap: version 3 is not 2',
    },
    {
      name: 'an impossible length (pcapng)',
      file: `${SECTION} 01000000 15000000 65000000`,
      says: 'pcapng: a block of 21 bytes, not 12 to 16777216 in steps of 4: the file is damaged at byte 32',
    },
    {
      name: 'two lengths (pcapng)',
      file: `${SECTION} 01000000 14000000 6500 0000 00000000 18000000`,
      says: 'a block is 20 bytes long at its beginning and 24 at its end: the file is damaged at byte 44',
    },
    {
      name: 'no byte order (pcapng)',
      file: '0a0d0d0a 1c000000 00000000',
      says: 'a section does not say its byte order at byte 8',
    },
    {
      name: 'an interface that was not described (pcapng)',
      file: `${SECTION} 06000000 20000000 05000000 00000000 00000000 00000000 00000000 20000000`,
      says: 'block of type 6 cannot be read at byte 28',
    },
  ])('$name', ({ file, says }) => {
    const reader = new CaptureReader();
    expect(() => readPieces([hex(file)], reader)).toThrow(says);
    expect(() => reader.pollDatagram()).toThrow(says); // from then on always
    expect(() => reader.handleEnd()).toThrow(says);
  });

  test('what came before the damage was given', () => {
    const reader = new CaptureReader();
    reader.handleBytes(join(formatPcapngHeader(), formatPcapngDatagram(DATAGRAM), new Uint8Array(12)));
    expect(reader.pollDatagram()).toEqual(DATAGRAM);
    expect(() => reader.pollDatagram()).toThrow(DecodeError);
  });

  test('interfaces are not remembered without end', () => {
    const file = join(hex(SECTION), ...Array.from({ length: 4097 }, () => hex(RAW)));
    expect(() => readAll(file)).toThrow(DecodeError);
    expect(readAll(file.subarray(0, file.length - 20))).toEqual([]);
  });
});
