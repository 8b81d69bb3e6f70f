import type { AudioFormat } from './format.ts';
import { findPeriod, type Period, periodReach } from './period.ts';
import type { SampleRing } from './sample-ring.ts';

/** Repeated at full level for so long, then fading until it is silent. */
const FULL_MS = 10;
const SILENT_MS = 60;
/** Time in which the step from real to repeated audio is levelled. */
const STEP_MS = 2;
/** Over this time what was made up and what has come again overlap, for each so long that was made up. */
const BLEND_SHARE = 0.4;
const MAX_BLEND_MS = 8;
const MIN_BLEND_MS = 1;
/** Audio that resembles itself less than this is noise: short repetitions of it would hum. */
const VOICED = 0.5;
const NOISE_LAG_MS = 10;

/**
 * Makes up for lost audio without knowing the codec: what was heard last is repeated period by period, at full level for
 * 10 ms and then fading, silent after 60 ms; the idea of ITU-T G.711 Appendix I without its delay. Where the loss begins, the
 * step is levelled; where it ends, made-up audio fades into what has come. All by position: what is asked for twice comes
 * out the same.
 */
export class Concealer {
  readonly #channels: number;
  readonly #sampleRate: number;
  readonly #perMs: number;
  /** One period, the end of which leads into its beginning. */
  readonly #cycle: Float32Array;
  readonly #steps: Float32Array;
  /** Nothing that is made up is louder than what it is made of. */
  #peak = 0;
  #lag = 1;
  #start = 0;
  /** Between the start and here audio was made up. */
  end = Number.NEGATIVE_INFINITY;

  constructor({ sampleRate, channels }: AudioFormat) {
    this.#channels = channels;
    this.#sampleRate = sampleRate;
    this.#perMs = sampleRate / 1000;
    this.#cycle = new Float32Array(periodReach(sampleRate) * channels);
    this.#steps = new Float32Array(channels);
  }

  /** Frames of history that it looks at. */
  static history(sampleRate: number): number {
    return 2 * periodReach(sampleRate);
  }

  /** Whether it has faded out by then. */
  silentAt(position: number): boolean {
    return position - this.#start >= SILENT_MS * this.#perMs;
  }

  forget(): void {
    this.end = Number.NEGATIVE_INFINITY;
  }

  /** Makes up `[from, to)`; goes on with the loss before when that ended at `from`, else looks at what is before `from`. */
  fill(ring: SampleRing, from: number, to: number): void {
    if (from !== this.end) this.#begin(ring, from);
    const { samples } = ring;
    for (let position = from; position < to; position++) {
      const at = ring.index(position);
      for (let channel = 0; channel < this.#channels; channel++)
        samples[at + channel] = this.#sample(position, channel);
    }
    this.end = to;
  }

  /** Lets what was made up fade into what is in the ring from {@link end} on, of which there are so many frames. */
  blend(ring: SampleRing, from: number, available: number): void {
    const wanted = Math.max(MIN_BLEND_MS * this.#perMs, BLEND_SHARE * (this.end - this.#start));
    const frames = Math.floor(Math.min(available, wanted, MAX_BLEND_MS * this.#perMs));
    const { samples } = ring;
    for (let i = 0; i < frames; i++) {
      const share = (i + 0.5) / frames;
      const at = ring.index(from + i);
      for (let channel = 0; channel < this.#channels; channel++) {
        const real = samples[at + channel] ?? 0;
        samples[at + channel] = real * share + this.#sample(from + i, channel) * (1 - share);
      }
    }
    this.forget();
  }

  #begin(ring: SampleRing, from: number): void {
    const channels = this.#channels;
    this.#start = from;
    let { lag, likeness } = periodBefore(ring, from, this.#sampleRate);
    if (likeness < VOICED) ({ lag, likeness } = periodBefore(ring, from, this.#sampleRate, NOISE_LAG_MS));
    this.#lag = lag;
    const quarter = lag >> 2;
    this.#peak = 0;
    for (let i = 0; i < lag; i++) {
      const at = ring.index(from - lag + i);
      const before = ring.index(from - 2 * lag + i);
      // the last quarter goes over into what precedes the first
      const share = i < lag - quarter ? 0 : (i - (lag - quarter) + 1) / (quarter + 1);
      for (let channel = 0; channel < channels; channel++) {
        const late = ring.samples[at + channel] ?? 0;
        const early = ring.samples[before + channel] ?? 0;
        this.#cycle[i * channels + channel] = late * (1 - share) + early * share;
        this.#peak = Math.max(this.#peak, Math.abs(late), Math.abs(early));
      }
    }
    const last = ring.index(from - 1);
    const like = ring.index(from - 1 - lag);
    for (let channel = 0; channel < channels; channel++) {
      this.#steps[channel] = (ring.samples[last + channel] ?? 0) - (ring.samples[like + channel] ?? 0);
    }
  }

  #sample(position: number, channel: number): number {
    const age = position - this.#start;
    const ms = age / this.#perMs;
    if (ms >= SILENT_MS) return 0;
    const gain = ms <= FULL_MS ? 1 : (SILENT_MS - ms) / (SILENT_MS - FULL_MS);
    const step = ms < STEP_MS ? (this.#steps[channel] ?? 0) * (1 - ms / STEP_MS) : 0;
    const sample = ((this.#cycle[(age % this.#lag) * this.#channels + channel] ?? 0) + step) * gain;
    const peak = this.#peak;
    return sample > peak ? peak : sample < -peak ? -peak : sample;
  }
}

/** The stretch right before `end`, and the earlier one that is most like it: the ring read backwards. */
function periodBefore(ring: SampleRing, end: number, sampleRate: number, shortestMs?: number): Period {
  return findPeriod(
    { mono: (position) => ring.mono(2 * end - 1 - position) },
    end,
    sampleRate,
    shortestMs === undefined ? {} : { shortestMs },
  );
}
