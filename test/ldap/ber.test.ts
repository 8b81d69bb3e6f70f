import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import { BerReader, BerWriter, TAG } from '../../src/ldap/index.ts';
import { bytes, hex } from './support.ts';

describe('BER, the subset of RFC 4511 §5.1', () => {
  test.each([
    // X.690 §8.3: two's complement in the fewest octets
    { value: 0, want: '020100' },
    { value: 127, want: '02017f' },
    { value: 128, want: '02020080' },
    { value: 256, want: '02020100' },
    { value: -1, want: '0201ff' },
    { value: -128, want: '020180' },
    { value: -129, want: '0202ff7f' },
    { value: 86_400, want: '0203015180' },
    { value: 2_147_483_647, want: '02047fffffff' },
  ])('INTEGER $value', ({ value, want }) => {
    expect(hex(new BerWriter().integer(value).finish())).toBe(want);
    expect(new BerReader(bytes(want)).integer(-(2 ** 31), 2 ** 31 - 1)).toBe(value);
  });

  test('a length takes the fewest octets, and contents move when it needs more', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const w = new BerWriter(4).begin().octets(new Uint8Array(length).fill(7)).end().finish();
      const r = new BerReader(w);
      const inner = r.constructed();
      expect(inner.octets()).toEqual(new Uint8Array(length).fill(7));
      expect([inner.done, r.done]).toEqual([true, true]);
      expect(w[1]! < 0x80 || w[2] !== 0).toBe(true);
    }
  });

  test('text of every length, ASCII and not, comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 70 }), (text) => {
        const written = new BerWriter(1).text(text).finish();
        expect(new BerReader(written).text()).toBe(text.toWellFormed());
      }),
    );
  });

  test.each([
    { name: 'indefinite length', octets: '3080 0000' },
    { name: 'length of five octets', octets: '0485 0000000000' },
    { name: 'length that ends early', octets: '0482 01' },
    { name: 'contents that end early', octets: '0405 61' },
    { name: 'no length', octets: '04' },
    { name: 'nothing', octets: '' },
    { name: 'another tag', octets: '0201 01' },
    { name: 'length beyond 32 bits', octets: '0484 ffffffff' },
  ])('refused: $name', ({ octets }) => {
    expect(() =>
      new BerReader(bytes(octets)).octets(octets.startsWith('30') ? TAG.sequence : TAG.octetString),
    ).toThrow(DecodeError);
  });

  test.each([
    { name: 'INTEGER without octets', octets: '0200' },
    { name: 'INTEGER of nine octets', octets: '0209 000000000000000001' },
    { name: 'INTEGER out of range', octets: '0201 05' },
  ])('refused: $name', ({ octets }) => {
    expect(() => new BerReader(bytes(octets)).integer(0, 4)).toThrow(DecodeError);
  });

  test('a tag of several octets, a BOOLEAN of two, a NULL of one, text that is not UTF-8 are refused', () => {
    expect(() => new BerReader(bytes('1f8101 00')).octets(0x1f)).toThrow(/tag of several octets/);
    expect(() => new BerReader(bytes('0102 0000')).boolean()).toThrow(DecodeError);
    expect(() => new BerReader(bytes('0501 00')).null()).toThrow(DecodeError);
    expect(() => new BerReader(bytes('0402 c328')).text()).toThrow(/not UTF-8/);
  });

  test('nesting is limited', () => {
    let deep = new Uint8Array(0);
    for (let i = 0; i < 10; i++) deep = new BerWriter().begin().raw(deep).end().finish().slice();
    const descend = (limit: number) => {
      for (let r = new BerReader(deep, 0, deep.length, limit); !r.done; ) r = r.constructed();
    };
    expect(() => descend(10)).not.toThrow();
    expect(() => descend(9)).toThrow(/nested too deep/);
  });

  test('what cannot be written is said', () => {
    expect(() => new BerWriter().integer(1.5)).toThrow(EncodeError);
    expect(() => new BerWriter().integer(2 ** 50)).toThrow(EncodeError);
    expect(() => new BerWriter().end()).toThrow(EncodeError);
    expect(() => new BerWriter().begin().finish()).toThrow(EncodeError);
  });

  test('values do not share memory with the bytes read, even when those are a Buffer', () => {
    const received = Buffer.from('0402 6869'.replace(' ', ''), 'hex');
    const value = new BerReader(received).octets();
    received.fill(0);
    expect(value).toEqual(Uint8Array.of(0x68, 0x69));
  });
});
