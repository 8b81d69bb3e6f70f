import { G722Band, saturate } from './g722-band.ts';
import { ILN, ILP, LOG_STEP_HIGH, LOG_STEP_LOW, Q6, QM2, QM4, QM6, QMF } from './g722-tables.ts';

/** The last 24 samples of a filter, kept twice so that they always lie side by side. */
class QmfHistory {
  readonly #samples = new Int32Array(48);
  #at = 0;
  /** The filtered sums of the samples at even and at odd places. */
  even = 0;
  odd = 0;

  /** Adds two samples and filters. */
  push(first: number, second: number): void {
    const samples = this.#samples;
    const at = this.#at;
    samples[at] = samples[at + 24] = first;
    samples[at + 1] = samples[at + 25] = second;
    this.#at = at === 22 ? 0 : at + 2;
    let even = 0;
    let odd = 0;
    for (let i = 0, from = this.#at; i < 12; i++, from += 2) {
      even += (samples[from] ?? 0) * (QMF[i] ?? 0);
      odd += (samples[from + 1] ?? 0) * (QMF[11 - i] ?? 0);
    }
    this.even = even;
    this.odd = odd;
  }
}

/** To 15 bits (LIMIT): what the filters that join the bands take. */
function limit(value: number): number {
  return value > 16_383 ? 16_383 : value < -16_384 ? -16_384 : value;
}

/** The encoder of ITU-T G.722 §3: 16-bit samples at 16 kHz to 64 kbit/s, two samples in an octet. */
export class G722Encoder {
  readonly #low = G722Band.low();
  readonly #high = G722Band.high();
  readonly #history = new QmfHistory();

  /** @returns the octet for two samples: the higher band's two bits, then the lower one's six */
  encode(first: number, second: number): number {
    const history = this.#history;
    history.push(first, second); // transmit QMF, §5.2
    const low = this.#encodeLow((history.odd + history.even) >> 14);
    return (this.#encodeHigh((history.odd - history.even) >> 14) << 6) | low;
  }

  /** SUBTRA, QUANTL; block 4 with the code's four upper bits. */
  #encodeLow(sample: number): number {
    const band = this.#low;
    const difference = saturate(sample - band.s);
    const size = difference < 0 ? ~difference : difference;
    let interval = 1;
    while (interval < 30 && size >= ((Q6[interval] ?? 0) * band.det) >> 12) interval++;
    const code = (difference < 0 ? ILN : ILP)[interval] ?? 0;
    band.adapt((band.det * (QM4[code >> 2] ?? 0)) >> 15, LOG_STEP_LOW[code >> 2] ?? 0);
    return code;
  }

  /** SUBTRA, QUANTH. */
  #encodeHigh(sample: number): number {
    const band = this.#high;
    const difference = saturate(sample - band.s);
    const size = difference < 0 ? ~difference : difference;
    const large = size >= (564 * band.det) >> 12;
    const code = (difference < 0 ? 0 : 2) | (large ? 0 : 1);
    band.adapt((band.det * (QM2[code] ?? 0)) >> 15, LOG_STEP_HIGH[code] ?? 0);
    return code;
  }
}

/** The decoder of ITU-T G.722 §4 in mode 1: all 64 kbit/s are sound. */
export class G722Decoder {
  readonly #low = G722Band.low();
  readonly #high = G722Band.high();
  readonly #history = new QmfHistory();

  /** Writes the two 16-bit samples of an octet to `target` at `at`. */
  decode(octet: number, target: Int16Array, at: number): void {
    const low = this.#decodeLow(octet & 63);
    const high = this.#decodeHigh(octet >> 6);
    this.#history.push(low + high, low - high); // receive QMF, §5.2
    target[at] = saturate(this.#history.odd >> 11);
    target[at + 1] = saturate(this.#history.even >> 11);
  }

  #decodeLow(code: number): number {
    const band = this.#low;
    const sample = limit(band.s + ((band.det * (QM6[code] ?? 0)) >> 15)); // INVQBL, RECONS
    band.adapt((band.det * (QM4[code >> 2] ?? 0)) >> 15, LOG_STEP_LOW[code >> 2] ?? 0); // INVQAL
    return sample;
  }

  #decodeHigh(code: number): number {
    const band = this.#high;
    const difference = (band.det * (QM2[code] ?? 0)) >> 15; // INVQAH
    const sample = limit(band.s + difference);
    band.adapt(difference, LOG_STEP_HIGH[code] ?? 0);
    return sample;
  }
}
