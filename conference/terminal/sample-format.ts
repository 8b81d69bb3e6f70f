import { A_LAW, MU_LAW } from '../codec/index.ts';

/** How a sample is written in bytes, outside memory. */
export type SampleFormat =
  | 'u8'
  | 's16le'
  | 's16be'
  | 's24le'
  | 's32le'
  | 'f32le'
  | 'f64le'
  | 'mulaw'
  | 'alaw';

export const SAMPLE_BYTES: Readonly<Record<SampleFormat, number>> = {
  u8: 1,
  s16le: 2,
  s16be: 2,
  s24le: 3,
  s32le: 4,
  f32le: 4,
  f64le: 8,
  mulaw: 1,
  alaw: 1,
};

export function isSampleFormat(text: string): text is SampleFormat {
  return Object.hasOwn(SAMPLE_BYTES, text);
}

/** Reads `count` samples from `bytes` at `offset` into `target` at `at`. */
export function readSamples(
  format: SampleFormat,
  bytes: Uint8Array,
  offset: number,
  count: number,
  target: Float32Array,
  at: number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = READERS[format];
  const size = SAMPLE_BYTES[format];
  for (let i = 0; i < count; i++) target[at + i] = read(view, offset + i * size);
}

const READERS: Readonly<Record<SampleFormat, (view: DataView, at: number) => number>> = {
  u8: (view, at) => (view.getUint8(at) - 128) / 128,
  s16le: (view, at) => view.getInt16(at, true) / 32_768,
  s16be: (view, at) => view.getInt16(at, false) / 32_768,
  s24le: (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8_388_608,
  s32le: (view, at) => view.getInt32(at, true) / 2_147_483_648,
  f32le: (view, at) => finite(view.getFloat32(at, true)),
  f64le: (view, at) => finite(view.getFloat64(at, true)),
  mulaw: (view, at) => MU_LAW.toFloat[view.getUint8(at)] ?? 0,
  alaw: (view, at) => A_LAW.toFloat[view.getUint8(at)] ?? 0,
};

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** Writes samples as `format`; louder than full scale is cut off. */
export function writeSamples(format: SampleFormat, samples: Float32Array): Uint8Array<ArrayBuffer> {
  const size = SAMPLE_BYTES[format];
  const bytes = new Uint8Array(samples.length * size);
  const view = new DataView(bytes.buffer);
  const write = WRITERS[format];
  for (let i = 0; i < samples.length; i++) write(view, i * size, samples[i] ?? 0);
  return bytes;
}

const WRITERS: Readonly<Record<SampleFormat, (view: DataView, at: number, sample: number) => void>> = {
  u8: (view, at, sample) => view.setUint8(at, scaled(sample, 128) + 128),
  s16le: (view, at, sample) => view.setInt16(at, scaled(sample, 32_768), true),
  s16be: (view, at, sample) => view.setInt16(at, scaled(sample, 32_768), false),
  s24le(view, at, sample) {
    const value = scaled(sample, 8_388_608);
    view.setUint16(at, value & 0xffff, true);
    view.setInt8(at + 2, value >> 16);
  },
  s32le: (view, at, sample) => view.setInt32(at, scaled(sample, 2_147_483_648), true),
  f32le: (view, at, sample) => view.setFloat32(at, sample, true),
  f64le: (view, at, sample) => view.setFloat64(at, sample, true),
  mulaw: (view, at, sample) => view.setUint8(at, MU_LAW.fromSample[scaled(sample, 32_768) + 32_768] ?? 0),
  alaw: (view, at, sample) => view.setUint8(at, A_LAW.fromSample[scaled(sample, 32_768) + 32_768] ?? 0),
};

function scaled(sample: number, full: number): number {
  return Math.max(-full, Math.min(full - 1, Math.round(sample * full)));
}
