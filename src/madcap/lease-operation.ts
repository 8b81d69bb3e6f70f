import type { Ms, TransportAddress } from '../machine.ts';
import type { LeaseQuery, MadcapFailure } from './client-types.ts';
import { MADCAP_PORT } from './constants.ts';
import type { MadcapDestination } from './exchange.ts';
import { leaseOf } from './grant.ts';
import { byMerit, isComplete, isHeld, type Offer, offerOf } from './offers.ts';
import { type Answer, Operation, type OperationHost, unicast } from './operation.ts';
import type { MadcapOptions } from './options.ts';
import { Retry } from './retry.ts';
import { featuresWanted, timesWanted } from './wanted.ts';

/** As many offers as any network has servers. */
const MOST_OFFERS = 64;

/**
 * From DISCOVER to ACK (RFC 2730 §2.2.2 to §2.2.5): looks for servers, takes the best of their offers, asks for it, and
 * for the next best when the server has thought better of it. Where a server is known it is asked at once.
 */
export class LeaseOperation extends Operation {
  readonly #query: LeaseQuery;
  readonly #group: MadcapDestination;
  #offers: Offer[] = [];
  #settled: Ms | undefined;
  /** The server that a REQUEST is under way to, and what it offered. */
  #chosen: { readonly from: TransportAddress; readonly offer: Offer | undefined } | undefined;
  #retry: Retry | undefined;

  constructor(host: OperationHost, number: number, query: LeaseQuery, group: MadcapDestination) {
    super(host, number, query.family, query.id);
    this.#query = query;
    this.#group = query.group ?? group;
  }

  begin(now: Ms): void {
    const { server, retryForMs = 0 } = this.#query;
    this.#retry = new Retry(retryForMs, now);
    if (server !== undefined) this.#request(server, now);
    else this.send('discover', this.#wanted(), this.#servers, now);
  }

  handleAnswer(answer: Answer, now: Ms): boolean {
    const { type } = answer.message;
    if (this.#chosen === undefined) return type === 'offer' && this.#takeOffer(answer, now);
    return type === 'ack' && this.#takeAck(answer, this.#chosen, now);
  }

  handleTimeout(now: Ms): void {
    const discover = this.#chosen === undefined ? this.exchange : undefined;
    const waited = now >= (this.#settled ?? discover?.delayEnds ?? Infinity);
    const retryAt = this.#retry?.at;
    if (retryAt !== undefined) {
      if (now >= retryAt && this.#chosen !== undefined) this.#request(this.#chosen.from, now);
    } else if (discover !== undefined && waited && this.#offers.length > 0) this.#choose(now);
    else this.waitedInVain(now);
  }

  nextTimeout(): Ms | undefined {
    return this.#retry?.at ?? this.#settled ?? this.exchange?.delayEnds;
  }

  cancel(now: Ms): void {
    this.#takeBack(now);
    this.fail({ reason: 'cancelled' });
  }

  /** The server that was chosen does not grant it: the next best may. */
  protected override refused(failure: MadcapFailure, now: Ms): void {
    if (this.#chosen !== undefined && this.#offers.some((it) => isHeld(it, now))) this.#choose(now);
    else this.fail(failure);
  }

  protected override unanswered(now: Ms): void {
    this.#takeBack(now);
    this.fail({ reason: 'no answer' });
  }

  #takeOffer({ options, server, from }: Answer, now: Ms): boolean {
    const known = this.#offers.some((it) => it.server === server);
    const offer = offerOf(options, this.#query, { server, from, arrived: now });
    if (offer === undefined || known || this.#offers.length >= MOST_OFFERS) return false;
    this.#offers.push(offer);
    const { settleMs = 300 } = this.#query;
    if (isComplete(offer, this.#query)) {
      this.#settled ??= Math.min(now + settleMs, this.exchange?.delayEnds ?? now);
    }
    return true;
  }

  #choose(now: Ms): void {
    this.#settled = undefined;
    const [best, ...others] = this.#offers.filter((it) => isHeld(it, now)).sort(byMerit(this.#query));
    this.#offers = others;
    if (best === undefined) return this.unanswered(now);
    this.#chosen = { from: best.from, offer: best };
    const ranges = best.ranges.length === 0 ? {} : { addressRanges: best.ranges };
    // To all, so that the others let go of what they offered (RFC 2730 §2.2.4).
    this.send('request', { ...this.#wanted(), ...ranges, serverIdentifier: best.server }, this.#servers, now);
  }

  #request(server: TransportAddress, now: Ms): void {
    this.#retry?.clear();
    this.#chosen = { from: server, offer: undefined };
    this.send('request', this.#wanted(), unicast(server), now);
  }

  #takeAck(answer: Answer, { offer }: { offer: Offer | undefined }, now: Ms): boolean {
    if (offer !== undefined && offer.server !== answer.server) return false;
    if (answer.options.scope !== this.#query.scope) return false;
    const later = this.#retry?.plan(answer.options, answer.server, this.host, this.number, now);
    if (later !== undefined) {
      this.#later(later, answer.from);
      return true;
    }
    const lease = leaseOf(answer, this.host, this.#query);
    const { count = 1, minimumCount = count } = this.#query;
    if (lease === undefined || lease.addresses.length < minimumCount) return false;
    this.end({ type: 'lease', operation: this.number, lease });
    return true;
  }

  /** The same request at the time that the server said, with a new transaction id (RFC 2730 §2.13.2). */
  #later(later: NonNullable<ReturnType<Retry['plan']>>, from: TransportAddress): void {
    if ('reason' in later) {
      this.fail(later);
      return;
    }
    this.pause();
    this.#chosen = { from, offer: undefined };
    this.host.tell(later);
  }

  /** The server may have granted what we never heard of: it shall not be kept for nobody. */
  #takeBack(now: Ms): void {
    if (this.#chosen !== undefined && this.exchange !== undefined) {
      this.sendOnce('release', unicast(this.#chosen.from), now);
    }
  }

  get #servers(): MadcapDestination {
    return { ...this.#group, port: this.#group.port || MADCAP_PORT };
  }

  #wanted(): MadcapOptions {
    const { scope, count = 1, minimumCount = count, ranges } = this.#query;
    return {
      scope,
      ...(count === 1 ? {} : { addressCount: { minimum: minimumCount, desired: count } }),
      ...(ranges === undefined ? {} : { addressRanges: ranges }),
      ...timesWanted(this.#query),
      ...featuresWanted(this.#query.features),
    };
  }
}
