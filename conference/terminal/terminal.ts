import type { AudioFormat } from '../audio/index.ts';

/** What every end point of audio has in common (TRM rows). A terminal serves one stream at a time. */
export interface Terminal extends AsyncDisposable {
  /** What the user wrote: `wav:talk.wav`, `tone:440`, `mic`. */
  readonly name: string;
  readonly kind: 'wav' | 'pcm' | 'tone' | 'null' | 'exec' | 'device' | 'custom';
  readonly direction: 'capture' | 'render';
  readonly format: AudioFormat;
  /**
   * Tells once that the terminal has failed: its command died, its disk is full. It then gives silence, or swallows
   * what it is given; the conference goes on.
   *
   * @returns ends the subscription; a failure that has already happened is told at once
   */
  onFailure(listener: (failure: TerminalFailure) => void): () => void;
  /** Finishes: writes what is left, closes files, stops the command it started. May be called again. */
  close(): Promise<void>;
}

export interface TerminalFailure {
  /** One sentence for people: what happened and what to try. */
  readonly message: string;
  readonly cause?: unknown;
}

/** Gives audio to be sent. Pulled by the sender's clock; never waited for. */
export interface AudioSource extends Terminal {
  readonly direction: 'capture';
  /** Whether audio arrives by itself in real time (microphone, pipe), so that what is not fetched grows old. */
  readonly live: boolean;
  /** Nothing will ever come again. */
  readonly ended: boolean;
  /**
   * Fills `target` (interleaved, its length a multiple of the channel count) from the front.
   *
   * @returns frames written; fewer than asked for when there is no more at the moment
   */
  read(target: Float32Array): number;
}

/** Takes what is to be heard. Pushed by the playout clock; never waited for. */
export interface AudioSink extends Terminal {
  readonly direction: 'render';
  /** Frames that could not be taken because whoever reads them is too slow. */
  readonly droppedFrames: number;
  /** Takes interleaved frames; the array is only lent until the call returns. */
  write(samples: Float32Array): void;
}

/** How to open a terminal. */
export interface TerminalOptions {
  /** The stream's own format; used wherever the terminal has none of its own. Default 8000 Hz mono. */
  readonly format?: AudioFormat;
  /** Bits that sound files keep of each sample when nothing else was asked for; default 16. */
  readonly bits?: 16 | 24;
  /** Standard streams for `pcm:-`; default those of the process. */
  readonly stdin?: NodeJS.ReadableStream;
  readonly stdout?: NodeJS.WritableStream;
  /** Environment for commands and the search for them; default the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `process.platform`, for tests. */
  readonly platform?: NodeJS.Platform;
}
