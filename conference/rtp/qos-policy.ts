import { DSCP } from '../../src/net/index.ts';
import type { MediaType, QosCause, QosKind, QosLevel } from '../types/index.ts';

/**
 * The code point wanted for a medium (RFC 4594 §4.1 telephony, §4.3 multimedia conferencing).
 *
 * @param own what the user wants instead, unless it is best effort
 */
export function wantedDscp(level: QosLevel, mediaType: MediaType, own?: number): number {
  if (level === 'best-effort') return DSCP.DF;
  if (own !== undefined) return own;
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
  /** The same of what we send, by the worst of the others' reports. */
  readonly lossThere: number;
  /** To the farthest participant and back; undefined when nobody tells. */
  readonly roundTripMs: number | undefined;
  /** Packets that the system refused to send. */
  readonly notSent: number;
}

/** What is wrong, in a sentence. */
export interface QosTrouble {
  readonly kind: QosKind;
  readonly cause: QosCause;
  readonly message: string;
}

const LOSS = 0.1;
/** Above what is allowed by more than headers and bursts explain. */
const EXCESS = 1.5;
/** Twice the one-way delay that no network should be planned with (ITU-T G.114 §4). */
const ROUND_TRIP_MS = 800;
/** Looks in a row before it is told, and before it may be told again. */
const PATIENCE = 3;
const REPEAT = 60;
/** Looks after an interface was away, until reports no longer tell of the loss that it caused. */
const EXCUSED = 15;

const percent = (share: number): string => `${Math.round(share * 100)} %`;

interface Rule {
  readonly kind: QosKind;
  readonly cause: QosCause;
  /** @returns what is wrong, or undefined */
  look(sample: QosSample): string | undefined;
}

const RULES: readonly Rule[] = [
  {
    kind: 'admissionFailure',
    cause: 'bandwidth',
    look: ({ bits, seconds, allowed }) =>
      allowed !== undefined && bits / seconds > EXCESS * allowed
        ? `${Math.round(bits / seconds / 1000)} kbit/s arrive, and the description allows ${Math.round(allowed / 1000)}`
        : undefined,
  },
  {
    kind: 'admissionFailure',
    cause: 'loss',
    look: ({ worstLoss }) =>
      worstLoss > LOSS ? `${percent(worstLoss)} of a participant's packets are lost` : undefined,
  },
  {
    kind: 'admissionFailure',
    cause: 'lossThere',
    look: ({ lossThere }) =>
      lossThere > LOSS
        ? `a participant reports that ${percent(lossThere)} of our packets are lost`
        : undefined,
  },
  {
    kind: 'admissionFailure',
    cause: 'delay',
    look: ({ roundTripMs }) =>
      roundTripMs !== undefined && roundTripMs > ROUND_TRIP_MS
        ? `it takes ${Math.round(roundTripMs)} ms to a participant and back; talking in turns becomes hard above ${ROUND_TRIP_MS}`
        : undefined,
  },
  {
    kind: 'genericError',
    cause: 'sending',
    look: ({ notSent, seconds }) =>
      notSent > 0 ? `the system refused to send ${notSent} packets in ${seconds} s` : undefined,
  },
];

/**
 * Notices that the network does not carry the conference (QOS-02): more traffic than the description's `b=`, heavy loss
 * here or there, long delay, packets that cannot be sent; each several looks in a row.
 */
export class QosMonitor {
  readonly #bad = RULES.map(() => 0);
  readonly #quiet = RULES.map(() => 0);

  /** What is lost now is not the network's fault: our own interface was away. */
  excuse(): void {
    this.#bad.fill(0);
    for (const [i, quiet] of this.#quiet.entries()) this.#quiet[i] = Math.max(quiet, EXCUSED);
  }

  /** @returns what it is time to tell */
  look(sample: QosSample): readonly QosTrouble[] {
    return RULES.flatMap((rule, i) => {
      const message = rule.look(sample);
      const quiet = Math.max(0, (this.#quiet[i] ?? 0) - 1);
      const bad = message === undefined ? 0 : (this.#bad[i] ?? 0) + 1;
      this.#quiet[i] = quiet;
      this.#bad[i] = bad;
      if (message === undefined || bad < PATIENCE || quiet > 0) return [];
      this.#quiet[i] = REPEAT;
      return [{ kind: rule.kind, cause: rule.cause, message }];
    });
  }
}
