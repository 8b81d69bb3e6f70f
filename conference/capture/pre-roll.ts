/** The last few packets before a voice was noticed, in memory of their own. */
export class PreRoll {
  readonly #packets: readonly Float32Array[];
  #first = 0;
  #length = 0;

  /** @param packets how many are kept @param samples in each */
  constructor(packets: number, samples: number) {
    this.#packets = Array.from({ length: packets }, () => new Float32Array(samples));
  }

  get length(): number {
    return this.#length;
  }

  /** Keeps a copy. @returns packets that fell out: 0, or 1 when it was full (this one itself when nothing is kept) */
  push(packet: Float32Array): number {
    const size = this.#packets.length;
    if (size === 0) return 1;
    this.#packets[(this.#first + this.#length) % size]?.set(packet);
    if (this.#length < size) {
      this.#length++;
      return 0;
    }
    this.#first = (this.#first + 1) % size;
    return 1;
  }

  /** The oldest, valid until the next push. */
  shift(): Float32Array | undefined {
    if (this.#length === 0) return undefined;
    const packet = this.#packets[this.#first];
    this.#first = (this.#first + 1) % this.#packets.length;
    this.#length--;
    return packet;
  }

  /** @returns how many were forgotten */
  clear(): number {
    const forgotten = this.#length;
    this.#length = 0;
    return forgotten;
  }
}
