import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import { deflateSap, inflateSap } from '../../src/net/sap-compression.ts';
import {
  compressSapPacket,
  decompressSapPacket,
  formatSapPacket,
  parseSapPacket,
  type SapPacket,
} from '../../src/sap/index.ts';
import { hex, sapPacket, text, utf8 } from './support.ts';

/** RFC 2974 §6, Figure 1, octet by octet. */
const VECTORS: { name: string; bytes: string; want: Partial<SapPacket>; payload: string }[] = [
  {
    name: 'announcement from IPv4 with payload type',
    bytes: '20 00 1234 c0000201 6170706c69636174696f6e2f736470 00 763d30 0d0a',
    want: { type: 'announce', hash: 0x1234, source: '192.0.2.1', payloadType: 'application/sdp' },
    payload: 'v=0\r\n',
  },
  {
    name: 'deletion from IPv4',
    bytes: '24 00 1234 c0000201 6170706c69636174696f6e2f736470 00 6f3d2d 0d0a',
    want: { type: 'delete', payloadType: 'application/sdp' },
    payload: 'o=-\r\n',
  },
  {
    name: 'announcement from IPv6 (A)',
    bytes: '30 00 ffff 20010db8000000000000000000000001 763d30',
    want: { source: '2001:db8::1', hash: 0xffff },
    payload: 'v=0',
  },
  {
    name: 'reserved bit set (R)',
    bytes: '28 00 0001 c0000201 763d30',
    want: { reserved: true },
    payload: 'v=0',
  },
  {
    name: 'encrypted (E): left as it is',
    bytes: '22 00 0001 c0000201 a1b2c3d4e5f60708',
    want: { encrypted: true, compressed: false },
    payload: '\xa1\xb2\xc3\xd4\xe5\xf6\x07\x08',
  },
  {
    name: 'encrypted and compressed (E, C)',
    bytes: '23 00 0001 c0000201 a1b2',
    want: { encrypted: true, compressed: true },
    payload: '\xa1\xb2',
  },
  {
    name: 'no payload type, as RFC 2974 §6 allows',
    bytes: '20 00 1234 c0000201 763d30 0a',
    want: {},
    payload: 'v=0\n',
  },
  {
    name: 'empty payload type',
    bytes: '20 00 1234 c0000201 00 763d30',
    want: {},
    payload: 'v=0',
  },
  {
    name: 'payload type without its NUL',
    bytes: '20 00 1234 c0000201 6170706c69636174696f6e2f736470 763d30',
    want: { payloadType: 'application/sdp' },
    payload: 'v=0',
  },
  {
    name: 'another payload type',
    bytes: '20 00 1234 c0000201 746578742f706c61696e 00 6869',
    want: { payloadType: 'text/plain' },
    payload: 'hi',
  },
  {
    name: 'no payload type and a NUL at the end',
    bytes: '20 00 1234 c0000201 763d30 0d0a 00',
    want: {},
    payload: 'v=0\r\n\0',
  },
  {
    name: 'hash 0 and source 0.0.0.0',
    bytes: '20 00 0000 00000000 763d30',
    want: { hash: 0, source: '0.0.0.0' },
    payload: 'v=0',
  },
  { name: 'nothing after the header', bytes: '24 00 1234 c0000201', want: { type: 'delete' }, payload: '' },
  {
    name: 'PGP signature of six bytes, padded by one (§8)',
    bytes: '20 02 1234 c0000201 30 010203040506 01 763d30',
    want: { authentication: { version: 1, type: 0, padding: 1, data: hex('010203040506') } },
    payload: 'v=0',
  },
  {
    name: 'CMS signature that fills its words',
    bytes: '20 01 1234 c0000201 21 aabbcc 763d30',
    want: { authentication: { version: 1, type: 1, padding: 0, data: hex('aabbcc') } },
    payload: 'v=0',
  },
  {
    name: 'IPv6 source and signature',
    bytes: '34 01 1234 fe800000000000000000000000000001 21 aabbcc 6f3d2d',
    want: {
      type: 'delete',
      source: 'fe80::1',
      authentication: { version: 1, type: 1, padding: 0, data: hex('aabbcc') },
    },
    payload: 'o=-',
  },
];

describe('packets', () => {
  const usual = { type: 'announce', hash: 0x1234, source: '192.0.2.1', encrypted: false, compressed: false };

  test.each(VECTORS)('$name', ({ bytes, want, payload }) => {
    const packet = parseSapPacket(hex(bytes));
    expect({ ...packet, payload: text(packet.payload) }).toEqual({
      ...usual,
      ...(bytes.includes('ffff') || bytes.includes(' 0001 ') ? { hash: packet.hash } : {}),
      ...want,
      payload,
    });
  });

  const written = VECTORS.filter(({ name }) => !/empty payload type|without its NUL/.test(name));
  test.each(written)('written as read: $name', ({ bytes }) => {
    expect(formatSapPacket(parseSapPacket(hex(bytes)))).toEqual(hex(bytes));
  });

  test.each([
    { name: 'nothing', bytes: '', want: 'needs 1 more bytes' },
    { name: 'a header cut off', bytes: '20 00 1234 c00002', want: 'needs 4 more bytes, has 3' },
    { name: 'an IPv6 source cut off', bytes: '30 00 1234 c0000201', want: 'needs 16 more bytes' },
    { name: 'authentication data beyond the end', bytes: '20 ff 1234 c0000201 763d30', want: 'needs 1020' },
    { name: 'version 0', bytes: '00 00 1234 c0000201 763d30', want: 'version 0, the predecessor of SAP' },
    { name: 'version 7', bytes: 'e0 00 1234 c0000201 763d30', want: 'version 7, instead of 1' },
  ])('refuses $name', ({ bytes, want }) => {
    expect(() => parseSapPacket(hex(bytes))).toThrow(DecodeError);
    expect(() => parseSapPacket(hex(bytes))).toThrow(want);
  });

  test.each([
    { name: 'padding longer than the data', auth: '30 0000 09', want: 'padding of 9 bytes in 3' },
    { name: 'padding of none', auth: '30 0000 00', want: 'padding of 0 bytes' },
    { name: 'another version', auth: '40 010203', want: 'version 2' },
  ])('keeps damaged authentication data and says so: $name', ({ auth, want }) => {
    const packet = parseSapPacket(hex(`20 01 1234 c0000201 ${auth} 763d30`));
    expect(packet.authentication?.problem).toContain(want);
    expect(packet.authentication?.data).toHaveLength(3);
    expect(text(packet.payload)).toBe('v=0');
  });

  test.each([
    { name: 'a hash of 17 bits', change: { hash: 0x10000 }, want: 'hash' },
    { name: 'a host name as source', change: { source: 'studio' }, want: 'source' },
    { name: 'a source with zone', change: { source: 'fe80::1%eth0' }, want: 'without zone' },
    { name: 'a payload type that is none', change: { payloadType: 'sdp' }, want: 'payloadType' },
    { name: 'a payload type with line break', change: { payloadType: 'a/b\n' }, want: 'payloadType' },
    {
      name: 'a payload type outside a compressed payload',
      change: { compressed: true },
      want: 'payloadType',
    },
    {
      name: 'a signature of 1021 bytes',
      change: { authentication: { version: 1, type: 0, padding: 0, data: new Uint8Array(1020) } },
      want: 'authentication',
    },
    {
      name: 'a payload that looks like a payload type',
      change: { payloadType: undefined, payload: utf8('text/plain\0hi') },
      want: 'payloadType',
    },
  ])('does not write $name', ({ change, want }) => {
    const { payloadType, ...rest } = { ...parseSapPacket(hex(VECTORS[0]?.bytes ?? '')), ...change };
    const packet = { ...rest, ...(payloadType === undefined ? {} : { payloadType }) };
    expect(() => formatSapPacket(packet)).toThrow(EncodeError);
    expect(() => formatSapPacket(packet)).toThrow(want);
  });

  test('share no memory with the datagram', () => {
    const bytes = hex('20 01 1234 c0000201 21 aabbcc 763d30');
    const packet = parseSapPacket(bytes);
    bytes.fill(0);
    expect(text(packet.payload)).toBe('v=0');
    expect(packet.authentication?.data).toEqual(hex('aabbcc'));
  });
});

describe('compressed packets', () => {
  const clear = parseSapPacket(hex(VECTORS[0]?.bytes ?? ''));

  test('hold payload type and payload together, and come back', () => {
    const packed = compressSapPacket(clear, deflateSap);
    expect(packed.payloadType).toBeUndefined();
    const read = parseSapPacket(formatSapPacket(packed));
    expect(read.compressed).toBe(true);
    expect(text(inflateSap(read.payload, 100))).toBe('application/sdp\0v=0\r\n');
    expect(decompressSapPacket(read, inflateSap)).toEqual(clear);
  });

  test('are understood with the payload type in front', () => {
    const payload = utf8(`application/sdp\0${text(deflateSap(utf8('v=0\r\n')))}`, 'latin1');
    expect(decompressSapPacket({ ...clear, compressed: true, payload }, inflateSap)).toEqual(clear);
  });

  test('are refused when they are bombs, damaged, or encrypted', () => {
    const bomb = compressSapPacket({ ...clear, payload: new Uint8Array(1_000_000).fill(0x41) }, deflateSap);
    expect(bomb.payload.length).toBeLessThan(2000);
    expect(() => decompressSapPacket(bomb, inflateSap)).toThrow('longer than 65536 bytes');
    const damaged = { ...bomb, payload: hex('78da00') };
    expect(() => decompressSapPacket(damaged, inflateSap)).toThrow(DecodeError);
    expect(() => decompressSapPacket({ ...bomb, encrypted: true }, inflateSap)).toThrow('encrypted');
    expect(() => compressSapPacket(bomb, deflateSap)).toThrow(EncodeError);
  });
});

describe('any packet', () => {
  const decode = (bytes: Uint8Array): void => {
    try {
      decompressSapPacket(parseSapPacket(bytes), inflateSap);
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
  };

  test('is read back as written', () => {
    fc.assert(
      fc.property(sapPacket, (packet) => {
        expect(parseSapPacket(formatSapPacket(packet))).toEqual(packet);
      }),
    );
  });

  test('comes through compression', () => {
    fc.assert(
      fc.property(sapPacket, (packet) => {
        fc.pre(!packet.compressed && !packet.encrypted);
        const packed = parseSapPacket(formatSapPacket(compressSapPacket(packet, deflateSap)));
        expect(decompressSapPacket(packed, inflateSap)).toEqual(packet);
      }),
    );
  });

  test('cut off anywhere, or with bits flipped, is read or refused', () => {
    fc.assert(
      fc.property(sapPacket, fc.array(fc.nat(), { maxLength: 8 }), (packet, flips) => {
        const bytes = formatSapPacket(packet);
        for (let end = 0; end < Math.min(bytes.length, 200); end++) decode(bytes.subarray(0, end));
        for (const flip of flips) {
          const at = (flip >> 3) % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ (1 << (flip & 7));
        }
        decode(bytes);
      }),
    );
  });

  test('of any bytes at all is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, ours) => {
        if (ours && bytes.length > 0) bytes[0] = 0x20 | ((bytes[0] ?? 0) & 0x1f);
        decode(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});
