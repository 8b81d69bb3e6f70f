import { type AudioFormat, meanSquare, VoiceActivity } from '../audio/index.ts';
import { Fader } from '../strip/index.ts';
import { type AudioSink, BaseTerminal } from '../terminal/index.ts';
import { DuckGain, type DuckingOptions } from './ducking.ts';

/** Waiting for the others takes at most this long. */
export const MAX_WAIT_MS = 60;

/** Where the mix of one conference arrives at the desk. */
export class DeskInput extends BaseTerminal implements AudioSink {
  readonly direction = 'render';
  droppedFrames = 0;
  readonly fader: Fader;
  readonly duck: DuckGain;
  readonly voice = new VoiceActivity({ holdMs: 100 });
  readonly #onAudio: () => void;
  readonly #ring: Float32Array;
  #frames = 0;
  /** Audio so far: the time of {@link voice}. */
  #ms = 0;

  constructor(name: string, format: AudioFormat, ducking: DuckingOptions, onAudio: () => void) {
    super(name, 'custom', format);
    this.fader = new Fader();
    this.duck = new DuckGain(ducking);
    this.#onAudio = onAudio;
    this.#ring = new Float32Array(Math.ceil((format.sampleRate * MAX_WAIT_MS * 4) / 1000) * format.channels);
  }

  get frames(): number {
    return this.#frames;
  }
  get levelDbfs(): number {
    return this.voice.levelDbfs(this.#ms);
  }

  write(samples: Float32Array): void {
    if (this.closed) return;
    const { channels, sampleRate } = this.format;
    const room = this.#ring.length - this.#frames * channels;
    const taken = samples.length <= room ? samples : samples.subarray(0, room);
    this.droppedFrames += (samples.length - taken.length) / channels;
    this.#ring.set(taken, this.#frames * channels);
    this.#frames += taken.length / channels;
    const ms = (samples.length / channels / sampleRate) * 1000;
    this.#ms += ms;
    this.voice.add(meanSquare(samples), ms, this.#ms);
    this.voice.poll(this.#ms);
    this.#onAudio();
  }

  /** Takes frames from the front, shapes them, and adds them to the mix. What has not come is silence. */
  addTo(mix: Float32Array, frames: number): void {
    const { channels, sampleRate } = this.format;
    const have = Math.min(frames, this.#frames);
    const from = this.duck.gain;
    this.duck.advance((frames * 1000) / sampleRate);
    const step = (this.duck.gain - from) / frames;
    const part = this.#ring.subarray(0, have * channels);
    if (have > 0) this.fader.process(part, this.format);
    for (let frame = 0, i = 0; frame < have; frame++) {
      const gain = from + step * (frame + 1);
      for (let channel = 0; channel < channels; channel++, i++)
        mix[i] = (mix[i] ?? 0) + (part[i] ?? 0) * gain;
    }
    this.#ring.copyWithin(0, have * channels, this.#frames * channels);
    this.#frames -= have;
  }

  protected finish(): Promise<void> {
    this.#frames = 0;
    return Promise.resolve();
  }
}
