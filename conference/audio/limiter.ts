import type { AudioFormat } from './format.ts';

/** Peaks are brought down to this. */
const CEILING = 0.97;
/** Peaks are looked for in stretches of this length; the gain goes in straight lines from one to the next. */
const STRETCH_MS = 1;
/** In this time the gain comes back by 6 dB: slower than syllables, so that it is not heard pumping. */
const RELEASE_MS = 400;

/**
 * Keeps a mix within full scale without distorting it: the gain goes down before a peak, as far ahead as the block shows, and
 * comes back slowly. Only a peak at the very beginning of a block leaves no time; that one is bent. What is within full scale
 * while the gain is 1 passes bit for bit.
 */
export class Limiter {
  readonly #channels: number;
  readonly #stretch: number;
  readonly #release: number;
  #gain = 1;
  #needed = new Float64Array(64);

  constructor({ sampleRate, channels }: AudioFormat) {
    this.#channels = channels;
    this.#stretch = Math.max(1, Math.round((sampleRate * STRETCH_MS) / 1000));
    this.#release = (0.5 * STRETCH_MS) / RELEASE_MS;
  }

  /** Whether the gain is not 1. */
  get active(): boolean {
    return this.#gain < 1;
  }

  /** Works on interleaved samples in place. */
  process(samples: Float32Array): void {
    const length = this.#stretch * this.#channels;
    const count = Math.ceil(samples.length / length);
    if (this.#needed.length < count) this.#needed = new Float64Array(count);
    const needed = this.#needed;
    let lowest = this.#gain;
    for (let k = 0; k < count; k++) {
      const end = Math.min(samples.length, (k + 1) * length);
      let peak = 0;
      for (let i = k * length; i < end; i++) {
        const sample = samples[i] ?? 0;
        if (sample > peak) peak = sample;
        else if (-sample > peak) peak = -sample;
      }
      needed[k] = peak > CEILING ? CEILING / peak : 1;
      lowest = Math.min(lowest, needed[k] ?? 1);
    }
    if (lowest < 1) this.#apply(samples, count, length);
  }

  #apply(samples: Float32Array, count: number, length: number): void {
    const needed = this.#needed;
    const channels = this.#channels;
    for (let k = 0; k < count; k++) {
      const from = this.#gain;
      // what the next stretch needs is reached at the end of this one
      const ahead = k + 1 < count ? Math.min(needed[k] ?? 1, needed[k + 1] ?? 1) : (needed[k] ?? 1);
      const to = Math.min(ahead, from + this.#release);
      const end = Math.min(samples.length, (k + 1) * length);
      const frames = (end - k * length) / channels;
      for (let frame = 0, at = k * length; frame < frames; frame++) {
        const gain = from + ((to - from) * (frame + 1)) / frames;
        for (let channel = 0; channel < channels; channel++, at++) {
          const sample = (samples[at] ?? 0) * gain;
          samples[at] = sample > CEILING || sample < -CEILING ? bend(sample) : sample;
        }
      }
      this.#gain = to;
    }
  }
}

/** From the ceiling on towards full scale, which is never reached. */
function bend(sample: number): number {
  const size = Math.abs(sample);
  return Math.sign(sample) * (CEILING + (1 - CEILING) * Math.tanh((size - CEILING) / (1 - CEILING)));
}
