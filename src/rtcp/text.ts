import { EncodeError } from '../errors.ts';
import type { WireReader, WireWriter } from '../wire/index.ts';

// Names in Latin-1 are seen in the field; a replacement character is better than a lost participant.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Longest RTCP text: its length is one byte. */
export const MAX_TEXT_BYTES = 255;

export function readText(r: WireReader, length: number): string {
  return decoder.decode(r.view(length));
}

/** UTF-8 of `text`, or {@link EncodeError} when it is longer than `limit` bytes. */
export function encodeText(field: string, text: string, limit = MAX_TEXT_BYTES): Uint8Array {
  const bytes = encoder.encode(text);
  if (bytes.length > limit) {
    throw new EncodeError(
      'RTCP',
      field,
      `is ${bytes.length} bytes of UTF-8, at most ${limit} fit: shorten it`,
    );
  }
  return bytes;
}

/** Length byte, then the text, no terminator (RFC 3550 §6.5). */
export function writeText(w: WireWriter, field: string, text: string): void {
  const bytes = encodeText(field, text);
  w.u8(bytes.length).bytes(bytes);
}

/** Zero bytes to the next 32-bit boundary. */
export function padToWord(w: WireWriter): void {
  w.zeros((4 - (w.length % 4)) % 4);
}
