import { kaiserSincRow } from './kaiser-sinc.ts';
import type { SampleRing } from './sample-ring.ts';

/** Frames on either side that a value between two frames is made of. */
export const INTERPOLATOR_REACH = 16;
const TAPS = 2 * INTERPOLATOR_REACH;
/** Rows of the table between two frames; what lies between rows is interpolated linearly, which errs by less than −94 dB. */
const PHASES = 256;
/** Kaiser window. */
const BETA = 9;

let table: Float32Array | undefined;

/** Right on a frame everything but that frame counts nothing: the first and last rows are exact. */
function coefficients(): Float32Array {
  if (table !== undefined) return table;
  table = new Float32Array((PHASES + 1) * TAPS);
  for (let phase = 0; phase <= PHASES; phase++) {
    table.set(kaiserSincRow(TAPS, phase / PHASES, 1, BETA), phase * TAPS);
  }
  return table;
}

const row = new Float32Array(TAPS);

/**
 * Reads a ring at a rate a little off its own, for clocks that drift: a windowed sinc that passes everything up to half the
 * rate. A position on a frame gives that frame bit for bit, so that it can begin and end without a click.
 *
 * @param position of the first value, with a fraction; frames {@link INTERPOLATOR_REACH} on either side are looked at
 * @param step     from one value to the next, close to 1
 */
export function interpolate(
  ring: SampleRing,
  position: number,
  step: number,
  target: Float32Array,
  frames: number,
  add: boolean,
): void {
  const all = coefficients();
  const { channels, samples } = ring;
  const size = samples.length;
  for (let frame = 0; frame < frames; frame++) {
    const exact = position + frame * step;
    const whole = Math.floor(exact);
    const phase = (exact - whole) * PHASES;
    const lower = Math.floor(phase);
    const share = phase - lower;
    const base = lower * TAPS;
    for (let tap = 0; tap < TAPS; tap++) {
      const a = all[base + tap] ?? 0;
      row[tap] = share === 0 ? a : a + ((all[base + TAPS + tap] ?? 0) - a) * share;
    }
    const first = ring.index(whole - INTERPOLATOR_REACH + 1);
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      let at = first + channel;
      for (let tap = 0; tap < TAPS; tap++) {
        sum += (row[tap] ?? 0) * (samples[at] ?? 0);
        at += channels;
        if (at >= size) at -= size;
      }
      const to = frame * channels + channel;
      target[to] = add ? (target[to] ?? 0) + sum : sum;
    }
  }
}
