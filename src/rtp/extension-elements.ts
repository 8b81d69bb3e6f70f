import { DecodeError, EncodeError } from '../errors.ts';
import { WireReader, WireWriter } from '../wire/index.ts';
import type { RtpExtension } from './packet.ts';

/** One element of a general header extension; the meaning of `id` comes from SDP `extmap` (RFC 8285). */
export interface ExtensionElement {
  /** 1 to 14 in the one-byte form, 1 to 255 in the two-byte form. */
  readonly id: number;
  /** 1 to 16 bytes in the one-byte form, 0 to 255 in the two-byte form. */
  readonly data: Uint8Array;
}

const ONE_BYTE = 0xbede;
/** The low four bits, "appbits", are ours to ignore (RFC 8285 §4.3). */
const TWO_BYTE = 0x100;

/**
 * Elements of a one-byte or two-byte header extension, or undefined when it is another profile's.
 *
 * @throws {DecodeError} when an element is longer than the extension
 */
export function parseExtensionElements(extension: RtpExtension): ExtensionElement[] | undefined {
  const oneByte = extension.profile === ONE_BYTE;
  if (!oneByte && extension.profile >>> 4 !== TWO_BYTE) return undefined;
  const r = new WireReader('RTP header extension', extension.data);
  const elements: ExtensionElement[] = [];
  while (r.remaining > 0) {
    const head = r.u8();
    if (head === 0) continue; // a padding byte, wherever it stands
    const id = oneByte ? head >>> 4 : head;
    if (oneByte && id === 15) break; // reserved: stop reading here (RFC 8285 §4.2)
    const length = oneByte ? (head & 0x0f) + 1 : r.u8();
    if (length > r.remaining) {
      throw new DecodeError('RTP header extension', `element ${id} is longer than the extension`, {
        offset: r.offset,
        rule: 'RFC 8285 §4',
      });
    }
    const data = r.bytes(length);
    if (id !== 0) elements.push({ id, data }); // id 0 with a length is to be skipped (RFC 8285 §4.2)
  }
  return elements;
}

/**
 * An extension of these elements, in the one-byte form when all fit in it.
 *
 * @throws {EncodeError} when an id or a length fits in neither form
 */
export function buildExtension(elements: readonly ExtensionElement[]): RtpExtension {
  const oneByte = elements.every(({ id, data }) => id <= 14 && data.length >= 1 && data.length <= 16);
  const w = new WireWriter();
  for (const { id, data } of elements) {
    if (!(id >= 1 && id <= 255)) throw new EncodeError('RTP', 'extension id', `${id} is not 1 to 255`);
    if (data.length > 255) {
      throw new EncodeError('RTP', `extension ${id}`, `has ${data.length} bytes, at most 255 fit`);
    }
    if (oneByte) w.u8((id << 4) | (data.length - 1));
    else w.u8(id).u8(data.length);
    w.bytes(data);
  }
  w.zeros((4 - (w.length % 4)) % 4);
  return { profile: oneByte ? ONE_BYTE : TWO_BYTE << 4, data: w.finish() };
}
