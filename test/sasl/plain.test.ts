import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, EncodeError, InvalidValueError } from '../../src/errors.ts';
import { parsePlain, saslPrep, serializePlain } from '../../src/sasl/index.ts';
import { bytes, text } from './support.ts';

describe('PLAIN', () => {
  test('RFC 4616 §4: the examples', () => {
    expect(parsePlain(bytes('\0tim\0tanstaaftanstaaf'))).toEqual({
      authzid: '',
      authcid: 'tim',
      password: 'tanstaaftanstaaf',
    });
    expect(text(serializePlain({ authzid: 'Ursel', authcid: 'Kurt', password: 'xipj3plmq' }))).toBe(
      'Ursel\0Kurt\0xipj3plmq',
    );
  });

  test('any bytes are understood or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (given) => {
        let back: Uint8Array = given;
        try {
          back = serializePlain(parsePlain(given));
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
        expect(back).toEqual(given);
      }),
    );
    for (const wrong of ['', 'a', 'a\0b', '\0\0c', '\0b\0', 'a\0b\0c\0d']) {
      expect(() => parsePlain(bytes(wrong))).toThrow(DecodeError);
    }
    expect(() => serializePlain({ authzid: '', authcid: 'a\0', password: 'b' })).toThrow(EncodeError);
  });
});

describe('SASLprep', () => {
  test.each([
    // RFC 4013 §3
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['a\u00a0b', 'a b'],
  ])('%j is %j', (given, want) => expect(saslPrep(given)).toBe(want));

  test.each(['\u0007\u00e9', '\u0627\u0031', '\ue000', '\ufdd0', '\ud800', '\u0627a\u0627', '\u{e0041}'])(
    '%j is refused',
    (given) => expect(() => saslPrep(given)).toThrow(InvalidValueError),
  );

  test('done twice it is as done once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (given) => {
        let once: string;
        try {
          once = saslPrep(given);
        } catch {
          return;
        }
        expect(saslPrep(once)).toBe(once);
      }),
    );
  });
});
