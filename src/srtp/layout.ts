import type { SrtpProfile } from './profiles.ts';

/** What stands behind the encrypted part. Offsets count from its beginning. */
export interface Trailer {
  readonly bytes: number;
  readonly tag: number;
  readonly tagBytes: number;
  /** RTCP's index with the E bit. */
  readonly word: number;
  readonly mki: number;
  readonly mkiBytes: number;
}

/**
 * AES-CM has index, key identifier, tag (RFC 3711 §3.1, §3.4); AEAD has the tag first, as a part of the ciphertext
 * (RFC 7714 §8.3, §9.1). RTP has no index.
 */
export function trailerOf(profile: SrtpProfile, kind: 'rtp' | 'rtcp', mkiBytes: number): Trailer {
  const tagBytes = kind === 'rtp' ? profile.tagBytes : profile.rtcpTagBytes;
  const wordBytes = kind === 'rtp' ? 0 : 4;
  const word = profile.aead ? tagBytes : 0;
  const mki = word + wordBytes;
  return {
    bytes: tagBytes + wordBytes + mkiBytes,
    tag: profile.aead ? 0 : mki + mkiBytes,
    tagBytes,
    word,
    mki,
    mkiBytes,
  };
}

/** Bytes that RTP leaves readable: header, CSRCs and extension; undefined when they do not fit into `end` (RFC 3711 §3.1). */
export function rtpHeaderBytes(bytes: Uint8Array, end: number): number | undefined {
  if (end < 12) return undefined;
  const first = bytes[0] ?? 0;
  let length = 12 + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (length + 4 > end) return undefined;
    length += 4 + 4 * (((bytes[length + 2] ?? 0) << 8) | (bytes[length + 3] ?? 0));
  }
  return length > end ? undefined : length;
}

/** RTCP leaves the first packet's header and the sender's SSRC readable (RFC 3711 §3.4). */
export const RTCP_CLEAR_BYTES = 8;

export function isVersion2(bytes: Uint8Array): boolean {
  return (bytes[0] ?? 0) >>> 6 === 2;
}

export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
export function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x1_0000 + u16(bytes, at + 2);
}
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
export function wordOf(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
