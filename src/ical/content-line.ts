import { EncodeError } from '../errors.ts';

/** Octets of a line without its line break (RFC 5545 §3.1). */
const MAX_OCTETS = 75;

/** Neither text nor links have any; a tab is one, and is let through (RFC 5545 §3.1, CONTROL). */
const CONTROL = /[^\P{Cc}\t]/gu;

/** A list is written with commas between its items. */
export type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * A line of a calendar with its line break, folded so that no piece is longer than 75 octets of UTF-8. No character is
 * taken apart. The value is written as it is: text goes through {@link escapeText} first.
 *
 * @param parameters undefined ones and empty lists are left out
 * @throws {EncodeError} when the value has a line break or another control character
 * @see RFC 5545 §3.1, §3.2
 */
export function contentLine(name: string, value: string, parameters: Parameters = {}): string {
  const given = Object.entries(parameters).flatMap(([key, texts]) => {
    const values = texts === undefined ? [] : typeof texts === 'string' ? [texts] : texts;
    return values.length === 0 ? [] : [`;${key}=${values.map(parameterValue).join(',')}`];
  });
  if (hasControl(value)) throw new EncodeError('iCalendar', name, 'has control characters');
  return fold(`${name}${given.join('')}:${value}`);
}

/** Text as the value of a property: backslash, semicolon, comma and line break are escaped (RFC 5545 §3.3.11). */
export function escapeText(text: string): string {
  return text
    .replaceAll(/[\\;,]/g, String.raw`\$&`)
    .replaceAll(/\r\n|\r|\n/g, String.raw`\n`)
    .replaceAll(CONTROL, '');
}

/**
 * A parameter's value, between quotation marks where it needs them; what not even they allow is written with the
 * circumflex of RFC 6868.
 */
function parameterValue(text: string): string {
  const encoded = text
    .replaceAll('^', '^^')
    .replaceAll(/\r\n|\r|\n/g, '^n')
    .replaceAll('"', "^'")
    .replaceAll(CONTROL, '');
  return /[:;,]/.test(encoded) ? `"${encoded}"` : encoded;
}

function fold(line: string): string {
  const pieces: string[] = [];
  let piece = '';
  let octets = 0;
  for (const character of line) {
    const size = octetsOf(character);
    if (octets + size > MAX_OCTETS) {
      pieces.push(piece);
      [piece, octets] = [' ', 1]; // the blank of a continued line counts
    }
    piece += character;
    octets += size;
  }
  pieces.push(piece);
  return `${pieces.join('\r\n')}\r\n`;
}

function octetsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
}

function hasControl(value: string): boolean {
  return value.search(CONTROL) >= 0;
}
