import { readFileSync, writeFileSync } from 'node:fs';
import { parseWavHeader, type WavHeader, wavHeader } from '../../conference/index.ts';

export interface WavFile extends WavHeader {
  /** The first channel. */
  readonly samples0: Float32Array;
  readonly seconds: number;
}

/** Reads a 16-bit WAV file whole. */
export function readWav(path: string): WavFile {
  const bytes = readFileSync(path);
  const header = parseWavHeader(bytes);
  const { channels, sampleRate } = header.format;
  const end = Math.min(bytes.length, header.dataOffset + (header.dataBytes ?? bytes.length));
  const frames = Math.floor((end - header.dataOffset) / (2 * channels));
  const samples0 = Float32Array.from(
    { length: frames },
    (_, i) => bytes.readInt16LE(header.dataOffset + i * 2 * channels) / 32_768,
  );
  return { ...header, samples0, seconds: frames / sampleRate };
}

/** Writes a 16-bit mono WAV file. */
export function writeWav(path: string, samples: Float32Array, sampleRate: number): void {
  const data = Buffer.alloc(samples.length * 2);
  for (const [i, sample] of samples.entries()) {
    data.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))), i * 2);
  }
  writeFileSync(path, Buffer.concat([wavHeader({ sampleRate, channels: 1 }, data.length), data]));
}
