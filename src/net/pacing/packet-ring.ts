/**
 * How main thread and sending thread share memory: one writes at the head, the other reads at the tail. Each slot holds a
 * packet, where it goes and when.
 */
export const RING = {
  slots: 1024,
  /** Bytes of a slot: due time (8), socket (4), descriptor (4), length (4), address length (4), address (32), packet. */
  stride: 2048,
  address: 24,
  packet: 56,
  /** Longest packet that has room. */
  longest: 2048 - 56,
  /** 32-bit words before the slots: head, tail, how often a socket was ended, then some words for each socket. */
  head: 0,
  tail: 1,
  endings: 2,
  counters: 3,
  sockets: 64,
  /** A word's place is `counters + kinds × socket + kind`. */
  kinds: 5,
  sent: 0,
  failed: 1,
  error: 2,
  /** Packets that were not sent since the socket was ended. */
  dropped: 3,
  /** 1: nothing leaves by this socket any more. */
  ended: 4,
} as const;

export type RingLayout = typeof RING;

/** Where the slots begin. */
export const RING_START = 8 * Math.ceil((4 * (RING.counters + RING.kinds * RING.sockets)) / 8) + 8;

/** Before the slots: when the sending thread will wake next, in its milliseconds. */
export const RING_WAKE = RING_START - 8;

export const RING_BYTES = RING_START + RING.slots * RING.stride;

/** What the main thread does with the ring. */
export class PacketRing {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;

  constructor(memory = new SharedArrayBuffer(RING_BYTES)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, RING_WAKE / 4);
    this.#view = new DataView(memory);
    this.#bytes = new Uint8Array(memory);
  }

  /**
   * @param due    milliseconds of the system's monotonic clock
   * @param socket below {@link RING.sockets}
   * @returns false when there is no room, or the packet is too long for a slot
   */
  push(due: number, socket: number, fd: number, address: Uint8Array, packet: Uint8Array): boolean {
    const head = Atomics.load(this.#words, RING.head);
    const used = (head - Atomics.load(this.#words, RING.tail)) | 0;
    if (used >= RING.slots || packet.length > RING.longest) return false;
    const at = RING_START + (head & (RING.slots - 1)) * RING.stride;
    const view = this.#view;
    view.setFloat64(at, due, true);
    view.setInt32(at + 8, socket, true);
    view.setInt32(at + 12, fd, true);
    view.setInt32(at + 16, packet.length, true);
    view.setInt32(at + 20, address.length, true);
    this.#bytes.set(address, at + RING.address);
    this.#bytes.set(packet, at + RING.packet);
    Atomics.store(this.#words, RING.head, (head + 1) | 0);
    // Waking costs a system call: only when it would sleep too long.
    if (due < view.getFloat64(RING_WAKE, true)) this.wake();
    return true;
  }

  sent(socket: number): number {
    return this.#word(socket, RING.sent);
  }
  failed(socket: number): number {
    return this.#word(socket, RING.failed);
  }
  /** The system's number of the last failure. */
  error(socket: number): number {
    return this.#word(socket, RING.error);
  }
  dropped(socket: number): number {
    return this.#word(socket, RING.dropped);
  }
  #word(socket: number, kind: number): number {
    return Atomics.load(this.#words, RING.counters + RING.kinds * socket + kind);
  }

  /** What is waiting for this socket is dropped, soon. */
  end(socket: number): void {
    Atomics.store(this.#words, RING.counters + RING.kinds * socket + RING.ended, 1);
    Atomics.add(this.#words, RING.endings, 1);
    this.wake();
  }
  wake(): void {
    Atomics.notify(this.#words, RING.head);
  }
  /** Starts a socket's words anew. */
  clear(socket: number): void {
    for (let kind = 0; kind < RING.kinds; kind++) {
      Atomics.store(this.#words, RING.counters + RING.kinds * socket + kind, 0);
    }
  }
}
