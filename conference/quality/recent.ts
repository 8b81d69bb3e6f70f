import type { Ms } from '../../src/machine.ts';
import type { RecentReception } from '../types/index.ts';

/** Samples kept: one each second. */
const KEPT = 11;

/** Counts of a source at one moment. */
export interface ReceptionCounts {
  readonly received: number;
  readonly expected: number;
  readonly discarded: number;
  readonly octets: number;
  readonly restarts: number;
}

interface Sample extends ReceptionCounts {
  readonly at: Ms;
}

/** The last ten seconds of a source's counts: what is told to be so now should not be what was an hour ago. */
export class RecentWindow {
  #samples: readonly Sample[] = [];
  #maxBitsPerSecond = 0;

  /** Greatest payload bit rate between two samples. */
  get maxBitsPerSecond(): number {
    return this.#maxBitsPerSecond;
  }

  /** Takes the counts; once a second. */
  sample(counts: ReceptionCounts, now: Ms): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && counts.restarts !== last.restarts) this.#samples = [];
    else if (last !== undefined && now > last.at) {
      const rate = ((counts.octets - last.octets) * 8000) / (now - last.at);
      this.#maxBitsPerSecond = Math.max(this.#maxBitsPerSecond, rate);
    }
    this.#samples = [...this.#samples.slice(1 - KEPT), { ...counts, at: now }];
  }

  figures(): RecentReception {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at <= first.at) return NOTHING;
    const seconds = (last.at - first.at) / 1000;
    const packets = last.received - first.received;
    const expected = last.expected - first.expected;
    const lost = Math.max(0, expected - packets);
    const discarded = last.discarded - first.discarded;
    const percent = (part: number): number => (expected <= 0 ? 0 : Math.min(100, (100 * part) / expected));
    return {
      seconds,
      packets,
      lost,
      discarded,
      lossPercent: percent(lost),
      discardPercent: percent(discarded),
      packetsPerSecond: packets / seconds,
      bitsPerSecond: ((last.octets - first.octets) * 8) / seconds,
    };
  }
}

const NOTHING: RecentReception = {
  seconds: 0,
  packets: 0,
  lost: 0,
  discarded: 0,
  lossPercent: 0,
  discardPercent: 0,
  packetsPerSecond: 0,
  bitsPerSecond: 0,
};
