import { findPackageJSON } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NetworkError } from '../../src/errors.ts';
import { OPUS_MAX_BYTES, OPUS_MAX_FRAMES, OPUS_RATE } from './opus-packet.ts';

const PACKAGE = 'libopus-wasm';

type OpusRequests = typeof import('libopus-wasm').EncoderCtl;

/** What of the compiled library is used: pointers are numbers, the heap's views are made anew when it grows. */
interface Compiled {
  readonly HEAPU8: Uint8Array;
  readonly HEAPF32: Float32Array;
  _malloc(bytes: number): number;
  _oc_create_encoder(rate: number, channels: number, application: number, error: number): number;
  _oc_create_decoder(rate: number, channels: number, error: number): number;
  _oc_destroy_encoder(encoder: number): void;
  _oc_destroy_decoder(decoder: number): void;
  _oc_encoder_ctl(encoder: number, request: number, value: number): number;
  _oc_encode_float(encoder: number, pcm: number, frames: number, out: number, room: number): number;
  _oc_decode_float(
    decoder: number,
    data: number,
    length: number,
    pcm: number,
    room: number,
    fec: number,
  ): number;
}

const NEEDED: readonly (keyof Compiled)[] = [
  '_malloc',
  '_oc_create_encoder',
  '_oc_create_decoder',
  '_oc_destroy_encoder',
  '_oc_destroy_decoder',
  '_oc_encoder_ctl',
  '_oc_encode_float',
  '_oc_decode_float',
];

let library: OpusLibrary | undefined;
let loading: Promise<OpusLibrary> | undefined;

function manifest(): string | undefined {
  try {
    return findPackageJSON(PACKAGE, import.meta.url);
  } catch {
    return undefined;
  }
}

/** Why there is no Opus here, a sentence; undefined when there is. Nothing is loaded. */
export function opusMissing(): string | undefined {
  if (library !== undefined || manifest() !== undefined) return undefined;
  return `opus needs the optional package ${PACKAGE}, which is not installed: npm install ${PACKAGE}`;
}

/** The library once it is loaded, else undefined. */
export function loadedOpus(): OpusLibrary | undefined {
  return library;
}

/** Loads the library, once for the whole process. @throws {NetworkError} when it cannot be used */
export function loadOpus(): Promise<OpusLibrary> {
  loading ??= load().catch((cause: unknown) => {
    loading = undefined;
    throw new NetworkError(
      `the package ${PACKAGE} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. Install it anew, or join without opus`,
      { cause },
    );
  });
  return loading;
}

/**
 * The package's own functions make encoders asynchronously and new arrays with every packet. Its compiled library, which
 * they are a thin layer over, does neither; so this file is that layer, for the version that package.json fixes.
 */
async function load(): Promise<OpusLibrary> {
  const { EncoderCtl } = await import('libopus-wasm');
  const path = manifest();
  if (path === undefined) throw new Error('it is not installed');
  const file = pathToFileURL(join(path, '..', 'dist', 'generated', 'libopus.generated.mjs')).href;
  const loaded: unknown = await import(/* @vite-ignore */ file);
  const create: unknown = Reflect.get(Object(loaded), 'default');
  const compiled: unknown = typeof create === 'function' ? await create() : undefined;
  if (!isCompiled(compiled)) throw new Error('it is another version');
  library = new OpusLibrary(compiled, EncoderCtl);
  return library;
}

function isCompiled(value: unknown): value is Compiled {
  if (typeof value !== 'object' || value === null) return false;
  return NEEDED.every((name) => typeof Reflect.get(value, name) === 'function');
}

/** libopus in WebAssembly. Packets and sound go through memory that all its encoders and decoders share. */
export class OpusLibrary {
  readonly #compiled: Compiled;
  readonly #packet: number;
  readonly #pcm: number;

  /** Requests to encoders. */
  readonly requests: OpusRequests;

  constructor(compiled: Compiled, requests: OpusRequests) {
    this.#compiled = compiled;
    this.requests = requests;
    this.#packet = compiled._malloc(OPUS_MAX_BYTES);
    this.#pcm = compiled._malloc(OPUS_MAX_FRAMES * 2 * 4);
  }

  /** @returns 0 when there is no memory for it */
  createDecoder(channels: number): number {
    return this.#compiled._oc_create_decoder(OPUS_RATE, channels, this.#packet);
  }
  destroyDecoder(decoder: number): void {
    this.#compiled._oc_destroy_decoder(decoder);
  }

  /** @returns frames at the front of `target`, which has room for all; 0 when the payload is no packet */
  decode(
    decoder: number,
    channels: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    target: Float32Array,
  ): number {
    if (end - start > OPUS_MAX_BYTES || end <= start) return 0;
    this.#takePacket(bytes, start, end);
    return this.#decoded(decoder, channels, end - start, OPUS_MAX_FRAMES, 0, target);
  }

  /**
   * What a packet has of the one before it, or with no packet (`end` is `start`) something that sounds like what came last.
   *
   * @param frames a multiple of 120, 5760 at most
   */
  makeUp(
    decoder: number,
    channels: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    target: Float32Array,
    frames: number,
  ): number {
    if (end - start > OPUS_MAX_BYTES) return 0;
    if (end > start) this.#takePacket(bytes, start, end);
    return this.#decoded(decoder, channels, end - start, frames, end > start ? 1 : 0, target);
  }

  #takePacket(bytes: Uint8Array, start: number, end: number): void {
    const heap = this.#compiled.HEAPU8;
    for (let from = start, to = this.#packet; from < end; from++, to++) heap[to] = bytes[from] ?? 0;
  }

  #decoded(
    decoder: number,
    channels: number,
    length: number,
    room: number,
    fec: number,
    target: Float32Array,
  ): number {
    const packet = length === 0 ? 0 : this.#packet;
    const frames = this.#compiled._oc_decode_float(decoder, packet, length, this.#pcm, room, fec);
    if (frames <= 0) return 0;
    const heap = this.#compiled.HEAPF32;
    const count = Math.min(frames * channels, target.length);
    for (let to = 0, from = this.#pcm >> 2; to < count; to++, from++) target[to] = heap[from] ?? 0;
    return frames;
  }

  /** @returns 0 when there is no memory for it */
  createEncoder(channels: number, application: number): number {
    return this.#compiled._oc_create_encoder(OPUS_RATE, channels, application, this.#packet);
  }
  destroyEncoder(encoder: number): void {
    this.#compiled._oc_destroy_encoder(encoder);
  }
  /** @param request one of {@link requests} */
  controlEncoder(encoder: number, request: number, value: number): void {
    this.#compiled._oc_encoder_ctl(encoder, request, value);
  }

  /** @returns octets at the front of `out`; 0 when the number of frames is none that Opus has */
  encode(encoder: number, samples: Float32Array, channels: number, out: Uint8Array): number {
    const frames = samples.length / channels;
    if (frames > OPUS_MAX_FRAMES) return 0;
    const pcm = this.#compiled.HEAPF32;
    for (let from = 0, to = this.#pcm >> 2; from < samples.length; from++, to++) {
      const sample = samples[from] ?? 0;
      pcm[to] = sample > 1 ? 1 : sample < -1 ? -1 : sample === sample ? sample : 0; // it would carry NaN on for ever
    }
    const length = this.#compiled._oc_encode_float(encoder, this.#pcm, frames, this.#packet, out.length);
    if (length <= 0) return 0;
    const heap = this.#compiled.HEAPU8;
    for (let to = 0, from = this.#packet; to < length; to++, from++) out[to] = heap[from] ?? 0;
    return length;
  }
}
