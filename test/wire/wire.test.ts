import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { WireReader, WireWriter } from '../../src/wire/index.ts';

describe('wire', () => {
  test('every width reads back what was written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xff }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ unit: 'grapheme' }),
        (a, b, c, d, e, bytes, text) => {
          const utf8 = new TextEncoder().encode(text).length;
          const out = new WireWriter(1)
            .u8(a)
            .u16(b)
            .u24(c)
            .u32(d)
            .u64(e)
            .zeros(3)
            .bytes(bytes)
            .utf8(text)
            .finish();
          const r = new WireReader('test', out);
          expect([r.u8(), r.u16(), r.i24(), r.u32(), r.u64(), r.u24()]).toEqual([a, b, c, d, e, 0]);
          expect(r.bytes(bytes.length)).toEqual(bytes);
          expect(r.utf8(utf8)).toBe(text);
          expect(r.remaining).toBe(0);
        },
      ),
    );
  });

  test('a length is filled in afterwards', () => {
    expect(new WireWriter().u16(0).u8(7).setU16(0, 0x0102).finish()).toEqual(Uint8Array.of(1, 2, 7));
  });

  test('nothing is read past the end, and the error says where', () => {
    const r = new WireReader('RTP', Uint8Array.of(1, 2, 3));
    r.u16();
    expect(() => r.u32()).toThrow('RTP: needs 4 more bytes, has 1 at byte 2');
    expect(r.offset).toBe(2);
    expect(() => r.bytes(-1)).toThrow(DecodeError);
    expect(() => new WireReader('x', Uint8Array.of(1, 2, 3)).sub(2).u24()).toThrow(DecodeError);
  });

  test('copies share no memory with the buffer, views do', () => {
    const buffer = Uint8Array.of(1, 2, 3, 4);
    const r = new WireReader('x', buffer);
    const copy = r.bytes(2);
    const view = r.view(2);
    buffer.fill(9);
    expect([copy, view]).toEqual([Uint8Array.of(1, 2), Uint8Array.of(9, 9)]);
  });

  test('malformed UTF-8 is a decode error at its offset', () => {
    const r = new WireReader('SDES', Uint8Array.of(0, 0xc3, 0x28));
    r.u8();
    expect(() => r.utf8(2)).toThrow('SDES: text is not UTF-8 at byte 1');
  });
});
