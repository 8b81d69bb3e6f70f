import type { Ms } from '../machine.ts';
import type { MadcapClientEvent, MadcapFailure } from './client-types.ts';
import type { OperationHost } from './operation.ts';
import type { MadcapOptions } from './options.ts';

/** Waits until a server without addresses has some again (Retry After, RFC 2730 §2.13.2). */
export class Retry {
  readonly #ends: Ms;
  #at: Ms | undefined;

  /** @param forMs how long to go on, from `now` */
  constructor(forMs: Ms, now: Ms) {
    this.#ends = now + forMs;
  }

  /** When to ask again; undefined while no wait is on. */
  get at(): Ms | undefined {
    return this.#at;
  }

  /** The wait is over. */
  clear(): void {
    this.#at = undefined;
  }

  /**
   * What to make of an answer: undefined when it has addresses, or says nothing of a later time; a failure when it would
   * take too long; else the event to tell, and the wait is on.
   */
  plan(
    { retryTime, currentTime, addressRanges = [] }: MadcapOptions,
    server: string,
    host: OperationHost,
    operation: number,
    now: Ms,
  ): MadcapFailure | Extract<MadcapClientEvent, { type: 'retry' }> | undefined {
    if (retryTime === undefined || addressRanges.length > 0) return undefined;
    // By the server's own clock: how far that is from ours does not matter.
    const wait = Math.max(1, retryTime - (currentTime ?? host.unixSeconds()));
    const at = host.unixSeconds() + wait;
    if (now + wait * 1000 > this.#ends) return { reason: 'try later', server, retryTime: at };
    this.#at = now + wait * 1000;
    return { type: 'retry', operation, at, server };
  }
}
