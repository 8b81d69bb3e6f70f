import type { Ms } from '../machine.ts';
import { AddressPicker } from './address-picker.ts';
import { expandRanges, toRanges } from './address-ranges.ts';
import { MADCAP_ERROR, MADCAP_OPTION } from './constants.ts';
import type { MadcapError } from './error-option.ts';
import { type LeaseTimes, planTimes } from './grant-times.ts';
import { HeldOffers } from './held-offers.ts';
import { type GrantedLease, isFreeIn, type LeaseStore } from './lease-store.ts';
import type { MadcapOptions } from './options.ts';
import { familyOfScope, type ServedScope } from './served-scope.ts';
import type { MadcapServerOptions } from './server-types.ts';

/** What came of looking for addresses. */
export type Allocation =
  | { readonly lease: GrantedLease }
  | { readonly error: MadcapError }
  /** Everything that would do is taken: later it may not be. */
  | { readonly exhausted: true };

/** A request, as far as addresses are concerned. */
export interface AllocationRequest {
  readonly id: string;
  readonly client: string;
  readonly options: MadcapOptions;
  readonly features: readonly number[];
}

const DEFAULT_LIMITS = {
  leases: 100_000,
  addresses: 500_000,
  addressesPerClient: 1024,
  addressesPerLease: 256,
  messagesPerSecond: 200,
  aheadSeconds: 366 * 86_400,
};

/** Finds addresses for leases, and times for them, among the scopes of a server. */
export class Allocator {
  readonly limits: typeof DEFAULT_LIMITS;
  readonly offers = new HeldOffers();
  readonly #store: LeaseStore;
  readonly #isInUse: (address: string) => boolean;
  readonly #scopes: ReadonlyMap<string, { readonly scope: ServedScope; readonly picker: AddressPicker }>;

  constructor({ scopes, store, random, isInUse = () => false, limits }: MadcapServerOptions) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.#store = store;
    this.#isInUse = isInUse;
    this.#scopes = new Map(
      scopes.map((scope) => [scope.first, { scope, picker: new AddressPicker(scope, random) }]),
    );
  }

  scopeOf(id: string | undefined): ServedScope | undefined {
    return this.#scopes.get(id ?? '')?.scope;
  }

  /** How many addresses of a scope there are, free or not. */
  sizeOf(id: string): bigint {
    return this.#scopes.get(id)?.picker.size ?? 0n;
  }

  /** Addresses for a request that has none yet: those that were offered, if they still are free. */
  allocate(request: AllocationRequest, unix: number, now: Ms): Allocation {
    const { options, client, id, features } = request;
    const served = this.#scopes.get(options.scope ?? '');
    if (served === undefined) return notCompletable(MADCAP_OPTION.scope);
    const { scope, picker } = served;
    const plan = planTimes(options, this.#policy(scope), unix);
    if ('error' in plan) return plan;
    const count = options.addressCount ?? { minimum: 1, desired: 1 };
    const wanted = {
      ...count,
      desired: Math.min(count.desired, this.limits.addressesPerLease, this.#left(request)),
    };
    if (wanted.desired < wanted.minimum || picker.size < BigInt(wanted.minimum)) {
      return notCompletable(MADCAP_OPTION.addressCount);
    }
    const within = options.addressRanges?.length === 0 ? undefined : options.addressRanges;
    if (within !== undefined && !picker.has(within)) return notCompletable(MADCAP_OPTION.addressRanges);
    const { leases, addresses: most } = this.limits;
    if (this.#store.size >= leases || this.#store.addresses + wanted.minimum > most)
      return { exhausted: true };
    const held = this.offers.leases.get(id);
    for (const times of plan.times) {
      const isFree = (address: string): boolean => this.#isFree(address, times, id);
      const offered =
        held?.scope === scope.first && fits(held.addresses, wanted) && held.addresses.every(isFree);
      const addresses = offered ? held.addresses : picker.pick(wanted, within, isFree, now);
      if (addresses === undefined) continue;
      const family = familyOfScope(scope);
      // In order, however they were found: it is how they come back from an answer.
      const sorted = expandRanges(toRanges(addresses));
      return { lease: { id, family, scope: scope.first, addresses: sorted, ...times, client, features } };
    }
    if (within !== undefined) return notCompletable(MADCAP_OPTION.addressRanges);
    return { exhausted: true };
  }

  /** Other times for the addresses of a lease (RFC 2730 §2.2.6). */
  prolong(lease: GrantedLease, options: MadcapOptions, unix: number): Allocation {
    const scope = this.scopeOf(lease.scope);
    if (scope === undefined) return notCompletable(undefined); // it is not served any more
    const plan = planTimes(options, this.#policy(scope), unix);
    if ('error' in plan) return plan;
    const times = plan.times.find((it) =>
      lease.addresses.every((address) => isFreeIn(this.#store, address, it, lease.id)),
    );
    if (times === undefined) return { exhausted: true };
    return { lease: { ...lease, ...times } };
  }

  #policy(scope: ServedScope): { maximumSeconds: number; maximumAheadSeconds: number } {
    return { maximumSeconds: scope.maximumSeconds, maximumAheadSeconds: this.limits.aheadSeconds };
  }

  #isFree(address: string, times: LeaseTimes, id: string): boolean {
    return (
      isFreeIn(this.#store, address, times, id) &&
      isFreeIn(this.offers.leases, address, times, id) &&
      !this.#isInUse(address)
    );
  }

  /** How many more addresses the client may have. */
  #left({ client, id }: AllocationRequest): number {
    const own = this.offers.leases.get(id)?.addresses.length ?? 0; // becomes the lease
    const has = this.#store.addressesOf(client) + this.offers.leases.addressesOf(client) - own;
    return this.limits.addressesPerClient - has;
  }
}

function fits(
  addresses: readonly string[],
  { minimum, desired }: { minimum: number; desired: number },
): boolean {
  return addresses.length >= minimum && addresses.length <= desired;
}

function notCompletable(option: number | undefined): Allocation {
  const code = MADCAP_ERROR.notCompletable;
  return { error: option === undefined ? { code } : { code, option } };
}
