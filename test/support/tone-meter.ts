/** What was found in a stretch of audio. */
export interface ToneReading {
  /** Hz, to a small fraction of one. */
  readonly frequency: number;
  /** Power of the tone at that frequency, dB relative to a full-scale square wave (a full sine has −3.01). */
  readonly levelDbfs: number;
  /** Power of everything, in the same unit. */
  readonly totalDbfs: number;
}

/** Power at one frequency: the Goertzel algorithm on a Hann-windowed stretch, as a sine's mean square. */
export function powerAt(samples: Float32Array, sampleRate: number, frequency: number): number {
  const n = samples.length;
  const w = (2 * Math.PI * frequency) / sampleRate;
  const c = 2 * Math.cos(w);
  let [s1, s2, weight] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n);
    weight += hann;
    const s0 = (samples[i] ?? 0) * hann + c * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  const magnitude2 = s1 * s1 + s2 * s2 - c * s1 * s2;
  const peak = (2 * Math.sqrt(Math.max(0, magnitude2))) / weight;
  return (peak * peak) / 2;
}

export function decibels(power: number): number {
  return 10 * Math.log10(Math.max(power, 1e-20));
}

export function meanSquare(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : sum / samples.length;
}

/** The loudest tone between `from` and `to` Hz, by a coarse scan and a fine one. */
export function measureTone(
  samples: Float32Array,
  sampleRate: number,
  from = 60,
  to = sampleRate / 2 - 60,
): ToneReading {
  const stretch = samples.subarray(0, Math.min(samples.length, sampleRate));
  const short = stretch.subarray(0, Math.min(stretch.length, Math.round(sampleRate / 10)));
  const step = sampleRate / short.length / 2;
  let best = from;
  let bestPower = -1;
  const consider = (part: Float32Array, frequency: number): void => {
    const power = powerAt(part, sampleRate, frequency);
    if (power > bestPower) [best, bestPower] = [frequency, power];
  };
  for (let frequency = from; frequency <= to; frequency += step) consider(short, frequency);
  bestPower = powerAt(stretch, sampleRate, best);
  const middle = best;
  const fine = sampleRate / stretch.length / 2;
  for (let frequency = middle - step; frequency <= middle + step; frequency += fine)
    consider(stretch, frequency);
  for (let width = fine; width > 0.01; width /= 2) {
    const centre = best;
    consider(stretch, centre - width);
    consider(stretch, centre + width);
  }
  return {
    frequency: best,
    levelDbfs: decibels(bestPower),
    totalDbfs: decibels(meanSquare(stretch)),
  };
}

/** Longest run of samples quieter than `threshold`, in seconds: a gap in what should be continuous. */
export function longestSilence(samples: Float32Array, sampleRate: number, threshold = 0.001): number {
  let longest = 0;
  let run = 0;
  for (const sample of samples) {
    run = Math.abs(sample) < threshold ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest / sampleRate;
}

/** From the first sample louder than `threshold` to the last. */
export function trimSilence(samples: Float32Array, threshold = 0.003): Float32Array {
  const first = samples.findIndex((it) => Math.abs(it) > threshold);
  const last = samples.findLastIndex((it) => Math.abs(it) > threshold);
  return first < 0 ? new Float32Array(0) : samples.subarray(first, last + 1);
}

/** Loudness over time: the root mean square of each `blockMs`. */
export function envelope(samples: Float32Array, sampleRate: number, blockMs = 10): Float32Array {
  const size = Math.round((sampleRate * blockMs) / 1000);
  return Float32Array.from({ length: Math.floor(samples.length / size) }, (_, i) =>
    Math.sqrt(meanSquare(samples.subarray(i * size, (i + 1) * size))),
  );
}

/** Best normalised correlation of `b` against `a` over shifts up to `maxShift`, and that shift (b is later by it). */
export function correlate(
  a: Float32Array,
  b: Float32Array,
  maxShift: number,
): { peak: number; shift: number } {
  let best = { peak: -1, shift: 0 };
  for (let shift = -maxShift; shift <= maxShift; shift++) {
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = Math.max(0, -shift); i < a.length && i + shift < b.length; i++) {
      const [x, y] = [a[i] ?? 0, b[i + shift] ?? 0];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    const peak = aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
    if (peak > best.peak) best = { peak, shift };
  }
  return best;
}

/**
 * As {@link correlate} of the envelopes of two recordings, with `b` cut at each millisecond of a block: blocks that do not
 * line up would cost a hundredth of the correlation by themselves.
 */
export function correlateFinely(a: Recorded, b: Recorded, maxShift: number): { peak: number; shift: number } {
  const wanted = envelope(a.samples0, a.format.sampleRate);
  const { sampleRate } = b.format;
  const cuts = Array.from({ length: 10 }, (_, ms) =>
    b.samples0.subarray(Math.round((ms * sampleRate) / 1000)),
  );
  const all = cuts.map((cut) => correlate(wanted, envelope(cut, sampleRate), maxShift));
  return all.reduce((best, it) => (it.peak > best.peak ? it : best));
}

interface Recorded {
  readonly samples0: Float32Array;
  readonly format: { readonly sampleRate: number };
}

/** A sine, mono. */
export function sine(frequency: number, peak: number, sampleRate: number, seconds: number): Float32Array {
  return Float32Array.from(
    { length: Math.round(sampleRate * seconds) },
    (_, i) => peak * Math.sin((2 * Math.PI * frequency * i) / sampleRate),
  );
}
