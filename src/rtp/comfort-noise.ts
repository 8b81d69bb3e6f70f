import { EncodeError } from '../errors.ts';
import { WireReader, WireWriter } from '../wire/index.ts';

/** Background noise while nobody talks (RFC 3389 §3). */
export interface ComfortNoise {
  /** −dBov: 0 (as loud as can be) to 127. dBov is relative to the overload point of the system. */
  readonly level: number;
  /** Reflection coefficients of an all-pole model, each between −1 and 1; none for white noise. */
  readonly reflection: readonly number[];
}

/** What a synthesizer of that noise needs. */
export interface NoiseSynthesis {
  /** Root mean square of the noise, relative to full scale. */
  readonly rms: number;
  /** Root mean square of the white noise to drive the filter with, relative to full scale. */
  readonly excitationRms: number;
  /** a₁ … aₙ of the filter y[t] = x[t] − Σ aᵢ·y[t−i], which is stable. */
  readonly prediction: readonly number[];
}

/** 258 ⁄ 32768 in each step around 127 (RFC 3389 §3.2). */
const STEP = 258 / 32_768;
const HIGHEST_INDEX = 254;
/** What the usual models use is 10; the sender may have more, and fewer may be taken (RFC 3389 §3.2). */
const MAX_ORDER = 32;

/**
 * Reads a comfort noise payload; payload type 13 at 8000 Hz, a dynamic one at other rates.
 *
 * @throws {DecodeError} when it is empty, or a coefficient is the reserved value 255
 */
export function parseComfortNoise(payload: Uint8Array): ComfortNoise {
  const r = new WireReader('CN', payload);
  const level = r.u8() & 0x7f; // the highest bit is always 0
  const reflection: number[] = [];
  while (r.remaining > 0) {
    const index = r.u8();
    if (index > HIGHEST_INDEX) throw r.fail('a reflection coefficient of 255 is reserved', 'RFC 3389 §3.2');
    reflection.push(STEP * (index - 127));
  }
  return { level, reflection };
}

/** Coefficients are rounded to steps of 0.0079. @throws {EncodeError} when the level is not 0 to 127, a coefficient not −1 to 1 */
export function formatComfortNoise({ level, reflection }: ComfortNoise): Uint8Array {
  if (!Number.isInteger(level) || level < 0 || level > 127) {
    throw new EncodeError('CN', 'level', `${level} is not a whole number from 0 to 127`);
  }
  const w = new WireWriter(1 + reflection.length).u8(level);
  for (const coefficient of reflection) {
    if (!(Math.abs(coefficient) <= 1)) {
      throw new EncodeError('CN', 'reflection', `${coefficient} is not a number from −1 to 1`);
    }
    w.u8(Math.round(coefficient / STEP) + 127);
  }
  return w.finish();
}

/** The level to send for noise of this root mean square relative to full scale; silence is 127 (RFC 3389 §3.1). */
export function noiseLevel(rms: number): number {
  if (!(rms > 0)) return 127;
  return Math.min(127, Math.max(0, Math.round(-20 * Math.log10(rms))));
}

/**
 * How to make the noise. Full scale is the overload point of the codec it stands in for.
 *
 * @param order coefficients to use at most, 0 to 32; the others count as 0, as RFC 3389 §3.2 lets receivers do
 */
export function noiseSynthesis({ level, reflection }: ComfortNoise, order = MAX_ORDER): NoiseSynthesis {
  const rms = 10 ** (-level / 20);
  let prediction: number[] = [];
  let residual = 1; // power that is left when what can be predicted is taken away
  for (const k of reflection.slice(0, Math.min(order, MAX_ORDER))) {
    const previous = prediction;
    prediction = previous.map((a, i) => a + k * (previous[previous.length - 1 - i] ?? 0));
    prediction.push(k);
    residual *= 1 - k * k;
  }
  return { rms, excitationRms: rms * Math.sqrt(residual), prediction };
}
