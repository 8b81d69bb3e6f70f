import { DecodeError, EncodeError } from '../errors.ts';
import { WireWriter } from '../wire/index.ts';
import { csrcAt, RtpHeader, readRtpHeader } from './header.ts';

/** A header extension: its profile's 16 bits, then whole 32-bit words (RFC 3550 §5.3.1). */
export interface RtpExtension {
  readonly profile: number;
  readonly data: Uint8Array;
}

/** An RTP packet that shares no memory with what it was read from (RFC 3550 §5.1). */
export interface RtpPacket {
  readonly marker: boolean;
  /** 0 to 127. */
  readonly payloadType: number;
  /** 0 to 65535. */
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** Contributing sources, at most 15. */
  readonly csrcs: readonly number[];
  readonly extension?: RtpExtension;
  readonly payload: Uint8Array;
  /** Padding bytes after the payload, their count included, 0 to 255. */
  readonly padding: number;
}

/**
 * Reads a whole packet into memory of its own. The receive loop uses `readRtpHeader` instead.
 *
 * @throws {DecodeError} when it is not RTP version 2 or a length does not fit
 */
export function parseRtpPacket(bytes: Uint8Array): RtpPacket {
  const header = new RtpHeader();
  const fault = readRtpHeader(bytes, header);
  if (fault !== undefined) throw new DecodeError('RTP', fault, { rule: 'RFC 3550 §5.1, §A.1' });
  const { marker, payloadType, sequenceNumber, timestamp, ssrc, payloadStart, payloadEnd } = header;
  return {
    marker,
    payloadType,
    sequenceNumber,
    timestamp,
    ssrc,
    csrcs: Array.from({ length: header.csrcCount }, (_, index) => csrcAt(bytes, index)),
    ...(header.extensionStart === 0 ? {} : { extension: extensionOf(bytes, header) }),
    payload: new Uint8Array(bytes.subarray(payloadStart, payloadEnd)),
    padding: bytes.length - payloadEnd,
  };
}

/** The header extension of a packet whose header was read; `header.extensionStart` must not be 0. */
function extensionOf(bytes: Uint8Array, { extensionStart: at, payloadStart }: RtpHeader): RtpExtension {
  return {
    profile: ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0),
    data: new Uint8Array(bytes.subarray(at + 4, payloadStart)),
  };
}

/** @throws {EncodeError} when a field is out of range or the extension is not whole words */
export function serializeRtpPacket(packet: RtpPacket): Uint8Array {
  const { marker, payloadType, csrcs, extension, payload, padding } = packet;
  if (!(payloadType >= 0 && payloadType <= 127) || (payloadType >= 72 && payloadType <= 76)) {
    throw new EncodeError('RTP', 'payloadType', `${payloadType} is not 0 to 71 or 77 to 127 (RFC 3551 §6)`);
  }
  if (csrcs.length > 15) throw new EncodeError('RTP', 'csrcs', `has ${csrcs.length} entries, at most 15 fit`);
  if (!(padding >= 0 && padding <= 255)) throw new EncodeError('RTP', 'padding', 'is not 0 to 255');
  const w = new WireWriter(
    12 + csrcs.length * 4 + (extension?.data.length ?? -4) + 4 + payload.length + padding,
  );
  w.u8(0x80 | (padding > 0 ? 0x20 : 0) | (extension === undefined ? 0 : 0x10) | csrcs.length)
    .u8((marker ? 0x80 : 0) | payloadType)
    .u16(packet.sequenceNumber)
    .u32(packet.timestamp)
    .u32(packet.ssrc);
  for (const csrc of csrcs) w.u32(csrc);
  if (extension !== undefined) {
    const { profile, data } = extension;
    if (data.length % 4 !== 0 || data.length > 0xffff * 4) {
      throw new EncodeError('RTP', 'extension', `of ${data.length} bytes is not whole words, at most 65535`);
    }
    w.u16(profile)
      .u16(data.length / 4)
      .bytes(data);
  }
  w.bytes(payload);
  if (padding > 0) w.zeros(padding - 1).u8(padding);
  return w.finish();
}
