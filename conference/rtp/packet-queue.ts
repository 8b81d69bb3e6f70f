import { MAX_MISORDER } from '../../src/rtp/index.ts';
import type { PlayoutBuffer, PlayoutFeed } from '../audio/index.ts';
import type { AudioDecoder } from '../codec/index.ts';

/** Packets kept at most: two seconds of the shortest ones of Opus. */
const MOST = 800;
/** The codec makes up for so much in a row; after that what it made last fades away. */
const CONCEALED_MS = 100;

interface KeptPacket {
  unwrapped: number;
  frames: number;
  sequence: number;
  bytes: Uint8Array;
  length: number;
}

/** Decoded audio on its way into a buffer; shared by all, since decoding is done in one go. */
let scratch = new Float32Array(0);

/**
 * Packets of a codec whose decoder has a memory: kept as they are, in the order of their sequence numbers, and decoded
 * right before they are played. What is missing then is taken from the packet behind it, where that carries it (FEC), or made up
 * by the codec, or else by the buffer.
 */
export class PacketQueue implements PlayoutFeed {
  readonly #playout: PlayoutBuffer;
  readonly #decoder: AudioDecoder;
  readonly #channels: number;
  readonly #perMs: number;
  readonly #onDecoded: (samples: Float32Array, frames: number) => void;
  readonly #packets: KeptPacket[] = [];
  readonly #free: KeptPacket[] = [];
  /** Of the packet decoded last. */
  #sequence = Number.NaN;
  #frames = 0;
  #concealed = 0;
  decoded = 0;
  undecodable = 0;

  constructor(
    playout: PlayoutBuffer,
    decoder: AudioDecoder,
    format: { readonly sampleRate: number; readonly channels: number },
    onDecoded: (samples: Float32Array, frames: number) => void,
  ) {
    this.#playout = playout;
    this.#decoder = decoder;
    this.#channels = format.channels;
    this.#perMs = format.sampleRate / 1000;
    this.#onDecoded = onDecoded;
  }

  get waiting(): boolean {
    return this.#packets.length > 0;
  }

  /**
   * Keeps a copy. What comes after its successor was decoded, or a second time, is left out.
   *
   * @param unwrapped see {@link PlayoutBuffer.place}
   * @returns whether it was kept
   */
  push(
    unwrapped: number,
    frames: number,
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const packets = this.#packets;
    const behind = this.#sequence - sequence;
    if ((behind >= 0 && behind <= MAX_MISORDER) || packets.length >= MOST) return false;
    let at = packets.length;
    while (at > 0 && (packets[at - 1]?.sequence ?? 0) >= sequence) at--;
    if (packets[at]?.sequence === sequence) return false;
    const packet = this.#free.pop() ?? {
      unwrapped: 0,
      frames: 0,
      sequence: 0,
      bytes: new Uint8Array(0),
      length: 0,
    };
    const length = end - start;
    if (packet.bytes.length < length) packet.bytes = new Uint8Array(length);
    packet.bytes.set(bytes.subarray(start, end));
    packet.length = length;
    packet.unwrapped = unwrapped;
    packet.frames = frames;
    packet.sequence = sequence;
    packets.splice(at, 0, packet);
    return true;
  }

  clear(): void {
    this.#free.push(...this.#packets.splice(0));
    this.#sequence = Number.NaN;
    this.#concealed = 0;
    this.#decoder.reset?.();
  }

  decodeTo(position: number): void {
    for (;;) {
      const head = this.#packets[0];
      const gap =
        head === undefined
          ? Number.POSITIVE_INFINITY
          : this.#playout.positionOf(head.unwrapped) - this.#playout.end;
      const pause = head !== undefined && head.sequence - this.#sequence === 1;
      if (gap > 0 && !pause && this.#playout.end < position && this.#makeUp(head, gap)) continue;
      const reached = gap > 0 ? this.#playout.end + gap >= position : this.#playout.end >= position;
      if (head === undefined || reached) return;
      this.#decode(head, pause);
    }
  }

  #decode(packet: KeptPacket, contiguous: boolean): void {
    this.#packets.shift();
    this.#free.push(packet);
    this.#room(packet.frames);
    const frames = this.#decoder.decode(packet.bytes, 0, packet.length, scratch);
    this.#sequence = packet.sequence;
    this.#concealed = 0;
    if (frames === 0) {
      this.undecodable++;
      return;
    }
    this.#frames = frames;
    this.decoded++;
    this.#onDecoded(scratch, frames);
    this.#playout.store(this.#playout.positionOf(packet.unwrapped), scratch, frames, contiguous);
  }

  /** Fills the beginning of a gap before `next`, or of the time in which nothing has come. @returns whether it could */
  #makeUp(next: KeptPacket | undefined, gap: number): boolean {
    const decoder = this.#decoder;
    const wanted = Math.min(gap, this.#frames);
    if (wanted === 0 || this.#playout.idle || this.#concealed >= CONCEALED_MS * this.#perMs) return false;
    this.#room(wanted);
    let frames = 0;
    if (next !== undefined && gap <= this.#frames) {
      frames = decoder.decodeFec?.(next.bytes, 0, next.length, scratch, wanted) ?? 0;
    }
    if (frames === 0) frames = decoder.conceal?.(scratch, wanted) ?? 0;
    if (frames === 0) return false;
    this.#concealed += frames;
    this.#playout.storeMadeUp(scratch, frames, next !== undefined);
    return true;
  }

  #room(frames: number): void {
    if (scratch.length < frames * this.#channels) scratch = new Float32Array(frames * this.#channels * 2);
  }
}
