import { EncodeError } from '../errors.ts';
import { WireWriter } from '../wire/index.ts';

/** The granule position of a page on which no packet ends. */
export const NO_GRANULE = -1;
export const [CONTINUED, BEGINS_STREAM, ENDS_STREAM] = [1, 2, 4] as const;
export const MAX_SEGMENTS = 255;

export interface OggPage {
  /** {@link CONTINUED}, {@link BEGINS_STREAM}, {@link ENDS_STREAM} put together. */
  readonly flags: number;
  /** End of the last packet that ends on this page, in samples; {@link NO_GRANULE} when none does. */
  readonly granule: number;
  readonly serial: number;
  readonly sequence: number;
  /** Lengths of the segments, 0 to 255 each; a packet ends with the first that is shorter than 255. */
  readonly segments: readonly number[];
  readonly data: Uint8Array;
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c1_1db7 : 0);
  return crc;
});

/** The checksum of a page whose checksum field is zero: CRC-32 with neither reflection nor inversion (RFC 3533 §6). */
export function oggChecksum(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = (crc << 8) ^ (CRC[((crc >>> 24) ^ byte) & 0xff] ?? 0);
  return crc >>> 0;
}

/** @throws {EncodeError} when there are more than 255 segments, or they do not add up @see RFC 3533 §6 */
export function formatOggPage({ flags, granule, serial, sequence, segments, data }: OggPage): Uint8Array {
  if (segments.length > MAX_SEGMENTS) throw new EncodeError('Ogg', 'segments', 'are more than 255');
  if (segments.reduce((sum, it) => sum + it, 0) !== data.length)
    throw new EncodeError('Ogg', 'segments', `do not add up to ${data.length} bytes`);
  const page = new WireWriter(27 + segments.length + data.length)
    .utf8('OggS')
    .u8(0)
    .u8(flags)
    .u32le(granule < 0 ? 0xffff_ffff : granule % 0x1_0000_0000)
    .u32le(granule < 0 ? 0xffff_ffff : Math.floor(granule / 0x1_0000_0000))
    .u32le(serial)
    .u32le(sequence >>> 0)
    .u32le(0)
    .u8(segments.length)
    .bytes(Uint8Array.from(segments))
    .bytes(data)
    .finish();
  new DataView(page.buffer, page.byteOffset).setUint32(22, oggChecksum(page), true);
  return page;
}
