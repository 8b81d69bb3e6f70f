import { WireWriter } from '../wire/index.ts';
import { type Depacketizer, joined, NOTHING } from './depacketizer.ts';

/** A frame longer than this is none. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
const CLOCK_RATE = 90_000;

/**
 * VP8 frames (RFC 7741 §4) in an IVF file. It begins with the first key frame, whose size the file's header has; frames
 * of which a packet is missing are left out.
 */
export class Vp8Depacketizer implements Depacketizer {
  readonly encoding = 'vp8';
  readonly extension = '.ivf';
  readonly header = NOTHING;
  frames = 0;
  #parts: Uint8Array[] | undefined;
  #bytes = 0;
  #begun = false;

  take(payload: Uint8Array, ticks: number, marker: boolean, lost: boolean): readonly Uint8Array[] {
    if (lost) this.#parts = undefined;
    const start = descriptorLength(payload);
    if (start >= payload.length) return [];
    const first = payload[0] ?? 0;
    if ((first & 0x10) !== 0 && (first & 0x07) === 0) {
      this.#parts = [];
      this.#bytes = 0;
    }
    if (this.#parts === undefined) return [];
    this.#parts.push(payload.slice(start));
    this.#bytes += payload.length;
    if (this.#bytes > MAX_FRAME_BYTES) this.#parts = undefined;
    if (!marker || this.#parts === undefined) return [];
    const frame = joined(this.#parts);
    this.#parts = undefined;
    return this.#frame(frame, ticks);
  }

  #frame(frame: Uint8Array, ticks: number): Uint8Array[] {
    const isKey = frame.length >= 10 && ((frame[0] ?? 1) & 1) === 0;
    if (!this.#begun && !isKey) return [];
    const out: Uint8Array[] = [];
    if (!this.#begun) {
      const size = (at: number): number => ((frame[at] ?? 0) | ((frame[at + 1] ?? 0) << 8)) & 0x3fff;
      out.push(ivfHeader(size(6), size(8)));
      this.#begun = true;
    }
    this.frames++;
    const time = Math.max(0, ticks);
    const head = new WireWriter(12)
      .u32le(frame.length)
      .u32le(time % 0x1_0000_0000)
      .u32le(Math.floor(time / 0x1_0000_0000));
    out.push(head.finish(), frame);
    return out;
  }
}

/** RFC 7741 §4.2. */
function descriptorLength(payload: Uint8Array): number {
  const [first = 0, extension = 0, picture = 0] = payload;
  if ((first & 0x80) === 0) return 1;
  let length = 2;
  if (extension & 0x80) length += picture & 0x80 ? 2 : 1;
  if (extension & 0x40) length++;
  if (extension & 0x30) length++;
  return length;
}

function ivfHeader(width: number, height: number): Uint8Array {
  return new WireWriter(32)
    .utf8('DKIF')
    .u16le(0)
    .u16le(32)
    .utf8('VP80')
    .u16le(width)
    .u16le(height)
    .u32le(CLOCK_RATE)
    .u32le(1)
    .u32le(0) // how many frames there are is not known while it is recorded: players count
    .u32le(0)
    .finish();
}
