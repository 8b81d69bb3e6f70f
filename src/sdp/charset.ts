import { decodeUtf7, encodeUtf7 } from './utf7.ts';

/** The character sets of the original's conference blobs, and the ones RFC 8866 §6.10 names. */
export type Charset = 'US-ASCII' | 'UTF-7' | 'UTF-8' | 'ISO-8859-1';

/** The charset a name such as `utf8`, `ASCII` or `latin1` stands for, or undefined for one that cannot be written here. */
export function charsetOf(name: string): Charset | undefined {
  switch (name.trim().toUpperCase().replaceAll('_', '-')) {
    case 'US-ASCII':
    case 'ASCII':
    case 'ANSI-X3.4-1968':
      return 'US-ASCII';
    case 'UTF-7':
    case 'UTF7':
      return 'UTF-7';
    case 'UTF-8':
    case 'UTF8':
      return 'UTF-8';
    case 'ISO-8859-1':
    case 'ISO8859-1':
    case 'LATIN1':
      return 'ISO-8859-1';
    default:
      return undefined;
  }
}

/** Whether every character is in US-ASCII. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Whether every character is in ISO 8859-1. */
export function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}

/** One character for each byte. */
export function fromLatin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

/** One byte for each character; what is above 255 is cut off, so ask {@link isLatin1} first. */
export function toLatin1(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i) & 0xff);
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes as UTF-8, or undefined when they are not. A byte order mark stays in the text. */
export function tryUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Free text of a line for people.
 *
 * @param value   the line's value: characters, or one per byte when `binary`
 * @param binary  the line's bytes are not UTF-8
 * @param fromBytes whether the description came as bytes; as text somebody else has decoded it already
 * @param charset name given by `a=charset` or by the blob, undefined for UTF-8
 */
export function decodeText(
  value: string,
  binary: boolean,
  fromBytes: boolean,
  charset: string | undefined,
): string {
  if (charset === undefined) return value;
  const known = charsetOf(charset);
  if (known === 'UTF-7') return binary ? value : decodeUtf7(value);
  if (known !== undefined && known !== 'ISO-8859-1') return value;
  if (!fromBytes || (!binary && isAscii(value))) return value; // as characters, or the same in every charset
  const bytes = binary ? toLatin1(value) : new TextEncoder().encode(value);
  if (known === 'ISO-8859-1') return fromLatin1(bytes);
  try {
    return new TextDecoder(charset.trim()).decode(bytes);
  } catch {
    return value; // an unknown name: better the bytes as they are than nothing
  }
}

/**
 * The other way: the value to store for `text`, or undefined when the charset has no way to write it.
 */
export function encodeText(
  text: string,
  fromBytes: boolean,
  charset: string | undefined,
): { value: string; binary: boolean } | undefined {
  const known = charset === undefined ? 'UTF-8' : charsetOf(charset);
  if (known === 'UTF-8') return { value: text, binary: false };
  if (known === 'UTF-7') return { value: encodeUtf7(text), binary: false };
  if (isAscii(text)) return { value: text, binary: false };
  if (known === 'ISO-8859-1' && isLatin1(text)) return { value: text, binary: fromBytes };
  return undefined;
}
