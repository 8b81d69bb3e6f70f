import { seededRandom } from './packet-trace.ts';

/** Something like a voice: pulses of a wandering pitch through formants, in syllables, with pauses. −20 dBFS or so. */
export function voice(seconds: number, sampleRate = 8000, seed = 7): Float32Array {
  const random = seededRandom(seed);
  const out = new Float32Array(Math.round(seconds * sampleRate));
  const formants = [new Formant(), new Formant(), new Formant()];
  let phase = 0;
  let syllable = 0;
  let [length, loudness, pitch, target, noisy] = [1, 0, 120, 120, false];
  for (let i = 0; i < out.length; i++) {
    if (syllable >= length) {
      syllable = 0;
      length = Math.round((0.12 + 0.2 * random()) * sampleRate);
      loudness = random() < 0.15 ? 0 : 0.5 + 0.5 * random();
      target = 90 + 120 * random();
      noisy = random() < 0.2;
      [500, 1500, 2500].forEach((hz, k) => {
        formants[k]?.tune(hz * (0.7 + 0.6 * random()), 60 + 40 * k, sampleRate);
      });
    }
    pitch += (target - pitch) / (0.05 * sampleRate);
    phase += pitch / sampleRate;
    const pulse = phase >= 1 ? 1 : 0;
    if (phase >= 1) phase -= 1;
    const source = noisy ? (random() - 0.5) * 0.25 : pulse;
    const envelope = Math.sin((Math.PI * syllable++) / length) ** 0.5 * loudness;
    let sum = 0;
    for (const formant of formants) sum += formant.next(source);
    out[i] = Math.tanh(sum * 0.5) * 0.5 * envelope;
  }
  return out;
}

/** A resonance. */
class Formant {
  #a = 0;
  #b = 0;
  #gain = 0;
  #y1 = 0;
  #y2 = 0;
  tune(hz: number, width: number, rate: number): void {
    const r = Math.exp((-Math.PI * width) / rate);
    this.#a = 2 * r * Math.cos((2 * Math.PI * hz) / rate);
    this.#b = -r * r;
    this.#gain = 1 - r;
  }
  next(x: number): number {
    const y = this.#gain * x * 8 + this.#a * this.#y1 + this.#b * this.#y2;
    this.#y2 = this.#y1;
    this.#y1 = y;
    return y;
  }
}
