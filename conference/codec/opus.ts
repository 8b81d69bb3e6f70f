import { InvalidValueError } from '../../src/errors.ts';
import type { AudioCodec, AudioDecoder, AudioEncoder, CodecFactory, EncoderOptions } from './codec.ts';
import { type OpusLibrary, loadedOpus, loadOpus, opusMissing } from './opus-library.ts';
import { carriesPrevious, OPUS_MAX_FRAMES, OPUS_RATE, opusFrames } from './opus-packet.ts';

/** What an `a=fmtp` asks of whoever sends (RFC 7587 §6.1), with its defaults. */
interface OpusParameters {
  readonly channels: 1 | 2;
  /** A request of `opus_defines.h`: 1101 (4 kHz of sound) to 1105 (20 kHz). */
  readonly bandwidth: number;
  readonly maxBitsPerSecond: number;
  readonly constantRate: boolean;
  readonly inBandFec: boolean;
  readonly discontinuous: boolean;
}

/** Milliseconds; more than 60 are several frames in one packet (RFC 7587 §4.2, RFC 6716 §3.2). */
const PACKET_MS = [2.5, 5, 10, 20, 40, 60, 80, 100, 120];
/** What RFC 7587 §3.1.1 has for full-band speech and for music in stereo. */
const USUAL_RATE = { 1: 40_000, 2: 96_000 } as const;
const LOWEST_RATE = 6000;
const HIGHEST_RATE = 510_000;
/** What is assumed when nothing is known: with none expected, libopus puts no redundancy in. */
const ASSUMED_LOSS = 0.1;
/** Room for what fits in a packet; libopus makes do with it. */
const MAX_PAYLOAD_BYTES = 1400;
/** A packet of so few octets says only that nothing has changed, and need not be sent. */
const NOTHING_NEW_BYTES = 2;
/** Granularity of what is made up for: 2.5 ms. */
const STEP = 120;
const VOIP = 2048;
const AUDIO = 2049;

/** Opus, RFC 7587, by libopus. It is always 48 kHz and two channels in SDP; how many are used is said by parameters. */
export const opus: CodecFactory = {
  encoding: 'OPUS',
  create({ clockRate, channels, parameters }) {
    if (clockRate !== OPUS_RATE || channels !== 2) {
      return `opus is always written opus/48000/2 (RFC 7587 §7), not opus/${clockRate}${channels === 1 ? '' : `/${channels}`}`;
    }
    return opusMissing() ?? opusCodec(readParameters(parameters));
  },
};

function opusCodec(asked: OpusParameters): AudioCodec {
  const { channels, maxBitsPerSecond } = asked;
  return {
    encoding: 'opus',
    clockRate: OPUS_RATE,
    format: { sampleRate: OPUS_RATE, channels },
    bitsPerSecond: Math.min(USUAL_RATE[channels], maxBitsPerSecond),
    stateful: true,
    packetMs: PACKET_MS,
    prepare: async () => {
      await loadOpus();
    },
    createDecoder: () => new Decoder(channels),
    createEncoder: (options) => new Encoder(asked, options),
  };
}

function readParameters(parameters: ReadonlyMap<string, string>): OpusParameters {
  const is = (name: string): boolean => parameters.get(name)?.trim() === '1';
  const number = (name: string, otherwise: number): number => {
    const value = Number(parameters.get(name) ?? Number.NaN);
    return Number.isFinite(value) && value > 0 ? value : otherwise;
  };
  const rate = number('maxplaybackrate', OPUS_RATE);
  const steps = [8000, 12_000, 16_000, 24_000].filter((it) => it < rate).length;
  return {
    channels: is('stereo') || is('sprop-stereo') ? 2 : 1,
    bandwidth: 1101 + steps,
    maxBitsPerSecond: Math.min(
      HIGHEST_RATE,
      Math.max(LOWEST_RATE, number('maxaveragebitrate', HIGHEST_RATE)),
    ),
    constantRate: is('cbr'),
    inBandFec: is('useinbandfec'),
    discontinuous: is('usedtx'),
  };
}

/** Gives memory back when whoever should have called `dispose` did not. */
const forgotten = new FinalizationRegistry<() => void>((free) => free());

class Decoder implements AudioDecoder {
  readonly #channels: number;
  #library: OpusLibrary | undefined;
  #decoder = 0;
  #disposed = false;
  /** What was made up for beyond what was asked. */
  #step: Float32Array | undefined;

  constructor(channels: number) {
    this.#channels = channels;
  }

  frames(bytes: Uint8Array, start: number, end: number): number {
    return opusFrames(bytes, start, end);
  }
  decode(bytes: Uint8Array, start: number, end: number, target: Float32Array): number {
    const library = this.#ready();
    if (library === undefined || opusFrames(bytes, start, end) === 0) return 0;
    return library.decode(this.#decoder, this.#channels, bytes, start, end, target);
  }
  conceal(target: Float32Array, frames: number): number {
    const library = this.#decoder === 0 ? undefined : this.#library; // before the first packet there is nothing to go on
    if (library === undefined || frames <= 0) return 0;
    const wanted = Math.min(frames, OPUS_MAX_FRAMES);
    const whole = wanted - (wanted % STEP);
    if (whole > 0) library.makeUp(this.#decoder, this.#channels, NOTHING, 0, 0, target, whole);
    if (whole < wanted) this.#fillUp(library, target, whole, wanted);
    return wanted;
  }
  decodeFec(bytes: Uint8Array, start: number, end: number, target: Float32Array, frames: number): number {
    if (frames <= 0 || frames % STEP !== 0 || frames > OPUS_MAX_FRAMES) return 0;
    if (opusFrames(bytes, start, end) === 0 || !carriesPrevious(bytes, start, end)) return 0;
    const library = this.#ready();
    if (library === undefined) return 0;
    return library.makeUp(this.#decoder, this.#channels, bytes, start, end, target, frames);
  }
  dispose(): void {
    this.#disposed = true;
    this.reset();
  }
  /** The next packet finds a new one. */
  reset(): void {
    if (this.#decoder === 0) return;
    this.#library?.destroyDecoder(this.#decoder);
    this.#decoder = 0;
    forgotten.unregister(this);
  }

  #fillUp(library: OpusLibrary, target: Float32Array, from: number, to: number): void {
    this.#step ??= new Float32Array(STEP * 2);
    library.makeUp(this.#decoder, this.#channels, NOTHING, 0, 0, this.#step, STEP);
    target.set(this.#step.subarray(0, (to - from) * this.#channels), from * this.#channels);
  }

  #ready(): OpusLibrary | undefined {
    if (this.#decoder !== 0) return this.#library;
    const library = loadedOpus();
    if (library === undefined || this.#disposed) return undefined;
    const decoder = library.createDecoder(this.#channels);
    if (decoder === 0) return undefined;
    this.#library = library;
    this.#decoder = decoder;
    forgotten.register(this, () => library.destroyDecoder(decoder), this);
    return library;
  }
}

const NOTHING = new Uint8Array(0);

class Encoder implements AudioEncoder {
  readonly #asked: OpusParameters;
  #options: EncoderOptions;
  #library: OpusLibrary | undefined;
  #encoder = 0;
  #disposed = false;
  readonly #out = new Uint8Array(MAX_PAYLOAD_BYTES);

  constructor(asked: OpusParameters, options: EncoderOptions = {}) {
    this.#asked = asked;
    this.#options = options;
    check(options);
  }

  encode(samples: Float32Array): Uint8Array {
    const { channels } = this.#asked;
    if (!PACKET_MS.includes((samples.length / channels / OPUS_RATE) * 1000)) {
      throw new InvalidValueError(
        `opus has packets of ${PACKET_MS.join(', ')} ms, not of ${samples.length} samples`,
      );
    }
    const library = this.#ready();
    if (library === undefined) return NOTHING;
    const length = library.encode(this.#encoder, samples, channels, this.#out);
    if (this.#discontinuous && length <= NOTHING_NEW_BYTES) return NOTHING;
    return this.#out.subarray(0, length);
  }
  configure(options: EncoderOptions): void {
    check(options);
    this.#options = { ...this.#options, ...options };
    if (this.#library !== undefined && this.#encoder !== 0) this.#apply(this.#library);
  }
  dispose(): void {
    this.#disposed = true;
    this.reset();
  }
  reset(): void {
    if (this.#encoder === 0) return;
    this.#library?.destroyEncoder(this.#encoder);
    this.#encoder = 0;
    forgotten.unregister(this);
  }

  get #discontinuous(): boolean {
    return this.#options.discontinuous ?? this.#asked.discontinuous;
  }

  #apply(library: OpusLibrary): void {
    const { channels, bandwidth, maxBitsPerSecond, constantRate, inBandFec } = this.#asked;
    const { bitsPerSecond = USUAL_RATE[channels], complexity, expectedLoss, stereo } = this.#options;
    const { requests } = library;
    const set = (request: number, value: number): void =>
      library.controlEncoder(this.#encoder, request, value);
    set(requests.SetBitrate, Math.min(maxBitsPerSecond, Math.max(LOWEST_RATE, Math.round(bitsPerSecond))));
    set(requests.SetMaxBandwidth, bandwidth);
    set(requests.SetVbr, constantRate ? 0 : 1);
    set(requests.SetInBandFec, inBandFec ? 1 : 0);
    set(requests.SetPacketLossPercent, Math.round((expectedLoss ?? (inBandFec ? ASSUMED_LOSS : 0)) * 100));
    set(requests.SetDtx, this.#discontinuous ? 1 : 0);
    if (complexity !== undefined) set(requests.SetComplexity, complexity);
    if (stereo !== undefined && channels === 2) set(requests.SetForceChannels, stereo ? 2 : 1);
  }

  #ready(): OpusLibrary | undefined {
    if (this.#encoder !== 0) return this.#library;
    const library = loadedOpus();
    if (library === undefined || this.#disposed) return undefined;
    const { channels } = this.#asked;
    const encoder = library.createEncoder(channels, channels === 1 ? VOIP : AUDIO);
    if (encoder === 0) return undefined;
    this.#library = library;
    this.#encoder = encoder;
    this.#apply(library);
    forgotten.register(this, () => library.destroyEncoder(encoder), this);
    return library;
  }
}

/** @throws {InvalidValueError} for a value out of range */
function check({ bitsPerSecond, complexity, expectedLoss }: EncoderOptions): void {
  if (bitsPerSecond !== undefined && !(bitsPerSecond >= LOWEST_RATE && bitsPerSecond <= HIGHEST_RATE)) {
    throw new InvalidValueError(
      `${bitsPerSecond} bit/s is not from ${LOWEST_RATE} to ${HIGHEST_RATE}, as opus has it`,
    );
  }
  if (complexity !== undefined && !(Number.isInteger(complexity) && complexity >= 0 && complexity <= 10)) {
    throw new InvalidValueError(`complexity ${complexity} is not a whole number from 0 to 10`);
  }
  if (expectedLoss !== undefined && !(expectedLoss >= 0 && expectedLoss <= 1)) {
    throw new InvalidValueError(`an expected loss of ${expectedLoss} is not from 0 to 1`);
  }
}
