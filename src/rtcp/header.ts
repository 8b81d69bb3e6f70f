import type { WireWriter } from '../wire/index.ts';
import { EncodeError } from '../errors.ts';

/** RTCP packet types (RFC 3550 §12.1). */
export const RTCP_SR = 200;
export const RTCP_RR = 201;
export const RTCP_SDES = 202;
export const RTCP_BYE = 203;
export const RTCP_APP = 204;
/** Feedback about pictures (RFC 4585 §6.1). */
export const RTCP_PSFB = 206;
/** RFC 3611 §2. */
export const RTCP_XR = 207;
/** RFC 5760 §7.1. */
export const RTCP_RSI = 209;

/**
 * Whether a datagram is RTCP rather than RTP, by its second byte: packet types 192 to 223 cannot be RTP payload types
 * in one and the same session (RFC 5761 §4).
 */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = bytes[1] ?? 0;
  return bytes.length >= 4 && (bytes[0] ?? 0) >>> 6 === 2 && type >= 192 && type <= 223;
}

/** Writes one packet with its header; the length is filled in after `body` has run. */
export function writeRtcpPacket(w: WireWriter, type: number, count: number, body: () => void): void {
  if (!(count >= 0 && count <= 31)) throw new EncodeError('RTCP', 'count', `is ${count}, not 0 to 31`);
  const start = w.length;
  w.u8(0x80 | count)
    .u8(type)
    .u16(0);
  body();
  const bytes = w.length - start;
  if (bytes % 4 !== 0) throw new EncodeError('RTCP', 'packet', `is ${bytes} bytes, not whole 32-bit words`);
  if (bytes > 0x4_0000) throw new EncodeError('RTCP', 'packet', `is ${bytes} bytes, more than 262144`);
  w.setU16(start + 2, bytes / 4 - 1);
}
