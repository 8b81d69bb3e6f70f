import { type FileHandle, open } from 'node:fs/promises';
import { InvalidValueError } from '../../src/errors.ts';
import type { AudioFormat } from '../audio/index.ts';
import { BaseTerminal } from './base.ts';
import { SAMPLE_BYTES, type SampleFormat, writeSamples } from './sample-format.ts';
import type { AudioSink } from './terminal.ts';
import { type BroadcastExtension, wavHeader } from './wav-header.ts';

/** Audio gathered before it is written. The header is brought up to date each time, so a crash loses this much. */
const FLUSH_SECONDS = 0.5;
/** Waiting for a slow disk; beyond that blocks are dropped. */
const BACKLOG_SECONDS = 20;

export interface WavSinkOptions {
  /** How samples are kept; default `s16le`. */
  readonly samples?: SampleFormat;
  readonly bext?: BroadcastExtension;
}

/**
 * Opens a WAV file for what is heard; an existing one is replaced. Beyond 4 GB it becomes RF64.
 *
 * @throws {InvalidValueError} when the file cannot be written
 */
export async function openWavSink(
  path: string,
  format: AudioFormat,
  options: WavSinkOptions = {},
): Promise<WavSink> {
  const sink = new WavSink(path, format, options);
  try {
    await sink.opened;
    return sink;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidValueError(`Cannot write the sound file ${path}: ${why}`, { cause: error });
  }
}

/** A WAV file that grows. Silence may be left out: it becomes a hole in the file, which takes no room on most disks. */
export class WavSink extends BaseTerminal implements AudioSink {
  readonly direction = 'render';
  droppedFrames = 0;
  /** Frames written or waiting, silence included. */
  frames = 0;
  /** Rejects when the file cannot be made; the sink has failed then. */
  readonly opened: Promise<void>;
  readonly #file: Promise<FileHandle>;
  readonly #options: WavSinkOptions;
  readonly #samples: SampleFormat;
  readonly #frameBytes: number;
  readonly #headerBytes: number;
  readonly #bytesPerSecond: number;
  /** Audio, and numbers of bytes that are left out. */
  #gathered: (Uint8Array<ArrayBuffer> | number)[] = [];
  #gatheredBytes = 0;
  #dataBytes = 0;
  #writing: Promise<void> | undefined;

  constructor(path: string, format: AudioFormat, options: WavSinkOptions = {}) {
    super(`wav:${path}`, 'wav', format);
    this.#options = options;
    this.#samples = options.samples ?? 's16le';
    this.#frameBytes = format.channels * SAMPLE_BYTES[this.#samples];
    this.#headerBytes = wavHeader(format, 0, options).length;
    this.#bytesPerSecond = format.sampleRate * this.#frameBytes;
    this.#file = open(path, 'w');
    this.opened = this.#begin();
    this.opened.catch((error: unknown) => this.fail(writeProblem(error), error));
  }

  async #begin(): Promise<void> {
    await putAt(await this.#file, wavHeader(this.format, 0, this.#options), 0);
  }

  write(samples: Float32Array): void {
    if (this.failure !== undefined || this.closed) return;
    if (this.#gatheredBytes > BACKLOG_SECONDS * this.#bytesPerSecond) {
      this.droppedFrames += samples.length / this.format.channels;
      return;
    }
    const bytes = writeSamples(this.#samples, samples);
    this.frames += samples.length / this.format.channels;
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    this.#flushIfMuch();
  }

  /** Silence of so many frames. */
  skip(frames: number): void {
    if (this.failure !== undefined || this.closed || frames <= 0) return;
    this.#gathered.push(frames * this.#frameBytes);
    this.frames += frames;
  }

  #flushIfMuch(): void {
    if (this.#gatheredBytes >= FLUSH_SECONDS * this.#bytesPerSecond) this.#writing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    const gathered = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    try {
      const file = await this.#file;
      let end = this.#dataBytes;
      for (const { at, bytes } of runsOf(gathered)) {
        if (bytes.length > 0) await putAt(file, bytes, this.#headerBytes + this.#dataBytes + at);
        end = this.#dataBytes + at + bytes.length;
      }
      if (typeof gathered.at(-1) === 'number') await file.truncate(this.#headerBytes + end);
      this.#dataBytes = end;
      await putAt(file, wavHeader(this.format, this.#dataBytes, this.#options), 0);
    } catch (error) {
      await this.#cutOff();
      this.fail(writeProblem(error), error);
    } finally {
      this.#writing = undefined;
      if (this.failure === undefined) this.#flushIfMuch();
    }
  }

  /** What was written of a block that found no room does not belong to the audio. */
  async #cutOff(): Promise<void> {
    try {
      await (await this.#file).truncate(this.#headerBytes + this.#dataBytes);
    } catch {
      // the header says where the audio ends
    }
  }

  protected async finish(): Promise<void> {
    await this.opened.catch(() => {});
    while (this.#writing !== undefined) await this.#writing;
    if (this.#gathered.length > 0 && this.failure === undefined) await this.#flush();
    try {
      const file = await this.#file;
      if (this.#dataBytes % 2 === 1)
        await putAt(file, new Uint8Array(1), this.#headerBytes + this.#dataBytes);
      await file.close();
    } catch {
      // it was never opened, or on a full disk a byte of padding is missing
    }
  }
}

/** Pieces that follow each other put together, each with its place behind the first. The last may be empty. */
function runsOf(gathered: readonly (Uint8Array | number)[]): { at: number; bytes: Uint8Array }[] {
  const runs: { at: number; bytes: Uint8Array }[] = [];
  let at = 0;
  let pieces: Uint8Array[] = [];
  const end = (): void => {
    const bytes = Buffer.concat(pieces);
    runs.push({ at, bytes });
    at += bytes.length;
    pieces = [];
  };
  for (const piece of gathered) {
    if (typeof piece !== 'number') pieces.push(piece);
    else {
      end();
      at += piece;
    }
  }
  end();
  return runs;
}

/** Writes all of `bytes`, however little the system takes at once. */
export async function putAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Why a recording stops, in words. */
export function writeProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return 'the disk is full: recording stops here, what was recorded so far can be played';
  if (code === 'EFBIG')
    return 'the file cannot grow further here: recording stops, what was recorded so far can be played';
  return `writing failed (${error instanceof Error ? error.message : String(error)})`;
}
