import { InvalidValueError } from '../../src/errors.ts';
import type { AudioDecoder, AudioEncoder, CodecFactory } from './codec.ts';
import { G722Decoder, G722Encoder } from './g722-coder.ts';

/**
 * ITU-T G.722 at 64 kbit/s. It samples at 16 kHz, but its RTP clock is 8 kHz, for historical reasons (RFC 3551 §4.5.2): an
 * octet is one tick and two samples. One channel, as nearly all others have it.
 */
export const g722: CodecFactory = {
  encoding: 'G722',
  create({ clockRate, channels }) {
    if (clockRate !== 8000) {
      return `G722 has an RTP clock of 8000 Hz though it samples at 16000 Hz (RFC 3551 §4.5.2), not ${clockRate}`;
    }
    if (channels !== 1) return `G722 with ${channels} channels is not possible here, only with one`;
    return {
      encoding: 'G722',
      clockRate,
      format: { sampleRate: 16_000, channels: 1 },
      bitsPerSecond: 64_000,
      stateful: true,
      createDecoder: () => new Decoder(),
      createEncoder: () => new Encoder(),
    };
  },
};

class Decoder implements AudioDecoder {
  #decoder = new G722Decoder();
  readonly #pair = new Int16Array(2);

  frames(_bytes: Uint8Array, start: number, end: number): number {
    return 2 * (end - start);
  }
  decode(bytes: Uint8Array, start: number, end: number, target: Float32Array): number {
    const pair = this.#pair;
    for (let from = start, to = 0; from < end; from++, to += 2) {
      this.#decoder.decode(bytes[from] ?? 0, pair, 0);
      target[to] = (pair[0] ?? 0) / 32_768;
      target[to + 1] = (pair[1] ?? 0) / 32_768;
    }
    return this.frames(bytes, start, end);
  }
  reset(): void {
    this.#decoder = new G722Decoder();
  }
}

class Encoder implements AudioEncoder {
  #encoder = new G722Encoder();
  #out = new Uint8Array(160);

  encode(samples: Float32Array): Uint8Array {
    const length = samples.length / 2;
    if (!Number.isInteger(length)) throw new InvalidValueError('G722 codes samples in pairs');
    if (length > 65_000) throw new InvalidValueError('more samples than fit in a packet');
    if (this.#out.length < length) this.#out = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      this.#out[i] = this.#encoder.encode(toInteger(samples[2 * i]), toInteger(samples[2 * i + 1]));
    }
    return this.#out.subarray(0, length);
  }
  reset(): void {
    this.#encoder = new G722Encoder();
  }
}

function toInteger(sample = 0): number {
  const rounded = Math.round(sample * 32_768);
  return rounded > 32_767 ? 32_767 : rounded < -32_768 ? -32_768 : rounded;
}
