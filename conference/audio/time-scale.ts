import { findPeriod, templateFrames } from './period.ts';
import type { SampleRing } from './sample-ring.ts';

/** Audio below this (−55 dBFS) may be cut or doubled anywhere. */
const QUIET = 10 ** -5.5;
/** Audio that resembles itself at least so much may lose or repeat a period without being noticed. */
const ALIKE = 0.85;

/** With less than this ahead nothing can be changed; more than that is not looked at. */
const LEAST_MS = 8;
const MOST_MS = 30;

/** Frames ahead of the place that are looked at, if they are there. */
export function timeScaleReach(sampleRate: number): number {
  return Math.ceil((MOST_MS * sampleRate) / 1000);
}

/**
 * A length by which the audio from `at` on can be made longer or shorter unnoticed: in silence what is wanted as far as
 * what is there allows, else one period of a sound that resembles itself.
 *
 * @param available frames from `at` on; half of them at most are left out or repeated
 * @returns frames, 0 when there is none
 */
export function changeableLength(
  ring: SampleRing,
  at: number,
  available: number,
  sampleRate: number,
  wanted: number,
): number {
  const reach = Math.min(available, timeScaleReach(sampleRate));
  if (reach < (LEAST_MS * sampleRate) / 1000) return 0;
  const longest = reach >> 1;
  if (ring.meanSquare(at, at + reach) < QUIET) return Math.min(wanted, longest);
  // half of what is compared has been played already
  const from = at - (templateFrames(sampleRate) >> 1);
  const { lag, likeness } = findPeriod(ring, from, sampleRate, { longest });
  return likeness >= ALIKE ? lag : 0;
}

/** Leaves out `length` frames after `at`: the first `length` fade into the next. `end` is where audio ends. */
export function shorten(ring: SampleRing, at: number, length: number, end: number): void {
  crossFade(ring, at, at + length, at, length);
  ring.move(at + 2 * length, end, -length);
}

/** Repeats `length` frames after `at`: the second `length` fade back into the first. */
export function lengthen(ring: SampleRing, at: number, length: number, end: number): void {
  ring.move(at + length, end, length);
  crossFade(ring, at + 2 * length, at, at + length, length);
}

/** Writes to `to` what fades from `a` into `b`. */
function crossFade(ring: SampleRing, a: number, b: number, to: number, length: number): void {
  const { channels, samples } = ring;
  for (let i = 0; i < length; i++) {
    const share = (i + 0.5) / length;
    const [from, into, out] = [ring.index(a + i), ring.index(b + i), ring.index(to + i)];
    for (let channel = 0; channel < channels; channel++) {
      samples[out + channel] =
        (samples[from + channel] ?? 0) * (1 - share) + (samples[into + channel] ?? 0) * share;
    }
  }
}
