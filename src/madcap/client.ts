import { DecodeError } from '../errors.ts';
import { MADCAP_DISCOVERY } from '../ip/index.ts';
import type { DatagramMachine, Ms, RandomSource, TransportAddress } from '../machine.ts';
import { ReleaseOperation, RenewOperation } from './change-operation.ts';
import type { InfoRequest, LeaseQuery, MadcapClientEvent, ReleaseQuery, RenewQuery } from './client-types.ts';
import { MADCAP_PORT, type MadcapMessageType } from './constants.ts';
import type { Exchange, MadcapDestination, MadcapTransmit } from './exchange.ts';
import { InfoOperation } from './info-operation.ts';
import { LeaseOperation } from './lease-operation.ts';
import { randomLeaseIdentifier } from './lease-identifier.ts';
import { parseMadcapMessage } from './message.ts';
import type { Operation, OperationHost } from './operation.ts';
import { messageKind, placementProblems, wellPlaced } from './placement.ts';
import { understands } from './wanted.ts';
import { Xids } from './xids.ts';

/** What the client takes from its surroundings. */
export interface MadcapClientOptions {
  /** Uniform in [0, 1), for transaction ids. */
  readonly random: RandomSource;
  /** So many octets that nobody can guess, for Lease Identifiers. */
  readonly randomOctets: (count: number) => Uint8Array;
  /** The time of day, whole seconds since 1970. */
  readonly unixSeconds: () => number;
}

export interface MadcapClientStats {
  sent: number;
  resent: number;
  received: number;
  /** Could not be read, made no sense, or answered nothing that was asked: overlooked (RFC 2730 §2.6). */
  ignored: number;
}

/** The group that servers of the local scope listen at (RFC 2730 §2.7, §2.10). */
export function discoveryGroup(family: 4 | 6): MadcapDestination {
  const address = family === 4 ? MADCAP_DISCOVERY.ipv4 : MADCAP_DISCOVERY.ipv6;
  return { address, port: MADCAP_PORT, multicastTtl: MADCAP_DISCOVERY.ttl };
}

/**
 * A MADCAP client (RFC 2730 §2): any number of operations at a time, each ended by one event. It asks servers for their
 * scopes, leases addresses, and renews and releases leases that it, or another process before it, was granted.
 */
export class MadcapClient implements DatagramMachine<MadcapTransmit, MadcapClientEvent> {
  readonly stats: MadcapClientStats = { sent: 0, resent: 0, received: 0, ignored: 0 };
  readonly #options: MadcapClientOptions;
  readonly #xids: Xids;
  readonly #operations = new Map<number, Operation>();
  readonly #byXid = new Map<number, { readonly operation: Operation; readonly exchange: Exchange }>();
  readonly #outbox: MadcapTransmit[] = [];
  readonly #events: MadcapClientEvent[] = [];
  readonly #host: OperationHost;
  #numbers = 0;

  constructor(options: MadcapClientOptions) {
    this.#options = options;
    this.#xids = new Xids(options.random);
    this.#host = {
      start: (operation, exchange) => this.#start(operation, exchange),
      resend: (exchange) => this.#resend(exchange),
      sendOnce: (exchange) => this.#send(exchange),
      newXid: (now) => this.#xids.next(now),
      unixSeconds: options.unixSeconds,
      tell: (event) => this.#events.push(event),
      finish: (operation) => this.#finish(operation),
    };
  }

  /** A Lease Identifier that nobody else has (RFC 2730 §2.4); 17 octets. */
  newLeaseIdentifier(): Uint8Array {
    return randomLeaseIdentifier(this.#options.randomOctets(16));
  }

  /** GETINFO: ends with `info`. @returns number of the operation, which its events carry */
  getInfo(request: InfoRequest, now: Ms): number {
    const group = discoveryGroup(request.family);
    const id = this.newLeaseIdentifier();
    return this.#begin((number) => new InfoOperation(this.#host, number, request, group, id), now);
  }

  /** DISCOVER and REQUEST: ends with `lease`. @throws {EncodeError} when a value cannot be asked for */
  request(query: LeaseQuery, now: Ms): number {
    const group = discoveryGroup(query.family);
    return this.#begin((number) => new LeaseOperation(this.#host, number, query, group), now);
  }

  /** RENEW: ends with `lease`. @throws {EncodeError} when a value cannot be asked for */
  renew(query: RenewQuery, now: Ms): number {
    return this.#begin((number) => new RenewOperation(this.#host, number, query), now);
  }

  /** RELEASE: ends with `released`. */
  release(query: ReleaseQuery, now: Ms): number {
    return this.#begin((number) => new ReleaseOperation(this.#host, number, query), now);
  }

  /** Ends an operation with `failed`; what may have been granted meanwhile is given back. */
  cancel(operation: number, now: Ms): void {
    this.#operations.get(operation)?.cancel(now);
  }

  /** A bad message, or one that nobody waits for, is overlooked (RFC 2730 §2.6). */
  handleDatagram(bytes: Uint8Array, from: TransportAddress, now: Ms): void {
    this.stats.received++;
    if (!this.#take(bytes, from, now)) this.stats.ignored++;
  }

  handleTimeout(now: Ms): void {
    for (const operation of this.#operations.values()) {
      if (now >= (operation.nextTimeout() ?? Infinity)) operation.handleTimeout(now);
    }
  }

  pollTransmit(): MadcapTransmit | undefined {
    return this.#outbox.shift();
  }
  pollEvent(): MadcapClientEvent | undefined {
    return this.#events.shift();
  }
  pollTimeout(): Ms | undefined {
    let first: Ms | undefined;
    for (const operation of this.#operations.values()) {
      const next = operation.nextTimeout();
      if (next !== undefined && next < (first ?? Infinity)) first = next;
    }
    return first;
  }

  #begin(make: (number: number) => Operation, now: Ms): number {
    const operation = make(++this.#numbers);
    this.#operations.set(operation.number, operation);
    try {
      operation.begin(now);
    } catch (error) {
      this.#finish(operation); // it asks for what cannot be written
      throw error;
    }
    return operation.number;
  }

  #take(bytes: Uint8Array, from: TransportAddress, now: Ms): boolean {
    const message = tryParse(bytes);
    if (message === undefined) return false;
    const waiting = this.#byXid.get(message.xid);
    if (waiting === undefined) return false;
    const { operation, exchange } = waiting;
    const { type, family } = exchange.message;
    const { leaseIdentifier } = message.options;
    if (message.family !== family || !sameOctets(leaseIdentifier, operation.leaseIdentifier)) return false;
    const answered = answerable(type);
    if (answered === undefined || exchange !== operation.exchange) return false;
    const kind = messageKind(message.type, answered);
    if (placementProblems(kind, message.options).some(({ isFatal }) => isFatal)) return false;
    const options = wellPlaced(kind, message.options);
    const server = options.serverIdentifier;
    if (server === undefined || !understands(options)) return false;
    if (message.type !== 'nak') return operation.handleAnswer({ message, options, server, from }, now);
    if (options.error === undefined) return false;
    operation.handleNak(options.error, server, now);
    return true;
  }

  #start(operation: Operation, exchange: Exchange): void {
    this.#forget(operation);
    this.#byXid.set(exchange.message.xid, { operation, exchange });
    this.#send(exchange);
  }

  #send(exchange: Exchange): void {
    this.stats.sent++;
    this.#outbox.push(exchange.transmit);
  }

  #resend(exchange: Exchange): void {
    this.stats.resent++;
    this.#send(exchange);
  }

  #finish(operation: Operation): void {
    this.#forget(operation);
    this.#operations.delete(operation.number);
  }

  #forget(operation: Operation): void {
    for (const [xid, waiting] of this.#byXid) {
      if (waiting.operation === operation) this.#byXid.delete(xid);
    }
  }
}

/** What an ACK to such a message answers; undefined for messages that only servers send. */
function answerable(type: MadcapMessageType): 'getinfo' | 'request' | 'renew' | 'release' | undefined {
  if (type === 'discover') return 'request';
  return type === 'getinfo' || type === 'request' || type === 'renew' || type === 'release'
    ? type
    : undefined;
}

function tryParse(bytes: Uint8Array): ReturnType<typeof parseMadcapMessage> | undefined {
  try {
    return parseMadcapMessage(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function sameOctets(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length && a.every((octet, i) => octet === b[i]);
}
