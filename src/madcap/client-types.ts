import type { IpFamily } from '../ip/index.ts';
import type { Ms, TransportAddress } from '../machine.ts';
import type { AddressRange } from './address-ranges.ts';
import type { MadcapError } from './error-option.ts';
import type { MadcapDestination } from './exchange.ts';
import type { FeatureList } from './feature-list.ts';
import type { NestingState } from './nesting.ts';
import type { MadcapScope } from './scope-list.ts';

/** Asks servers what scopes they have: GETINFO (RFC 2730 §2.2.1). */
export interface InfoRequest {
  readonly family: IpFamily;
  /** Tag of the language that scopes shall be named in; default all languages. */
  readonly language?: string;
  /** A server to ask; default all of the local scope. */
  readonly server?: TransportAddress;
  /** A group to ask instead of the local scope's. */
  readonly group?: MadcapDestination;
  /** How long answers of other servers are waited for after the first, ms; default 500. */
  readonly settleMs?: Ms;
}

/** What one server has. */
export interface InfoAnswer {
  /** Its Server Identifier. */
  readonly server: string;
  /** Where the answer came from, and where to send requests to. */
  readonly from: TransportAddress;
  /** Smallest first. */
  readonly scopes: readonly MadcapScope[];
  /** Which of them lies within which; undefined when the server does not say. */
  readonly nesting: NestingState | undefined;
  /** Codes of {@link MADCAP_FEATURE} that it supports; undefined when it does not say. */
  readonly features: readonly number[] | undefined;
  /** By how much its clock is ahead of ours, seconds; undefined when it does not say. */
  readonly clockAhead: number | undefined;
}

/** Asks for addresses: DISCOVER and REQUEST (RFC 2730 §2.2.2 to §2.2.5). Times are Unix seconds. */
export interface LeaseQuery {
  readonly family: IpFamily;
  /** Id of the scope: its lowest address. */
  readonly scope: string;
  /** Largest TTL to send with in that scope, to be told with the lease; default what its zone says. */
  readonly ttl?: number;
  /** Lease Identifier; nobody else may have or guess it. */
  readonly id: Uint8Array;
  /** Default 1 for both. */
  readonly minimumCount?: number;
  readonly count?: number;
  /** Addresses that would be welcome. */
  readonly ranges?: readonly AddressRange[];
  /** Default now. */
  readonly start?: number;
  readonly latestStart?: number;
  /** Seconds; default as long as the server grants. */
  readonly seconds?: number;
  readonly minimumSeconds?: number;
  /** A server that is known: it is asked at once. Default: servers are looked for. */
  readonly server?: TransportAddress;
  /** A group to look for servers in, instead of the local scope's. */
  readonly group?: MadcapDestination;
  /** How long other offers are waited for after one that has all that was wanted, ms; default 300. */
  readonly settleMs?: Ms;
  /** How long to go on asking a server that says to ask again later, ms; default 0. */
  readonly retryForMs?: Ms;
  /** Features that it would like, and must have (RFC 2730 §2.13). */
  readonly features?: Partial<Pick<FeatureList, 'requested' | 'required'>>;
}

/** Asks for other times for a lease: RENEW (RFC 2730 §2.2.6). Times are Unix seconds. */
export interface RenewQuery extends ReleaseQuery {
  readonly start?: number;
  readonly latestStart?: number;
  readonly seconds?: number;
  readonly minimumSeconds?: number;
  /** As in {@link LeaseQuery}. */
  readonly ttl?: number;
  readonly retryForMs?: Ms;
}

/** Gives a lease back: RELEASE (RFC 2730 §2.2.7). */
export interface ReleaseQuery {
  readonly family: IpFamily;
  readonly id: Uint8Array;
  /** The server that granted it. More than one when the lease is mobile: the next is asked when one does not answer. */
  readonly servers: readonly TransportAddress[];
  readonly features?: Partial<Pick<FeatureList, 'requested' | 'required'>>;
}

/** Addresses granted. Times are Unix seconds. */
export interface MadcapLease {
  readonly id: Uint8Array;
  readonly family: IpFamily;
  readonly scope: string;
  /** Server Identifier. */
  readonly server: string;
  /** Where that server answers. */
  readonly serverAddress: TransportAddress;
  readonly addresses: readonly string[];
  readonly start: number;
  /** When it expires. */
  readonly stop: number;
  readonly ttl: number;
  /** Features in use for it. */
  readonly features: readonly number[];
  /** By how much the server's clock is ahead of ours, seconds; undefined when it does not say. */
  readonly clockAhead: number | undefined;
}

export type MadcapFailureReason =
  /** Nobody answered for 60 seconds. */
  | 'no answer'
  /** A server said no: see `error`. */
  | 'refused'
  /** No addresses now: ask again at `retryTime`. */
  | 'try later'
  /** Given up by the caller. */
  | 'cancelled';

export interface MadcapFailure {
  readonly reason: MadcapFailureReason;
  readonly error?: MadcapError;
  /** Server Identifier of who said so. */
  readonly server?: string;
  /** Unix seconds. */
  readonly retryTime?: number;
}

/** Every operation ends with exactly one of `info`, `lease`, `released` and `failed`. */
export type MadcapClientEvent =
  | { readonly type: 'info'; readonly operation: number; readonly answers: readonly InfoAnswer[] }
  | { readonly type: 'lease'; readonly operation: number; readonly lease: MadcapLease }
  | { readonly type: 'released'; readonly operation: number; readonly id: Uint8Array }
  | { readonly type: 'failed'; readonly operation: number; readonly failure: MadcapFailure }
  /** A server said to ask again then, and we will. */
  | { readonly type: 'retry'; readonly operation: number; readonly at: number; readonly server: string };
