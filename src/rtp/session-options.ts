import { EncodeError, InvalidValueError } from '../errors.ts';
import { encodeRtcpText, type RtcpSchedulerOptions, reducedMinimum, type SdesItems } from '../rtcp/index.ts';
import type { RtpSessionOptions } from './session-types.ts';

/** Clock rate in Hz by payload type, 0 where unknown: an array, since every packet looks into it. */
export function clockRateTable(clockRates: RtpSessionOptions['clockRates']): Float64Array {
  const table = new Float64Array(128);
  for (const [type, rate] of clockRates) {
    if (!(type >= 0 && type <= 127) || !(rate > 0)) {
      throw new InvalidValueError(
        `RtpSession: payload type ${type} with clock rate ${rate} Hz is not usable`,
      );
    }
    table[type] = rate;
  }
  return table;
}

/** RTCP bits per second for senders and receivers: 5 % of the session's, one to three (RFC 3550 §6.2). */
function rtcpShares({ bandwidth, rtcpBandwidth }: RtpSessionOptions): {
  senders: number;
  receivers: number;
} {
  if (!(bandwidth > 0)) throw new InvalidValueError(`RtpSession: bandwidth ${bandwidth} is not positive`);
  return rtcpBandwidth ?? { senders: bandwidth * 0.05 * 0.25, receivers: bandwidth * 0.05 * 0.75 };
}

/** What the schedule of RTCP depends on. @param overheadBytes of IP and UDP headers */
export function schedulerOptions(options: RtpSessionOptions, overheadBytes: number): RtcpSchedulerOptions {
  const { cname, bandwidth } = options;
  const share = rtcpShares(options);
  return {
    senderBandwidth: share.senders,
    receiverBandwidth: share.receivers,
    firstBytes: overheadBytes + 8 + 12 + cname.length,
    ...(options.reducedMinimum === true ? { senderMinimum: reducedMinimum(bandwidth) } : {}),
  };
}

export function inRange(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw new InvalidValueError(`RtpSession: ${name} ${value} is not ${least} to ${most}`);
}

/** @throws {InvalidValueError} when a text of ours does not fit in its item (RFC 3550 §6.5) */
export function checkSdes({ priv, ...texts }: SdesItems): void {
  for (const [name, text] of Object.entries(texts)) checkText(name.toUpperCase(), text ?? '');
  for (const { prefix, value } of priv ?? []) checkText('PRIV prefix and value', prefix + value, 254);
}

/** @throws {InvalidValueError} when it is longer than `limit` bytes of UTF-8 */
export function checkText(field: string, text: string, limit = 255): void {
  try {
    encodeRtcpText(field, text, limit);
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    throw new InvalidValueError(error.message, { cause: error });
  }
}
