import { EncodeError } from '../errors.ts';

const GUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
/** Where each byte of the text stands in the packet: the first three fields have their low byte first. */
const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

export const isGuid = (text: string): boolean => GUID.test(text);

/** The 16 bytes of a GUID as `bf967aba-0de6-11d0-a285-00aa003049e2` (MS-DTYP §2.3.4). */
export function formatGuid(bytes: Uint8Array): string {
  const hex = ORDER.map((at) => (bytes[at] ?? 0).toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** @throws {EncodeError} when `text` is no GUID */
export function parseGuidBytes(text: string): Uint8Array {
  if (!isGuid(text)) throw new EncodeError('GUID', 'guid', `"${text}" is not one`);
  const hex = text.replaceAll('-', '');
  const bytes = new Uint8Array(16);
  ORDER.forEach((at, i) => {
    bytes[at] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  });
  return bytes;
}
