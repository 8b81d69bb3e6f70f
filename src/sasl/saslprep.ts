import { InvalidValueError } from '../errors.ts';

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** RFC 3454, table C.1.2: blanks other than the one of ASCII. */
const OTHER_BLANKS = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g;
/** RFC 3454, table B.1. */
const TO_NOTHING = /\u00ad|\u034f|\u1806|\u200c|\u200d|\u2060|\ufeff|[\u180b-\u180d]|[\ufe00-\ufe0f]/g;
/** RFC 4013 §2.3, as tables C.2.1 to C.9 of RFC 3454 list them. */
const PROHIBITED: readonly (readonly [what: string, RegExp])[] = [
  [
    'a control character',
    /[\p{Cc}\u06dd\u070f\u180e\u2028\u2029\u2061-\u2063\u206a-\u206f\ufff9-\ufffc]|[\u{1d173}-\u{1d17a}]/u,
  ],
  ['a character of private use', /\p{Co}/u],
  ['a code point that is no character', /\p{Noncharacter_Code_Point}/u],
  ['half of a surrogate pair', /\p{Cs}/u],
  ['a character that plain text does not have', /[\ufffd\u2ff0-\u2ffb\u200e\u200f\u202a-\u202e]/u],
  ['a tag character', /[\u{e0001}\u{e0020}-\u{e007f}]/u],
];
/** RFC 3454, table D.1: written from right to left. Letters of these scripts stand for its ranges. */
const RIGHT_TO_LEFT =
  /[\u05be\u05c0\u05c3\u061b\u061f]|[[\p{scx=Hebrew}\p{scx=Arabic}\p{scx=Syriac}\p{scx=Thaana}]&&\p{L}]/v;
/** Table D.2, as far as letters go. */
const LEFT_TO_RIGHT = /[\p{L}--[\p{scx=Hebrew}\p{scx=Arabic}\p{scx=Syriac}\p{scx=Thaana}]]/v;

/**
 * Prepares a user name or a password, so that those that look the same are the same (RFC 4013, a profile of
 * stringprep). Code points that Unicode 3.2 did not assign are let through, as for a query.
 *
 * @throws {InvalidValueError} when `text` has a character that may not be in it
 */
export function saslPrep(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  const prepared = text.replace(OTHER_BLANKS, ' ').replace(TO_NOTHING, '').normalize('NFKC');
  for (const [what, pattern] of PROHIBITED) {
    if (pattern.test(prepared)) throw new InvalidValueError(`A name or password has ${what} (RFC 4013 §2.3)`);
  }
  if (RIGHT_TO_LEFT.test(prepared)) {
    const points = Array.from(prepared);
    const ends = [points[0] ?? '', points.at(-1) ?? ''];
    if (LEFT_TO_RIGHT.test(prepared) || !ends.every((point) => RIGHT_TO_LEFT.test(point))) {
      throw new InvalidValueError(
        'A name or password mixes directions of writing, or does not begin and end with a letter of its own (RFC 4013 §2.4)',
      );
    }
  }
  return prepared;
}
