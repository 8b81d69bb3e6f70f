import type { Ms, TransportAddress } from '../machine.ts';
import { NO_RESPONSE_DELAY_MS, RETRANSMIT_AFTER_MS } from './constants.ts';
import { formatMadcapMessage, type MadcapMessage } from './message.ts';
import { requirePlacement } from './placement.ts';

/** Where a message goes. */
export interface MadcapDestination extends TransportAddress {
  /** TTL or hop limit for a group; undefined for a server's own address. */
  readonly multicastTtl: number | undefined;
}

export interface MadcapTransmit {
  readonly bytes: Uint8Array;
  readonly to: MadcapDestination;
}

/**
 * One message and the wait for its answer: sent again, unchanged, 4, 12 and 28 seconds after the first time, given up
 * after 60 (RFC 2730 §2.3).
 */
export class Exchange {
  readonly message: MadcapMessage;
  readonly to: MadcapDestination;
  readonly #bytes: Uint8Array;
  readonly #sentAt: Ms;
  #resent = 0;
  #refused = false;

  /** @throws {EncodeError} when the message is not as the protocol wants it */
  constructor(message: MadcapMessage, to: MadcapDestination, now: Ms) {
    requirePlacement(message, 'request', to.multicastTtl !== undefined);
    this.message = message;
    this.to = to;
    this.#bytes = formatMadcapMessage(message);
    this.#sentAt = now;
  }

  get multicast(): boolean {
    return this.to.multicastTtl !== undefined;
  }
  get transmit(): MadcapTransmit {
    return { bytes: this.#bytes, to: this.to };
  }
  /** When it would be sent again, which is how long answers of several servers are waited for (DISCOVER-DELAY). */
  get delayEnds(): Ms {
    return this.#sentAt + (RETRANSMIT_AFTER_MS[this.#resent] ?? NO_RESPONSE_DELAY_MS);
  }
  /** Whether a server said no: then it is never sent again (RFC 2730 §2.3). */
  get refused(): boolean {
    return this.#refused;
  }

  refuse(): void {
    this.#refused = true;
  }

  /** Call it at {@link delayEnds}. True: send it again. False: nobody answers any more. */
  resend(): boolean {
    if (this.#refused || this.#resent >= RETRANSMIT_AFTER_MS.length) return false;
    this.#resent++;
    return true;
  }
}
