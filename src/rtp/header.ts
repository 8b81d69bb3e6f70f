/** Why bytes are not an RTP packet; undefined from {@link readRtpHeader} means they are. */
export type RtpFault =
  | 'shorter than the fixed header of 12 bytes'
  | 'not version 2'
  | 'shorter than its CSRC list'
  | 'shorter than its header extension'
  | 'padding is longer than the payload'
  | 'RTCP on the RTP port';

/** Header fields and offsets, filled in by {@link readRtpHeader}. One object serves a whole receive loop. */
export class RtpHeader {
  marker = false;
  payloadType = 0;
  sequenceNumber = 0;
  timestamp = 0;
  ssrc = 0;
  /** 0 to 15; the list starts at byte 12. */
  csrcCount = 0;
  /** Offset of the extension's 16-bit profile word, or 0 when there is none. */
  extensionStart = 0;
  payloadStart = 0;
  /** Padding is cut off. */
  payloadEnd = 0;
}

/**
 * Reads the header in place: no copy, no allocation, every bound checked. `header` is undefined territory when a fault is
 * returned.
 *
 * Payload types 72 to 76 are refused: they are RTCP's 200 to 204 with the marker bit (RFC 3550 §A.1, RFC 3551 §6).
 *
 * @see RFC 3550 §5.1, §A.1
 */
export function readRtpHeader(bytes: Uint8Array, header: RtpHeader): RtpFault | undefined {
  const length = bytes.length;
  if (length < 12) return 'shorter than the fixed header of 12 bytes';
  const first = bytes[0] ?? 0;
  if (first >>> 6 !== 2) return 'not version 2';
  const second = bytes[1] ?? 0;
  const payloadType = second & 0x7f;
  if (payloadType >= 72 && payloadType <= 76) return 'RTCP on the RTP port';
  header.marker = second > 0x7f;
  header.payloadType = payloadType;
  header.sequenceNumber = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  header.timestamp = u32(bytes, 4);
  header.ssrc = u32(bytes, 8);
  let start = 12;
  let end = length;
  header.csrcCount = 0;
  header.extensionStart = 0;
  if ((first & 0x3f) !== 0) {
    const csrcCount = first & 0x0f;
    start += csrcCount * 4;
    if (start > length) return 'shorter than its CSRC list';
    header.csrcCount = csrcCount;
    if ((first & 0x10) !== 0) {
      if (start + 4 > length) return 'shorter than its header extension';
      header.extensionStart = start;
      start += 4 + 4 * (((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0));
      if (start > length) return 'shorter than its header extension';
    }
    if ((first & 0x20) !== 0) {
      const padding = bytes[length - 1] ?? 0;
      if (padding === 0 || start + padding > length) return 'padding is longer than the payload';
      end -= padding;
    }
  }
  header.payloadStart = start;
  header.payloadEnd = end;
  return undefined;
}

/** Contributing source `index` of a packet whose header was read. */
export function csrcAt(bytes: Uint8Array, index: number): number {
  return u32(bytes, 12 + index * 4);
}

function u32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}
