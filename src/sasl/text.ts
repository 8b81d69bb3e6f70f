import { DecodeError } from '../errors.ts';
import { fromBase64 as bytesFromBase64, toBase64 } from '../wire/index.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/** @throws {DecodeError} when `bytes` are not UTF-8 */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new DecodeError('SASL', 'a message is not UTF-8', { cause });
  }
}

export { toBase64 };

/** @throws {DecodeError} when `text` is not base64 in its one right spelling (RFC 5802 §7, `base64`) */
export function fromBase64(text: string, what: string): Uint8Array {
  const bytes = bytesFromBase64(text);
  if (bytes === undefined || toBase64(bytes) !== text) {
    throw new DecodeError('SASL', `${what} is not base64`, { rule: 'RFC 5802 §7' });
  }
  return bytes;
}

/** Whether both are the same; how long it takes does not tell where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0);
  return difference === 0;
}
