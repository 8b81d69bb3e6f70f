import type { Ms, RandomSource } from '../machine.ts';

/** What one participant knows when it computes its RTCP interval. */
export interface RtcpIntervalInput {
  /** Participants, ourselves included. */
  readonly members: number;
  /** Of them, those that sent RTP within the last two intervals, ourselves included. */
  readonly senders: number;
  /** Whether we are one of the senders. */
  readonly weSent: boolean;
  /** Whether we have not sent any RTCP yet: halves the minimum. */
  readonly initial: boolean;
  /** Mean size of compound packets in bytes, IP and UDP headers included. */
  readonly averageBytes: number;
  /** RTCP bandwidth for senders and for receivers, bits per second; 5 % of the session's, as 1 to 3, by default. */
  readonly senderBandwidth: number;
  readonly receiverBandwidth: number;
  /** Least interval, ms; default 5000 (RFC 3550 §6.2). */
  readonly minimum?: Ms;
}

/** Least interval between two reports, before randomisation (RFC 3550 §6.2). */
export const RTCP_MINIMUM_MS: Ms = 5000;

/**
 * Td, the interval before randomisation.
 *
 * @returns milliseconds; Infinity when RTCP is switched off by a bandwidth of 0
 * @see RFC 3550 §6.3.1, §A.7; RFC 3556 §2 for unequal shares
 */
export function rtcpDeterministicInterval(input: RtcpIntervalInput): Ms {
  const { members, senders, weSent, senderBandwidth, receiverBandwidth } = input;
  const minimum = (input.minimum ?? RTCP_MINIMUM_MS) * (input.initial ? 0.5 : 1);
  let bandwidth = senderBandwidth + receiverBandwidth;
  let sharers = members;
  // Few senders get a share of their own, so that names and clocks of senders arrive soon.
  if (senders <= members * (senderBandwidth / bandwidth)) {
    bandwidth = weSent ? senderBandwidth : receiverBandwidth;
    sharers = weSent ? senders : members - senders;
  }
  if (bandwidth <= 0) return Infinity;
  return Math.max(minimum, (sharers * input.averageBytes * 8 * 1000) / bandwidth);
}

/**
 * T: Td times a random factor from 0.5 to 1.5, divided by e − 3/2 because timer reconsideration would otherwise settle
 * above the wanted rate (RFC 3550 §6.3.1).
 */
export function rtcpInterval(input: RtcpIntervalInput, random: RandomSource): Ms {
  return (rtcpDeterministicInterval(input) * (random() + 0.5)) / (Math.E - 1.5);
}

/** The reduced minimum, 360 divided by the session bandwidth in kbit/s, in ms; never above 5 s (RFC 3550 §6.2). */
export function reducedMinimum(sessionBandwidth: number): Ms {
  return Math.min(RTCP_MINIMUM_MS, 360_000 / (sessionBandwidth / 1000));
}
