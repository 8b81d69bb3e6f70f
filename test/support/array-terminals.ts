import { type AudioFormat, type AudioSink, type AudioSource, SilenceSource } from '../../conference/index.ts';

const MONO: AudioFormat = { sampleRate: 8000, channels: 1 };

/** Gives a fixed stretch of audio once; can be made to fail. */
export class ArraySource implements AudioSource {
  readonly name: string = 'array';
  readonly kind = 'custom';
  readonly direction = 'capture';
  readonly live = false;
  readonly format: AudioFormat;
  closed = false;
  #at = 0;
  #broken: string | undefined;
  readonly #samples: Float32Array;
  #fail: ((failure: { message: string }) => void) | undefined;
  constructor(samples: Float32Array, format: AudioFormat = MONO) {
    this.#samples = samples;
    this.format = format;
  }
  get ended(): boolean {
    return this.#at >= this.#samples.length;
  }
  read(target: Float32Array): number {
    const part = this.#samples.subarray(this.#at, this.#at + target.length);
    target.set(part);
    this.#at += part.length;
    return part.length / this.format.channels;
  }
  onFailure(listener: (failure: { message: string }) => void): () => void {
    this.#fail = listener;
    if (this.#broken !== undefined) listener({ message: this.#broken });
    return () => {};
  }
  break(message: string): void {
    this.#broken = message;
    this.#fail?.({ message });
  }
  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Keeps everything it is given; can be made to fail. */
export class ArraySink implements AudioSink {
  readonly name = 'array';
  readonly kind = 'custom';
  readonly direction = 'render';
  readonly droppedFrames = 0;
  readonly format: AudioFormat;
  closed = false;
  readonly #blocks: Float32Array[] = [];
  #fail: ((failure: { message: string }) => void) | undefined;
  constructor(format: AudioFormat = MONO) {
    this.format = format;
  }
  write(samples: Float32Array): void {
    this.#blocks.push(Float32Array.from(samples));
  }
  get samples(): Float32Array {
    const out = new Float32Array(this.#blocks.reduce((sum, it) => sum + it.length, 0));
    let at = 0;
    for (const block of this.#blocks) {
      out.set(block, at);
      at += block.length;
    }
    return out;
  }
  /** One channel of it, from 0. */
  channel(channel: number): Float32Array {
    const { samples } = this;
    const { channels } = this.format;
    return Float32Array.from(
      { length: samples.length / channels },
      (_, i) => samples[i * channels + channel] ?? 0,
    );
  }
  get seconds(): number {
    return this.samples.length / this.format.channels / this.format.sampleRate;
  }
  /** The last so many seconds. */
  last(seconds: number): Float32Array {
    return this.samples.subarray(-Math.round(seconds * this.format.sampleRate) * this.format.channels);
  }
  onFailure(listener: (failure: { message: string }) => void): () => void {
    this.#fail = listener;
    return () => {};
  }
  break(message: string): void {
    this.#fail?.({ message });
  }
  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export const silence = (): AudioSource => new SilenceSource(MONO);
