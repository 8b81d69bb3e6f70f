import { WireReader } from '../wire/index.ts';
import type { ByteQueue } from './byte-queue.ts';

/** A packet as a capture file keeps it. */
export interface CapturedFrame {
  /** Nanoseconds since 1970, or undefined when the file does not say. */
  readonly timeNs: bigint | undefined;
  readonly linkType: number;
  /** A view that is valid until the next bytes come. */
  readonly data: Uint8Array;
}

/** Takes records from a file's bytes. */
export interface RecordReader {
  /**
   * The next packet, `other` for a record that is none, or undefined when the record is not there in full.
   *
   * @throws {DecodeError} when the file is damaged here
   */
  next(queue: ByteQueue): CapturedFrame | 'other' | undefined;
}

/** Files are written in the byte order of the machine that wrote them. */
export class OrderedReader extends WireReader {
  readonly #format: string;
  readonly #little: boolean;

  constructor(format: string, bytes: Uint8Array, little: boolean) {
    super(format, bytes);
    this.#format = format;
    this.#little = little;
  }

  half(): number {
    return this.#little ? this.u16le() : this.u16();
  }
  word(): number {
    return this.#little ? this.u32le() : this.u32();
  }
  long(): bigint {
    const [first, second] = [BigInt(this.word()), BigInt(this.word())];
    return this.#little ? (second << 32n) | first : (first << 32n) | second;
  }
  /** A reader of the same byte order over the next `length` bytes, which this reader skips. */
  inOrder(length: number): OrderedReader {
    return new OrderedReader(this.#format, this.view(length), this.#little);
  }
}
