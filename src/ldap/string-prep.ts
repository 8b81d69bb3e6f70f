/**
 * Preparation of strings for comparison, RFC 4518: map, normalise to NFKC, fold case, and reduce every run of blanks
 * to one with none at the ends.
 */

const PLAIN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;
// RFC 4518 §2.2: mapped to nothing (soft hyphen, joiners, variation selectors, most controls) and to a blank.
const TO_NOTHING = new RegExp(
  '[\\u0000-\\u0008\\u000e-\\u001f\\u007f-\\u0084\\u0086-\\u009f\\u00ad\\u034f\\u06dd\\u070f\\u1806\\u180b-\\u180e' +
    '\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2063\\u206a-\\u206f\\ufe00-\\ufe0f\\ufeff\\ufff9-\\ufffc]',
  'g',
);
const BLANKS = /[\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

/** Key for caseExactMatch: equal for values that match. */
export function prepareCaseExact(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(TO_NOTHING, '').normalize('NFKC').replace(BLANKS, ' ').trim();
}

/** Key for caseIgnoreMatch: equal for values that match. */
export function prepareCaseIgnore(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  // Upper and then lower makes ß meet SS and final sigma meet sigma, as full case folding does.
  return prepareCaseExact(text).toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
}

/**
 * Key for one part of a substring assertion. A blank at its edge may be the one between two words, so edges are kept
 * as one blank, except at the outer ends of the value.
 */
export function prepareSubstring(
  text: string,
  place: 'initial' | 'any' | 'final',
  prepare: (text: string) => string,
): string {
  const inner = prepare(text);
  const mapped = text.replace(TO_NOTHING, '');
  if (inner === '') return /\S/u.test(mapped) || mapped === '' ? '' : ' ';
  const before = place !== 'initial' && /^\s/u.test(mapped) ? ' ' : '';
  const after = place !== 'final' && /\s$/u.test(mapped) ? ' ' : '';
  return before + inner + after;
}
