import type { DatagramMachine, Ms, TransportAddress } from '../machine.ts';
import { type Allocation, Allocator } from './allocate.ts';
import { toRanges } from './address-ranges.ts';
import { clientKey } from './client-key.ts';
import {
  CLOCK_SKEW_ALLOWANCE_S,
  EXTRA_ALLOCATION_S,
  MADCAP_ERROR,
  MADCAP_FEATURE,
  MADCAP_OPTION,
} from './constants.ts';
import type { MadcapError } from './error-option.ts';
import { describeMadcapError } from './failure-text.ts';
import { hexOf } from './lease-identifier.ts';
import type { GrantedLease, LeaseStore } from './lease-store.ts';
import { formatMadcapMessage, type MadcapMessage } from './message.ts';
import type { MadcapOptions } from './options.ts';
import { placementProblems, requirePlacement, wellPlaced } from './placement.ts';
import { type ClientMessage, readRequest } from './read-request.ts';
import { RateLimit } from './rate-limit.ts';
import { ResponseCache } from './response-cache.ts';
import { familyOfScope, requireScopes, type ServedScope } from './served-scope.ts';
import { scopeAnswer } from './scope-answer.ts';
import { newServerStats } from './server-stats.ts';
import type {
  Arrival,
  MadcapReply,
  MadcapServerEvent,
  MadcapServerOptions,
  MadcapServerStats,
  ScopeUse,
} from './server-types.ts';

/** How often leases that have ended are looked for. */
const SWEEP_MS: Ms = 60_000;
/** When a client shall ask again that finds nothing free, seconds (RFC 2730 §2.13.2). */
const RETRY_S = 60;

/** One message, and all that its answer depends on. */
interface Request {
  readonly message: MadcapMessage & { readonly type: ClientMessage };
  readonly options: MadcapOptions;
  readonly identifier: Uint8Array;
  readonly id: string;
  readonly from: TransportAddress;
  readonly client: string;
  readonly arrival: Arrival;
  readonly now: Ms;
  readonly unix: number;
}

/**
 * A MADCAP server (RFC 2730 §2): tells its scopes, offers and grants addresses, renews and releases leases. Whoever drives it
 * must have the store's changes on disk before it sends what {@link pollTransmit} gives.
 */
export class MadcapServer implements DatagramMachine<MadcapReply, MadcapServerEvent> {
  readonly stats: MadcapServerStats = newServerStats();
  readonly #options: MadcapServerOptions;
  readonly #store: LeaseStore;
  readonly #allocator: Allocator;
  readonly #cache = new ResponseCache();
  readonly #rate: RateLimit;
  readonly #features: readonly number[];
  /** What it was called where anything came in. */
  readonly #identifiers = new Set<string>();
  readonly #outbox: MadcapReply[] = [];
  readonly #events: MadcapServerEvent[] = [];
  #sweepAt: Ms | undefined;

  /** @throws {InvalidValueError} when a scope cannot be served */
  constructor(options: MadcapServerOptions) {
    requireScopes(options.scopes);
    this.#options = options;
    this.#store = options.store;
    this.#allocator = new Allocator(options);
    this.#rate = new RateLimit(this.#allocator.limits.messagesPerSecond);
    this.#features = [
      ...(options.isMobile === true ? [MADCAP_FEATURE.serverMobility] : []),
      MADCAP_FEATURE.retryAfter,
      MADCAP_FEATURE.sharedLeaseIdentifier,
    ];
  }

  get scopes(): readonly ServedScope[] {
    return this.#options.scopes;
  }
  /** How many addresses are offered and waited for. */
  get offers(): number {
    return this.#allocator.offers.leases.size;
  }
  /** How many answers are kept to be repeated. */
  get cached(): number {
    return this.#cache.size;
  }

  /** How full each scope is. */
  uses(): ScopeUse[] {
    const leased = new Map<string, number>();
    for (const { scope, addresses } of this.#store.all()) {
      leased.set(scope, (leased.get(scope) ?? 0) + addresses.length);
    }
    return this.scopes.map((scope) => ({
      scope: scope.first,
      family: familyOfScope(scope),
      addresses: this.#allocator.sizeOf(scope.first),
      leased: leased.get(scope.first) ?? 0,
    }));
  }

  /** A name of this server, before anything came in by it: a REQUEST for it is ours. */
  addIdentifier(identifier: string): void {
    this.#identifiers.add(identifier);
  }

  handleDatagram(
    bytes: Uint8Array,
    from: TransportAddress,
    now: Ms,
    arrival: Arrival = { multicast: false, identifier: '127.0.0.1' },
  ): void {
    this.#identifiers.add(arrival.identifier);
    this.#sweepAt ??= now + SWEEP_MS;
    const client = clientKey(from.address);
    if (!this.#rate.take(client, now)) {
      this.stats.limited++;
      return;
    }
    const read = readRequest(bytes);
    if (read === undefined) {
      this.stats.ignored++;
      return;
    }
    const unix = this.#options.unixSeconds();
    const identifier = read.identifier;
    const common = { identifier, id: hexOf(identifier), from, client, arrival, now, unix };
    if ('fault' in read) {
      this.stats.received[read.message.type]++;
      const nak = { ...read.message, options: { leaseIdentifier: identifier } };
      this.#nak({ ...common, message: nak, options: {} }, { code: MADCAP_ERROR.invalid, ...read.fault });
      return;
    }
    const { message } = read;
    this.stats.received[message.type]++;
    const cached = this.#cache.get(message, now);
    if (cached !== undefined) {
      this.stats.replayed++;
      this.#outbox.push({ bytes: cached, to: from, identifier: arrival.identifier });
      return;
    }
    this.#handle({ ...common, message, options: wellPlaced(message.type, message.options) });
  }

  handleTimeout(now: Ms): void {
    this.#allocator.offers.expire(now);
    if (this.#sweepAt === undefined || now < this.#sweepAt) return;
    this.#cache.expire(now);
    this.sweep();
    this.#sweepAt = now + SWEEP_MS;
  }

  /** Removes the leases that have ended, and whose addresses are not kept any longer either. */
  sweep(): void {
    const unix = this.#options.unixSeconds();
    const ended = [...this.#store.all()].filter(({ stop }) => stop + EXTRA_ALLOCATION_S < unix);
    for (const lease of ended) {
      this.#store.delete(lease.id);
      this.#events.push({ type: 'expired', lease });
    }
  }

  /** Takes back what was answered and not polled yet, and what would be repeated: the store did not keep it. */
  forget(): void {
    this.#outbox.length = 0;
    this.#events.length = 0;
    this.#cache.clear();
    this.#allocator.offers.clear();
  }

  pollTransmit(): MadcapReply | undefined {
    return this.#outbox.shift();
  }
  pollEvent(): MadcapServerEvent | undefined {
    return this.#events.shift();
  }
  pollTimeout(): Ms | undefined {
    const { nextEnd } = this.#allocator.offers;
    if (nextEnd === undefined || this.#sweepAt === undefined) return nextEnd ?? this.#sweepAt;
    return Math.min(nextEnd, this.#sweepAt);
  }

  #handle(request: Request): void {
    const { message, options, arrival, unix, id } = request;
    const { type } = message;
    const named = options.serverIdentifier;
    if (type === 'request' && named !== undefined && !this.#identifiers.has(named)) {
      this.#allocator.offers.free(id); // it takes another server's offer (RFC 2730 §2.2.3)
      this.stats.ignored++;
      return;
    }
    const wrong = placementProblems(type, options, arrival.multicast).find(({ isFatal }) => isFatal);
    if (wrong !== undefined) return this.#nak(request, { code: MADCAP_ERROR.invalid, option: wrong.code });
    const { currentTime, featureList } = options;
    if (currentTime !== undefined && Math.abs(currentTime - unix) > CLOCK_SKEW_ALLOWANCE_S) {
      return this.#nak(request, { code: MADCAP_ERROR.clockSkew, serverTime: unix });
    }
    const features = featureList?.required.filter((code) => !this.#features.includes(code)) ?? [];
    if (features.length > 0) return this.#nak(request, { code: MADCAP_ERROR.unsupportedFeature, features });
    switch (type) {
      case 'getinfo':
        return this.#reply(request, 'ack', scopeAnswer(this.scopes, message, unix), 'getinfo');
      case 'discover':
        return this.#discover(request);
      case 'request':
        return this.#request(request);
      case 'renew':
        return this.#renew(request);
      case 'release':
        return this.#release(request);
      default:
        return type satisfies never;
    }
  }

  #discover(request: Request): void {
    const { id, client, options, unix, now } = request;
    const { offers } = this.#allocator;
    const granted = this.#usable(request);
    if (granted !== undefined) return this.#reply(request, 'offer', this.#terms(granted, request));
    if (offers.isFull && offers.leases.get(id) === undefined) {
      return this.#nak(request, { code: MADCAP_ERROR.notCompletable });
    }
    const allocation = this.#allocator.allocate({ id, client, options, features: [] }, unix, now);
    if (!('lease' in allocation)) {
      return this.#nak(
        request,
        'error' in allocation ? allocation.error : { code: MADCAP_ERROR.notCompletable },
      );
    }
    offers.hold(allocation.lease, now);
    this.#events.push({ type: 'offered', lease: allocation.lease });
    this.#reply(request, 'offer', this.#terms(allocation.lease, request));
  }

  #request(request: Request): void {
    const { id, client, options, unix, now } = request;
    const existing = this.#store.get(id);
    const granted = this.#usable(request);
    if (granted !== undefined) return this.#reply(request, 'ack', this.#terms(granted, request), 'request');
    if (existing !== undefined && existing.stop > unix) {
      return this.#nak(request, { code: MADCAP_ERROR.invalid, option: MADCAP_OPTION.leaseIdentifier });
    }
    const features = this.#inUse(options);
    const allocation = this.#allocator.allocate({ id, client, options, features }, unix, now);
    this.#grant(request, allocation, 'granted');
  }

  #renew(request: Request): void {
    const { id, message, options, unix } = request;
    const lease = this.#store.get(id);
    // What it is about can only be said in a message of its family.
    if (lease === undefined || lease.family !== message.family || hasEnded(lease, unix)) {
      return this.#nak(request, { code: MADCAP_ERROR.unknownLease });
    }
    this.#grant(request, this.#allocator.prolong(lease, options, unix), 'renewed');
  }

  #release(request: Request): void {
    const { id, unix } = request;
    const lease = this.#store.get(id);
    this.#allocator.offers.free(id);
    if (lease === undefined || hasEnded(lease, unix)) {
      return this.#nak(request, { code: MADCAP_ERROR.unknownLease });
    }
    this.#store.delete(id);
    this.#events.push({ type: 'released', lease });
    this.#reply(request, 'ack', {}, 'release');
  }

  #grant(request: Request, allocation: Allocation, event: 'granted' | 'renewed'): void {
    const { options } = request;
    if ('error' in allocation) return this.#nak(request, allocation.error);
    if ('exhausted' in allocation) return this.#postpone(request);
    const { lease } = allocation;
    this.#allocator.offers.free(lease.id);
    this.#store.set(lease);
    this.#events.push({ type: event, lease });
    const answerTo = event === 'granted' ? 'request' : 'renew';
    this.#reply(request, 'ack', this.#terms(lease, request), answerTo, this.#inUse(options));
  }

  /** Nothing is free: ask again later, where the client understands that (RFC 2730 §2.13.2). */
  #postpone(request: Request): void {
    const { message, options, unix, client, id } = request;
    const understood = options.featureList?.supported.includes(MADCAP_FEATURE.retryAfter) ?? false;
    if (!understood) return this.#nak(request, { code: MADCAP_ERROR.notCompletable });
    this.stats.postponed++;
    this.#events.push({
      type: 'refused',
      client,
      id,
      code: undefined,
      reason: 'nothing is free: ask again later',
    });
    const scope = options.scope ?? this.#store.get(id)?.scope ?? '';
    const later = { leaseTime: 0, scope, addressRanges: [], retryTime: unix + RETRY_S, currentTime: unix };
    const answerTo = message.type === 'renew' ? 'renew' : 'request';
    this.#reply(request, 'ack', later, answerTo, [MADCAP_FEATURE.retryAfter]);
  }

  /** The lease that the client has already, if it is one as it wants it now. */
  #usable({ id, options, message, unix }: Request): GrantedLease | undefined {
    const lease = this.#store.get(id);
    if (lease === undefined || hasEnded(lease, unix) || lease.stop <= unix) return undefined;
    const { minimum, desired } = options.addressCount ?? { minimum: 1, desired: 1 };
    const { length } = lease.addresses;
    const isAsWanted = lease.family === message.family && lease.scope === options.scope;
    return isAsWanted && length >= minimum && length <= desired ? lease : undefined;
  }

  /** What an OFFER or ACK says of a lease. */
  #terms(lease: GrantedLease, { options, unix }: Request): MadcapOptions {
    const saysStart = options.startTime !== undefined || lease.start > unix;
    return {
      leaseTime: lease.stop - (saysStart ? lease.start : unix),
      scope: lease.scope,
      addressRanges: toRanges(lease.addresses),
      ...(saysStart ? { startTime: lease.start } : {}),
      ...(saysStart || options.currentTime !== undefined ? { currentTime: unix } : {}),
    };
  }

  /** Features that the client wants and we have. */
  #inUse({ featureList }: MadcapOptions): number[] {
    const wanted = new Set([...(featureList?.requested ?? []), ...(featureList?.required ?? [])]);
    return this.#features.filter((code) => wanted.has(code));
  }

  /**
   * No. To a question to all we are silent where another server may do better; where every server would say the same, the
   * client learns what is wrong.
   */
  #nak(request: Request, error: MadcapError): void {
    const { message, options, arrival, client, id, unix, now } = request;
    const mayBeOthers = arrival.multicast && options.serverIdentifier === undefined;
    const isAnyones = error.code === MADCAP_ERROR.invalid || error.code === MADCAP_ERROR.clockSkew;
    const reason = describeMadcapError(error, unix);
    this.#events.push({ type: 'refused', client, id, code: error.code, reason });
    if (mayBeOthers && !isAnyones) {
      this.stats.ignored++;
      return;
    }
    this.stats.refused.set(error.code, (this.stats.refused.get(error.code) ?? 0) + 1);
    this.#reply({ ...request, now, message }, 'nak', { error });
  }

  #reply(
    { message, options, identifier, from, client, arrival, now }: Request,
    type: 'offer' | 'ack' | 'nak',
    values: MadcapOptions,
    answerTo: 'getinfo' | 'request' | 'renew' | 'release' = 'request',
    required: readonly number[] = [],
  ): void {
    const hasFeatures = options.featureList !== undefined;
    const reply: MadcapMessage = {
      type,
      family: message.family,
      xid: message.xid,
      options: {
        ...values,
        leaseIdentifier: identifier,
        serverIdentifier: arrival.identifier,
        ...(hasFeatures ? { featureList: { supported: this.#features, requested: [], required } } : {}),
      },
    };
    requirePlacement(reply, answerTo);
    const bytes = formatMadcapMessage(reply);
    this.stats.sent[type]++;
    // Scopes are the same whenever they are asked for, and may be long.
    if (message.type !== 'getinfo') this.#cache.add(message, bytes, client, now);
    this.#outbox.push({ bytes, to: from, identifier: arrival.identifier });
  }
}

/** Over, and not kept any longer either: within the hour after its end a lease can still be renewed. */
function hasEnded({ stop }: GrantedLease, unix: number): boolean {
  return stop + EXTRA_ALLOCATION_S < unix;
}
