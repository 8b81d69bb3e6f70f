const SLAB_BYTES = 32_768;

/**
 * Cuts pieces of memory from slabs, which costs less than memory of its own for each packet. A piece may be kept; a slab is freed
 * when the last piece cut from it is.
 */
export class Slab {
  #slab = new Uint8Array(0);
  #used = 0;

  /** `length` bytes that are not zeroed. */
  cut(length: number): Uint8Array {
    if (length > SLAB_BYTES / 4) return new Uint8Array(length);
    if (this.#used + length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used = at + length;
    return this.#slab.subarray(at, at + length);
  }
}
