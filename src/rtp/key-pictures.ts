import type { Ms, RandomSource } from '../machine.ts';
import type { RtcpCounts, RtcpPacket, RtcpScheduler } from '../rtcp/index.ts';

/** How key pictures are asked for: what the description allows. */
export type KeyPictureRequestKind = 'pli' | 'fir';

/** A sender is asked again after this time at the earliest: a key picture takes a round trip, and is large. */
const AGAIN_MS: Ms = 1000;
/** Senders of whom it is remembered when they were asked last. */
const MAX_SENDERS = 64; // all of their requests fit in one datagram
/** Share of the interval of reports over which the members of a group spread what all want at once (l of RFC 4585 §3.5.2). */
const DITHER = 0.5;

interface Wish {
  waiting: boolean;
  askedAt: Ms;
  /** Of the full intra request before. */
  sequence: number;
}

/**
 * Requests for key pictures, with the early feedback of RFC 4585 §3.5: at once between two, after a random delay in a group, so that
 * one asks and the others, who hear it, do not; at most one early report in two intervals (by bandwidth), and what cannot go early
 * goes with the next regular report. Regular reports keep the times of RFC 3550, as with a `trr-int` of five seconds.
 */
export class KeyPictures {
  /** When an early report is to be sent; Infinity when none is. */
  due: Ms = Infinity;
  readonly #kind: KeyPictureRequestKind;
  readonly #scheduler: RtcpScheduler;
  readonly #random: RandomSource;
  readonly #wishes = new Map<number, Wish>();
  #earlyAgain: Ms = -Infinity;

  constructor(kind: KeyPictureRequestKind, scheduler: RtcpScheduler, random: RandomSource) {
    this.#kind = kind;
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /**
   * Wants a key picture of a sender.
   *
   * @returns whether it is asked for, by us now or soon, or by anybody within the last second; false where RTCP is switched off
   */
  ask(ssrc: number, counts: RtcpCounts, now: Ms): boolean {
    if (!Number.isFinite(this.#scheduler.due)) return false;
    const wish = this.#wishOf(ssrc);
    if (wish.waiting || now - wish.askedAt < AGAIN_MS) return true;
    wish.waiting = true;
    const dither = counts.members <= 2 ? 0 : DITHER * this.#scheduler.earlyUnit(counts);
    const at = now + this.#random() * dither;
    if (now + dither < this.#scheduler.due && at >= this.#earlyAgain) this.due = Math.min(this.due, at);
    return true;
  }

  /** Somebody else has asked a sender: nobody else need do so. */
  heard(ssrc: number, now: Ms): void {
    const wish = this.#wishOf(ssrc);
    wish.waiting = false;
    wish.askedAt = now;
    for (const it of this.#wishes.values()) if (it.waiting) return;
    this.due = Infinity;
  }

  /** All that is to be asked for, to be sent now. @param own our SSRC */
  take(own: number, now: Ms): RtcpPacket[] {
    this.due = Infinity;
    const asked = [...this.#wishes].filter(([, { waiting }]) => waiting);
    for (const [, wish] of asked) {
      wish.waiting = false;
      wish.askedAt = now;
      wish.sequence = (wish.sequence + 1) & 0xff;
    }
    if (this.#kind === 'pli')
      return asked.map(([mediaSsrc]) => ({ type: 'pli', ssrc: own, mediaSsrc }) as const);
    const requests = asked.map(([ssrc, { sequence }]) => ({ ssrc, sequence }));
    return requests.length === 0 ? [] : [{ type: 'fir', ssrc: own, requests }];
  }

  /** An early report was sent. @param bytes with IP and UDP headers */
  sentEarly(bytes: number, counts: RtcpCounts, now: Ms): void {
    this.#earlyAgain = now + 2 * this.#scheduler.earlyUnit(counts);
    this.#scheduler.sentEarly(bytes, counts);
  }

  #wishOf(ssrc: number): Wish {
    let wish = this.#wishes.get(ssrc);
    if (wish !== undefined) return wish;
    wish = { waiting: false, askedAt: -Infinity, sequence: Math.floor(this.#random() * 256) };
    this.#wishes.set(ssrc, wish);
    if (this.#wishes.size > MAX_SENDERS) {
      const [oldest] = this.#wishes.keys();
      if (oldest !== undefined) this.#wishes.delete(oldest);
    }
    return wish;
  }
}
