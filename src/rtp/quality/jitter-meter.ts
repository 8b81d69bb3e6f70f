import type { XrSpread } from '../../rtcp/index.ts';

const one = new Int32Array(1);

/**
 * How evenly the packets of one source come: least, greatest, mean and deviation of the difference of the transit times
 * of each packet and the one before it (D of RFC 3550 §6.4.1, without its sign), not smoothed.
 */
export class JitterMeter {
  #transit = 0;
  #hasTransit = false;
  #count = 0;
  #sum = 0;
  #squares = 0;
  #minimum = 0;
  #maximum = 0;

  /**
   * Takes the time of a packet.
   *
   * @param arrivalTicks arrival in units of the RTP clock, whatever its zero
   */
  arrive(arrivalTicks: number, timestamp: number): void {
    one[0] = arrivalTicks - timestamp;
    this.arriveAll(one, 1);
  }

  /** The same of several packets: the first `length` transit times, arrival minus timestamp. */
  arriveAll(transits: Int32Array, length: number): void {
    if (length === 0) return;
    let before = this.#hasTransit ? this.#transit : (transits[0] ?? 0);
    let minimum = this.#count === 0 ? Infinity : this.#minimum;
    let maximum = this.#count === 0 ? 0 : this.#maximum;
    let sum = 0;
    let squares = 0;
    const first = this.#hasTransit ? 0 : 1;
    for (let at = first; at < length; at++) {
      const transit = transits[at] ?? 0;
      const difference = Math.abs((transit - before) | 0);
      before = transit;
      if (difference < minimum) minimum = difference;
      if (difference > maximum) maximum = difference;
      sum += difference;
      squares += difference * difference;
    }
    this.#hasTransit = true;
    this.#transit = before;
    this.#count += length - first;
    this.#sum += sum;
    this.#squares += squares;
    this.#minimum = minimum;
    this.#maximum = maximum;
  }

  /** Forgets the last arrival: the source or its clock rate changed, the next difference would mean nothing. */
  resetTransit(): void {
    this.#hasTransit = false;
  }

  /** The jitter of a statistics block, rounded (RFC 3611 §4.6); undefined before the second packet. */
  spread(): XrSpread | undefined {
    if (this.#count === 0) return undefined;
    const mean = this.#sum / this.#count;
    return {
      minimum: this.#minimum,
      maximum: this.#maximum,
      mean: Math.round(mean),
      deviation: Math.round(Math.sqrt(Math.max(0, this.#squares / this.#count - mean * mean))),
    };
  }

  /** As {@link spread}, and begins anew: for reports that tell of the time since the last one. */
  takeSpread(): XrSpread | undefined {
    const spread = this.spread();
    this.#count = 0;
    this.#sum = 0;
    this.#squares = 0;
    return spread;
  }
}
