import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import {
  isRtcp,
  parseRtcpCompound,
  type RtcpPacket,
  type SdesItem,
  serializeRtcpCompound,
  serializeRtcpPackets,
} from '../../src/rtcp/index.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const emptyRr = '80c90001 11223344';

describe('known bytes', () => {
  const block = {
    ssrc: 0x0a0b0c0d,
    fractionLost: 64,
    cumulativeLost: -2,
    extendedHighestSequence: 0x0001_0005,
    jitter: 33,
    lastSr: 0xb705_2000,
    delaySinceLastSr: 0x0005_4000,
  };
  const blockHex = '0a0b0c0d 40fffffe 00010005 00000021 b7052000 00054000';
  test.each<{ name: string; bytes: string; packets: RtcpPacket[] }>([
    { name: 'an empty RR', bytes: emptyRr, packets: [{ type: 'rr', ssrc: 0x11223344, reports: [] }] },
    {
      name: 'SR with one block, negative loss (RFC 3550 §6.4.1)',
      bytes: `81c8000c 11223344 b44db705 20000000 00001000 00000003 000001e0 ${blockHex}`,
      packets: [
        {
          type: 'sr',
          ssrc: 0x11223344,
          ntp: 0xb44db705_20000000n,
          rtpTimestamp: 0x1000,
          packets: 3,
          octets: 480,
          reports: [block],
        },
      ],
    },
    {
      name: 'RR with a profile-specific extension',
      bytes: `81c90008 11223344 ${blockHex} cafebabe`,
      packets: [{ type: 'rr', ssrc: 0x11223344, reports: [block], extension: hex('cafebabe') }],
    },
    {
      name: 'SDES whose list ends on a boundary: four zero bytes (RFC 3550 §6.5)',
      bytes: `${emptyRr} 81ca0003 11223344 01026162 00000000`,
      packets: [
        { type: 'rr', ssrc: 0x11223344, reports: [] },
        { type: 'sdes', chunks: [{ ssrc: 0x11223344, items: [{ type: 'cname', text: 'ab' }] }] },
      ],
    },
    {
      name: 'SDES of two chunks, the first with one zero byte, an empty chunk second',
      bytes: `${emptyRr} 82ca0006 11223344 01036162 6302017a 00000000 55667788 00000000`,
      packets: [
        { type: 'rr', ssrc: 0x11223344, reports: [] },
        {
          type: 'sdes',
          chunks: [
            {
              ssrc: 0x11223344,
              items: [
                { type: 'cname', text: 'abc' },
                { type: 'name', text: 'z' },
              ],
            },
            { ssrc: 0x55667788, items: [] },
          ],
        },
      ],
    },
    {
      name: 'PRIV with prefix and value, and an unknown item',
      bytes: `${emptyRr} 81ca0004 11223344 08040161 62630901 ff000000`,
      packets: [
        { type: 'rr', ssrc: 0x11223344, reports: [] },
        {
          type: 'sdes',
          chunks: [
            {
              ssrc: 0x11223344,
              items: [
                { type: 'priv', prefix: 'a', value: 'bc' },
                { type: 'unknown', id: 9, bytes: hex('ff') },
              ],
            },
          ],
        },
      ],
    },
    {
      name: 'BYE without a reason',
      bytes: `${emptyRr} 82cb0002 11223344 55667788`,
      packets: [
        { type: 'rr', ssrc: 0x11223344, reports: [] },
        { type: 'bye', ssrcs: [0x11223344, 0x55667788] },
      ],
    },
    {
      name: 'BYE with a reason, padded (RFC 3550 §6.6)',
      bytes: `${emptyRr} 81cb0003 11223344 0462796 52e000000`,
      packets: [
        { type: 'rr', ssrc: 0x11223344, reports: [] },
        { type: 'bye', ssrcs: [0x11223344], reason: 'bye.' },
      ],
    },
    {
      name: 'APP',
      bytes: `${emptyRr} 85cc0003 11223344 74657374 01020304`,
      packets: [
        { type: 'rr', ssrc: 0x11223344, reports: [] },
        { type: 'app', subtype: 5, ssrc: 0x11223344, name: 'test', data: hex('01020304') },
      ],
    },
    {
      name: 'feedback (205, 206) kept as it is',
      bytes: `${emptyRr} 81cd0003 11223344 55667788 00010000 80ce0001 11223344`,
      packets: [
        { type: 'rr', ssrc: 0x11223344, reports: [] },
        { type: 'raw', packetType: 205, count: 1, body: hex('11223344 55667788 00010000') },
        { type: 'raw', packetType: 206, count: 0, body: hex('11223344') },
      ],
    },
  ])('$name', ({ bytes, packets }) => {
    expect(parseRtcpCompound(hex(bytes))).toEqual(packets);
    expect(serializeRtcpPackets(packets)).toEqual(hex(bytes));
  });

  test('padding of the last packet is cut off (RFC 3550 §6.4.1)', () => {
    expect(parseRtcpCompound(hex(`${emptyRr} a1cb0003 11223344 00000000 00000008`))).toEqual([
      { type: 'rr', ssrc: 0x11223344, reports: [] },
      { type: 'bye', ssrcs: [0x11223344] },
    ]);
  });
  test('an SDES list that the end of the packet ends is read, though its sender forgot the terminator', () => {
    expect(parseRtcpCompound(hex(`${emptyRr} 81ca0002 11223344 01026162`))[1]).toEqual({
      type: 'sdes',
      chunks: [{ ssrc: 0x11223344, items: [{ type: 'cname', text: 'ab' }] }],
    });
  });
  test('a NAME in Latin-1 does not lose the participant', () => {
    const [, sdes] = parseRtcpCompound(hex(`${emptyRr} 81ca0003 11223344 0202e962 00000000`));
    expect(sdes).toMatchObject({ chunks: [{ items: [{ type: 'name', text: '\u{fffd}b' }] }] });
  });
});

describe('what is refused', () => {
  test.each([
    ['nothing', ''],
    ['half a header', '80c9'],
    ['version 1', '40c90001 11223344'],
    ['version 1 in the second packet', `${emptyRr} 41cb0001 11223344`],
    ['a compound that starts with SDES', '80ca0000'],
    ['padding on the first packet', 'a0c90002 11223344 00000004'],
    ['padding on a packet that is not the last', `${emptyRr} a1cb0002 11223344 00000004 81cb0001 11223344`],
    ['padding of 0', `${emptyRr} a1cb0002 11223344 00000000`],
    ['padding that is not whole words', `${emptyRr} a1cb0002 11223344 00000003`],
    ['padding longer than the packet', `${emptyRr} a1cb0001 000000f0`],
    ['a length beyond the datagram', '80c90002 11223344'],
    ['a tail of two bytes', `${emptyRr} 80cb`],
    ['more report blocks than the packet has room for', '81c90001 11223344'],
    ['more chunks than there are', `${emptyRr} 81ca0000`],
    ['an SDES text beyond its packet', `${emptyRr} 81ca0002 11223344 01ff6162`],
    ['a PRIV prefix beyond its item', `${emptyRr} 81ca0003 11223344 08020561 00000000`],
    ['a BYE reason beyond its packet', `${emptyRr} 81cb0002 11223344 09616263`],
    ['an APP without a name', `${emptyRr} 80cc0001 11223344`],
  ])('%s', (_name, bytes) => {
    expect(() => parseRtcpCompound(hex(bytes))).toThrow(DecodeError);
  });

  const rr: RtcpPacket = { type: 'rr', ssrc: 1, reports: [] };
  const sdes: RtcpPacket = { type: 'sdes', chunks: [{ ssrc: 1, items: [{ type: 'cname', text: 'me' }] }] };
  const bye: RtcpPacket = { type: 'bye', ssrcs: [1] };
  test.each<[string, RtcpPacket[], RegExp]>([
    ['no packet', [], /start with SR or RR/],
    ['SDES first', [sdes, rr], /start with SR or RR/],
    ['no CNAME', [rr, bye], /CNAME/],
    ['something after BYE', [rr, bye, sdes], /BYE last/],
  ])('to send: %s (RFC 3550 §6.1)', (_name, packets, message) => {
    expect(() => serializeRtcpCompound(packets)).toThrow(message);
    expect(serializeRtcpCompound([rr, sdes, bye]).length).toBe(32);
  });

  test.each<[string, RtcpPacket]>([
    ['a text of 256 bytes', { type: 'bye', ssrcs: [1], reason: 'é'.repeat(128) }],
    [
      'PRIV of 255 bytes and its length',
      sdesOf({ type: 'priv', prefix: 'p'.repeat(100), value: 'v'.repeat(155) }),
    ],
    ['an unknown item with a known number', sdesOf({ type: 'unknown', id: 3, bytes: new Uint8Array(1) })],
    ['an unknown item of 256 bytes', sdesOf({ type: 'unknown', id: 9, bytes: new Uint8Array(256) })],
    ['32 sources', { type: 'bye', ssrcs: Array.from({ length: 32 }, (_, n) => n) }],
    [
      'an APP name of three letters',
      { type: 'app', subtype: 0, ssrc: 1, name: 'abc', data: new Uint8Array(0) },
    ],
    [
      'APP data that is not whole words',
      { type: 'app', subtype: 0, ssrc: 1, name: 'abcd', data: new Uint8Array(3) },
    ],
    ['a loss that does not fit in 24 bits', reportOf({ cumulativeLost: 0x80_0000 })],
    ['a fraction above 255', reportOf({ fractionLost: 256 })],
  ])('to send: %s', (_name, packet) => {
    expect(() => serializeRtcpPackets([packet])).toThrow(EncodeError);
  });
});

test('text of exactly 255 bytes and PRIV of 254 fit', () => {
  const packets: RtcpPacket[] = [
    { type: 'rr', ssrc: 1, reports: [] },
    sdesOf({ type: 'note', text: 'é'.repeat(127) + 'x' }),
    sdesOf({ type: 'priv', prefix: 'p'.repeat(100), value: 'v'.repeat(154) }),
  ];
  expect(parseRtcpCompound(serializeRtcpPackets(packets))).toEqual(packets);
});

test('values share no memory with a Buffer they were read from', () => {
  const bytes = Buffer.from(hex(`${emptyRr} 85cc0003 11223344 74657374 01020304`));
  const [, app] = parseRtcpCompound(bytes);
  bytes.fill(0);
  expect(app).toMatchObject({ data: hex('01020304') });
});

test('RTCP is told from RTP by its second byte (RFC 5761 §4)', () => {
  expect(isRtcp(hex('80c80000'))).toBe(true);
  expect(isRtcp(hex('80cf0000'))).toBe(true);
  expect(isRtcp(hex('80000000'))).toBe(false); // PCMU
  expect(isRtcp(hex('80800000'))).toBe(false); // PCMU with the marker
  expect(isRtcp(hex('80c8'))).toBe(false);
});

function sdesOf(item: SdesItem): RtcpPacket {
  return { type: 'sdes', chunks: [{ ssrc: 1, items: [item] }] };
}
function reportOf(change: { cumulativeLost?: number; fractionLost?: number }): RtcpPacket {
  const block = {
    ssrc: 1,
    fractionLost: 0,
    cumulativeLost: 0,
    extendedHighestSequence: 0,
    jitter: 0,
    lastSr: 0,
    delaySinceLastSr: 0,
  };
  return { type: 'rr', ssrc: 1, reports: [{ ...block, ...change }] };
}

describe('properties', () => {
  const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
  const words = fc
    .uint8Array({ maxLength: 12 })
    .map((bytes) => new Uint8Array(bytes.subarray(0, bytes.length & ~3)));
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  const block = fc.record({
    ssrc: u32,
    fractionLost: fc.integer({ min: 0, max: 255 }),
    cumulativeLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
    extendedHighestSequence: u32,
    jitter: u32,
    lastSr: u32,
    delaySinceLastSr: u32,
  });
  const blocks = fc.array(block, { maxLength: 31 });
  const extension = words.filter((bytes) => bytes.length > 0);
  const rr = fc.record(
    { type: fc.constant('rr' as const), ssrc: u32, reports: blocks, extension },
    { requiredKeys: ['type', 'ssrc', 'reports'] },
  );
  const sr = fc.record(
    {
      type: fc.constant('sr' as const),
      ssrc: u32,
      ntp: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
      rtpTimestamp: u32,
      packets: u32,
      octets: u32,
      reports: blocks,
      extension,
    },
    { requiredKeys: ['type', 'ssrc', 'ntp', 'rtpTimestamp', 'packets', 'octets', 'reports'] },
  );
  const item = fc.oneof(
    fc.record({
      type: fc.constantFrom('cname', 'name', 'email', 'phone', 'loc', 'tool', 'note'),
      text,
    }),
    fc.record({ type: fc.constant('priv' as const), prefix: text, value: text }),
    fc.record({
      type: fc.constant('unknown' as const),
      id: fc.integer({ min: 9, max: 255 }),
      bytes: fc.uint8Array({ maxLength: 20 }),
    }),
  );
  const sdes = fc.record({
    type: fc.constant('sdes' as const),
    chunks: fc.array(fc.record({ ssrc: u32, items: fc.array(item, { maxLength: 5 }) }), { maxLength: 4 }),
  });
  const bye = fc.record(
    { type: fc.constant('bye' as const), ssrcs: fc.array(u32, { maxLength: 31 }), reason: text },
    { requiredKeys: ['type', 'ssrcs'] },
  );
  const app = fc.record({
    type: fc.constant('app' as const),
    subtype: fc.integer({ min: 0, max: 31 }),
    ssrc: u32,
    name: fc.string({ unit: 'grapheme-ascii', minLength: 4, maxLength: 4 }),
    data: words,
  });
  const raw = fc.record({
    type: fc.constant('raw' as const),
    packetType: fc.constantFrom(192, 205, 208, 255),
    count: fc.integer({ min: 0, max: 31 }),
    body: words,
  });
  const compound = fc
    .tuple(fc.oneof(sr, rr), fc.array(fc.oneof(sr, rr, sdes, bye, app, raw), { maxLength: 6 }))
    .map(([first, others]): RtcpPacket[] => [first, ...others]);

  test('parse undoes serialize', () => {
    fc.assert(
      fc.property(compound, (packets) => {
        expect(parseRtcpCompound(serializeRtcpPackets(packets))).toEqual(packets);
      }),
      { numRuns: 300 },
    );
  });
  test('any bytes parse or throw DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parsesOrRefuses(bytes);
      }),
      { numRuns: 500 },
    );
  });
  test('one changed byte of a good compound parses or throws DecodeError', () => {
    fc.assert(
      fc.property(compound, fc.nat(), fc.integer({ min: 0, max: 255 }), (packets, where, value) => {
        const bytes = serializeRtcpPackets(packets);
        bytes[where % bytes.length] = value;
        parsesOrRefuses(bytes);
      }),
      { numRuns: 500 },
    );
  });
  /** Fails on anything but packets or DecodeError; what was read can be written, and then reads the same again. */
  function parsesOrRefuses(bytes: Uint8Array): void {
    const packets = parseOrRefuse(bytes);
    if (packets === undefined || hasReplacedText(packets)) return;
    expect(parseRtcpCompound(serializeRtcpPackets(packets))).toEqual(packets);
  }
});

function parseOrRefuse(bytes: Uint8Array): RtcpPacket[] | undefined {
  try {
    return parseRtcpCompound(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Whether text was not UTF-8: the replacement characters may be longer than an item allows. */
function hasReplacedText(packets: readonly RtcpPacket[]): boolean {
  const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? 0 : value);
  return JSON.stringify(packets, plain).includes('\u{fffd}');
}
