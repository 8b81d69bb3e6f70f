/** A strong single frequency in a recording. */
export interface Tone {
  readonly hz: number;
  /** Share of the energy that is in it, 0 to 1; a pure tone in G.711 has over 0.99. */
  readonly purity: number;
}

/** Longest piece that is looked at: four seconds at 8 kHz. */
const MAX_SAMPLES = 32_768;
/** Bins on each side of the peak that belong to it: a Hann window spreads a tone over them. */
const PEAK_BINS = 3;

/**
 * The strongest frequency of a recording, by a Fourier transform of its middle with a Hann window, interpolated between
 * the bins: good to a hundredth of a bin for a tone.
 *
 * @param samples mono
 * @returns undefined for silence and for less than 64 samples
 */
export function strongestTone(samples: Float32Array, sampleRate: number): Tone | undefined {
  const size = 2 ** Math.floor(Math.log2(Math.min(samples.length, MAX_SAMPLES)));
  if (size < 64) return undefined;
  const start = Math.floor((samples.length - size) / 2);
  const re = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    re[i] = (samples[start + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
  }
  const power = powerSpectrum(re);
  let peak = 1;
  let total = 0;
  for (let k = 1; k < power.length; k++) {
    total += at(power, k);
    if (at(power, k) > at(power, peak)) peak = k;
  }
  if (total < 1e-9 * size) return undefined;
  let own = 0;
  for (let k = Math.max(1, peak - PEAK_BINS); k <= peak + PEAK_BINS; k++) own += at(power, k);
  // three points of a Hann window's peak lie on a parabola once they are logarithms
  const [a, b, c] = [-1, 0, 1].map((d) => Math.log(at(power, peak + d) + 1e-30));
  const [left = 0, middle = 0, right = 0] = [a, b, c];
  const offset = left - 2 * middle + right === 0 ? 0 : (0.5 * (left - right)) / (left - 2 * middle + right);
  return { hz: ((peak + offset) * sampleRate) / size, purity: Math.min(1, own / total) };
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}

/** Power at each frequency from 0 to half the sample rate, by the Cooley-Tukey transform in place. */
function powerSpectrum(re: Float64Array): Float64Array {
  const size = re.length;
  const im = new Float64Array(size);
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [re[i], re[j]] = [at(re, j), at(re, i)];
  }
  for (let length = 2; length <= size; length *= 2) {
    const angle = (-2 * Math.PI) / length;
    for (let k = 0; k < length / 2; k++) {
      const [cos, sin] = [Math.cos(angle * k), Math.sin(angle * k)];
      for (let i = k; i < size; i += length) {
        const j = i + length / 2;
        const [xr, xi] = [at(re, j) * cos - at(im, j) * sin, at(re, j) * sin + at(im, j) * cos];
        re[j] = at(re, i) - xr;
        im[j] = at(im, i) - xi;
        re[i] = at(re, i) + xr;
        im[i] = at(im, i) + xi;
      }
    }
  }
  return Float64Array.from({ length: size / 2 }, (_, k) => at(re, k) ** 2 + at(im, k) ** 2);
}

const FRAME_SECONDS = 0.02;
/** Below this a frame counts as silence. */
const SILENCE_DBFS = -50;

/** Root-mean-square level of every 20 ms, linear. */
export function envelope(samples: Float32Array, sampleRate: number): Float64Array {
  const frame = Math.round(sampleRate * FRAME_SECONDS);
  return Float64Array.from({ length: Math.floor(samples.length / frame) }, (_, i) => {
    let sum = 0;
    for (let n = i * frame; n < (i + 1) * frame; n++) sum += (samples[n] ?? 0) ** 2;
    return Math.sqrt(sum / frame);
  });
}

/** When there is sound in a recording, and how loud. */
export interface SoundSpan {
  /** Seconds from the first sound to the last. */
  readonly seconds: number;
  /** Level between them; a full-scale sine has −3. */
  readonly dbfs: number;
  /** Longest silence between them, seconds. */
  readonly longestGap: number;
}

/** @returns undefined when all is silent */
export function soundSpan(levels: Float64Array): SoundSpan | undefined {
  const threshold = 10 ** (SILENCE_DBFS / 20);
  const isLoud = (level: number): boolean => level > threshold;
  const [first, last] = [levels.findIndex(isLoud), levels.findLastIndex(isLoud)];
  if (first < 0) return undefined;
  const inside = levels.subarray(first, last + 1);
  let [sum, gap, longest] = [0, 0, 0];
  for (const level of inside) {
    sum += level ** 2;
    gap = isLoud(level) ? 0 : gap + 1;
    longest = Math.max(longest, gap);
  }
  return {
    seconds: inside.length * FRAME_SECONDS,
    dbfs: 10 * Math.log10(sum / inside.length),
    longestGap: longest * FRAME_SECONDS,
  };
}

/**
 * How alike two recordings rise and fall, whatever their rates, codecs and volumes: the best correlation of their
 * envelopes when one is moved against the other.
 *
 * @param maxLagSeconds how far one may lag behind the other
 * @returns −1 to 1; 0 when one of them never changes
 */
export function envelopeMatch(sent: Float64Array, heard: Float64Array, maxLagSeconds: number): number {
  const maxLag = Math.round(maxLagSeconds / FRAME_SECONDS);
  let best = 0;
  for (let lag = -maxLag; lag <= maxLag; lag++) {
    const a = sent.subarray(Math.max(0, -lag));
    const b = heard.subarray(Math.max(0, lag));
    const length = Math.min(a.length, b.length);
    if (length * FRAME_SECONDS < 1) continue; // a few alike frames prove nothing
    best = Math.max(best, correlation(a.subarray(0, length), b.subarray(0, length)));
  }
  return best;
}

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (values: Float64Array): number => values.reduce((sum, it) => sum + it, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [at(a, i) - meanA, at(b, i) - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}
