/** Bytes that come in pieces and are taken in records. Its memory is at most twice what was ever waiting at once. */
export class ByteQueue {
  #bytes = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #skipped = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#end - this.#start;
  }
  /** Bytes skipped since the beginning: where the next one stands in the file. */
  get offset(): number {
    return this.#skipped;
  }

  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) {
      const waiting = this.#bytes.subarray(this.#start, this.#end);
      const needed = waiting.length + chunk.length;
      // Twice what is needed, so that bytes are moved seldom, however small the pieces are.
      const room = needed * 2 <= this.#bytes.length ? this.#bytes : new Uint8Array(needed * 2);
      room.set(waiting);
      this.#bytes = room;
      this.#end = waiting.length;
      this.#start = 0;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** A view of the next `length` bytes, valid until the next {@link push}; undefined when there are fewer. */
  peek(length: number): Uint8Array | undefined {
    return length > this.length ? undefined : this.#bytes.subarray(this.#start, this.#start + length);
  }

  /** Skips `length` bytes, which must be there. */
  skip(length: number): void {
    this.#start += length;
    this.#skipped += length;
  }

  /** As {@link peek}, and skips them. */
  take(length: number): Uint8Array | undefined {
    const bytes = this.peek(length);
    if (bytes !== undefined) this.skip(length);
    return bytes;
  }
}
