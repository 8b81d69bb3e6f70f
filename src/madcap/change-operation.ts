import type { Ms, TransportAddress } from '../machine.ts';
import { MADCAP_ERROR } from './constants.ts';
import type { MadcapFailure, ReleaseQuery, RenewQuery } from './client-types.ts';
import { leaseOf } from './grant.ts';
import { type Answer, Operation, type OperationHost, unicast } from './operation.ts';
import type { MadcapOptions } from './options.ts';
import { Retry } from './retry.ts';
import { featuresWanted, timesWanted } from './wanted.ts';

/**
 * Asks the server of a lease for something. When there are several, because the lease is mobile, and one does not answer
 * or does not know it, the next is asked (RFC 2730 §2.13.1).
 */
abstract class ChangeOperation extends Operation {
  readonly #type: 'renew' | 'release';
  readonly #options: MadcapOptions;
  #server: TransportAddress | undefined;
  readonly #others: TransportAddress[];

  constructor(
    host: OperationHost,
    number: number,
    type: 'renew' | 'release',
    query: ReleaseQuery,
    options: MadcapOptions,
  ) {
    super(host, number, query.family, query.id);
    this.#type = type;
    this.#options = { ...options, ...featuresWanted(query.features) };
    [this.#server, ...this.#others] = query.servers;
  }

  begin(now: Ms): void {
    if (this.#server === undefined) this.fail({ reason: 'no answer' });
    else this.send(this.#type, this.#options, unicast(this.#server), now);
  }

  handleTimeout(now: Ms): void {
    this.waitedInVain(now);
  }
  nextTimeout(): Ms | undefined {
    return this.exchange?.delayEnds;
  }
  cancel(_now: Ms): void {
    this.fail({ reason: 'cancelled' });
  }

  protected override unanswered(now: Ms): void {
    this.#next({ reason: 'no answer' }, now);
  }
  protected override refused(failure: MadcapFailure, now: Ms): void {
    if (failure.error?.code === MADCAP_ERROR.unknownLease) this.#next(failure, now);
    else this.fail(failure);
  }

  #next(failure: MadcapFailure, now: Ms): void {
    const next = this.#others.shift();
    if (next === undefined) this.fail(failure);
    else {
      this.#server = next;
      this.begin(now);
    }
  }
}

/** RENEW: other times for the addresses of a lease (RFC 2730 §2.2.6). */
export class RenewOperation extends ChangeOperation {
  readonly #query: RenewQuery;
  #retry: Retry | undefined;

  constructor(host: OperationHost, number: number, query: RenewQuery) {
    super(host, number, 'renew', query, timesWanted(query));
    this.#query = query;
  }

  override begin(now: Ms): void {
    this.#retry ??= new Retry(this.#query.retryForMs ?? 0, now);
    this.#retry.clear();
    super.begin(now);
  }

  handleAnswer(answer: Answer, now: Ms): boolean {
    if (answer.message.type !== 'ack') return false;
    const later = this.#retry?.plan(answer.options, answer.server, this.host, this.number, now);
    if (later !== undefined) {
      if ('reason' in later) this.fail(later);
      else {
        this.pause();
        this.host.tell(later);
      }
      return true;
    }
    const lease = leaseOf(answer, this.host, this.#query);
    if (lease === undefined) return false;
    this.end({ type: 'lease', operation: this.number, lease });
    return true;
  }

  override handleTimeout(now: Ms): void {
    const retryAt = this.#retry?.at;
    if (retryAt === undefined) super.handleTimeout(now);
    else if (now >= retryAt) this.begin(now);
  }
  override nextTimeout(): Ms | undefined {
    return this.#retry?.at ?? super.nextTimeout();
  }
}

/** RELEASE: all addresses of a lease, or none (RFC 2730 §2.2.7, §2.2.8). */
export class ReleaseOperation extends ChangeOperation {
  constructor(host: OperationHost, number: number, query: ReleaseQuery) {
    super(host, number, 'release', query, {});
  }

  handleAnswer({ message }: Answer): boolean {
    if (message.type !== 'ack') return false;
    this.end({ type: 'released', operation: this.number, id: this.leaseIdentifier });
    return true;
  }
}
