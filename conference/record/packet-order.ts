import type { Ms } from '../../src/machine.ts';
import { MAX_DROPOUT, MAX_MISORDER } from '../../src/rtp/index.ts';

/** What is recorded of an RTP packet. */
export interface RecordedPacket {
  /** With the count of wraps above the low 16 bits. */
  readonly extendedSequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly arrival: Ms;
  /** Valid during the call only. */
  readonly payload: Uint8Array;
}

/** @param lost packets that are missing before this one */
export type TakeOrdered = (packet: RecordedPacket, lost: number) => void;

/** How long a missing packet is waited for. */
const HOLD_MS: Ms = 1000;
/** Packets kept at most; then the oldest is handed on without those before it. */
const MAX_HELD = 2000;

/**
 * Hands on the packets of one source in the order in which they were sent. What comes in order goes on at once and is not
 * copied; behind a gap packets wait for what is missing. Recordings need not hurry, so it may wait longer than the ear.
 *
 * Sequence numbers further back than {@link MAX_MISORDER}, and further ahead than {@link MAX_DROPOUT}, are no late and no lost
 * packets but a sender that has begun anew (RFC 3550 §A.1): its source lets no others through.
 */
export class PacketOrder {
  /** Packets that came after their place was given up. */
  late = 0;
  readonly #deliver: TakeOrdered;
  #next: number | undefined;
  #held: RecordedPacket[] = [];
  #paused: boolean;

  /** @param paused keeps everything until {@link resume} */
  constructor(deliver: TakeOrdered, paused = false) {
    this.#deliver = deliver;
    this.#paused = paused;
  }

  add(packet: RecordedPacket): void {
    const next = this.#next;
    const { extendedSequence: sequence } = packet;
    if (next !== undefined && sequence < next - MAX_MISORDER) {
      this.flush();
      this.#next = undefined;
    } else if (next !== undefined && sequence < next) {
      this.late++;
      return;
    }
    if (!this.#paused && (this.#next === undefined || sequence === this.#next) && this.#held.length === 0) {
      this.#hand(packet);
      return;
    }
    this.#hold(packet);
    if (this.#held.length > MAX_HELD) this.#release();
    else if (!this.#paused) this.#drain();
  }

  /** Hands on what was kept while it was paused. */
  resume(): void {
    this.#paused = false;
    if (this.#next === undefined) this.#release();
    else this.#drain();
  }

  /** Gives up what has been waited for long enough. */
  tick(now: Ms): void {
    if (this.#paused) return;
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      if (now - first.arrival < HOLD_MS) return;
      this.#release();
    }
  }

  /** Hands on everything. */
  flush(): void {
    while (this.#held.length > 0) this.#release();
  }

  #hold(packet: RecordedPacket): void {
    const held = this.#held;
    let at = held.length;
    while (at > 0 && (held[at - 1]?.extendedSequence ?? 0) > packet.extendedSequence) at--;
    if (held[at - 1]?.extendedSequence === packet.extendedSequence) return;
    held.splice(at, 0, { ...packet, payload: Uint8Array.from(packet.payload) });
  }

  #release(): void {
    const first = this.#held.shift();
    if (first !== undefined) this.#hand(first);
    this.#drain();
  }

  #drain(): void {
    while (this.#held[0] !== undefined && this.#held[0].extendedSequence === this.#next) {
      const first = this.#held.shift();
      if (first !== undefined) this.#hand(first);
    }
  }

  #hand(packet: RecordedPacket): void {
    const ahead = this.#next === undefined ? 0 : packet.extendedSequence - this.#next;
    const lost = ahead < MAX_DROPOUT ? ahead : 0;
    this.#next = packet.extendedSequence + 1;
    this.#deliver(packet, lost);
  }
}
