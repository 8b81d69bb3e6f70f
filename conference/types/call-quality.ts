import type { MediaStream } from './stream.ts';

/** A figure over the last interval, and the greatest that it has been. */
export interface CurrentAndMax {
  readonly current: number;
  readonly maximum: number;
}

/** What one stream carries (QUA-02). */
export interface StreamQuality {
  readonly stream: MediaStream;
  /** RTP payload of all its sources together, bits per second. */
  readonly bitsPerSecond: CurrentAndMax;
  /** Time between two packets of one source, ms: on average over the interval, and the least that was the average of one. */
  readonly packetIntervalMs: { readonly average: number | undefined; readonly least: number | undefined };
}

/** What a call costs the network and the processor (QUA-01); headers included where bits are counted. */
export interface CallQuality {
  /** Over how long current figures are taken, ms: 1000 to 60 000, whole seconds; default 1000. */
  intervalMs: number;
  readonly intervalRange: {
    readonly least: number;
    readonly most: number;
    readonly step: number;
    readonly default: number;
  };
  /** Everything received and sent, bits per second. */
  readonly conferenceBitsPerSecond: CurrentAndMax;
  readonly inputBitsPerSecond: CurrentAndMax;
  readonly outputBitsPerSecond: CurrentAndMax;
  /** Of one processor core, percent, by the whole process. */
  readonly cpuPercent: CurrentAndMax;
  readonly streams: readonly StreamQuality[];
}
