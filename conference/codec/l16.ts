import { linearCodec } from './linear.ts';

/** Uncompressed 16-bit samples, most significant octet first (RFC 3551 §4.5.11). */
export const l16 = linearCodec({
  encoding: 'L16',
  octetsPerSample: 2,
  read(bytes, start, end, target) {
    for (let from = start, to = 0; from < end; from += 2, to++) {
      target[to] = ((((bytes[from] ?? 0) << 24) >> 16) | (bytes[from + 1] ?? 0)) / 32_768;
    }
  },
  write(samples, out) {
    for (let i = 0; i < samples.length; i++) {
      const rounded = Math.round((samples[i] ?? 0) * 32_768);
      const sample = rounded > 32_767 ? 32_767 : rounded < -32_768 ? -32_768 : rounded;
      out[2 * i] = sample >> 8;
      out[2 * i + 1] = sample;
    }
  },
});
