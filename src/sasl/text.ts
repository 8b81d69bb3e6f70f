import { DecodeError } from '../errors.ts';

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

export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** @throws {DecodeError} when `text` is not base64 in its one right spelling (RFC 5802 §7, `base64`) */
export function fromBase64(text: string, what: string): Uint8Array {
  let binary: string | undefined;
  try {
    binary = atob(text);
  } catch {
    // told below
  }
  if (binary === undefined || btoa(binary) !== text) {
    throw new DecodeError('SASL', `${what} is not base64`, { rule: 'RFC 5802 §7' });
  }
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

/** Whether both are the same; how long it takes does not tell where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0);
  return difference === 0;
}
