import type { Ms } from '../../src/machine.ts';
import { amplitude, dbfs } from './format.ts';

export interface VoiceActivityOptions {
  /** Level above which somebody talks; default −45 dBFS. */
  readonly thresholdDbfs?: number;
  /** Audio over the threshold before it counts; default 40 ms, so that a click does not. */
  readonly attackMs?: Ms;
  /** Time below the threshold before it is over; default 500 ms. */
  readonly holdMs?: Ms;
}

/** Time constant of the level shown. */
const SMOOTHING_MS = 100;
/** Without audio for this long the level is that of silence. */
const STALE_MS = 250;

/** Level and talking flag of one source, from the power of its blocks. */
export class VoiceActivity {
  readonly #threshold: number;
  readonly #attackMs: Ms;
  readonly #holdMs: Ms;
  #power = 0;
  #loudMs = 0;
  #lastLoud = Number.NEGATIVE_INFINITY;
  #lastAudio = Number.NEGATIVE_INFINITY;
  #talking = false;

  constructor({ thresholdDbfs = -45, attackMs = 40, holdMs = 500 }: VoiceActivityOptions = {}) {
    this.#threshold = amplitude(thresholdDbfs) ** 2;
    this.#attackMs = attackMs;
    this.#holdMs = holdMs;
  }

  get talking(): boolean {
    return this.#talking;
  }

  /** @param meanSquare mean of the squared samples of a block @param durationMs how long the block lasts */
  add(meanSquare: number, durationMs: Ms, now: Ms): void {
    const stale = now - this.#lastAudio > STALE_MS;
    const share = stale ? 1 : Math.min(1, durationMs / SMOOTHING_MS);
    this.#power += (meanSquare - this.#power) * share;
    this.#lastAudio = now;
    if (meanSquare > this.#threshold) {
      this.#loudMs += durationMs;
      if (this.#loudMs >= this.#attackMs) this.#lastLoud = now;
    } else this.#loudMs = 0;
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
