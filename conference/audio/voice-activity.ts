import type { Ms } from '../../src/machine.ts';
import { amplitude, dbfs } from './format.ts';

export interface VoiceActivityOptions {
  /** Level above which somebody talks; without it as far above the noise as {@link ABOVE_NOISE} says. */
  readonly thresholdDbfs?: number;
  /** Audio over the threshold before it counts; default 40 ms, so that a click does not. */
  readonly attackMs?: Ms;
  /** Time below the threshold before it is over; default 500 ms: pauses between words do not end a talk. */
  readonly holdMs?: Ms;
}

/** Time constant of the level shown. */
const SMOOTHING_MS = 100;
/** Without audio for this long the level is that of silence. */
const STALE_MS = 250;

/** Power over the noise at which talking begins: 10 dB. */
const ABOVE_NOISE = 10;
/** Power at which it goes on, of that at which it begins: 3 dB less, so that it does not flutter. */
const HYSTERESIS = 0.5;
/** The noise is followed between −65 and −45 dBFS: a steady tone or music is never taken for noise. */
const QUIETEST_NOISE = amplitude(-65) ** 2;
const LOUDEST_NOISE = amplitude(-45) ** 2;
const FIRST_NOISE = amplitude(-55) ** 2;
/** How fast what is taken for noise rises where nothing is quieter: 3 dB a second, slower than any pause in speech. */
const NOISE_RISE_PER_MS = 0.3 * (Math.LN10 / 1000);
/** How fast it falls to a quieter block. */
const NOISE_FALL_MS = 100;

/**
 * Level and talking flag of one source, from the power of its blocks. The threshold lies 10 dB over the background noise,
 * which is the least power of the last seconds, within −55 and −35 dBFS; or where it was set.
 */
export class VoiceActivity {
  /** Power, or 0 to follow the noise. */
  #threshold: number;
  readonly #attackMs: Ms;
  readonly #holdMs: Ms;
  #noise = FIRST_NOISE;
  #power = 0;
  #loudMs = 0;
  #lastLoud = Number.NEGATIVE_INFINITY;
  #lastAudio = Number.NEGATIVE_INFINITY;
  #talking = false;

  constructor({ thresholdDbfs, attackMs = 40, holdMs = 500 }: VoiceActivityOptions = {}) {
    this.#threshold = thresholdDbfs === undefined ? 0 : amplitude(thresholdDbfs) ** 2;
    this.#attackMs = attackMs;
    this.#holdMs = holdMs;
  }

  get talking(): boolean {
    return this.#talking;
  }
  /** Level at which talking begins now. */
  get thresholdDbfs(): number {
    return dbfs(this.#limit);
  }
  /** Fixes the threshold; undefined to follow the noise. */
  set threshold(thresholdDbfs: number | undefined) {
    this.#threshold = thresholdDbfs === undefined ? 0 : amplitude(thresholdDbfs) ** 2;
  }
  get #limit(): number {
    return this.#threshold === 0 ? this.#noise * ABOVE_NOISE : this.#threshold;
  }

  /** @param meanSquare mean of the squared samples of a block @param durationMs how long the block lasts */
  add(meanSquare: number, durationMs: Ms, now: Ms): void {
    const stale = now - this.#lastAudio > STALE_MS;
    const share = stale ? 1 : Math.min(1, durationMs / SMOOTHING_MS);
    this.#power += (meanSquare - this.#power) * share;
    this.#lastAudio = now;
    const limit = this.#limit;
    if (meanSquare > (this.#loudMs > 0 ? limit * HYSTERESIS : limit)) {
      this.#loudMs += durationMs;
      if (this.#loudMs >= this.#attackMs) this.#lastLoud = now;
    } else this.#loudMs = 0;
    this.#followNoise(meanSquare, durationMs);
  }

  #followNoise(meanSquare: number, durationMs: Ms): void {
    const noise =
      meanSquare < this.#noise
        ? this.#noise + (meanSquare - this.#noise) * Math.min(1, durationMs / NOISE_FALL_MS)
        : this.#noise * (1 + durationMs * NOISE_RISE_PER_MS);
    this.#noise = noise < QUIETEST_NOISE ? QUIETEST_NOISE : noise > LOUDEST_NOISE ? LOUDEST_NOISE : noise;
  }

  /** Smoothed; −Infinity for silence. */
  levelDbfs(now: Ms): number {
    return now - this.#lastAudio > STALE_MS ? Number.NEGATIVE_INFINITY : dbfs(this.#power);
  }

  /** What has changed since the last call, or undefined. Call it some times per second. */
  poll(now: Ms): 'talking' | 'silent' | undefined {
    const talking = now - this.#lastLoud < this.#holdMs;
    if (talking === this.#talking) return undefined;
    this.#talking = talking;
    return talking ? 'talking' : 'silent';
  }
}

/** Of the first `count` samples. In two sums, since each addition to one would wait for the addition before. */
export function meanSquare(samples: Float32Array, count = samples.length): number {
  let even = 0;
  let odd = 0;
  for (let i = 0; i + 1 < count; i += 2) {
    const a = samples[i] ?? 0;
    const b = samples[i + 1] ?? 0;
    even += a * a;
    odd += b * b;
  }
  if (count % 2 === 1) even += (samples[count - 1] ?? 0) ** 2;
  return (even + odd) / count;
}
