/** Datagrams taken by one call. */
export const SLOTS = 64;
/** Room for any UDP datagram; the odd remainder spreads the slots over the processor's cache. */
const STRIDE = 65_536 + 192;
const HEADER = 64;
const VECTOR = 16;
const NAME = 32;
const CONTROL = 64;
/** A `cmsghdr` that carries a `timespec`: its length, level SOL_SOCKET and type. */
const STAMP_LENGTH = 32;

/** Memory outside the garbage collector's reach: its address does not change, and it lives as long as the process. */
export interface PinnedMemory {
  readonly address: bigint;
  readonly memory: ArrayBuffer;
}

/** What `recvmmsg` is to be called with. */
export type ReceiveBatch = (fd: number, headers: bigint, slots: number) => number;

/**
 * Room for {@link SLOTS} datagrams with their senders and times of arrival, laid out as `recvmmsg(2)` wants it: an array
 * of `struct mmsghdr`, each pointing at an `iovec`, a socket address and control messages. One serves all sockets of
 * the process, one after the other: what is in it is valid until the next {@link receive}.
 */
export class MessageSlab {
  /** Somebody looks at what is in it: a listener, for one, may have others drained meanwhile. */
  busy = false;
  readonly #view: DataView;
  readonly #memory: ArrayBuffer;
  readonly #address: bigint;
  readonly #names: number;
  readonly #controls: number;
  readonly #data: number;
  readonly #receive: ReceiveBatch;
  /** Of the length that the last datagram in each slot had: streams have one size, so most fit again. */
  readonly #bytes: Uint8Array[] = [];

  /** @param allocate gives pinned memory of so many bytes, zeroed */
  constructor(allocate: (length: number) => PinnedMemory, receive: ReceiveBatch) {
    const vectors = SLOTS * HEADER;
    this.#names = vectors + SLOTS * VECTOR;
    this.#controls = this.#names + SLOTS * NAME;
    this.#data = this.#controls + SLOTS * CONTROL;
    const { address, memory } = allocate(this.#data + SLOTS * STRIDE);
    this.#receive = receive;
    this.#address = address;
    this.#memory = memory;
    const view = new DataView(memory);
    this.#view = view;
    const at = (offset: number): bigint => address + BigInt(offset);
    for (let slot = 0; slot < SLOTS; slot++) {
      const header = slot * HEADER;
      const vector = vectors + slot * VECTOR;
      view.setBigUint64(header, at(this.#names + slot * NAME), true);
      view.setBigUint64(header + 16, at(vector), true);
      view.setBigUint64(header + 24, 1n, true);
      view.setBigUint64(header + 32, at(this.#controls + slot * CONTROL), true);
      view.setBigUint64(vector, at(this.#data + slot * STRIDE), true);
      view.setBigUint64(vector + 8, 65_536n, true);
      this.#rearm(slot);
      this.#bytes.push(new Uint8Array(0));
    }
  }

  /** Takes what waits, without waiting. @returns how many datagrams are in the slots from 0 on; 0 also for an error */
  receive(fd: number): number {
    return Math.max(0, this.#receive(fd, this.#address, SLOTS));
  }

  /** Frees the first slots for the next call, which else would find the lengths that the last one left there. */
  release(count: number): void {
    for (let slot = 0; slot < count; slot++) this.#rearm(slot);
  }

  #rearm(slot: number): void {
    this.#view.setUint32(slot * HEADER + 8, NAME, true);
    this.#view.setUint32(slot * HEADER + 40, CONTROL, true); // its upper half is always 0
  }

  /** The payload, in memory that the next call overwrites. */
  bytes(slot: number): Uint8Array {
    const length = this.#view.getUint32(slot * HEADER + 56, true);
    let bytes = this.#bytes[slot];
    if (bytes?.length !== length) {
      bytes = new Uint8Array(this.#memory, this.#data + slot * STRIDE, length);
      this.#bytes[slot] = bytes;
    }
    return bytes;
  }

  /** The sender's port. */
  port(slot: number): number {
    return this.#view.getUint16(this.#names + slot * NAME + 2);
  }
  /** 32 bits of the sender's address, from word 0: the only one of IPv4, four of IPv6. */
  addressWord(slot: number, word: number, family: 4 | 6): number {
    return this.#view.getUint32(this.#names + slot * NAME + (family === 4 ? 4 : 8) + 4 * word);
  }
  /** The interface of a link-local IPv6 sender. */
  scope(slot: number): number {
    return this.#view.getUint32(this.#names + slot * NAME + 24, true);
  }

  /** When the kernel took it from the network: milliseconds since 1970 by the wall clock; undefined when it does not say. */
  arrival(slot: number, level: number, type: number): number | undefined {
    const at = this.#controls + slot * CONTROL;
    const view = this.#view;
    if (view.getUint32(slot * HEADER + 40, true) < STAMP_LENGTH) return undefined;
    if (view.getInt32(at + 8, true) !== level || view.getInt32(at + 12, true) !== type) return undefined;
    const seconds = view.getUint32(at + 16, true) + view.getUint32(at + 20, true) * 2 ** 32;
    return seconds * 1000 + view.getUint32(at + 24, true) / 1e6;
  }
}
