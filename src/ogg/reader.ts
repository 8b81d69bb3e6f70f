import { DecodeError } from '../errors.ts';
import { WireReader } from '../wire/index.ts';
import { BEGINS_STREAM, CONTINUED, ENDS_STREAM, NO_GRANULE, oggChecksum } from './page.ts';

export interface OggPacket {
  readonly data: Uint8Array;
  /** Position at its end, when it is the last that ends on its page; else undefined. */
  readonly granule: number | undefined;
  /** The first of its stream, the last. */
  readonly begins: boolean;
  readonly ends: boolean;
}

const HEADER_BYTES = 27;
/** Longer ones are nobody's audio: memory stays bounded. */
const MAX_PACKET_BYTES = 1024 * 1024;

/** Reads the packets of the first stream of an Ogg file, which comes in pieces of any size; other streams are passed over. */
export class OggReader {
  #waiting: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #serial: number | undefined;
  #packets: OggPacket[] = [];
  #part: Uint8Array[] = [];
  #partBytes = 0;

  /** The next bytes of the file; they may be used anew afterwards. */
  handleBytes(chunk: Uint8Array): void {
    const joined = new Uint8Array(this.#waiting.length + chunk.length);
    joined.set(this.#waiting);
    joined.set(chunk, this.#waiting.length);
    this.#waiting = joined;
  }

  /** The next packet, or undefined when more bytes are needed. @throws {DecodeError} when it is no Ogg, or damaged */
  pollPacket(): OggPacket | undefined {
    while (this.#packets.length === 0) if (!this.#takePage()) return undefined;
    return this.#packets.shift();
  }

  /** To be called at the end of the file. @throws {DecodeError} when it ends within a page, as it does after a crash */
  handleEnd(): void {
    if (this.#waiting.length === 0 && this.#serial !== undefined) return;
    throw new DecodeError('Ogg', 'the file ends within a page', { offset: this.#offset });
  }

  #takePage(): boolean {
    const bytes = this.#waiting;
    if (bytes.length < HEADER_BYTES) return false;
    const r = new WireReader('Ogg', bytes);
    if (r.u32() !== 0x4f67_6753 || r.u8() !== 0)
      throw new DecodeError('Ogg', 'there is no page where one should begin', { offset: this.#offset });
    const flags = r.u8();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const [low, high] = [view.getUint32(6, true), view.getUint32(10, true)];
    const granule = high === 0xffff_ffff ? NO_GRANULE : high * 0x1_0000_0000 + low;
    const serial = view.getUint32(14, true);
    const count = bytes[26] ?? 0;
    if (bytes.length < HEADER_BYTES + count) return false;
    const segments = bytes.subarray(HEADER_BYTES, HEADER_BYTES + count);
    const length = HEADER_BYTES + count + segments.reduce((sum, it) => sum + it, 0);
    if (bytes.length < length) return false;
    const page = bytes.slice(0, length);
    const told = view.getUint32(22, true);
    page.fill(0, 22, 26);
    if (oggChecksum(page) !== told)
      throw new DecodeError('Ogg', 'a page is damaged: its checksum is wrong', { offset: this.#offset });
    this.#waiting = bytes.subarray(length);
    this.#offset += length;
    this.#serial ??= serial;
    if (serial === this.#serial) this.#takeSegments(page, segments, flags, granule);
    return true;
  }

  #takeSegments(page: Uint8Array, segments: Uint8Array, flags: number, granule: number): void {
    if ((flags & CONTINUED) === 0) {
      this.#part = [];
      this.#partBytes = 0;
    }
    const lastEnd = segments.findLastIndex((it) => it < 255);
    let at = HEADER_BYTES + segments.length;
    for (const [i, length] of segments.entries()) {
      this.#part.push(page.subarray(at, at + length));
      this.#partBytes += length;
      at += length;
      if (this.#partBytes > MAX_PACKET_BYTES)
        throw new DecodeError('Ogg', 'a packet is longer than 1 MiB', { offset: this.#offset });
      if (length === 255) continue;
      const data = new Uint8Array(this.#partBytes);
      let to = 0;
      for (const part of this.#part) {
        data.set(part, to);
        to += part.length;
      }
      this.#part = [];
      this.#partBytes = 0;
      this.#packets.push({
        data,
        granule: i === lastEnd && granule !== NO_GRANULE ? granule : undefined,
        begins: (flags & BEGINS_STREAM) !== 0,
        ends: i === lastEnd && (flags & ENDS_STREAM) !== 0,
      });
    }
  }
}
