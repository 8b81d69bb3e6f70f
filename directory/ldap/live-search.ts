import {
  type Control,
  decodeMessage,
  encodeMessage,
  type LdapMessage,
  peekMessageId,
  type SearchRequest,
} from '../../src/ldap/index.ts';
import { type DirectoryError, DirectoryUnavailableError } from '../errors.ts';

/** Message ids from here on are ours; other requests have smaller ones. */
const FIRST_ID = 0x6000_0000;

/** The connection is bound anew: what was told before was meant for somebody else. */
export class ReboundError extends DirectoryUnavailableError {}

export interface LiveSearchEvents {
  /** An answer; the search is over when it is the last one (`searchResultDone`). */
  onMessage(message: LdapMessage): void;
  /** The connection is gone, or is of no use to this search any more. */
  onEnd(reason: DirectoryError): void;
}

/**
 * Searches whose answers are handed on as they come: the client library knows only such as end. They go over the same
 * connection, so they are bound and secured as everything else on it is.
 */
export class LiveSearches {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #running = new Map<number, LiveSearchEvents>();
  #nextId = FIRST_ID;

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
  }

  /** @returns gives it up (RFC 4511 §4.11) */
  start(op: SearchRequest, controls: readonly Control[], events: LiveSearchEvents): () => void {
    const messageId = this.#nextId++;
    this.#running.set(messageId, events);
    this.#send(encodeMessage({ messageId, op, controls }));
    return () => {
      if (!this.#running.delete(messageId)) return;
      const abandonId = messageId;
      this.#send(encodeMessage({ messageId: this.#nextId++, op: { type: 'abandonRequest', abandonId } }));
    };
  }

  /** @returns whether the message was for one of them, or for one given up */
  take(frame: Uint8Array): boolean {
    if (this.#nextId === FIRST_ID) return false;
    const messageId = peekMessageId(frame) ?? 0;
    if (messageId < FIRST_ID) return false;
    const events = this.#running.get(messageId);
    if (events === undefined) return true;
    const message = decodeMessage(frame);
    if (message.op.type === 'searchResultDone') this.#running.delete(messageId);
    events.onMessage(message);
    return true;
  }

  /** Ends all of them. */
  end(reason: DirectoryError): void {
    const all = [...this.#running.values()];
    this.#running.clear();
    for (const events of all) events.onEnd(reason);
  }
}
