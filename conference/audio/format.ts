import { InvalidValueError } from '../../src/errors.ts';

/**
 * How audio is held in memory everywhere in this folder: 32-bit floats from −1 to 1, the channels of one moment (a
 * frame) next to each other.
 */
export interface AudioFormat {
  /** Frames per second, 1000 to 384000. */
  readonly sampleRate: number;
  /** 1 to 64. */
  readonly channels: number;
}

export function sameFormat(a: AudioFormat, b: AudioFormat): boolean {
  return a.sampleRate === b.sampleRate && a.channels === b.channels;
}

/** `8000 Hz mono`, `48000 Hz stereo`, `44100 Hz 6 channels`. */
export function describeFormat({ sampleRate, channels }: AudioFormat): string {
  const layout = channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`;
  return `${sampleRate} Hz ${layout}`;
}

/** @throws {InvalidValueError} for a rate or a channel count out of range */
export function requireFormat({ sampleRate, channels }: AudioFormat): void {
  if (!Number.isInteger(sampleRate) || sampleRate < 1000 || sampleRate > 384_000) {
    throw new InvalidValueError(`sample rate ${sampleRate} is not a whole number from 1000 to 384000`);
  }
  if (!Number.isInteger(channels) || channels < 1 || channels > 64) {
    throw new InvalidValueError(`${channels} channels: the number must be from 1 to 64`);
  }
}

/** Level of a mean square in dB relative to a full-scale square wave; silence is −Infinity. */
export function dbfs(meanSquare: number): number {
  return meanSquare > 0 ? 10 * Math.log10(meanSquare) : Number.NEGATIVE_INFINITY;
}

/** Linear amplitude of a level in dB. */
export function amplitude(db: number): number {
  return 10 ** (db / 20);
}
