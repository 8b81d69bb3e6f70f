import { DecodeError } from '../errors.ts';
import { WireReader, WireWriter } from '../wire/index.ts';

/** Every granule position of Opus counts these in a second (RFC 7845 §4). */
export const OPUS_GRANULE_RATE = 48_000;

/** The first packet of an Opus stream. */
export interface OpusHead {
  /** 1 or 2. */
  readonly channels: number;
  /** Samples of 48 kHz at the beginning that are not to be heard. */
  readonly preSkip: number;
  /** Rate of what was coded, for the curious; 0 when unknown. */
  readonly inputRate: number;
}

/** @see RFC 7845 §5.1, mapping family 0 */
export function formatOpusHead({ channels, preSkip, inputRate }: OpusHead): Uint8Array {
  return new WireWriter(19)
    .utf8('OpusHead')
    .u8(1)
    .u8(channels)
    .u16le(preSkip)
    .u32le(inputRate)
    .u16le(0)
    .u8(0)
    .finish();
}

/** @throws {DecodeError} when it is something else, or of a version or a mapping that is not read here */
export function parseOpusHead(packet: Uint8Array): OpusHead {
  const r = new WireReader('Opus in Ogg', packet);
  if (new TextDecoder().decode(r.bytes(8)) !== 'OpusHead') throw r.fail('is not Opus', 'RFC 7845 §5.1');
  if (r.u8() >>> 4 !== 0) throw r.fail('a version that is not known', 'RFC 7845 §5.1');
  const channels = r.u8();
  const [low, high] = [r.u8(), r.u8()];
  const rate = r.bytes(4);
  const inputRate = new DataView(rate.buffer, rate.byteOffset).getUint32(0, true);
  r.skip(2);
  if (r.u8() !== 0 || channels < 1 || channels > 2)
    throw new DecodeError(
      'Opus in Ogg',
      `${channels} channels of several streams are not read; mix them down to two`,
    );
  return { channels, preSkip: low + high * 256, inputRate };
}

/** The second packet: who wrote it, and what it is. @param comments such as `TITLE=Round` @see RFC 7845 §5.2 */
export function formatOpusTags(vendor: string, comments: readonly string[] = []): Uint8Array {
  const text = new TextEncoder();
  const w = new WireWriter().utf8('OpusTags');
  const vendorBytes = text.encode(vendor);
  w.u32le(vendorBytes.length).bytes(vendorBytes).u32le(comments.length);
  for (const comment of comments) {
    const bytes = text.encode(comment);
    w.u32le(bytes.length).bytes(bytes);
  }
  return w.finish();
}
