import type { IpFamily } from '../ip/index.ts';
import { EXTRA_ALLOCATION_S } from './constants.ts';

/** A lease as a server keeps it. Times are Unix seconds. */
export interface GrantedLease {
  /** Lease Identifier as hexadecimal digits. */
  readonly id: string;
  readonly family: IpFamily;
  /** Id of the scope. */
  readonly scope: string;
  readonly addresses: readonly string[];
  readonly start: number;
  readonly stop: number;
  /** Whom it is put down to: an IPv4 address, or the first half of an IPv6 address. */
  readonly client: string;
  /** Features in use for it (RFC 2730 §2.13). */
  readonly features: readonly number[];
}

/** Where a server keeps its leases. What was set or deleted is kept for good before any answer leaves. */
export interface LeaseStore {
  /** How many leases there are. */
  readonly size: number;
  /** How many addresses those have. */
  readonly addresses: number;
  get(id: string): GrantedLease | undefined;
  /** Adds a lease, or puts it in place of the one with the same id. */
  set(lease: GrantedLease): void;
  delete(id: string): void;
  /** Those that have the address, now or at another time. */
  withAddress(address: string): Iterable<GrantedLease>;
  /** How many addresses a client has in all. */
  addressesOf(client: string): number;
  all(): Iterable<GrantedLease>;
}

/** Leases in memory: what a persistent store looks things up in, and all there is to a store in a simulation. */
export class MemoryLeaseStore implements LeaseStore {
  readonly #byId = new Map<string, GrantedLease>();
  readonly #byAddress = new Map<string, GrantedLease[]>();
  readonly #counts = new Map<string, number>();
  #addresses = 0;

  get size(): number {
    return this.#byId.size;
  }
  get addresses(): number {
    return this.#addresses;
  }
  get(id: string): GrantedLease | undefined {
    return this.#byId.get(id);
  }
  all(): Iterable<GrantedLease> {
    return this.#byId.values();
  }
  withAddress(address: string): Iterable<GrantedLease> {
    return this.#byAddress.get(address) ?? [];
  }
  addressesOf(client: string): number {
    return this.#counts.get(client) ?? 0;
  }

  set(lease: GrantedLease): void {
    this.delete(lease.id);
    this.#byId.set(lease.id, lease);
    this.#count(lease.client, lease.addresses.length);
    for (const address of lease.addresses) {
      const others = this.#byAddress.get(address);
      if (others === undefined) this.#byAddress.set(address, [lease]);
      else others.push(lease);
    }
  }

  delete(id: string): void {
    const lease = this.#byId.get(id);
    if (lease === undefined) return;
    this.#byId.delete(id);
    this.#count(lease.client, -lease.addresses.length);
    for (const address of lease.addresses) {
      const others = this.#byAddress.get(address)?.filter((it) => it !== lease) ?? [];
      if (others.length === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, others);
    }
  }

  #count(client: string, more: number): void {
    this.#addresses += more;
    const count = (this.#counts.get(client) ?? 0) + more;
    if (count === 0) this.#counts.delete(client);
    else this.#counts.set(client, count);
  }
}

/**
 * Whether nobody else has the address in that time. Each lease is kept an hour before its start and after its end, so that
 * clocks that are a little off do no harm (RFC 2730 appendix B, EXTRA-ALLOCATION-TIME).
 *
 * @param exceptId the lease that asks
 */
export function isFreeIn(
  store: Pick<LeaseStore, 'withAddress'>,
  address: string,
  { start, stop }: { readonly start: number; readonly stop: number },
  exceptId: string,
): boolean {
  for (const other of store.withAddress(address)) {
    if (other.id === exceptId) continue;
    if (
      start - EXTRA_ALLOCATION_S < other.stop + EXTRA_ALLOCATION_S &&
      other.start - EXTRA_ALLOCATION_S < stop + EXTRA_ALLOCATION_S
    ) {
      return false;
    }
  }
  return true;
}
