import { DecodeError } from '../errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads fields from bytes, big-endian but for those named `le`. Each read checks its bounds in one place and throws {@link DecodeError}
 * naming the protocol and the offset; nothing is ever read past the end.
 */
export class WireReader {
  readonly #protocol: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;
  readonly #end: number;

  constructor(protocol: string, bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#protocol = protocol;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  /** Offset of the next byte to read, from the start of the bytes given. */
  get offset(): number {
    return this.#at;
  }
  /** Bytes left. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }
  /** 24-bit unsigned. */
  u24(): number {
    const at = this.#take(3);
    return this.#view.getUint16(at) * 256 + this.#view.getUint8(at + 2);
  }
  /** 24-bit two's complement, as RTCP's cumulative loss. */
  i24(): number {
    const value = this.u24();
    return value >= 0x80_0000 ? value - 0x100_0000 : value;
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }
  /** 16 bits, the low byte first. */
  u16le(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  /** 32 bits, the low byte first. */
  u32le(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }
  /** A copy of the next `length` bytes: it shares no memory with the receive buffer. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(at, at + length)); // not slice(): a Buffer's does not copy
  }
  /** A view of the next `length` bytes; valid only as long as the receive buffer is. */
  view(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }
  /** A view of the next `length` bytes, which stay to be read. */
  peek(length: number): Uint8Array {
    const at = this.#take(length);
    this.#at = at;
    return this.#bytes.subarray(at, at + length);
  }
  /** The next `length` bytes as UTF-8; malformed UTF-8 is the peer's error. */
  utf8(length: number): string {
    const at = this.#take(length);
    try {
      return utf8.decode(this.#bytes.subarray(at, at + length));
    } catch (cause) {
      throw new DecodeError(this.#protocol, 'text is not UTF-8', { offset: at, cause });
    }
  }
  /** A copy of everything left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }
  skip(length: number): void {
    this.#take(length);
  }
  /** A reader over the next `length` bytes, which this reader skips. */
  sub(length: number): WireReader {
    const at = this.#take(length);
    return new WireReader(this.#protocol, this.#bytes, at, at + length);
  }
  /** The error to throw when what was read breaks `rule`. */
  fail(problem: string, rule?: string): DecodeError {
    return new DecodeError(this.#protocol, problem, {
      offset: this.#at,
      ...(rule === undefined ? {} : { rule }),
    });
  }

  #take(length: number): number {
    const at = this.#at;
    if (length < 0 || length > this.#end - at) {
      throw new DecodeError(this.#protocol, `needs ${length} more bytes, has ${this.#end - at}`, {
        offset: at,
      });
    }
    this.#at = at + length;
    return at;
  }
}
