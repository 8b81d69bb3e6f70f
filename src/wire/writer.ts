const utf8 = new TextEncoder();

/** Writes fields, big-endian but for those named `le`, into a buffer that grows. Calls chain; {@link finish} gives the bytes written. */
export class WireWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#grow(1); // may replace the view
    this.#view.setUint8(at, value);
    return this;
  }
  u16(value: number): this {
    const at = this.#grow(2); // may replace the view
    this.#view.setUint16(at, value);
    return this;
  }
  /** 24 bits; a negative value is written in two's complement. */
  u24(value: number): this {
    const at = this.#grow(3);
    this.#view.setUint8(at, value >> 16);
    this.#view.setUint16(at + 1, value & 0xffff);
    return this;
  }
  u32(value: number): this {
    const at = this.#grow(4); // may replace the view
    this.#view.setUint32(at, value);
    return this;
  }
  /** 16 bits, the low byte first. */
  u16le(value: number): this {
    const at = this.#grow(2); // may replace the view
    this.#view.setUint16(at, value, true);
    return this;
  }
  /** 32 bits, the low byte first. */
  u32le(value: number): this {
    const at = this.#grow(4); // may replace the view
    this.#view.setUint32(at, value, true);
    return this;
  }
  u64(value: bigint): this {
    const at = this.#grow(8); // may replace the view
    this.#view.setBigUint64(at, value);
    return this;
  }
  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }
  utf8(value: string): this {
    return this.bytes(utf8.encode(value));
  }
  zeros(count: number): this {
    this.#grow(count); // fresh buffers are zero, and nothing is ever written twice
    return this;
  }
  /** Overwrites a byte written earlier, such as a length known only at the end. */
  setU8(at: number, value: number): this {
    this.#view.setUint8(at, value);
    return this;
  }
  /** As {@link setU8}, 16 bits. */
  setU16(at: number, value: number): this {
    this.#view.setUint16(at, value);
    return this;
  }
  /** The bytes written, sharing no memory with the writer's next use: the writer is spent. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = needed;
    return at;
  }
}
