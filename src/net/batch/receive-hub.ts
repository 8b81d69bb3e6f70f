import type { Ms } from '../../machine.ts';
import type { Clock, Timer } from '../clock.ts';
import type { NativeSockets } from '../native.ts';
import type { BatchCalls } from './calls.ts';
import type { MessageSlab } from './message-slab.ts';
import type { Readiness } from './readiness.ts';

/** A socket that a hub reads. */
export interface HubMember {
  readonly fd: number;
  /** How long its datagrams may wait. */
  readonly latencyMs: Ms;
  /**
   * Takes what waits in its socket.
   *
   * @param now    on the hub's clock
   * @param offset what to add to the wall clock of the kernel's stamps to get to the hub's clock
   */
  drain(slab: MessageSlab, now: Ms, offset: number): void;
}

/** Looks for ready sockets in one round; more than this in all wait for the next round. */
const MAX_POLLS = 8;

/**
 * Reads many sockets on a timer: every few milliseconds one system call tells which have something, and one for each
 * of those takes up to 64 datagrams. That costs a fraction of being woken for each datagram, and makes them wait for up
 * to {@link HubMember.latencyMs}; their times of arrival are the kernel's, so nothing that is measured suffers.
 */
export class ReceiveHub {
  readonly native: NativeSockets;
  readonly #clock: Clock;
  readonly #calls: BatchCalls;
  readonly #timer: Timer;
  /** By descriptor, which are small numbers. */
  readonly #members: (HubMember | undefined)[] = [];
  #readiness: Readiness | undefined;
  #slab: MessageSlab | undefined;
  #count = 0;
  #intervalMs: Ms = 0;

  constructor(native: NativeSockets, clock: Clock) {
    this.native = native;
    this.#clock = clock;
    this.#calls = native.batches;
    this.#timer = clock.timer(() => this.#onTimer());
  }

  /** Reads it from now on. @throws {NetworkError} when the system has no more descriptors */
  add(member: HubMember): void {
    this.#slab ??= this.#calls.slab();
    this.#readiness ??= this.#calls.newReadiness();
    this.#readiness.add(member.fd);
    this.#members[member.fd] = member;
    this.#count++;
    const sooner = this.#intervalMs === 0 || member.latencyMs < this.#intervalMs;
    if (!sooner) return;
    this.#intervalMs = member.latencyMs;
    this.#timer.set(this.#clock.now() + this.#intervalMs);
  }

  /** Nothing is read from it any more; the descriptor is the caller's to close. */
  remove(member: HubMember): void {
    if (this.#members[member.fd] !== member) return;
    this.#members[member.fd] = undefined;
    this.#readiness?.remove(member.fd);
    this.#count--;
    this.#intervalMs = 0;
    for (const it of this.#members) {
      if (it !== undefined && (this.#intervalMs === 0 || it.latencyMs < this.#intervalMs))
        this.#intervalMs = it.latencyMs;
    }
    if (this.#count > 0) return;
    this.#timer.set(undefined);
    this.#readiness?.[Symbol.dispose]();
    this.#readiness = undefined;
  }

  /** Takes what has come so far: before audio is played, so that the latency is none of the listener's. */
  drain(): void {
    const slab = this.#slab;
    if (slab === undefined || slab.busy) return;
    slab.busy = true;
    try {
      const now = this.#clock.now();
      const offset = now - this.#calls.wall();
      for (let polls = 0; polls < MAX_POLLS; polls++) {
        const ready = this.#readiness?.poll() ?? 0;
        for (let index = 0; index < ready; index++) {
          const fd = this.#readiness?.ready(index) ?? 0;
          this.#members[fd]?.drain(slab, now, offset);
        }
        if (ready < 512) break;
      }
    } finally {
      slab.busy = false;
    }
  }

  #onTimer(): void {
    // First, so that it goes on whatever a listener throws.
    this.#timer.set(this.#clock.now() + this.#intervalMs);
    this.drain();
  }
}
