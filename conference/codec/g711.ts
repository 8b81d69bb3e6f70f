import { InvalidValueError } from '../../src/errors.ts';
import type { AudioCodec, AudioDecoder, AudioEncoder, CodecFactory } from './codec.ts';

/** ITU-T G.711 (11/88) table 2, scaled from 14 to 16 bits. Both zeros of the law become 0. */
export function muLawToLinear(code: number): number {
  const inverted = ~code & 0xff; // sent with all bits inverted (§3.2)
  const chord = (inverted >> 4) & 7;
  const magnitude = ((((inverted & 15) << 1) + 33) << chord) - 33;
  return (inverted & 0x80 ? -magnitude : magnitude) * 4 || 0;
}

/** Of a 16-bit sample; negative ones are judged by their one's complement, as in G.191's reference. */
export function linearToMuLaw(sample: number): number {
  const negative = sample < 0;
  const biased = Math.min(0x1fff, ((negative ? ~sample : sample) >> 2) + 33);
  const chord = 26 - Math.clz32(biased); // the leading one is at bit chord + 5
  const code = (chord << 4) | ((biased >> (chord + 1)) & 15);
  return ~(code | (negative ? 0x80 : 0)) & 0xff;
}

/** ITU-T G.711 (11/88) table 1, scaled from 13 to 16 bits. */
export function aLawToLinear(code: number): number {
  const toggled = code ^ 0x55; // sent with even bits inverted (§3.1)
  const chord = (toggled >> 4) & 7;
  const step = ((toggled & 15) << 1) + 1;
  const magnitude = chord === 0 ? step : (step + 32) << (chord - 1);
  return (toggled & 0x80 ? magnitude : -magnitude) * 8;
}

/** Of a 16-bit sample; negative ones are judged by their one's complement, as in G.191's reference. */
export function linearToALaw(sample: number): number {
  const negative = sample < 0;
  const magnitude = (negative ? ~sample : sample) >> 4; // 11 bits: half of G.711's unit of 4096 levels
  const chord = magnitude < 16 ? 0 : 28 - Math.clz32(magnitude);
  const code = chord === 0 ? magnitude : (chord << 4) | ((magnitude >> (chord - 1)) & 15);
  return (code | (negative ? 0 : 0x80)) ^ 0x55;
}

/** A law as two tables. */
export class CompandingLaw {
  /** Byte to float. */
  readonly toFloat: Float32Array;
  readonly #fromLinear: (sample: number) => number;
  #fromSample: Uint8Array | undefined;

  constructor(toLinear: (code: number) => number, fromLinear: (sample: number) => number) {
    this.toFloat = Float32Array.from({ length: 256 }, (_, code) => toLinear(code) / 32_768);
    this.#fromLinear = fromLinear;
  }

  /** 16-bit sample (plus 32768) to byte. Made when it is first asked for: who only listens starts sooner without. */
  get fromSample(): Uint8Array {
    if (this.#fromSample === undefined) {
      const table = new Uint8Array(65_536);
      for (let i = 0; i < table.length; i++) table[i] = this.#fromLinear(i - 32_768);
      this.#fromSample = table;
    }
    return this.#fromSample;
  }
}

export const MU_LAW = new CompandingLaw(muLawToLinear, linearToMuLaw);
export const A_LAW = new CompandingLaw(aLawToLinear, linearToALaw);

/** One octet per sample, samples of one moment next to each other (RFC 3551 §4.5.14, §4.1). */
export function compandedCodec(encoding: string, law: CompandingLaw): CodecFactory {
  return {
    encoding,
    create({ clockRate, channels }): AudioCodec {
      const decoder = new CompandedDecoder(law, channels);
      return {
        encoding,
        clockRate,
        format: { sampleRate: clockRate, channels },
        bitsPerSecond: clockRate * channels * 8,
        stateful: false,
        createDecoder: () => decoder, // no state: one serves all
        createEncoder: () => compandedEncoder(law),
      };
    },
  };
}

class CompandedDecoder implements AudioDecoder {
  readonly #table: Float32Array;
  readonly #channels: number;
  constructor(law: CompandingLaw, channels: number) {
    this.#table = law.toFloat;
    this.#channels = channels;
  }
  frames(_bytes: Uint8Array, start: number, end: number): number {
    const frames = (end - start) / this.#channels;
    return Number.isInteger(frames) ? frames : 0;
  }
  decode(bytes: Uint8Array, start: number, end: number, target: Float32Array): number {
    const table = this.#table;
    const frames = this.frames(bytes, start, end);
    if (frames === 0) return 0;
    for (let from = start, to = 0; from < end; from++, to++) target[to] = table[bytes[from] ?? 0] ?? 0;
    return frames;
  }
}

function compandedEncoder(law: CompandingLaw): AudioEncoder {
  let out = new Uint8Array(160);
  return {
    encode(samples) {
      const { fromSample } = law;
      if (samples.length > 65_000) throw new InvalidValueError('more samples than fit in a packet');
      if (out.length < samples.length) out = new Uint8Array(samples.length);
      for (let i = 0; i < samples.length; i++) {
        const sample = Math.round((samples[i] ?? 0) * 32_768);
        out[i] = fromSample[(sample > 32_767 ? 32_767 : sample < -32_768 ? -32_768 : sample) + 32_768] ?? 0;
      }
      return out.subarray(0, samples.length);
    },
  };
}
