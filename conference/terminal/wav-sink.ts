import { type FileHandle, open } from 'node:fs/promises';
import { InvalidValueError } from '../../src/errors.ts';
import type { AudioFormat } from '../audio/index.ts';
import { BaseTerminal } from './base.ts';
import { writeSamples } from './sample-format.ts';
import type { AudioSink } from './terminal.ts';
import { WAV_HEADER_BYTES, wavHeader } from './wav-format.ts';

/** Audio gathered before it is written. The header is brought up to date each time, so a crash loses this much. */
const FLUSH_SECONDS = 0.5;
/** Waiting for a slow disk; beyond that blocks are dropped. */
const BACKLOG_SECONDS = 20;
/** RIFF counts bytes in 32 bits. */
const MAX_DATA_BYTES = 0xffff_ffff - WAV_HEADER_BYTES;

/**
 * Opens a 16-bit PCM WAV file for what is heard; an existing one is replaced.
 *
 * @throws {InvalidValueError} when the file cannot be written
 */
export async function openWavSink(path: string, format: AudioFormat): Promise<WavSink> {
  try {
    const file = await open(path, 'w');
    await file.write(wavHeader(format, 0), 0, WAV_HEADER_BYTES, 0);
    return new WavSink(path, file, format);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidValueError(`Cannot write the sound file ${path}: ${why}`, { cause: error });
  }
}

export class WavSink extends BaseTerminal implements AudioSink {
  readonly direction = 'render';
  droppedFrames = 0;
  readonly #file: FileHandle;
  #gathered: Uint8Array<ArrayBuffer>[] = [];
  #gatheredBytes = 0;
  #dataBytes = 0;
  readonly #bytesPerSecond: number;
  #writing: Promise<void> | undefined;

  constructor(path: string, file: FileHandle, format: AudioFormat) {
    super(`wav:${path}`, 'wav', format);
    this.#file = file;
    this.#bytesPerSecond = format.sampleRate * format.channels * 2;
  }

  write(samples: Float32Array): void {
    if (this.failure !== undefined || this.closed) return;
    const size = samples.length * 2;
    if (this.#gatheredBytes > BACKLOG_SECONDS * this.#bytesPerSecond) {
      this.droppedFrames += samples.length / this.format.channels;
      return;
    }
    if (this.#dataBytes + this.#gatheredBytes + size > MAX_DATA_BYTES) {
      this.fail('the file has reached 4 GB, the most a WAV file can hold; recording stops here');
      return;
    }
    this.#gathered.push(writeSamples('s16le', samples));
    this.#gatheredBytes += size;
    this.#flushIfMuch();
  }

  #flushIfMuch(): void {
    if (this.#gatheredBytes >= FLUSH_SECONDS * this.#bytesPerSecond) this.#writing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    try {
      const bytes = Buffer.concat(this.#gathered);
      this.#gathered = [];
      this.#gatheredBytes = 0;
      await this.#file.write(bytes, 0, bytes.length, WAV_HEADER_BYTES + this.#dataBytes);
      this.#dataBytes += bytes.length;
      await this.#file.write(wavHeader(this.format, this.#dataBytes), 0, WAV_HEADER_BYTES, 0);
    } catch (error) {
      this.fail(`writing failed (${error instanceof Error ? error.message : String(error)})`, error);
    } finally {
      this.#writing = undefined;
      if (this.failure === undefined) this.#flushIfMuch();
    }
  }

  protected async finish(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#gatheredBytes > 0 && this.failure === undefined) await this.#flush();
    await this.#file.close();
  }
}
