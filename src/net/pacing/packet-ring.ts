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
  /** 32-bit words before the slots: head, tail, then three counters for each socket. */
  head: 0,
  tail: 1,
  counters: 2,
  sockets: 64,
  /** A counter's place is `counters + 3 × socket + kind`. */
  sent: 0,
  failed: 1,
  error: 2,
} as const;

export type RingLayout = typeof RING;

/** Where the slots begin. */
export const RING_START = 8 * Math.ceil((4 * (RING.counters + 3 * RING.sockets)) / 8) + 8;

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
    if (due < view.getFloat64(RING_WAKE, true)) Atomics.notify(this.#words, RING.head);
    return true;
  }

  sent(socket: number): number {
    return Atomics.load(this.#words, RING.counters + 3 * socket + RING.sent);
  }
  failed(socket: number): number {
    return Atomics.load(this.#words, RING.counters + 3 * socket + RING.failed);
  }
  /** The system's number of the last failure. */
  error(socket: number): number {
    return Atomics.load(this.#words, RING.counters + 3 * socket + RING.error);
  }
  /** Starts a socket's counters anew. */
  clear(socket: number): void {
    for (const kind of [RING.sent, RING.failed, RING.error]) {
      Atomics.store(this.#words, RING.counters + 3 * socket + kind, 0);
    }
  }
}
