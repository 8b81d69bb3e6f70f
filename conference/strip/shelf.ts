/**
 * A shelving filter, the bass or treble knob of a desk: a biquad after the "Cookbook formulae for audio EQ biquad filter
 * coefficients" (R. Bristow-Johnson), with a slope of 1.
 */
export class Shelf {
  readonly #kind: 'low' | 'high';
  readonly #corner: number;
  #db = 0;
  #rate = 0;
  #b0 = 1;
  #b1 = 0;
  #b2 = 0;
  #a1 = 0;
  #a2 = 0;
  /** Two memories for each channel. */
  #state = new Float64Array(2);

  /** @param corner Hz; halfway up the shelf, moved down where the rate is too low for it */
  constructor(kind: 'low' | 'high', corner: number) {
    this.#kind = kind;
    this.#corner = corner;
  }

  /**
   * Filters in place; at 0 dB it does nothing.
   *
   * @param samples interleaved
   * @param db      how much louder the shelf is
   */
  process(samples: Float32Array, channels: number, sampleRate: number, db: number): void {
    if (db !== this.#db || sampleRate !== this.#rate) this.#tune(db, sampleRate);
    if (db === 0) return;
    if (this.#state.length !== channels * 2) this.#state = new Float64Array(channels * 2);
    const [b0, b1, b2, a1, a2] = [this.#b0, this.#b1, this.#b2, this.#a1, this.#a2];
    const state = this.#state;
    for (let channel = 0; channel < channels; channel++) {
      let s1 = state[channel * 2] ?? 0;
      let s2 = state[channel * 2 + 1] ?? 0;
      for (let i = channel; i < samples.length; i += channels) {
        const x = samples[i] ?? 0;
        const y = b0 * x + s1; // transposed direct form II: coefficients may change while it runs
        s1 = b1 * x - a1 * y + s2;
        s2 = b2 * x - a2 * y;
        samples[i] = y;
      }
      state[channel * 2] = Math.abs(s1) < 1e-20 ? 0 : s1; // denormals are slow
      state[channel * 2 + 1] = Math.abs(s2) < 1e-20 ? 0 : s2;
    }
  }

  #tune(db: number, sampleRate: number): void {
    if (this.#db === 0 || sampleRate !== this.#rate) this.#state.fill(0);
    this.#db = db;
    this.#rate = sampleRate;
    const a = 10 ** (db / 40);
    const w = (2 * Math.PI * Math.min(this.#corner, sampleRate * 0.3)) / sampleRate;
    const cos = Math.cos(w);
    const side = 2 * Math.sqrt(a) * (Math.sin(w) / Math.SQRT2);
    const sign = this.#kind === 'low' ? 1 : -1;
    const [up, down] = [a + 1, a - 1];
    const a0 = up + sign * down * cos + side;
    this.#b0 = (a * (up - sign * down * cos + side)) / a0;
    this.#b1 = (sign * 2 * a * (down - sign * up * cos)) / a0;
    this.#b2 = (a * (up - sign * down * cos - side)) / a0;
    this.#a1 = (sign * -2 * (down + sign * up * cos)) / a0;
    this.#a2 = (up + sign * down * cos - side) / a0;
  }
}
