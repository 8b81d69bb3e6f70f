import { randomBytes } from 'node:crypto';
import {
  ADVERTISING_SCOPES,
  type IpFamily,
  poolFor,
  randomIn,
  reservedGroupReason,
} from '../../src/ip/index.ts';
import type { RandomSource } from '../../src/machine.ts';
import { type Clock, systemClock } from '../../src/net/clock.ts';
import { Results } from '../results.ts';
import { NoFreeAddressError, UnknownLeaseError, UnknownScopeError } from './errors.ts';
import { checkTimes, Lease } from './lease.ts';
import type { LeaseFile } from './lease-file.ts';
import { checkCount } from './request.ts';
import type { LeaseRequest, McastScope, MulticastAllocator } from './types.ts';

export interface LocalAllocatorOptions {
  /** Where leases are kept; what is in it is not drawn again. */
  readonly leases: LeaseFile;
  /** Who else uses an address, as far as is known: a directory, announcements. Undefined for nobody. */
  readonly userOf?: (address: string, signal: AbortSignal | undefined) => Promise<string | undefined>;
  /** Conference that leases are for; said in the file. */
  readonly conference?: string;
  readonly random?: RandomSource;
  readonly clock?: Clock;
}

/** Draws for each address before giving up. */
const ATTEMPTS = 16;
/** Octets of a lease id behind the type, as RFC 2730 §2.4 has them. */
const ID_OCTETS = 16;

/**
 * Addresses drawn at random from the range of a scope, with no server (MAA-07). Whoever makes one of these has been told
 * to: it never takes the place of a server that does not answer.
 */
export class LocalAllocator implements MulticastAllocator {
  readonly method = 'local';
  readonly displayName = 'addresses drawn on this computer';
  readonly #leases: LeaseFile;
  readonly #userOf: NonNullable<LocalAllocatorOptions['userOf']>;
  readonly #conference: string | undefined;
  readonly #random: RandomSource;
  readonly #clock: Clock;

  constructor({
    leases,
    userOf,
    conference,
    random = Math.random,
    clock = systemClock,
  }: LocalAllocatorOptions) {
    this.#leases = leases;
    this.#userOf = userOf ?? (() => Promise.resolve(undefined));
    this.#conference = conference;
    this.#random = random;
    this.#clock = clock;
  }

  /** The ranges of the advertising scopes, IPv4 first, smallest first. */
  scopes(): Results<McastScope> {
    return new Results(async function* () {
      yield* LOCAL_SCOPES;
    });
  }

  async request(request: LeaseRequest): Promise<Lease> {
    const { start = this.#now, stop = null, count = 1, signal } = request;
    checkTimes(start, stop);
    checkCount(count, request.minimumCount);
    const scope = localScope(request.scope);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const addresses = await this.#draw(scope, count, signal);
      const lease = new Lease({
        id: `00${randomBytes(ID_OCTETS).toString('hex')}`,
        method: 'local',
        family: scope.family,
        start,
        stop,
        addresses,
        server: undefined,
        ttl: scope.ttl,
        scope: scope.id,
      });
      if (this.#leases.claim({ lease, conference: this.#conference }, this.#now) === undefined) return lease;
    }
    throw nothingFree(scope);
  }

  /** @throws {NoFreeAddressError} when another lease has an address at the new time */
  async renew(lease: Lease): Promise<Lease> {
    const kept = this.#leases.get(lease.id);
    if (kept === undefined) throw unknown(lease);
    const other = this.#leases.claim({ lease, conference: kept.conference }, this.#now);
    if (other === undefined) return new Lease(lease.values);
    throw new NoFreeAddressError(
      `${lease.addresses.join(', ')} cannot be kept for that time: lease ${other.id} has it from ${other.start.toISOString()}`,
    );
  }

  async release(lease: Lease): Promise<void> {
    if (!this.#leases.remove(lease.id)) throw unknown(lease);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  get #now(): Date {
    return new Date(this.#clock.wall());
  }

  async #draw(scope: McastScope, count: number, signal: AbortSignal | undefined): Promise<string[]> {
    const drawn = new Set<string>();
    let misses = 0;
    while (drawn.size < count) {
      const address = randomIn(scope.first, scope.last, this.#random);
      const isFree =
        !drawn.has(address) &&
        reservedGroupReason(address) === undefined &&
        (await this.#userOf(address, signal)) === undefined;
      if (isFree) drawn.add(address);
      else if (++misses > ATTEMPTS * count) throw nothingFree(scope);
    }
    return [...drawn];
  }
}

const LOCAL_SCOPES: readonly McastScope[] = ([4, 6] as const).flatMap((family) => scopesOf(family));

/** One for each range: in IPv4 `local` and `site` share theirs. */
function scopesOf(family: IpFamily): McastScope[] {
  const scopes = new Map<string, McastScope>();
  for (const advertising of ADVERTISING_SCOPES) {
    const { zone, first, last } = poolFor(advertising, family);
    scopes.set(first, {
      id: first,
      serverId: undefined,
      interface: undefined,
      names: { en: zone.name },
      description: zone.name,
      ttl: zone.ttl,
      family,
      first,
      last,
    });
  }
  return [...scopes.values()];
}

function localScope(scope: McastScope | string): McastScope {
  if (typeof scope !== 'string') return scope;
  const found = LOCAL_SCOPES.find(({ id }) => id === scope);
  if (found === undefined) {
    throw new UnknownScopeError(
      `There is no scope ${scope}: known are ${LOCAL_SCOPES.map(({ id }) => id).join(', ')}`,
    );
  }
  return found;
}

function nothingFree({ description, first, last }: McastScope): NoFreeAddressError {
  return new NoFreeAddressError(
    `Found nothing free in ${description} (${first} to ${last}) after ${ATTEMPTS} draws for each address; give a group`,
  );
}

function unknown({ id }: Lease): UnknownLeaseError {
  return new UnknownLeaseError(`There is no lease ${id} in the file of leases`);
}
