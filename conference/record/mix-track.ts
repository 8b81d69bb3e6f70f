import type { Ms } from '../../src/machine.ts';
import { type AudioFormat, framesOfBlock, type MixBus, Mixer, sameFormat } from '../audio/index.ts';
import type { AudioSink } from '../terminal/index.ts';

/** A mix is made of blocks of this length. */
export const MIX_BLOCK_MS: Ms = 20;
/** Tracks come at most this long before they are mixed, and as long after. */
const WINDOW_MS: Ms = 3000;

/** All tracks of one format, added up where they belong. */
interface Lane {
  readonly bus: MixBus;
  readonly format: AudioFormat;
  readonly ring: Float32Array;
  /** Frames; a power of two. */
  readonly capacity: number;
  /** First frame that was not mixed yet. */
  read: number;
}

/**
 * The sum of all tracks, frame by frame where they stand in their own files. It follows them at a distance, so that what
 * came late in one of them is in it too.
 */
export class MixTrack {
  /** Frames that came after their place had been mixed. */
  lateFrames = 0;
  readonly format: AudioFormat;
  readonly #mixer: Mixer;
  readonly #sink: AudioSink;
  readonly #lanes: Lane[] = [];
  #block = 0;
  /** For each block of the window: how many tracks are in it, and which was the last to be added. */
  readonly #contributors = new Uint16Array(256);
  readonly #last = new Int32Array(256);

  constructor(sink: AudioSink) {
    this.format = sink.format;
    this.#sink = sink;
    this.#mixer = new Mixer(sink.format, MIX_BLOCK_MS);
  }

  /** @param track tells the tracks apart, from 1 @param frame since the start of the recording */
  add(track: number, format: AudioFormat, frame: number, samples: Float32Array, frames: number): void {
    const lane = this.#lane(format);
    const { channels, sampleRate } = format;
    const skip = Math.min(frames, Math.max(0, lane.read - frame));
    this.lateFrames += skip;
    if (frame + frames - lane.read > lane.capacity) return; // far ahead of its time: only in its own track
    const mask = lane.capacity - 1;
    for (let i = skip; i < frames; i++) {
      const at = ((frame + i) & mask) * channels;
      for (let c = 0; c < channels; c++) {
        lane.ring[at + c] = (lane.ring[at + c] ?? 0) + (samples[i * channels + c] ?? 0);
      }
    }
    if (skip === frames) return;
    const blockFrames = (sampleRate * MIX_BLOCK_MS) / 1000;
    const to = Math.floor((frame + frames - 1) / blockFrames);
    for (let block = Math.floor((frame + skip) / blockFrames); block <= to; block++) {
      if (this.#last[block & 255] === track) continue;
      this.#last[block & 255] = track;
      this.#contributors[block & 255] = (this.#contributors[block & 255] ?? 0) + 1;
    }
  }

  /** Mixes everything up to this many milliseconds after the start, in whole blocks of {@link MIX_BLOCK_MS}. */
  advance(untilMs: Ms): void {
    for (const end = Math.floor(untilMs / MIX_BLOCK_MS); this.#block < end; this.#block++) this.#mix();
  }

  #mix(): void {
    const index = this.#block;
    const tracks = this.#contributors[index & 255] ?? 0;
    this.#contributors[index & 255] = 0;
    this.#last[index & 255] = 0;
    this.#mixer.begin(index);
    for (const lane of this.#lanes) this.#take(lane, index, tracks);
    this.#sink.write(this.#mixer.finish());
  }

  #take(lane: Lane, index: number, tracks: number): void {
    const { bus, format, ring, capacity } = lane;
    const { channels } = format;
    const frames = framesOfBlock(index, format.sampleRate, MIX_BLOCK_MS);
    const from = (lane.read & (capacity - 1)) * channels;
    const first = Math.min(frames * channels, ring.length - from);
    bus.sum.set(ring.subarray(from, from + first), 0);
    bus.sum.set(ring.subarray(0, frames * channels - first), first);
    ring.fill(0, from, from + first);
    ring.fill(0, 0, frames * channels - first);
    lane.read += frames;
    bus.contributors = tracks;
  }

  #lane(format: AudioFormat): Lane {
    const known = this.#lanes.find((it) => sameFormat(it.format, format));
    if (known !== undefined) return known;
    const capacity = 2 ** Math.ceil(Math.log2((WINDOW_MS * format.sampleRate) / 1000));
    let read = 0;
    for (let i = 0; i < this.#block; i++) read += framesOfBlock(i, format.sampleRate, MIX_BLOCK_MS);
    read += Math.round(this.#mixer.delayFrames(format)); // what converting delays is taken sooner
    const ring = new Float32Array(capacity * format.channels);
    const lane = { bus: this.#mixer.bus(format), format, ring, capacity, read };
    this.#lanes.push(lane);
    return lane;
  }
}
