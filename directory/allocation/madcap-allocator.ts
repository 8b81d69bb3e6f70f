import { formatEndpoint, type IpFamily } from '../../src/ip/index.ts';
import type { TransportAddress } from '../../src/machine.ts';
import {
  bytesOfHex,
  chooseName,
  hexOf,
  type InfoAnswer,
  MADCAP_PORT,
  type MadcapLease,
  type MadcapScope,
} from '../../src/madcap/index.ts';
import { type Clock, type MadcapSocket, systemClock } from '../../src/net/index.ts';
import { Results } from '../results.ts';
import { UnknownLeaseError } from './errors.ts';
import { checkTimes, Lease } from './lease.ts';
import type { LeaseFile } from './lease-file.ts';
import { allocationError, type Asked, noAnswer } from './madcap-errors.ts';
import { checkCount } from './request.ts';
import type { LeaseRequest, McastScope, MulticastAllocator, ScopeQuery } from './types.ts';

export interface MadcapAllocatorOptions {
  /** The client; it is closed with the allocator. */
  readonly socket: MadcapSocket;
  /** Where leases are kept. */
  readonly leases: LeaseFile;
  /** The one server to ask; default all that are found by multicast. */
  readonly server?: TransportAddress;
  /** Conference that leases are for; said in the file. */
  readonly conference?: string;
  /** How long to wait for answers, milliseconds; default 10 000. Clients give up after 60 000 (RFC 2730 §2.3). */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/** Addresses leased from servers by MADCAP (RFC 2730). Each lease has an identifier of its own, which nobody can guess. */
export class MadcapAllocator implements MulticastAllocator {
  readonly method = 'madcap';
  readonly #socket: MadcapSocket;
  readonly #leases: LeaseFile;
  readonly #server: TransportAddress | undefined;
  readonly #conference: string | undefined;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  /** Answers by the language that was asked for (MAC-03). */
  readonly #known = new Map<string, readonly InfoAnswer[]>();

  constructor(options: MadcapAllocatorOptions) {
    const { socket, leases, server, conference, timeoutMs = 10_000, clock = systemClock } = options;
    this.#socket = socket;
    this.#leases = leases;
    this.#server = server;
    this.#conference = conference;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  get displayName(): string {
    return this.#server === undefined
      ? 'the MADCAP servers of this network'
      : `the MADCAP server ${formatEndpoint(this.#server.address, this.#server.port)}`;
  }

  scopes({ language, requery = false, signal }: ScopeQuery = {}): Results<McastScope> {
    const answers = async (): Promise<readonly InfoAnswer[]> => {
      const key = language ?? '';
      const known = requery ? undefined : this.#known.get(key);
      if (known !== undefined) return known;
      const request = { ...this.#asked, ...(language === undefined ? {} : { language }) };
      const fresh = await this.#within(signal, (it) => this.#socket.getInfo(request, { signal: it }));
      this.#known.set(key, fresh);
      return fresh;
    };
    const { family } = this.#socket;
    const { address } = this.#socket.interface;
    return new Results(async function* () {
      for (const { server, scopes } of await answers()) {
        for (const scope of scopes) yield mcastScope(scope, family, server, address, language);
      }
    });
  }

  async request(request: LeaseRequest): Promise<Lease> {
    const { scope, start, latestStart, stop, minimumSeconds, count = 1, minimumCount = count } = request;
    const now = this.#now;
    checkTimes(start ?? now, stop ?? null);
    checkCount(count, minimumCount);
    const begin = start === undefined || start <= now ? undefined : start;
    const query = {
      ...this.#asked,
      id: this.#socket.newLeaseIdentifier(),
      ...(typeof scope === 'string' ? { scope } : { scope: scope.id, ttl: scope.ttl }),
      count,
      minimumCount,
      ...(begin === undefined ? {} : { start: seconds(begin) }),
      ...(latestStart === undefined ? {} : { latestStart: seconds(latestStart) }),
      ...(stop === undefined ? {} : { seconds: span(begin ?? now, stop) }),
      ...(minimumSeconds === undefined ? {} : { minimumSeconds }),
    };
    const granted = await this.#within(request.signal, (signal) => this.#socket.request(query, { signal }));
    return this.#keep(leaseOf(granted, undefined), this.#conference);
  }

  async renew(lease: Lease, signal?: AbortSignal): Promise<Lease> {
    const now = this.#now;
    const begin = lease.start > now ? lease.start : undefined;
    const { stop } = lease;
    if (stop !== null) checkTimes(begin ?? now, stop);
    const server = serverOf(lease);
    const query = {
      id: idOf(lease),
      servers: [server],
      ttl: lease.ttl,
      ...(begin === undefined ? {} : { start: seconds(begin) }),
      ...(stop === null ? {} : { seconds: span(begin ?? now, stop) }),
    };
    const granted = await this.#within(signal, (it) => this.#socket.renew(query, { signal: it }), server);
    return this.#keep(leaseOf(granted, lease), this.#leases.get(lease.id)?.conference);
  }

  async release(lease: Lease, signal?: AbortSignal): Promise<void> {
    const server = serverOf(lease);
    const query = { id: idOf(lease), servers: [server] };
    try {
      await this.#within(signal, (it) => this.#socket.release(query, { signal: it }), server);
    } catch (error) {
      if (error instanceof UnknownLeaseError) this.#leases.remove(lease.id); // it is nobody's: nothing to keep
      throw error;
    }
    this.#leases.remove(lease.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket.close();
  }

  get #now(): Date {
    return new Date(this.#clock.wall());
  }
  get #asked(): { readonly server?: TransportAddress } {
    return this.#server === undefined ? {} : { server: this.#server };
  }

  /** A call of the client, given up when it takes longer than was said. @param granter who has granted what it is about */
  async #within<T>(
    signal: AbortSignal | undefined,
    call: (signal: AbortSignal) => Promise<T>,
    granter?: TransportAddress,
  ): Promise<T> {
    const { name, address, reason } = this.#socket.interface;
    const isForWant = reason === 'loopback';
    const server = granter ?? this.#server;
    const socket = this.#socket;
    const asked: Asked = {
      whom:
        server === undefined
          ? `looked for in ${this.#socket.group.address} on ${name} (${address}${isForWant ? ', as no route leads to it elsewhere: name the interface' : ''})`
          : `asked ${formatEndpoint(server.address, server.port)}`,
      isOnlyOne: granter !== undefined,
      waitedMs: this.#timeoutMs,
      // known only once it was tried
      get sendProblem() {
        const problem = socket.sendProblem;
        // what it says of routes is about the group
        if (server === undefined) return problem && `${problem.message}; or name the server`;
        return problem && `it cannot be sent to (${problem.code})`;
      },
    };
    const late = new AbortController();
    const timer = this.#clock.timer(() => late.abort(noAnswer(asked)));
    timer.set(this.#clock.now() + this.#timeoutMs);
    try {
      return await call(signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]));
    } catch (error) {
      throw allocationError(error, asked);
    } finally {
      timer.set(undefined);
    }
  }

  #keep(lease: Lease, conference: string | undefined): Lease {
    this.#leases.keep({ lease, conference }, this.#now);
    return lease;
  }
}

/** Unix seconds. */
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);
/** Whole seconds that reach from one moment to the other, at least one. */
const span = (start: Date, stop: Date): number =>
  Math.max(1, Math.ceil((stop.getTime() - start.getTime()) / 1000));

const idOf = ({ id }: Lease): Uint8Array => bytesOfHex(id) ?? new Uint8Array();

/** Where the lease was granted. @throws {UnknownLeaseError} when none did */
function serverOf({ id, server, serverPort = MADCAP_PORT }: Lease): TransportAddress {
  if (server !== undefined) return { address: server, port: serverPort };
  throw new UnknownLeaseError(`No server has granted the lease ${id}: it was drawn on this computer`);
}

/** @param before what is renewed: a lease that has begun goes on having begun when it did */
function leaseOf(granted: MadcapLease, before: Lease | undefined): Lease {
  const { id, family, scope, serverAddress, addresses, start, stop, ttl } = granted;
  const began = new Date(start * 1000);
  return new Lease({
    id: hexOf(id),
    method: 'madcap',
    family,
    start: before !== undefined && before.start < began ? before.start : began,
    stop: new Date(stop * 1000),
    addresses,
    // where it answers, not what it calls itself: that is whom to ask again
    server: serverAddress.address,
    ...(serverAddress.port === MADCAP_PORT ? {} : { serverPort: serverAddress.port }),
    ttl,
    scope,
  });
}

function mcastScope(
  { first, last, ttl, names }: MadcapScope,
  family: IpFamily,
  serverId: string,
  own: string | undefined,
  language: string | undefined,
): McastScope {
  return {
    id: first,
    serverId,
    interface: own,
    names: Object.fromEntries(names.map(({ language: tag, name }) => [tag, name])),
    description: chooseName(names, language)?.name ?? first,
    ttl,
    family,
    first,
    last,
  };
}
