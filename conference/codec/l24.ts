import { linearCodec } from './linear.ts';

const FULL_SCALE = 8_388_608;

/**
 * Uncompressed 24-bit samples, most significant octet first (RFC 3190 §4), as AES67 equipment sends them. A float holds
 * all 24 bits: nothing is lost on the way in and out.
 */
export const l24 = linearCodec({
  encoding: 'L24',
  octetsPerSample: 3,
  read(bytes, start, end, target) {
    for (let from = start, to = 0; from < end; from += 3, to++) {
      const sample =
        (((bytes[from] ?? 0) << 24) >> 8) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
      target[to] = sample / FULL_SCALE;
    }
  },
  write(samples, out) {
    for (let i = 0, to = 0; i < samples.length; i++, to += 3) {
      const rounded = Math.round((samples[i] ?? 0) * FULL_SCALE);
      const sample = rounded >= FULL_SCALE ? FULL_SCALE - 1 : rounded < -FULL_SCALE ? -FULL_SCALE : rounded;
      out[to] = sample >> 16;
      out[to + 1] = sample >> 8;
      out[to + 2] = sample;
    }
  },
});
