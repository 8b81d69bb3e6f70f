import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RtpPacket as WeriftPacket } from 'werift';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import {
  buildExtension,
  csrcAt,
  parseExtensionElements,
  parseRtpPacket,
  RtpHeader,
  RtpPacketizer,
  readRtpHeader,
  type RtpPacket,
  serializeRtpPacket,
} from '../../src/rtp/index.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const plain = {
  marker: false,
  payloadType: 0,
  sequenceNumber: 1,
  timestamp: 160,
  ssrc: 0xdeadbeef,
  csrcs: [],
  payload: hex('0102'),
  padding: 0,
};

test.each<{ name: string; bytes: string; packet: RtpPacket }>([
  { name: 'the fixed header', bytes: '80000001 000000a0 deadbeef 0102', packet: plain },
  {
    name: 'marker, dynamic type, highest numbers',
    bytes: '80ffffff ffffffff ffffffff',
    packet: {
      ...plain,
      marker: true,
      payloadType: 127,
      sequenceNumber: 0xffff,
      timestamp: 0xffff_ffff,
      ssrc: 0xffff_ffff,
      payload: hex(''),
    },
  },
  {
    name: 'two CSRCs',
    bytes: '82000001 000000a0 deadbeef 00000001 fffffffe 0102',
    packet: { ...plain, csrcs: [1, 0xffff_fffe] },
  },
  {
    name: 'header extension (RFC 3550 §5.3.1)',
    bytes: '90000001 000000a0 deadbeef bede0001 10aa0000 0102',
    packet: { ...plain, extension: { profile: 0xbede, data: hex('10aa0000') } },
  },
  {
    name: 'an extension of no words',
    bytes: '90000001 000000a0 deadbeef abcd0000 0102',
    packet: { ...plain, extension: { profile: 0xabcd, data: hex('') } },
  },
  {
    name: 'padding',
    bytes: 'a0000001 000000a0 deadbeef 0102 0002',
    packet: { ...plain, padding: 2 },
  },
  {
    name: 'all at once, nothing but padding as payload',
    bytes: 'b1800001 000000a0 deadbeef 00000007 bede0001 10aa0000 00000004',
    packet: {
      ...plain,
      marker: true,
      csrcs: [7],
      extension: { profile: 0xbede, data: hex('10aa0000') },
      payload: hex(''),
      padding: 4,
    },
  },
])('$name', ({ bytes, packet }) => {
  expect(parseRtpPacket(hex(bytes))).toEqual(packet);
  expect(serializeRtpPacket(packet)).toEqual(hex(bytes));
});

test.each([
  ['nothing', '', /12 bytes/],
  ['eleven bytes', '80000001 000000a0 deadbe', /12 bytes/],
  ['version 1', '40000001 000000a0 deadbeef', /version 2/],
  ['fewer CSRCs than counted', '82000001 000000a0 deadbeef 00000001', /CSRC/],
  ['half an extension header', '90000001 000000a0 deadbeef bede', /extension/],
  ['an extension beyond the end', '90000001 000000a0 deadbeef bede0002 00000000', /extension/],
  ['padding of 0', 'a0000001 000000a0 deadbeef 0100', /padding/],
  ['padding longer than the payload', 'a0000001 000000a0 deadbeef 0103', /padding/],
  ['an SR on the RTP port', '80c80006 11223344 00000000 00000000', /RTCP/],
  ['an APP on the RTP port', '80cc0006 11223344 00000000 00000000', /RTCP/],
])('refused: %s', (_name, bytes, message) => {
  expect(() => parseRtpPacket(hex(bytes))).toThrow(DecodeError);
  expect(() => parseRtpPacket(hex(bytes))).toThrow(message);
});

test.each<[string, Partial<RtpPacket>]>([
  ['payload type 128', { payloadType: 128 }],
  ['payload type 73, which looks like RTCP', { payloadType: 73 }],
  ['16 CSRCs', { csrcs: Array.from({ length: 16 }, () => 1) }],
  ['an extension that is not whole words', { extension: { profile: 1, data: new Uint8Array(3) } }],
  ['padding of 256', { padding: 256 }],
])('not to be sent: %s', (_name, change) => {
  expect(() => serializeRtpPacket({ ...plain, ...change })).toThrow(EncodeError);
});

test('a parsed packet shares no memory with the Buffer it came in', () => {
  const bytes = Buffer.from(hex('90000001 000000a0 deadbeef bede0001 10aa0000 0102'));
  const packet = parseRtpPacket(bytes);
  bytes.fill(0);
  expect(packet.payload).toEqual(hex('0102'));
  expect(packet.extension?.data).toEqual(hex('10aa0000'));
});

test('the header is read in place, and no field of the packet before remains', () => {
  const header = new RtpHeader();
  const full = hex('b1800001 000000a0 deadbeef 00000007 bede0001 10aa0000 0102 0002');
  expect(readRtpHeader(full, header)).toBeUndefined();
  expect(header).toMatchObject({ csrcCount: 1, extensionStart: 16, payloadStart: 24, payloadEnd: 26 });
  expect(csrcAt(full, 0)).toBe(7);
  expect(readRtpHeader(hex('80000001 000000a0 deadbeef 0102'), header)).toBeUndefined();
  expect(header).toMatchObject({ csrcCount: 0, extensionStart: 0, payloadStart: 12, payloadEnd: 14 });
});

describe('header extension elements (RFC 8285)', () => {
  test.each([
    {
      name: 'one-byte, padding between (§4.2)',
      profile: 0xbede,
      data: '10aa 00 21bbcc 0000',
      want: [
        [1, 'aa'],
        [2, 'bbcc'],
      ],
    },
    { name: 'one-byte, id 15 ends it', profile: 0xbede, data: '10aa f0bb 10cc0000', want: [[1, 'aa']] },
    {
      name: 'one-byte, id 0 with a length is skipped',
      profile: 0xbede,
      data: '01aabb 10cc 000000',
      want: [[1, 'cc']],
    },
    {
      name: 'two-byte (§4.3)',
      profile: 0x1000,
      data: '0100 00 10 02aabb 00',
      want: [
        [1, ''],
        [16, 'aabb'],
      ],
    },
    { name: 'two-byte with appbits', profile: 0x100f, data: '0101aa00', want: [[1, 'aa']] },
  ])('$name', ({ profile, data, want }) => {
    const elements = parseExtensionElements({ profile, data: hex(data) });
    expect(elements).toEqual(want.map(([id, bytes]) => ({ id, data: hex(String(bytes)) })));
  });
  test('another profile’s extension is not ours to read', () => {
    expect(parseExtensionElements({ profile: 0xabcd, data: hex('10aa0000') })).toBeUndefined();
  });
  test('an element beyond the end is refused', () => {
    expect(() => parseExtensionElements({ profile: 0xbede, data: hex('13aa0000') })).toThrow(DecodeError);
    expect(() => parseExtensionElements({ profile: 0x1000, data: hex('0109aa00') })).toThrow(DecodeError);
  });
  test('build chooses the short form when all fit, and parse undoes it', () => {
    const element = fc.record({
      id: fc.integer({ min: 1, max: 255 }),
      data: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(element, { maxLength: 6 }), (elements) => {
        const extension = buildExtension(elements);
        expect(extension.data.length % 4).toBe(0);
        expect(parseExtensionElements(extension)).toEqual(elements);
      }),
    );
    expect(buildExtension([{ id: 14, data: new Uint8Array(16) }]).profile).toBe(0xbede);
    expect(buildExtension([{ id: 15, data: new Uint8Array(16) }]).profile).toBe(0x1000);
    expect(buildExtension([{ id: 1, data: new Uint8Array(0) }]).profile).toBe(0x1000);
    expect(() => buildExtension([{ id: 0, data: new Uint8Array(1) }])).toThrow(EncodeError);
    expect(() => buildExtension([{ id: 1, data: new Uint8Array(256) }])).toThrow(EncodeError);
  });
});

describe('packetizer', () => {
  test('numbers, stamps and counts packets; wraps; skips silence', () => {
    const p = new RtpPacketizer(0xdeadbeef, 8, () => 0.999_999_999_9);
    expect([p.sequenceNumber, p.timestamp]).toEqual([0xffff, 0xffff_ffff]);
    expect(parseRtpPacket(p.next(hex('0102'), 160, true))).toEqual({
      ...plain,
      marker: true,
      payloadType: 8,
      sequenceNumber: 0xffff,
      timestamp: 0xffff_ffff,
    });
    p.skip(1000);
    const second = parseRtpPacket(p.next(hex('03'), 160, false, { profile: 0xbede, data: hex('10aa0000') }));
    expect(second).toMatchObject({ sequenceNumber: 0, timestamp: 1159, payload: hex('03') });
    expect(second.extension).toEqual({ profile: 0xbede, data: hex('10aa0000') });
    expect([p.packetsSent, p.octetsSent]).toEqual([2, 3]);
  });
  test('packets keep their own memory over a slab’s end', () => {
    const p = new RtpPacketizer(1, 0, () => 0);
    const packets = Array.from({ length: 500 }, (_, n) => p.next(new Uint8Array(160).fill(n), 160, false));
    packets.forEach((bytes, n) => {
      const { sequenceNumber, payload } = parseRtpPacket(bytes);
      expect([sequenceNumber, payload[0], payload[159]]).toEqual([n, n & 255, n & 255]);
    });
    expect(p.next(new Uint8Array(60_000), 1, false).length).toBe(60_012);
    expect(() => p.next(new Uint8Array(65_500), 1, false)).toThrow(EncodeError);
  });
});

describe('properties', () => {
  const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
  const words = fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => new Uint8Array(bytes.subarray(0, bytes.length & ~3)));
  const packet = fc.record(
    {
      marker: fc.boolean(),
      payloadType: fc.oneof(fc.integer({ min: 0, max: 71 }), fc.integer({ min: 77, max: 127 })),
      sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
      timestamp: u32,
      ssrc: u32,
      csrcs: fc.array(u32, { maxLength: 15 }),
      extension: fc.record({ profile: fc.integer({ min: 0, max: 0xffff }), data: words }),
      payload: fc.uint8Array({ maxLength: 300 }),
      padding: fc.integer({ min: 0, max: 255 }),
    },
    {
      requiredKeys: [
        'marker',
        'payloadType',
        'sequenceNumber',
        'timestamp',
        'ssrc',
        'csrcs',
        'payload',
        'padding',
      ],
    },
  );
  test('parse undoes serialize', () => {
    fc.assert(
      fc.property(packet, (p) => {
        expect(parseRtpPacket(serializeRtpPacket(p))).toEqual(p);
      }),
      { numRuns: 300 },
    );
  });
  test('any bytes parse and write back the same, or throw DecodeError', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .uint8Array({ minLength: 12, maxLength: 100 })
        .map((bytes) => bytes.with(0, 0x80 | ((bytes[0] ?? 0) & 0x3f))),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        const parsed = parseOrRefuse(bytes);
        if (parsed === undefined) return;
        // Padding bytes other than the last carry nothing.
        const expected = new Uint8Array(bytes).fill(0, bytes.length - parsed.padding, bytes.length - 1);
        expect(serializeRtpPacket(parsed)).toEqual(parsed.padding > 0 ? expected : bytes);
      }),
      { numRuns: 500 },
    );
  });
  test('an independent implementation reads what we write', () => {
    // It knows no padding without payload, and reads only RFC 8285 extensions.
    const simple = packet.filter((p) => p.extension === undefined).map((p) => ({ ...p, padding: 0 }));
    fc.assert(
      fc.property(simple, (p) => {
        const theirs = WeriftPacket.deSerialize(Buffer.from(serializeRtpPacket(p)));
        expect({
          marker: theirs.header.marker,
          payloadType: theirs.header.payloadType,
          sequenceNumber: theirs.header.sequenceNumber,
          timestamp: theirs.header.timestamp,
          ssrc: theirs.header.ssrc,
          csrcs: theirs.header.csrc,
          payload: new Uint8Array(theirs.payload),
          padding: 0,
        }).toEqual(p);
      }),
    );
  });
});

function parseOrRefuse(bytes: Uint8Array): RtpPacket | undefined {
  try {
    return parseRtpPacket(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
