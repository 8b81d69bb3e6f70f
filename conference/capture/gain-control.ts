import { InvalidValueError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';
import { amplitude, dbfs } from '../audio/index.ts';

/** How loud a talker is made by default, dBFS: what telephony calls nominal with room for peaks. */
export const AGC_TARGET_DBFS = -20;
/** The most that it makes louder and softer. */
const MAX_GAIN_DB = 24;
const MIN_GAIN_DB = -20;
/** Decibels per second: too loud is corrected fast, too soft slowly, so that pauses are not pumped up. */
const ATTACK_DB_PER_S = 40;
const RELEASE_DB_PER_S = 6;
/** Level of a talker: an average over this time of what is voice. */
const LEVEL_MS: Ms = 200;
/** Peaks are kept below this at once. */
const CEILING = amplitude(-1);

/**
 * Automatic gain control (QUA-04): brings a talker to a steady level. It is fed the packets of a microphone and changes
 * them in place; while nobody talks the gain stays as it is.
 */
export class GainControl {
  readonly #target: number;
  readonly #packetMs: Ms;
  #power = 0;
  #wantedDb = 0;
  #gain = 1;

  /** @param targetDbfs −40 to −6 @throws {InvalidValueError} out of range */
  constructor(targetDbfs: number, packetMs: Ms) {
    if (!(targetDbfs >= -40 && targetDbfs <= -6)) {
      throw new InvalidValueError(`a level of ${targetDbfs} dBFS to reach is not from −40 to −6`);
    }
    this.#target = targetDbfs;
    this.#packetMs = packetMs;
  }

  /** The gain now, dB, −20 to 24. */
  get gainDb(): number {
    return dbfs(this.#gain * this.#gain);
  }

  /** @param meanSquare and @param peak of the packet as it is @param voice whether somebody talks in it */
  apply(packet: Float32Array, meanSquare: number, peak: number, voice: boolean): void {
    if (voice) this.#follow(meanSquare);
    const before = this.#gain;
    let gain = amplitude(this.#wantedDb);
    if (peak * gain > CEILING) {
      gain = Math.max(amplitude(MIN_GAIN_DB), CEILING / peak);
      this.#wantedDb = dbfs(gain * gain);
    }
    this.#gain = gain;
    // down at once where it would be too loud, else in a ramp without a step
    const start = peak * before > CEILING ? gain : before;
    const step = (gain - start) / packet.length;
    for (let i = 0; i < packet.length; i++) packet[i] = (packet[i] ?? 0) * (start + step * (i + 1));
  }

  #follow(meanSquare: number): void {
    const share = this.#power === 0 ? 1 : Math.min(1, this.#packetMs / LEVEL_MS);
    this.#power += (meanSquare - this.#power) * share;
    const goal = Math.min(MAX_GAIN_DB, Math.max(MIN_GAIN_DB, this.#target - dbfs(this.#power)));
    const seconds = this.#packetMs / 1000;
    const change = Math.min(
      RELEASE_DB_PER_S * seconds,
      Math.max(-ATTACK_DB_PER_S * seconds, goal - this.#wantedDb),
    );
    this.#wantedDb += change;
  }
}
