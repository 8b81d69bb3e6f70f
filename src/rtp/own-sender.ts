import type { Ms, RandomSource } from '../machine.ts';
import { ntpFromWall } from '../rtcp/index.ts';
import type { RtpExtension } from './packet.ts';
import { RtpPacketizer } from './packetizer.ts';
import type { SenderPart } from './report.ts';
import type { OwnSenderStats } from './session-types.ts';
import { timestampAdd } from './sequence.ts';

/** Our sending side: packets, counts, and whether we are a sender in the sense of RFC 3550 §6.3. */
export class OwnSender {
  readonly #packetizer: RtpPacketizer;
  #isSender = false;
  #everSent = false;
  #lastSentAt: Ms = 0;
  #lastTimestamp = 0;
  #besideAt: Ms = Number.NEGATIVE_INFINITY;

  constructor(ssrc: number, payloadType: number, random: RandomSource, lowSequence = false) {
    this.#packetizer = new RtpPacketizer(ssrc, payloadType, random);
    if (lowSequence) this.#packetizer.sequenceNumber &= 0x7fff;
  }

  get ssrc(): number {
    return this.#packetizer.ssrc;
  }
  get payloadType(): number {
    return this.#packetizer.payloadType;
  }
  set payloadType(payloadType: number) {
    this.#packetizer.payloadType = payloadType;
  }
  /** Sent RTP within the last two intervals; under {@link ssrc}. */
  get isSender(): boolean {
    return this.#isSender;
  }
  /** Sent any RTP since the session began. */
  get everSent(): boolean {
    return this.#everSent;
  }
  get stats(): OwnSenderStats {
    const { ssrc, packetsSent, octetsSent, timestamp, sequenceNumber } = this.#packetizer;
    return { ssrc, isSender: this.#isSender, packetsSent, octetsSent, timestamp, sequenceNumber };
  }

  next(
    payload: Uint8Array,
    increment: number,
    marker: boolean,
    now: Ms,
    extension?: RtpExtension,
  ): Uint8Array {
    this.#lastTimestamp = this.#packetizer.timestamp;
    this.#lastSentAt = now;
    this.#isSender = true;
    this.#everSent = true;
    return this.#packetizer.next(payload, increment, marker, extension);
  }

  /**
   * A packet with a time of its own, such as an event that lasts (RFC 4733 §2.1): numbered with the others; the time of the
   * next packet, and what sender reports say of it, stay as they are.
   */
  beside(payload: Uint8Array, timestamp: number, marker: boolean, payloadType: number, now: Ms): Uint8Array {
    const { timestamp: usual, payloadType: usualType } = this.#packetizer;
    if (!this.#everSent) {
      this.#lastTimestamp = usual;
      this.#lastSentAt = now;
    }
    this.#besideAt = now;
    this.#isSender = true;
    this.#everSent = true;
    this.#packetizer.timestamp = timestamp;
    this.#packetizer.payloadType = payloadType;
    try {
      return this.#packetizer.next(payload, 0, marker);
    } finally {
      this.#packetizer.timestamp = usual;
      this.#packetizer.payloadType = usualType;
    }
  }

  skip(increment: number): void {
    this.#packetizer.skip(increment);
  }

  /** Stops being a sender when nothing was sent since `deadline`. */
  expire(deadline: Ms): void {
    if (this.#lastSentAt < deadline && this.#besideAt < deadline) this.#isSender = false;
  }

  changeSsrc(ssrc: number): void {
    this.#packetizer.changeSsrc(ssrc);
    this.#isSender = false;
  }

  /** What an SR says now, or undefined when it is to be an RR; the RTP timestamp is that of this instant. */
  report(clockRate: number, now: Ms, wall: number): SenderPart | undefined {
    if (!this.#isSender) return undefined;
    const { packetsSent, octetsSent } = this.#packetizer;
    return {
      ntp: ntpFromWall(wall),
      rtpTimestamp: timestampAdd(this.#lastTimestamp, ((now - this.#lastSentAt) * clockRate) / 1000),
      packets: packetsSent >>> 0,
      octets: octetsSent >>> 0,
    };
  }
}
