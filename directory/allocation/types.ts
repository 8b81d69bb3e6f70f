import type { IpFamily } from '../../src/ip/index.ts';
import type { Results } from '../results.ts';
import type { Lease } from './lease.ts';

/** A scope that addresses can be leased from: `IMcastScope`, one entry of RFC 2730 §3.10. */
export interface McastScope {
  /** [SCP-01] Its lowest address, which is what servers know it by. */
  readonly id: string;
  /** [SCP-02] The server that offers it; undefined where addresses are drawn locally. */
  readonly serverId: string | undefined;
  /** [SCP-03] Address of the interface by which that server was reached; undefined where there is none. */
  readonly interface: string | undefined;
  /** [SCP-04] What it is called, by language tag. */
  readonly names: Readonly<Record<string, string>>;
  /** [SCP-04] The name to show: in the language asked for, else the server's default. */
  readonly description: string;
  /** [SCP-05] Largest TTL or hop limit to send with. */
  readonly ttl: number;
  readonly family: IpFamily;
  /** [MAC-07] Lowest and highest address. */
  readonly first: string;
  readonly last: string;
}

/** Where the addresses of a lease come from. */
export type AllocationMethod = 'madcap' | 'local';

/** A lease in plain values: what is kept on disk, and what a {@link Lease} is rebuilt from (MAA-05, MAA-06). */
export interface LeaseValues {
  /** [LEA-01] Lease Identifier as hexadecimal digits, at least two. */
  readonly id: string;
  readonly method: AllocationMethod;
  readonly family: IpFamily;
  /** [LEA-02] */
  readonly start: Date;
  /** [LEA-04] null where it has no end; servers always give one. */
  readonly stop: Date | null;
  /** [LEA-06, LEA-09] */
  readonly addresses: readonly string[];
  /** [LEA-07] The server that granted it; undefined is the original's "Unspecified". */
  readonly server: string | undefined;
  /** UDP port of that server where it is not 2535. */
  readonly serverPort?: number;
  /** [LEA-08] Largest TTL or hop limit to send with. */
  readonly ttl: number;
  /** Id of the scope that the addresses are of. */
  readonly scope: string;
}

/** What is asked of a server: RFC 2730 §2.2, MAC-05. */
export interface LeaseRequest {
  /** A scope of {@link MulticastAllocator.scopes}, or its id. */
  readonly scope: McastScope | string;
  /** Default now. */
  readonly start?: Date;
  /** The latest start that will do; default `start`. */
  readonly latestStart?: Date;
  /** Default: as long as the server grants. */
  readonly stop?: Date;
  /** Seconds that it must last; default all that was asked for. */
  readonly minimumSeconds?: number;
  /** How many addresses, 1 to 65535; default 1. */
  readonly count?: number;
  /** How few will do; default all. */
  readonly minimumCount?: number;
  readonly signal?: AbortSignal;
}

export interface ScopeQuery {
  /** Tag of the language that names are wanted in, like `de`. */
  readonly language?: string;
  /** [MAC-03] Ask anew instead of giving what was answered before. */
  readonly requery?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Where group addresses come from: `IMcastAddressAllocation`, in the manner of RFC 2771 §3. Every lease that it grants is
 * kept until it is released.
 */
export interface MulticastAllocator extends AsyncDisposable {
  readonly method: AllocationMethod;
  /** What it is called when something is said about it. */
  readonly displayName: string;

  /** [MAA-01] The scopes that can be leased from, smallest first. */
  scopes(query?: ScopeQuery): Results<McastScope>;

  /**
   * [MAA-02] A new lease. What is granted may differ in times and number, within what was said to do.
   *
   * @throws {InvalidValueError} when the stop comes before the start, or the number is no number
   * @throws {AllocationError} when it is refused, or nobody answers
   */
  request(request: LeaseRequest): Promise<Lease>;

  /**
   * [MAA-03] Asks for the start and stop that the lease object has now, and gives a new one with what was granted.
   *
   * @throws {AllocationError} when it is refused: the old lease stands as it was
   */
  renew(lease: Lease, signal?: AbortSignal): Promise<Lease>;

  /** [MAA-04] Gives all addresses of the lease back. @throws {AllocationError} when the server does not know it */
  release(lease: Lease, signal?: AbortSignal): Promise<void>;
}
