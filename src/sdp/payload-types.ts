import {
  type StaticPayloadType,
  staticPayloadType as assignedFormat,
  staticPayloadTypeFor as assignedNumber,
} from '../rtp/index.ts';

/** What an RTP payload type means: the value of an `a=rtpmap` (RFC 8866 §6.6). */
export interface RtpMap {
  /** 0..127. */
  readonly payloadType: number;
  /** Registered name such as `PCMU`; case does not matter when comparing. */
  readonly encoding: string;
  /** Hertz. */
  readonly clockRate: number;
  /** Audio channels, 1 unless said otherwise; undefined for video. */
  readonly channels?: number;
}

/** First and last payload type free for dynamic use (RFC 3551 §3). */
export const DYNAMIC_PAYLOAD_TYPES = { first: 96, last: 127 } as const;

/** The `a=rtpmap` that RFC 3551 §6 implies for a payload type, or undefined. */
export function staticPayloadType(payloadType: number): RtpMap | undefined {
  const assigned = assignedFormat(payloadType);
  return assigned && rtpMapOf(assigned);
}

/** The payload type RFC 3551 §6 assigns to a format, or undefined when it needs a dynamic one. */
export function staticPayloadTypeFor(encoding: string, clockRate: number, channels = 1): number | undefined {
  return assignedNumber(encoding, clockRate, channels)?.payloadType;
}

function rtpMapOf({ payloadType, encoding, clockRate, channels }: StaticPayloadType): RtpMap {
  return { payloadType, encoding, clockRate, ...(channels === undefined ? {} : { channels }) };
}
