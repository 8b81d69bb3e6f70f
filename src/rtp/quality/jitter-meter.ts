import type { XrSpread } from '../../rtcp/index.ts';
import { Histogram } from './histogram.ts';

/**
 * How evenly the packets of one source come: the difference of the transit times of each packet and the one before it
 * (D of RFC 3550 §6.4.1, without its sign), not smoothed, so that percentiles can be told.
 */
export class JitterMeter {
  /** Differences, units of the RTP clock. */
  readonly differences = new Histogram();
  #transit: number | undefined;
  /** Sum of squared distances from the mean, after Welford: no cancellation over long sessions. */
  #squares = 0;
  #mean = 0;

  /**
   * Takes the time of a packet.
   *
   * @param arrivalTicks arrival in units of the RTP clock, whatever its zero
   */
  arrive(arrivalTicks: number, timestamp: number): void {
    const transit = (arrivalTicks - timestamp) | 0;
    const before = this.#transit;
    this.#transit = transit;
    if (before === undefined) return;
    const difference = Math.abs((transit - before) | 0);
    this.differences.add(difference);
    const distance = difference - this.#mean;
    this.#mean += distance / this.differences.count;
    this.#squares += distance * (difference - this.#mean);
  }

  /** Forgets the last arrival: the source or its clock rate changed, the next difference would mean nothing. */
  resetTransit(): void {
    this.#transit = undefined;
  }

  /** The jitter of a statistics block, rounded (RFC 3611 §4.6); undefined before the second packet. */
  spread(): XrSpread | undefined {
    const { count, minimum, maximum } = this.differences;
    if (count === 0) return undefined;
    const deviation = Math.round(Math.sqrt(this.#squares / count));
    return { minimum, maximum, mean: Math.round(this.#mean), deviation };
  }
}
