import { mapChannels } from './channel-map.ts';
import { type AudioFormat, sameFormat } from './format.ts';
import { Resampler } from './resampler.ts';

/** Turns a stream of one format into another: channels first or last, whichever leaves less to resample. */
export class Converter {
  readonly from: AudioFormat;
  readonly to: AudioFormat;
  readonly #resampler: Resampler | undefined;
  readonly #foldFirst: boolean;
  #folded = new Float32Array(0);

  constructor(from: AudioFormat, to: AudioFormat) {
    this.from = from;
    this.to = to;
    this.#foldFirst = to.channels < from.channels;
    if (from.sampleRate !== to.sampleRate) {
      const channels = Math.min(from.channels, to.channels);
      this.#resampler = new Resampler(from.sampleRate, to.sampleRate, channels);
    }
  }

  /** Frames of the input rate by which output is late. */
  get latencyFrames(): number {
    return this.#resampler?.latencyFrames ?? 0;
  }

  /** @returns what can be made of it so far, in memory used again by the next call (or `input` itself) */
  process(input: Float32Array): Float32Array {
    if (sameFormat(this.from, this.to)) return input;
    const folded = this.#foldFirst ? this.#mapChannels(input) : input;
    const resampled = this.#resampler?.process(folded) ?? folded;
    return this.#foldFirst ? resampled : this.#mapChannels(resampled);
  }

  #mapChannels(input: Float32Array): Float32Array {
    const from = this.from.channels;
    const to = this.to.channels;
    if (from === to) return input;
    const frames = input.length / from;
    if (this.#folded.length < frames * to) this.#folded = new Float32Array(frames * to);
    const out = this.#folded.subarray(0, frames * to);
    mapChannels(input, from, out, to);
    return out;
  }
}
