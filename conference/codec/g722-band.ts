import { ILB } from './g722-tables.ts';

/** To 16 bits. */
export function saturate(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}

/**
 * One of the two bands of ITU-T G.722: the step size and the predictor, which encoder and decoder keep alike (§6.2,
 * blocks 3 and 4). Signals are 16-bit integers; names are those of the recommendation, and so is every rounding.
 */
export class G722Band {
  /** Step size of the quantizer (DETL, DETH). */
  det: number;
  /** What the next sample is predicted to be (SL, SH). */
  s = 0;
  /** Logarithm of the step size (NBL, NBH), its limit, and the shift that undoes it. */
  #nb = 0;
  readonly #nbLimit: number;
  readonly #shift: number;
  /** The part of the prediction that comes from the six last differences (SZ). */
  #sz = 0;
  /** The two last of the reconstructed signal, and of the partly reconstructed one (RLT, PLT). */
  #r1 = 0;
  #r2 = 0;
  #p1 = 0;
  #p2 = 0;
  /** Coefficients of the poles (AL), and of the zeros with the differences they belong to (BL, DLT). */
  #a1 = 0;
  #a2 = 0;
  readonly #b = new Int16Array(6);
  readonly #d = new Int16Array(6);

  /** @param det first step size; `nbLimit` and `shift` see LOGSCL and SCALEL */
  private constructor(det: number, nbLimit: number, shift: number) {
    this.det = det;
    this.#nbLimit = nbLimit;
    this.#shift = shift;
  }
  static low(): G722Band {
    return new G722Band(32, 18_432, 8);
  }
  static high(): G722Band {
    return new G722Band(8, 22_528, 10);
  }

  /** Goes on by one sample. @param d the quantized difference, @param logStep what its code does to the step size */
  adapt(d: number, logStep: number): void {
    this.#adaptPredictor(d);
    // LOGSCL, SCALEL; LOGSCH, SCALEH
    const nb = ((this.#nb * 127) >> 7) + logStep;
    this.#nb = nb < 0 ? 0 : nb > this.#nbLimit ? this.#nbLimit : nb;
    const shift = this.#shift - (this.#nb >> 11);
    const mantissa = ILB[(this.#nb >> 6) & 31] ?? 0;
    this.det = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
  }

  #adaptPredictor(d: number): void {
    const r = saturate(this.s + d); // RECONS
    const p = saturate(this.#sz + d); // PARREC
    this.#adaptPoles(p);
    this.#adaptZeros(d);
    this.#p2 = this.#p1;
    this.#p1 = p;
    this.#r2 = this.#r1;
    this.#r1 = r;
    // FILTEP, FILTEZ, PREDIC
    const poles = ((this.#a1 * saturate(2 * this.#r1)) >> 15) + ((this.#a2 * saturate(2 * this.#r2)) >> 15);
    let zeros = 0;
    for (let i = 0; i < 6; i++) zeros += ((this.#b[i] ?? 0) * saturate(2 * (this.#d[i] ?? 0))) >> 15;
    this.#sz = saturate(zeros);
    this.s = saturate(saturate(poles) + this.#sz);
  }

  /** UPPOL2, UPPOL1; within what keeps the filter stable. */
  #adaptPoles(p: number): void {
    const same1 = p >> 15 === this.#p1 >> 15;
    const same2 = p >> 15 === this.#p2 >> 15;
    const four = saturate(4 * this.#a1);
    const back = same1 ? Math.min(32_767, -four) : four;
    const a2 = (back >> 7) + (same2 ? 128 : -128) + ((this.#a2 * 32_512) >> 15);
    this.#a2 = a2 > 12_288 ? 12_288 : a2 < -12_288 ? -12_288 : a2;
    const limit = 15_360 - this.#a2;
    const a1 = (same1 ? 192 : -192) + ((this.#a1 * 32_640) >> 15);
    this.#a1 = a1 > limit ? limit : a1 < -limit ? -limit : a1;
  }

  /** UPZERO, DELAYA. */
  #adaptZeros(d: number): void {
    const step = d === 0 ? 0 : 128;
    for (let i = 5; i >= 0; i--) {
      const before = this.#d[i] ?? 0;
      const leaked = ((this.#b[i] ?? 0) * 32_640) >> 15;
      this.#b[i] = saturate(leaked + (before >> 15 === d >> 15 ? step : -step));
      this.#d[i] = i === 0 ? d : (this.#d[i - 1] ?? 0);
    }
  }
}
