import { readFile, stat } from 'node:fs/promises';
import { DecodeError, InvalidValueError } from '../../src/errors.ts';
import { OggReader, OPUS_GRANULE_RATE, parseOpusHead } from '../../src/ogg/index.ts';
import { type AudioCodec, type AudioDecoder, findCodec, opusFrames } from '../codec/index.ts';
import { type AudioSource, BaseTerminal } from '../terminal/index.ts';
import type { TimedPacket } from './packet-player.ts';

/** A day of speech; more is to be cut first, since the whole file is kept in memory. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/** An Opus file, taken apart. */
export interface OpusFile {
  readonly channels: number;
  readonly preSkip: number;
  /** Without the head and the tags; with what is not to be heard at the beginning. */
  readonly packets: readonly Uint8Array[];
  readonly seconds: number;
}

/**
 * Reads an Ogg file with one Opus stream. A file that ends within a page, as after a crash, ends with the page before.
 *
 * @throws {InvalidValueError} when it cannot be read, or is too large
 * @throws {DecodeError} when it is something else, or damaged
 */
export async function readOpusFile(path: string): Promise<OpusFile> {
  const reader = new OggReader();
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES)
      throw new InvalidValueError(`${path} is larger than ${MAX_FILE_BYTES / 2 ** 20} MiB: cut it first`);
    reader.handleBytes(await readFile(path));
  } catch (error) {
    if (error instanceof InvalidValueError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidValueError(`Cannot read the sound file ${path}: ${why}`, { cause: error });
  }
  const head = reader.pollPacket();
  if (head === undefined || reader.pollPacket() === undefined)
    throw new DecodeError('Opus in Ogg', `${path} has no audio`);
  const { channels, preSkip } = parseOpusHead(head.data);
  const packets: Uint8Array[] = [];
  let frames = 0;
  for (let it = reader.pollPacket(); it !== undefined; it = reader.pollPacket()) {
    packets.push(it.data);
    frames += opusFrames(it.data, 0, it.data.length);
  }
  if (frames === 0) throw new DecodeError('Opus in Ogg', `${path} has no audio`);
  return { channels, preSkip, packets, seconds: Math.max(0, frames - preSkip) / OPUS_GRANULE_RATE };
}

/** The packets at the moments at which they are to be played. Those without audio, which stand for a pause, are left out. */
export async function* opusPackets(file: OpusFile, startMs: number): AsyncGenerator<TimedPacket, void, void> {
  let frame = -file.preSkip;
  let pause = true;
  for (const payload of file.packets) {
    const frames = opusFrames(payload, 0, payload.length);
    const atMs = (frame * 1000) / OPUS_GRANULE_RATE;
    const wanted = frames > 0 && payload.length > 1 && frame + frames > 0 && atMs >= startMs;
    if (wanted) yield { atMs, timestamp: frame >>> 0, payloadType: -1, marker: pause, payload };
    pause = !wanted;
    frame += frames;
  }
}

/** An Opus file as sound, for conferences of other formats. */
export class OpusFileSource extends BaseTerminal implements AudioSource {
  readonly direction = 'capture';
  readonly live = false;
  readonly #file: OpusFile;
  readonly #decoder: AudioDecoder;
  #next = 0;
  #skip: number;
  #waiting = new Float32Array(0);

  constructor(name: string, file: OpusFile, codec: AudioCodec, startMs: number) {
    super(name, 'wav', codec.format);
    this.#file = file;
    this.#decoder = codec.createDecoder();
    this.#skip = file.preSkip + Math.round((startMs * OPUS_GRANULE_RATE) / 1000);
  }

  get ended(): boolean {
    return this.#next >= this.#file.packets.length && this.#waiting.length === 0;
  }

  read(target: Float32Array): number {
    let done = 0;
    while (done < target.length && (this.#waiting.length > 0 || this.#decode())) {
      const part = this.#waiting.subarray(0, target.length - done);
      target.set(part, done);
      done += part.length;
      this.#waiting = this.#waiting.subarray(part.length);
    }
    return done / this.format.channels;
  }

  #decode(): boolean {
    const packet = this.#file.packets[this.#next++];
    if (packet === undefined) return false;
    const { channels } = this.format;
    const frames = opusFrames(packet, 0, packet.length);
    const out = new Float32Array(frames * channels);
    if (packet.length > 1) this.#decoder.decode(packet, 0, packet.length, out);
    else this.#decoder.conceal?.(out, frames);
    const skip = Math.min(this.#skip, frames);
    this.#skip -= skip;
    this.#waiting = out.subarray(skip * channels);
    return true;
  }

  protected finish(): Promise<void> {
    this.#decoder.dispose?.();
    return Promise.resolve();
  }
}

/** @throws {InvalidValueError} when there is no Opus here; `NetworkError` when it cannot be loaded */
export async function openOpusSource(path: string, file: OpusFile, startMs: number): Promise<OpusFileSource> {
  const codec = findCodec('opus', {
    clockRate: OPUS_GRANULE_RATE,
    channels: 2,
    parameters: new Map([['stereo', '1']]),
  });
  if (typeof codec === 'string') throw new InvalidValueError(`Cannot play ${path}: ${codec}`);
  await codec.prepare?.();
  return new OpusFileSource(`opus:${path}`, file, codec, startMs);
}
