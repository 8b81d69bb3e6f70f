import type { AudioFormat } from '../audio/index.ts';
import { BaseTerminal } from './base.ts';
import { SAMPLE_BYTES, type SampleFormat, writeSamples } from './sample-format.ts';
import type { AudioSink, Terminal } from './terminal.ts';

/** Waiting for a slow reader; beyond that whole blocks are dropped, so that memory stays bounded. */
const BACKLOG_SECONDS = 2;
/** How long close waits for a reader to take the rest. */
const DRAIN_MS = 500;

export interface StreamSinkOptions {
  readonly name: string;
  readonly kind: Terminal['kind'];
  readonly format: AudioFormat;
  readonly samples: SampleFormat;
  /** Whether close ends the stream too (not the process's stdout). */
  readonly end: boolean;
  /** Called by close, after everything was written. */
  readonly onClose?: () => Promise<void>;
}

/** Audio to any byte stream: a pipe, a command's input. */
export class StreamSink extends BaseTerminal implements AudioSink {
  readonly direction = 'render';
  droppedFrames = 0;
  readonly #stream: NodeJS.WritableStream;
  readonly #options: StreamSinkOptions;
  /** Bytes handed to the stream and not yet taken by it. */
  #pending = 0;
  #drained: (() => void) | undefined;
  readonly #limit: number;

  constructor(stream: NodeJS.WritableStream, options: StreamSinkOptions) {
    super(options.name, options.kind, options.format);
    this.#stream = stream;
    this.#options = options;
    const { sampleRate, channels } = options.format;
    this.#limit = BACKLOG_SECONDS * sampleRate * channels * SAMPLE_BYTES[options.samples];
    stream.on('error', this.#onError);
  }

  write(samples: Float32Array): void {
    if (this.failure !== undefined || this.closed) return;
    if (this.#pending > this.#limit) {
      this.droppedFrames += samples.length / this.format.channels;
      return;
    }
    const bytes = writeSamples(this.#options.samples, samples);
    this.#pending += bytes.length;
    this.#stream.write(bytes, () => {
      this.#pending -= bytes.length;
      if (this.#pending === 0) this.#drained?.();
    });
  }

  readonly #onError = (error: Error): void => {
    const gone = 'code' in error && error.code === 'EPIPE';
    this.fail(gone ? 'whoever was reading has stopped' : `writing failed (${error.message})`, error);
  };

  /** Whoever reads the stream has died. */
  failBecause(message: string, cause?: unknown): void {
    this.fail(message, cause);
  }

  protected async finish(): Promise<void> {
    if (this.failure === undefined) {
      await atMost(DRAIN_MS, (resolve) => {
        if (this.#options.end) this.#stream.end(resolve);
        else if (this.#pending === 0) resolve();
        else this.#drained = resolve;
      });
    } else if (this.#options.end) this.#stream.end();
    await this.#options.onClose?.();
  }
}

function atMost(ms: number, work: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const giveUp = setTimeout(resolve, ms);
    work(() => {
      clearTimeout(giveUp);
      resolve();
    });
  });
}
