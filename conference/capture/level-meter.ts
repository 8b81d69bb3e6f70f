import type { Ms } from '../../src/machine.ts';
import { dbfs } from '../audio/index.ts';

/** What a level meter shows. Levels are −Infinity for silence. */
export interface LevelReading {
  /** Sample peak, with a fall of 20 dB in 1.7 s so that it can be read (IEC 60268-18). */
  readonly peakDbfs: number;
  /** Over the last 300 ms or so; a sine of full amplitude has −3.01. */
  readonly rmsDbfs: number;
  /** Times that at least three samples in a row were at full scale: the tops were cut off. */
  readonly overs: number;
}

/** Full scale of 16 bits, less for rounding. */
const FULL_SCALE = 32_766.5 / 32_768;
const RUN = 3;
const FALL_DB_PER_MS = 20 / 1700;
const RMS_MS: Ms = 300;

/** A digital peak meter with a true count of overs, beside a slower one of the power. */
export class LevelMeter {
  readonly #channels: number;
  /** Samples at full scale that the last block ended with, for each channel. */
  readonly #runs: Uint32Array;
  #runsOpen = false;
  #peak = 0;
  #peakAt: Ms = 0;
  #power = 0;
  #last: Ms = Number.NEGATIVE_INFINITY;
  overs = 0;

  constructor(channels: number) {
    this.#channels = channels;
    this.#runs = new Uint32Array(channels);
  }

  /**
   * Takes one block.
   *
   * @param samples    interleaved
   * @param meanSquare of all of them
   * @param peak       greatest magnitude
   * @param scale      what full scale of the source has become: the gain where it is below 1
   */
  add(samples: Float32Array, meanSquare: number, peak: number, durationMs: Ms, now: Ms, scale: number): void {
    this.#power += (meanSquare - this.#power) * Math.min(1, durationMs / RMS_MS);
    this.#last = now;
    if (peak >= this.#peakNow(now)) {
      this.#peak = peak;
      this.#peakAt = now;
    }
    const full = FULL_SCALE * Math.min(1, scale);
    if (peak >= full) this.#countOvers(samples, full);
    else if (this.#runsOpen) {
      this.#runs.fill(0);
      this.#runsOpen = false;
    }
  }

  #countOvers(samples: Float32Array, full: number): void {
    const channels = this.#channels;
    this.#runsOpen = true;
    for (let channel = 0; channel < channels; channel++) {
      let run = this.#runs[channel] ?? 0;
      for (let i = channel; i < samples.length; i += channels) {
        if (Math.abs(samples[i] ?? 0) < full) run = 0;
        else if (++run === RUN) this.overs++;
      }
      this.#runs[channel] = run;
    }
  }

  #peakNow(now: Ms): number {
    return this.#peak * 10 ** ((-FALL_DB_PER_MS * (now - this.#peakAt)) / 20);
  }

  read(now: Ms): LevelReading {
    const peak = this.#peakNow(now);
    const stale = now - this.#last > RMS_MS;
    return {
      peakDbfs: peak > 1e-5 ? dbfs(peak * peak) : Number.NEGATIVE_INFINITY,
      rmsDbfs: stale || this.#power < 1e-10 ? Number.NEGATIVE_INFINITY : dbfs(this.#power),
      overs: this.overs,
    };
  }
}
