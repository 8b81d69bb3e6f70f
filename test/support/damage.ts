import { Resampler } from '../../conference/audio/index.ts';

/** How what was heard compares with what was said. */
export interface Damage {
  /** Stretches per minute that do not resemble what was said. */
  readonly glitchesPerMinute: number;
  /** Share of windows with sound that do not resemble what was said. */
  readonly damagedShare: number;
  /** Median of the delay, in milliseconds. */
  readonly delayMs: number;
  /** Windows compared. */
  readonly windows: number;
}

const WINDOW_MS = 20;
/** Places looked at for each sample: playing may be between samples. */
const FINE = 4;
/** A window is damaged when no place nearby explains it to this signal-to-noise ratio. */
const SNR_DB = 10;
/** Quieter windows are not judged. */
const QUIET = 1e-5;

/**
 * Looks for each 20 ms of what was heard in what was said, near where the window before was found: so that moves of the
 * playout count only where they are heard.
 *
 * @param expectedMs the delay to begin with
 * @param rangeMs    how far off it is looked for
 */
export function damage(
  said: Float32Array,
  heard: Float32Array,
  sampleRate: number,
  { expectedMs = 0, rangeMs = 120, fromMs = 2000 } = {},
): Damage {
  const size = Math.round((WINDOW_MS * sampleRate) / 1000);
  const perMs = sampleRate / 1000;
  const fine = finely(said, sampleRate);
  let lag = Math.round(expectedMs * perMs) * FINE;
  let [windows, damaged, glitches] = [0, 0, 0];
  let bad = false;
  const lags: number[] = [];
  for (let at = Math.round(fromMs * perMs); at + size < heard.length; at += size) {
    const from = Math.max(0, at - Math.round(lag / FINE));
    if (power(heard, at, size) < QUIET && power(said, from, size) < QUIET) {
      bad = false;
      continue;
    }
    windows++;
    const window = heard.subarray(at, at + size);
    let found = best(fine, window, at, lag, 2 * perMs * FINE, 1);
    if (found.snr < SNR_DB) {
      const wide = best(fine, window, at, lag, rangeMs * perMs * FINE, FINE);
      const close = best(fine, window, at, wide.lag, FINE, 1);
      if (close.snr >= SNR_DB) found = close;
    }
    if (found.snr >= SNR_DB) {
      lag = found.lag;
      lags.push(lag / FINE / perMs);
      bad = false;
      continue;
    }
    damaged++;
    if (!bad) glitches++;
    bad = true;
  }
  const minutes = (heard.length / sampleRate - fromMs / 1000) / 60;
  const sorted = lags.toSorted((a, b) => a - b);
  return {
    glitchesPerMinute: glitches / minutes,
    damagedShare: damaged / Math.max(1, windows),
    delayMs: sorted[sorted.length >> 1] ?? Number.NaN,
    windows,
  };
}

const sources = new WeakMap<Float32Array, Float32Array>();

/** Four values for each sample, the first of them in its place. */
function finely(said: Float32Array, sampleRate: number): Float32Array {
  const known = sources.get(said);
  if (known !== undefined) return known;
  const resampler = new Resampler(sampleRate, FINE * sampleRate, 1);
  const made = resampler.process(said).slice();
  const late = Math.round(alignment(made, said));
  const fine = late > 0 ? made.subarray(late) : made;
  sources.set(said, fine);
  return fine;
}

/** Where in the finer signal the first sample is. */
function alignment(made: Float32Array, said: Float32Array): number {
  let found = { shift: 0, error: Number.POSITIVE_INFINITY };
  const count = Math.min(20_000, said.length - 100);
  for (let shift = 0; shift < 300; shift++) {
    let error = 0;
    for (let i = 0; i < count; i++) error += ((made[i * FINE + shift] ?? 0) - (said[i] ?? 0)) ** 2;
    if (error < found.error) found = { shift, error };
  }
  return found.shift;
}

function power(samples: Float32Array, at: number, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += (samples[at + i] ?? 0) ** 2;
  return sum / Math.max(1, size);
}

/** @param lag where to begin, in fine steps like the range and the step */
function best(
  fine: Float32Array,
  window: Float32Array,
  at: number,
  lag: number,
  range: number,
  step: number,
) {
  let found = { lag, snr: Number.NEGATIVE_INFINITY };
  for (let offset = 0; offset <= range; offset += step) {
    for (const candidate of offset === 0 ? [lag] : [lag + offset, lag - offset]) {
      const from = at * FINE - candidate;
      if (from < 0 || from + window.length * FINE > fine.length) continue;
      let error = 0;
      let own = 0;
      let energy = 0;
      for (let i = 0, k = from; i < window.length; i++, k += FINE) {
        const s = fine[k] ?? 0;
        const h = window[i] ?? 0;
        own += s * s;
        energy += h * h;
        error += (h - s) * (h - s);
      }
      const snr = 10 * Math.log10(Math.max(own, energy, 1e-12) / Math.max(error, 1e-12));
      if (snr > found.snr) found = { lag: candidate, snr };
      if (snr > 25) return found;
    }
  }
  return found;
}
