import { InvalidValueError } from '../../src/errors.ts';
import { type AudioFormat, amplitude } from '../audio/index.ts';
import { BaseTerminal } from './base.ts';
import type { AudioSource } from './terminal.ts';

/** What one frame of a test signal is: writes a sample for each channel at `target[at…]`. */
type Generator = (frame: number, target: Float32Array, at: number) => void;

/** A signal that goes on for ever, made frame by frame: noise, a sweep, channel identification. */
export class SignalSource extends BaseTerminal implements AudioSource {
  readonly direction = 'capture';
  readonly live = false;
  readonly ended = false;
  readonly #generate: Generator;
  #frame = 0;

  constructor(name: string, format: AudioFormat, generate: Generator) {
    super(name, 'tone', format);
    this.#generate = generate;
  }

  read(target: Float32Array): number {
    const { channels } = this.format;
    const frames = target.length / channels;
    for (let frame = 0; frame < frames; frame++) this.#generate(this.#frame++, target, frame * channels);
    return frames;
  }

  protected finish(): Promise<void> {
    return Promise.resolve();
  }
}

/** Alignment level of EBU R 68: what tones for lining up have, dBFS of a sine's peak. */
const ALIGNMENT_PEAK_DB = -18;

/**
 * White noise, another in each channel, and the same again each time.
 *
 * @param levelDbfs its power
 */
export function whiteNoise(name: string, levelDbfs: number, format: AudioFormat): SignalSource {
  if (!(levelDbfs <= -6))
    throw new InvalidValueError(`noise cannot be louder than −6 dBFS, not ${levelDbfs}`);
  const peak = amplitude(levelDbfs) * Math.sqrt(3); // uniform, so that it has a peak
  let state = 0x2545f491;
  return new SignalSource(name, format, (_frame, target, at) => {
    for (let channel = 0; channel < format.channels; channel++) {
      state ^= state << 13; // xorshift32
      state ^= state >>> 17;
      state ^= state << 5;
      target[at + channel] = (peak * state) / 2 ** 31;
    }
  });
}

/** Lowest frequency of a sweep, how long one takes, and the silence after it. */
const SWEEP_FROM_HZ = 20;
const SWEEP_SECONDS = 10;
const SWEEP_PAUSE_SECONDS = 1;

/** An exponential sweep from 20 Hz to 45 % of the sample rate in ten seconds, again and again. */
export function sweep(name: string, levelDbfs: number, format: AudioFormat): SignalSource {
  const { sampleRate, channels } = format;
  if (!(levelDbfs <= -3))
    throw new InvalidValueError(`a sweep cannot be louder than −3 dBFS, not ${levelDbfs}`);
  const peak = amplitude(levelDbfs) * Math.SQRT2;
  const octaves = Math.log((0.45 * sampleRate) / SWEEP_FROM_HZ);
  const period = (SWEEP_SECONDS + SWEEP_PAUSE_SECONDS) * sampleRate;
  return new SignalSource(name, format, (frame, target, at) => {
    const seconds = (frame % period) / sampleRate;
    const phase =
      (2 * Math.PI * SWEEP_FROM_HZ * SWEEP_SECONDS * (Math.exp((seconds / SWEEP_SECONDS) * octaves) - 1)) /
      octaves;
    const sample = seconds < SWEEP_SECONDS ? peak * Math.sin(phase) : 0;
    target.fill(sample, at, at + channels);
  });
}

/** Length of a round of channel identification, of one break in it, and from one break to the next. */
const ROUND_MS = 4000;
const BREAK_MS = 250;
const SPACING_MS = 500;

/**
 * Lines up channels: 1 kHz at −18 dBFS peak in all of them, and in each round of four seconds channel 1 is broken once,
 * channel 2 twice, and so on up to 7, in the manner of GLITS. Beyond seven channels the count begins anew, and the tone is 100 Hz higher for each seven.
 */
export function channelIdentification(name: string, format: AudioFormat): SignalSource {
  const { sampleRate, channels } = format;
  const peak = amplitude(ALIGNMENT_PEAK_DB);
  const round = (ROUND_MS * sampleRate) / 1000;
  return new SignalSource(name, format, (frame, target, at) => {
    const ms = ((frame % round) * 1000) / sampleRate;
    const turn = Math.floor(ms / SPACING_MS);
    const broken = ms % SPACING_MS < BREAK_MS;
    for (let channel = 0; channel < channels; channel++) {
      const count = (channel % 7) + 1;
      const hertz = 1000 + 100 * Math.floor(channel / 7);
      const turns = ((frame * hertz) / sampleRate) % 1;
      target[at + channel] = broken && turn < count ? 0 : peak * Math.sin(2 * Math.PI * turns);
    }
  });
}
