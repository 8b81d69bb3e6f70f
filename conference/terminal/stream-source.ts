import type { AudioFormat } from '../audio/index.ts';
import { BaseTerminal } from './base.ts';
import { readSamples, SAMPLE_BYTES, type SampleFormat } from './sample-format.ts';
import type { AudioSource, Terminal } from './terminal.ts';

/** Buffered before the first read, and again after it ran dry, so that a bursty writer does not chop the audio. */
const PRIME_SECONDS = 0.06;
/** Reading from the stream pauses above this and goes on below half of it: back-pressure. */
const HIGH_SECONDS = 0.5;
/** A live stream is not paused; what is older than this is dropped. */
const LIVE_SECONDS = 0.2;

export interface StreamSourceOptions {
  readonly name: string;
  readonly kind: Terminal['kind'];
  readonly format: AudioFormat;
  readonly samples: SampleFormat;
  /** Comes by itself in real time: never paused, old audio is dropped. Default false. */
  readonly live?: boolean;
  /** Nothing else can delay it: no priming (a file). Default false. */
  readonly steady?: boolean;
  /** Called by close, after reading has stopped. */
  readonly onClose?: () => Promise<void>;
}

/** Audio from any byte stream: a file, a pipe, a command's output. */
export class StreamSource extends BaseTerminal implements AudioSource {
  readonly direction = 'capture';
  readonly live: boolean;
  readonly #stream: NodeJS.ReadableStream;
  readonly #options: StreamSourceOptions;
  readonly #frameBytes: number;
  readonly #chunks: Uint8Array[] = [];
  /** Bytes read of the first chunk, and bytes waiting in all. */
  #offset = 0;
  #waiting = 0;
  /** The beginning of a frame whose end has not come yet. */
  #partial = new Uint8Array(0);
  #paused = false;
  #primed: boolean;
  #over = false;
  /** Frames given up because they were too old; live streams only. */
  droppedFrames = 0;
  readonly #first: Promise<void>;

  constructor(stream: NodeJS.ReadableStream, options: StreamSourceOptions) {
    super(options.name, options.kind, options.format);
    this.#stream = stream;
    this.#options = options;
    this.live = options.live ?? false;
    this.#primed = options.steady ?? false;
    this.#frameBytes = SAMPLE_BYTES[options.samples] * options.format.channels;
    this.#first = new Promise((resolve) => {
      for (const event of ['data', 'end', 'close', 'error']) stream.once(event, () => resolve());
    });
    stream.on('data', this.#onData);
    stream.on('end', this.#onEnd);
    stream.on('close', this.#onEnd);
    stream.on('error', this.#onError);
  }

  /** When the first audio has come, or nothing will. */
  ready(): Promise<void> {
    return this.#first;
  }

  get ended(): boolean {
    return this.#over && this.#waiting < this.#frameBytes;
  }

  read(target: Float32Array): number {
    const wanted = target.length / this.format.channels;
    if (!this.#primed && !this.#over) {
      if (this.#waiting < this.#bytesFor(PRIME_SECONDS)) return 0;
      this.#primed = true;
    }
    let done = 0;
    while (done < wanted) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      const frames = Math.min(wanted - done, (chunk.length - this.#offset) / this.#frameBytes);
      const { channels } = this.format;
      readSamples(this.#options.samples, chunk, this.#offset, frames * channels, target, done * channels);
      done += frames;
      this.#offset += frames * this.#frameBytes;
      this.#waiting -= frames * this.#frameBytes;
      if (this.#offset >= chunk.length) this.#dropChunk();
    }
    if (done < wanted && this.#options.steady !== true) this.#primed = false;
    if (this.#paused && this.#waiting < this.#bytesFor(HIGH_SECONDS / 2)) {
      this.#paused = false;
      this.#stream.resume();
    }
    return done;
  }

  readonly #onData = (data: Uint8Array | string): void => {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    const joined = this.#partial.length === 0 ? bytes : Buffer.concat([this.#partial, bytes]);
    const whole = joined.length - (joined.length % this.#frameBytes);
    this.#partial = Uint8Array.from(joined.subarray(whole));
    if (whole > 0) {
      this.#chunks.push(joined.subarray(0, whole));
      this.#waiting += whole;
    }
    if (this.live) this.#dropOld();
    else if (this.#waiting > this.#bytesFor(HIGH_SECONDS) && !this.#paused) {
      this.#paused = true;
      this.#stream.pause();
    }
  };

  readonly #onEnd = (): void => {
    this.#over = true;
  };

  readonly #onError = (error: Error): void => {
    this.#over = true;
    this.fail(`reading failed (${error.message})`, error);
  };

  #dropOld(): void {
    let excess = this.#waiting - this.#bytesFor(LIVE_SECONDS);
    if (excess <= this.#bytesFor(LIVE_SECONDS / 2)) return; // not for a little: each time is heard as a click
    this.droppedFrames += excess / this.#frameBytes;
    while (excess > 0) {
      const [chunk] = this.#chunks;
      if (chunk === undefined) return;
      const part = Math.min(excess, chunk.length - this.#offset);
      excess -= part;
      this.#waiting -= part;
      this.#offset += part;
      if (this.#offset >= chunk.length) this.#dropChunk();
    }
  }

  #dropChunk(): void {
    this.#chunks.shift();
    this.#offset = 0;
  }

  #bytesFor(seconds: number): number {
    return Math.ceil(seconds * this.format.sampleRate) * this.#frameBytes;
  }

  /** Ends it because whoever writes the stream has died. */
  failBecause(message: string, cause?: unknown): void {
    this.#over = true;
    this.fail(message, cause);
  }

  protected async finish(): Promise<void> {
    this.#over = true;
    this.#stream.off('data', this.#onData);
    this.#stream.pause();
    this.#chunks.length = 0;
    this.#waiting = 0;
    await this.#options.onClose?.();
  }
}
