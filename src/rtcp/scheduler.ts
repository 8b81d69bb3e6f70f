import type { Ms, RandomSource } from '../machine.ts';
import { RTCP_MINIMUM_MS, rtcpDeterministicInterval, rtcpInterval } from './interval.ts';

/** Size of the session as seen now; both counts include ourselves. */
export interface RtcpCounts {
  readonly members: number;
  readonly senders: number;
  readonly weSent: boolean;
}

/** How the scheduler shares bandwidth. */
export interface RtcpSchedulerOptions {
  /** Bits per second. */
  readonly senderBandwidth: number;
  readonly receiverBandwidth: number;
  /** Least interval for senders, and for receivers, ms. */
  readonly senderMinimum?: Ms;
  /** Probable size of our first compound packet with IP and UDP headers. */
  readonly firstBytes: number;
}

/** More members than this: a BYE waits its turn (RFC 3550 §6.3.7). */
export const BYE_BACKOFF_MEMBERS = 50;

/**
 * When to send RTCP: the interval, timer reconsideration when the group grows, reverse reconsideration when it shrinks,
 * and the back-off of BYE (RFC 3550 §6.3). It knows no packets; the caller tells sizes and counts.
 */
export class RtcpScheduler {
  readonly #options: RtcpSchedulerOptions;
  readonly #random: RandomSource;
  /** Names of RFC 3550 §6.3: tp the last time sent, tn the next, pmembers the members when tn was computed. */
  #tp: Ms;
  #tn: Ms;
  #pmembers = 1;
  #initial = true;
  #averageBytes: number;
  #leaving = false;
  /** While leaving: BYEs heard, and we ourselves. */
  #leavers = 1;

  constructor(options: RtcpSchedulerOptions, random: RandomSource, now: Ms) {
    this.#options = options;
    this.#random = random;
    this.#averageBytes = options.firstBytes;
    this.#tp = now;
    this.#tn = now + this.#interval({ members: 1, senders: 0, weSent: false });
  }

  /** When to call {@link expire}; Infinity when RTCP is switched off. */
  get due(): Ms {
    return this.#tn;
  }
  /** Running mean of RTCP packet sizes, bytes with IP and UDP headers. */
  get averageBytes(): number {
    return this.#averageBytes;
  }
  get leaving(): boolean {
    return this.#leaving;
  }

  /** The timer ran out. True: send now, then call {@link sent}. False: the group has grown, wait until {@link due}. */
  expire(counts: RtcpCounts, now: Ms): boolean {
    if (now < this.#tn) return false;
    const seen = this.#leaving ? { members: this.#leavers, senders: 0, weSent: false } : counts;
    this.#tn = this.#tp + this.#interval(seen);
    this.#pmembers = seen.members;
    return this.#tn <= now;
  }

  /** A compound packet was sent. */
  sent(bytes: number, counts: RtcpCounts, now: Ms): void {
    this.#average(bytes);
    this.#tp = now;
    this.#initial = false;
    this.#tn = now + this.#interval(counts);
    this.#pmembers = counts.members;
  }

  /** A compound packet was sent between two regular ones: the next of these makes up for it (RFC 4585 §3.5.3). */
  sentEarly(bytes: number, counts: RtcpCounts): void {
    this.#average(bytes);
    this.#tn = Math.max(this.#tn, this.#tp + 2 * this.earlyUnit(counts));
  }

  /** A compound packet of another participant came. While leaving only those with a BYE count. */
  received(bytes: number, hasBye: boolean): void {
    if (this.#leaving && !hasBye) return;
    this.#average(bytes);
    if (this.#leaving) this.#leavers++;
  }

  /** Members left or timed out: the others may speak sooner (reverse reconsideration, RFC 3550 §6.3.4). */
  membersLeft(counts: RtcpCounts, now: Ms): void {
    if (this.#leaving || counts.members >= this.#pmembers || !Number.isFinite(this.#tn)) return;
    const ratio = counts.members / this.#pmembers;
    this.#tn = now + ratio * (this.#tn - now);
    this.#tp = now - ratio * (now - this.#tp);
    this.#pmembers = counts.members;
  }

  /**
   * We want to leave. True: send BYE now. False: more than 50 are here, so that many may be leaving; send it when
   * {@link expire} says so (RFC 3550 §6.3.7).
   *
   * @param bytes size of the BYE compound with IP and UDP headers
   */
  leave(bytes: number, members: number, now: Ms): boolean {
    if (members <= BYE_BACKOFF_MEMBERS) return true;
    this.#leaving = true;
    this.#leavers = 1;
    this.#pmembers = 1;
    this.#initial = true;
    this.#averageBytes = bytes;
    this.#tp = now;
    this.#tn = now + this.#interval({ members: 1, senders: 0, weSent: false });
    return false;
  }

  /** We became a sender: RTCP that was switched off for receivers alone (`b=RR:0`) begins. */
  senderStarted(counts: RtcpCounts, now: Ms): void {
    if (Number.isFinite(this.#tn)) return;
    this.#tp = now;
    this.#tn = now + this.#interval(counts);
    this.#pmembers = counts.members;
  }

  /** Nothing more is to be sent. */
  stop(): void {
    this.#tn = Infinity;
  }

  /** Td as a receiver has it and with the full minimum: the unit of member time-outs (RFC 3550 §6.3.5). */
  timeoutUnit(counts: RtcpCounts): Ms {
    return rtcpDeterministicInterval({
      ...this.#input(counts),
      weSent: false,
      initial: false,
      minimum: RTCP_MINIMUM_MS,
    });
  }

  /** Td as a sender has it, with the full minimum: the unit of sender time-outs. */
  senderUnit(counts: RtcpCounts): Ms {
    return rtcpDeterministicInterval({
      ...this.#input(counts),
      weSent: true,
      initial: false,
      minimum: RTCP_MINIMUM_MS,
    });
  }

  /** Td by bandwidth alone, without a minimum: the unit of early feedback (T_rr of RFC 4585 §3.5.1). */
  earlyUnit(counts: RtcpCounts): Ms {
    return rtcpDeterministicInterval({ ...this.#input(counts), minimum: 0 });
  }

  #interval(counts: RtcpCounts): Ms {
    return rtcpInterval(this.#input(counts), this.#random);
  }

  #input(counts: RtcpCounts): Parameters<typeof rtcpInterval>[0] {
    const { senderBandwidth, receiverBandwidth, senderMinimum } = this.#options;
    return {
      ...counts,
      initial: this.#initial,
      averageBytes: this.#averageBytes,
      senderBandwidth,
      receiverBandwidth,
      minimum: counts.weSent && senderMinimum !== undefined ? senderMinimum : RTCP_MINIMUM_MS,
    };
  }

  #average(bytes: number): void {
    this.#averageBytes += (bytes - this.#averageBytes) / 16; // RFC 3550 §6.3.3
  }
}
