import { InvalidValueError } from '../../src/errors.ts';
import type { AudioCodec, AudioDecoder, CodecFactory } from './codec.ts';

/** Uncompressed samples of one width, most significant octet first. */
export interface LinearLayout {
  readonly encoding: string;
  readonly octetsPerSample: number;
  /** Turns the whole samples from `start` to `end` into floats at the front of `target`. */
  read(bytes: Uint8Array, start: number, end: number, target: Float32Array): void;
  /** Writes all samples to the front of `out`; what is beyond full scale is cut off. */
  write(samples: Float32Array, out: Uint8Array): void;
}

/** Samples of one moment next to each other, in the order of the channels (RFC 3551 §4.1). */
export function linearCodec(layout: LinearLayout): CodecFactory {
  const { encoding, octetsPerSample } = layout;
  return {
    encoding,
    create({ clockRate, channels }): AudioCodec {
      const decoder: AudioDecoder = {
        frames(_bytes, start, end) {
          const frames = (end - start) / (octetsPerSample * channels);
          return Number.isInteger(frames) ? frames : 0;
        },
        decode(bytes, start, end, target) {
          const frames = decoder.frames(bytes, start, end);
          if (frames > 0) layout.read(bytes, start, end, target);
          return frames;
        },
      };
      return {
        encoding,
        clockRate,
        format: { sampleRate: clockRate, channels },
        bitsPerSecond: clockRate * channels * octetsPerSample * 8,
        stateful: false,
        createDecoder: () => decoder, // no state: one serves all
        createEncoder() {
          let out = new Uint8Array(0);
          return {
            encode(samples) {
              const length = samples.length * octetsPerSample;
              if (length > 65_000) throw new InvalidValueError('more samples than fit in a packet');
              if (out.length < length) out = new Uint8Array(length);
              layout.write(samples, out);
              return out.subarray(0, length);
            },
          };
        },
      };
    },
  };
}
