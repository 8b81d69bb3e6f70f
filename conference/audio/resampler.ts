import { InvalidValueError } from '../../src/errors.ts';
import { kaiserSincRow } from './kaiser-sinc.ts';

/**
 * Taps on each side of the filter, in periods of the slower of the two rates, and the middle of the transition band, as a share
 * of half the slower rate. Voices pass up to 0.9 and are gone from 1.1 on, which costs a delay of 4 ms at 8 kHz; where both rates
 * are for music, they are gone from 1 on.
 */
const VOICE = { halfTaps: 32, middle: 1 };
const MUSIC = { halfTaps: 64, middle: 0.95 };
const MUSIC_RATE = 32_000;
/** Kaiser window shape: 100 dB of stop band. */
const BETA = 10.06;
/** Most filter phases; finer ratios use the nearest of them. */
const MAX_PHASES = 1024;

/**
 * Changes the sample rate of one stream of interleaved audio: a polyphase windowed sinc. Output follows input with a
 * delay of {@link latencyFrames}; over time there are exactly as many frames out as the ratio says.
 */
export class Resampler {
  readonly #channels: number;
  readonly #up: number;
  readonly #down: number;
  readonly #phases: number;
  readonly #taps: number;
  readonly #filter: Float32Array;
  /** The last `taps - 1` frames, then new input. */
  #history: Float32Array;
  #filled: number;
  /** Where the next output frame is: whole input frames from the start of history, and `up`-ths of one. */
  #position = 0;
  #fraction = 0;
  #out = new Float32Array(0);

  /** @param from, to sample rates in Hz */
  constructor(from: number, to: number, channels: number) {
    if (!(from > 0 && to > 0)) throw new InvalidValueError(`cannot resample from ${from} Hz to ${to} Hz`);
    const g = gcd(from, to);
    this.#channels = channels;
    this.#up = to / g;
    this.#down = from / g;
    this.#phases = Math.min(this.#up, MAX_PHASES);
    const stretch = Math.max(1, from / to);
    const { halfTaps, middle } = Math.min(from, to) >= MUSIC_RATE ? MUSIC : VOICE;
    this.#taps = 2 * Math.ceil(halfTaps * stretch);
    this.#filter = filterBank(this.#taps, this.#phases, Math.min(1, to / from) * middle);
    this.#filled = this.#taps - 1;
    this.#history = new Float32Array((this.#taps + 1024) * channels);
  }

  /** Delay in frames of the input rate. */
  get latencyFrames(): number {
    return this.#taps / 2;
  }

  /** Takes `input`, interleaved; gives what can be made of it so far, in memory used again by the next call. */
  process(input: Float32Array): Float32Array {
    const channels = this.#channels;
    this.#append(input);
    const available = this.#filled - this.#taps + 1 - this.#position; // input frames with enough after them
    const most = Math.max(0, Math.ceil(((available + 1) * this.#up) / this.#down) + 1);
    if (this.#out.length < most * channels) this.#out = new Float32Array(most * channels);
    const { filled, made } = { filled: this.#filled, made: this.#run() };
    // keep only what later output needs
    const used = Math.min(this.#position, filled);
    this.#history.copyWithin(0, used * channels, filled * channels);
    this.#filled = filled - used;
    this.#position -= used;
    return this.#out.subarray(0, made * channels);
  }

  #append(input: Float32Array): void {
    const channels = this.#channels;
    const needed = this.#filled * channels + input.length;
    if (this.#history.length < needed) {
      const grown = new Float32Array(needed * 2);
      grown.set(this.#history.subarray(0, this.#filled * channels));
      this.#history = grown;
    }
    this.#history.set(input, this.#filled * channels);
    this.#filled += input.length / channels;
  }

  #run(): number {
    const channels = this.#channels;
    const up = this.#up;
    const taps = this.#taps;
    const filter = this.#filter;
    const history = this.#history;
    const out = this.#out;
    const last = this.#filled - taps;
    let made = 0;
    let position = this.#position;
    let fraction = this.#fraction;
    for (; position <= last; made++) {
      const phase = this.#phases === up ? fraction : Math.floor((fraction * this.#phases) / up);
      const row = phase * taps;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let tap = 0, at = position * channels + channel; tap < taps; tap++, at += channels) {
          sum += (filter[row + tap] ?? 0) * (history[at] ?? 0);
        }
        out[made * channels + channel] = sum;
      }
      fraction += this.#down;
      const whole = Math.floor(fraction / up);
      position += whole;
      fraction -= whole * up;
    }
    this.#position = position;
    this.#fraction = fraction;
    return made;
  }
}

/** Rows of `taps` coefficients, one for each phase between two input frames. */
function filterBank(taps: number, phases: number, cutoff: number): Float32Array {
  const filter = new Float32Array(taps * phases);
  for (let phase = 0; phase < phases; phase++) {
    filter.set(kaiserSincRow(taps, phase / phases, cutoff, BETA), phase * taps);
  }
  return filter;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
