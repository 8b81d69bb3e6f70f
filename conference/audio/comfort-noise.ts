/** How noise is made: white noise of a level through an all-pole filter (RFC 3389 §3). */
export interface NoiseModel {
  /** Root mean square of the white noise, relative to full scale. */
  readonly excitationRms: number;
  /** a₁ … aₙ of the filter y[t] = x[t] − Σ aᵢ·y[t−i], which is stable. */
  readonly prediction: readonly number[];
}

/** A uniform distribution from −1 to 1 has this root mean square. */
const UNIFORM_RMS = Math.sqrt(1 / 3);
/** A change of the level is spread over this time. */
const GLIDE_MS = 100;

/** Background noise for the time in which a talker sends none of his own. */
export class NoiseGenerator {
  readonly #channels: number;
  readonly #glide: number;
  #model: NoiseModel = { excitationRms: 0, prediction: [] };
  #past = new Float64Array(0);
  #level = 0;
  #state = 0x1234_5678;

  constructor({ sampleRate, channels }: { readonly sampleRate: number; readonly channels: number }) {
    this.#channels = channels;
    this.#glide = 1000 / (GLIDE_MS * sampleRate);
  }

  set model(model: NoiseModel) {
    this.#model = model;
    if (model.prediction.length !== this.#past.length) this.#past = new Float64Array(model.prediction.length);
  }

  /** From silence again. */
  fadeIn(): void {
    this.#level = 0;
  }

  /** Frames at the front of `target`: added to what is there, or in its place. All channels have the same. */
  mixInto(target: Float32Array, frames: number, add: boolean): void {
    const { prediction, excitationRms } = this.#model;
    const past = this.#past;
    for (let frame = 0; frame < frames; frame++) {
      this.#level += (excitationRms - this.#level) * this.#glide;
      this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
      let y = ((this.#state / 2 ** 31) * this.#level) / UNIFORM_RMS;
      for (let i = 0; i < prediction.length; i++) y -= (prediction[i] ?? 0) * (past[i] ?? 0);
      past.copyWithin(1, 0, past.length - 1);
      if (past.length > 0) past[0] = y;
      for (let channel = 0; channel < this.#channels; channel++) {
        const at = frame * this.#channels + channel;
        target[at] = add ? (target[at] ?? 0) + y : y;
      }
    }
  }
}
