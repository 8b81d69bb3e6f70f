import type { AudioCodec, AudioDecoder, CodecFactory } from './codec.ts';

/** Uncompressed 16-bit samples, most significant octet first (RFC 3551 §4.5.11). */
export const l16: CodecFactory = {
  encoding: 'L16',
  create({ clockRate, channels }): AudioCodec {
    const decoder: AudioDecoder = {
      frames(_bytes, start, end) {
        const frames = (end - start) / (2 * channels);
        return Number.isInteger(frames) ? frames : 0;
      },
      decode(bytes, start, end, target) {
        const frames = decoder.frames(bytes, start, end);
        if (frames === 0) return 0;
        for (let from = start, to = 0; from < end; from += 2, to++) {
          target[to] = ((((bytes[from] ?? 0) << 24) >> 16) | (bytes[from + 1] ?? 0)) / 32_768;
        }
        return frames;
      },
    };
    return {
      encoding: 'L16',
      clockRate,
      format: { sampleRate: clockRate, channels },
      bitsPerSecond: clockRate * channels * 16,
      createDecoder: () => decoder, // no state: one serves all
      createEncoder() {
        let out = new Uint8Array(0);
        return {
          encode(samples) {
            const length = samples.length * 2;
            if (out.length < length) out = new Uint8Array(length);
            for (let i = 0; i < samples.length; i++) {
              const rounded = Math.round((samples[i] ?? 0) * 32_768);
              const sample = rounded > 32_767 ? 32_767 : rounded < -32_768 ? -32_768 : rounded;
              out[2 * i] = sample >> 8;
              out[2 * i + 1] = sample;
            }
            return out.subarray(0, length);
          },
        };
      },
    };
  },
};
