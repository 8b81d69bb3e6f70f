import { fromBase64 } from '../wire/index.ts';
import { AnnexBDepacketizer, H264, H265 } from './annex-b.ts';
import type { Depacketizer } from './depacketizer.ts';
import { TransportStreamDepacketizer } from './transport-stream.ts';
import { Vp8Depacketizer } from './vp8.ts';

export type { Depacketizer } from './depacketizer.ts';

/** Encodings that become files which players know. */
export const VIDEO_ENCODINGS: readonly string[] = ['MP2T', 'H264', 'H265', 'VP8'];

/**
 * What makes a file of a payload format.
 *
 * @param encoding   name as in `a=rtpmap`, in any case
 * @param parameters of its `a=fmtp`, names in small letters
 * @returns undefined when the format, or a mode of it, cannot be put together exactly
 */
export function createDepacketizer(
  encoding: string,
  parameters: ReadonlyMap<string, string>,
): Depacketizer | undefined {
  switch (encoding.toUpperCase()) {
    case 'MP2T':
      return new TransportStreamDepacketizer();
    case 'H264':
      // Interleaved, units come in another order than they are decoded in (RFC 6184 §5.5).
      if (Number(parameters.get('packetization-mode') ?? 0) > 1) return undefined;
      return new AnnexBDepacketizer(H264, sets(parameters, 'sprop-parameter-sets'));
    case 'H265':
      if (Number(parameters.get('sprop-max-don-diff') ?? 0) > 0) return undefined; // RFC 7798 §4.4.1
      return new AnnexBDepacketizer(H265, sets(parameters, 'sprop-vps', 'sprop-sps', 'sprop-pps'));
    case 'VP8':
      return new Vp8Depacketizer();
    default:
      return undefined;
  }
}

function sets(parameters: ReadonlyMap<string, string>, ...names: readonly string[]): Uint8Array[] {
  return names
    .flatMap((name) => (parameters.get(name) ?? '').split(','))
    .filter((text) => text !== '')
    .flatMap((text) => fromBase64(text) ?? []);
}
