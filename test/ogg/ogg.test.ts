import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import {
  formatOpusHead,
  formatOpusTags,
  OggReader,
  OggWriter,
  oggChecksum,
  parseOpusHead,
} from '../../src/ogg/index.ts';

/** Reads a whole file that comes in pieces of so many bytes. */
function readAll(file: Uint8Array, step = file.length) {
  const reader = new OggReader();
  const out: { length: number; granule: number | undefined; ends: boolean; data: Uint8Array }[] = [];
  for (let at = 0; at < file.length; at += step) {
    reader.handleBytes(file.subarray(at, at + step));
    for (let it = reader.pollPacket(); it !== undefined; it = reader.pollPacket())
      out.push({ length: it.data.length, granule: it.granule, ends: it.ends, data: it.data });
  }
  reader.handleEnd();
  return out;
}

function write(packets: readonly Uint8Array[]): Uint8Array {
  const writer = new OggWriter(7);
  const pages = packets.flatMap((packet, i) => writer.add(packet, (i + 1) * 960));
  return Buffer.concat([...pages, writer.flush(true) ?? new Uint8Array()]);
}

describe('Ogg pages (RFC 3533)', () => {
  test('the checksum is the CRC-32 of polynomial 04c11db7 without reflection', () => {
    expect(oggChecksum(new TextEncoder().encode('123456789'))).toBe(0x89a1897f);
  });

  test('packets of any length come back, whatever the pieces', () => {
    const lengths = fc.array(fc.oneof(fc.nat(600), fc.constantFrom(254, 255, 256, 510, 65_025)), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 999, max: 9000 }), (wanted, step) => {
        const packets = wanted.map((length, i) => new Uint8Array(length).fill(i + 1));
        const read = readAll(write(packets), step);
        expect(read.map((it) => it.length)).toEqual(wanted);
        expect(read.every((it, i) => it.data.every((byte) => byte === i + 1))).toBe(true);
        expect(read.at(-1)).toMatchObject({ granule: wanted.length * 960, ends: true });
      }),
      { numRuns: 30 },
    );
  });

  test('a damaged page, a cut file and another file are told', () => {
    const file = write([new Uint8Array(100)]);
    const damaged = Uint8Array.from(file);
    damaged[60] = 1;
    expect(() => readAll(damaged)).toThrow('its checksum is wrong');
    expect(() => readAll(file.subarray(0, 90))).toThrow('ends within a page');
    expect(() => readAll(new TextEncoder().encode('RIFF'.repeat(20)))).toThrow(DecodeError);
  });
});

test('OpusHead and OpusTags have the fields of RFC 7845 §5', () => {
  const head = formatOpusHead({ channels: 2, preSkip: 3840, inputRate: 44_100 });
  expect(Buffer.from(head).toString('hex')).toBe('4f707573486561640102000f44ac0000000000');
  expect(parseOpusHead(head)).toEqual({ channels: 2, preSkip: 3840, inputRate: 44_100 });
  expect(() => parseOpusHead(Uint8Array.from(head, (byte, i) => (i === 18 ? 1 : byte)))).toThrow(
    'are not read',
  );
  expect(Buffer.from(formatOpusTags('x', ['A=b'])).toString('latin1')).toBe(
    'OpusTags\x01\0\0\0x\x01\0\0\0\x03\0\0\0A=b',
  );
});
