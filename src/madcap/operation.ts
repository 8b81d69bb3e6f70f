import type { IpFamily } from '../ip/index.ts';
import type { Ms, TransportAddress } from '../machine.ts';
import type { MadcapMessageType } from './constants.ts';
import type { MadcapClientEvent, MadcapFailure } from './client-types.ts';
import type { MadcapError } from './error-option.ts';
import { Exchange, type MadcapDestination } from './exchange.ts';
import type { MadcapMessage } from './message.ts';
import type { MadcapOptions } from './options.ts';

/** What an operation needs of the client that it belongs to. */
export interface OperationHost {
  /** Sends a message, and gives what comes with its transaction id to `operation`. */
  start(operation: Operation, exchange: Exchange): void;
  resend(exchange: Exchange): void;
  /** A message that nobody waits for the answer of. */
  sendOnce(exchange: Exchange): void;
  newXid(now: Ms): number;
  unixSeconds(): number;
  tell(event: MadcapClientEvent): void;
  /** Forgets the operation. */
  finish(operation: Operation): void;
}

/** The answer to what we sent, held against the table already. */
export interface Answer {
  readonly message: MadcapMessage;
  readonly options: MadcapOptions;
  readonly server: string;
  readonly from: TransportAddress;
}

/** Something that the client was asked to do, from the first message to the event that ends it. */
export abstract class Operation {
  readonly number: number;
  readonly leaseIdentifier: Uint8Array;
  readonly #family: IpFamily;
  protected readonly host: OperationHost;
  #exchange: Exchange | undefined;
  #refusal: { readonly error: MadcapError; readonly server: string } | undefined;

  constructor(host: OperationHost, number: number, family: IpFamily, leaseIdentifier: Uint8Array) {
    this.host = host;
    this.number = number;
    this.#family = family;
    this.leaseIdentifier = leaseIdentifier;
  }

  /** What was sent and is not answered yet. */
  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  /** Sends the first message. */
  abstract begin(now: Ms): void;
  /** An answer other than a NAK. False: it makes no sense, and did not come. */
  abstract handleAnswer(answer: Answer, now: Ms): boolean;
  /** The time that {@link nextTimeout} said has come, or more. */
  abstract handleTimeout(now: Ms): void;
  abstract nextTimeout(): Ms | undefined;
  /** Whoever asked does not want it any more. */
  abstract cancel(now: Ms): void;

  /**
   * A NAK. It is the end when it is from who was asked; to a question to all, another server may say yes until the wait
   * is over (RFC 2730 §2.3).
   */
  handleNak(error: MadcapError, server: string, now: Ms): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const asked = exchange.message.options.serverIdentifier;
    if (asked !== undefined && asked !== server) return;
    exchange.refuse();
    this.#refusal ??= { error, server };
    if (!exchange.multicast || asked !== undefined) this.refused({ reason: 'refused', error, server }, now);
  }

  /** Says how it ended; an operation with something else to try overrides it. */
  protected refused(failure: MadcapFailure, _now: Ms): void {
    this.fail(failure);
  }

  protected send(type: MadcapMessageType, options: MadcapOptions, to: MadcapDestination, now: Ms): void {
    this.#refusal = undefined;
    this.#exchange = this.#make(type, options, to, now);
    this.host.start(this, this.#exchange);
  }

  protected sendOnce(type: MadcapMessageType, to: MadcapDestination, now: Ms): void {
    this.host.sendOnce(this.#make(type, {}, to, now));
  }

  #make(type: MadcapMessageType, options: MadcapOptions, to: MadcapDestination, now: Ms): Exchange {
    const { startTime, maximumStartTime } = options;
    const hasTimes = startTime !== undefined || maximumStartTime !== undefined;
    const message: MadcapMessage = {
      type,
      family: this.#family,
      xid: this.host.newXid(now),
      options: {
        ...options,
        leaseIdentifier: this.leaseIdentifier,
        ...(hasTimes ? { currentTime: this.host.unixSeconds() } : {}),
      },
    };
    return new Exchange(message, to, now);
  }

  /** The wait for an answer is over for now: sends again, or fails. True when it failed. */
  protected waitedInVain(now: Ms): boolean {
    const exchange = this.#exchange;
    if (exchange === undefined || now < exchange.delayEnds) return false;
    if (exchange.resend()) {
      this.host.resend(exchange);
      return false;
    }
    const refusal = this.#refusal;
    if (refusal === undefined) this.unanswered(now);
    else this.refused({ reason: 'refused', ...refusal }, now);
    return true;
  }

  /** Nobody answered; an operation with somebody else to ask overrides it. */
  protected unanswered(_now: Ms): void {
    this.fail({ reason: 'no answer' });
  }

  /** Nothing is waited for any more, but the operation goes on. */
  protected pause(): void {
    this.#exchange = undefined;
  }

  protected fail(failure: MadcapFailure): void {
    this.end({ type: 'failed', operation: this.number, failure });
  }

  protected end(event: MadcapClientEvent): void {
    this.#exchange = undefined;
    this.host.tell(event);
    this.host.finish(this);
  }
}

/** A server's own address as a destination. */
export function unicast({ address, port }: TransportAddress): MadcapDestination {
  return { address, port, multicastTtl: undefined };
}

/** By how much the sender's clock is ahead of ours, seconds. */
export function clockAhead({ currentTime }: MadcapOptions, host: OperationHost): number | undefined {
  return currentTime === undefined ? undefined : currentTime - host.unixSeconds();
}
