/** Periods that are looked for: voices from 66 to 400 Hz. */
const SHORTEST_MS = 2.5;
const LONGEST_MS = 15;
/** How much audio is compared. */
const TEMPLATE_MS = 12;
/** The search goes over steps of this rate first. */
const COARSE_RATE = 8000;

/** Audio by position, all channels as one. */
export interface MonoAudio {
  mono(position: number): number;
}

/** Two stretches that resemble each other. */
export interface Period {
  /** Frames between them. */
  readonly lag: number;
  /** Normalised correlation, −1 to 1; 0 where there is nothing but silence. */
  readonly likeness: number;
}

/** Frames on either side of a position that {@link findPeriod} looks at. */
export function periodReach(sampleRate: number): number {
  return Math.ceil(((LONGEST_MS + TEMPLATE_MS) * sampleRate) / 1000) + 2;
}

/** Frames that are compared. */
export function templateFrames(sampleRate: number): number {
  return Math.round((TEMPLATE_MS * sampleRate) / 1000);
}

/**
 * By how much audio has to be moved to resemble itself best: the pitch period of a voice.
 *
 * @param at        where one of the stretches begins; the others begin later by the lag
 * @param shortestMs lags that are looked at begin here; they end with `longest`, in frames
 */
export function findPeriod(
  audio: MonoAudio,
  at: number,
  sampleRate: number,
  { shortestMs = SHORTEST_MS, longest = Number.POSITIVE_INFINITY } = {},
): Period {
  const step = Math.max(1, Math.round(sampleRate / COARSE_RATE));
  const template = templateFrames(sampleRate);
  const shortest = Math.max(1, Math.round((shortestMs * sampleRate) / 1000));
  const last = Math.min(longest, Math.round((LONGEST_MS * sampleRate) / 1000));
  const coarse = search(audio, at, template, shortest, last, step, step);
  if (step === 1) return coarse;
  const from = Math.max(shortest, coarse.lag - step + 1);
  return search(audio, at, template, from, Math.min(last, coarse.lag + step - 1), 1, Math.max(1, step >> 1));
}

function search(
  audio: MonoAudio,
  at: number,
  template: number,
  shortest: number,
  longest: number,
  lagStep: number,
  sampleStep: number,
): Period {
  let energy = 0;
  for (let i = 0; i < template; i += sampleStep) energy += audio.mono(at + i) ** 2;
  let best = { lag: shortest, likeness: 0 };
  if (energy < 1e-9 * template) return best;
  for (let lag = shortest; lag <= longest; lag += lagStep) {
    let product = 0;
    let other = 0;
    for (let i = 0; i < template; i += sampleStep) {
      const b = audio.mono(at + lag + i);
      product += audio.mono(at + i) * b;
      other += b * b;
    }
    const likeness = other > 0 ? product / Math.sqrt(energy * other) : 0;
    if (likeness > best.likeness) best = { lag, likeness };
  }
  return best;
}
