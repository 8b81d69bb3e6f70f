import { DSCP } from '../../src/net/index.ts';
import type { MediaType, QosLevel } from '../types/index.ts';

/** The code point wanted for a medium (RFC 4594 §4.1 telephony, §4.3 multimedia conferencing). */
export function wantedDscp(level: QosLevel, mediaType: MediaType): number {
  if (level === 'best-effort') return DSCP.DF;
  if (mediaType === 'audio') return DSCP.EF;
  return mediaType === 'video' ? DSCP.AF41 : DSCP.DF;
}

/** What is measured on one medium since the last look. */
export interface QosSample {
  readonly seconds: number;
  /** Bits received with their headers. */
  readonly bits: number;
  /** Bits per second that the description allows; undefined when it does not say. */
  readonly allowed: number | undefined;
  /** Worst loss of any source in its last report interval, 0 to 1. */
  readonly worstLoss: number;
}

const LOSS = 0.1;
/** Above what is allowed by more than headers and bursts explain. */
const EXCESS = 1.5;
/** Looks in a row before it is told, and before it may be told again. */
const PATIENCE = 3;
const REPEAT = 60;
/** Looks after an interface was away, until reports no longer tell of the loss that it caused. */
const EXCUSED = 15;

/**
 * Notices that the network does not carry the conference (QOS-02's admission failure): more traffic than the
 * description's `b=`, or heavy loss, several looks in a row.
 */
export class QosMonitor {
  #bad = 0;
  #quiet = 0;

  /** What is lost now is not the network's fault: our own interface was away. */
  excuse(): void {
    this.#bad = 0;
    this.#quiet = Math.max(this.#quiet, EXCUSED);
  }

  /** @returns a sentence when it is time to tell */
  look({ seconds, bits, allowed, worstLoss }: QosSample): string | undefined {
    if (this.#quiet > 0) this.#quiet--;
    const rate = bits / seconds;
    const excess = allowed !== undefined && rate > EXCESS * allowed;
    this.#bad = excess || worstLoss > LOSS ? this.#bad + 1 : 0;
    if (this.#bad < PATIENCE || this.#quiet > 0) return undefined;
    this.#quiet = REPEAT;
    return excess
      ? `${Math.round(rate / 1000)} kbit/s arrive, and the description allows ${Math.round((allowed ?? 0) / 1000)}`
      : `${Math.round(worstLoss * 100)} % of a participant's packets are lost`;
  }
}
