import type { IpFamily } from '../ip/index.ts';
import type { RandomSource, TransportAddress } from '../machine.ts';
import type { MADCAP_MESSAGE_TYPES } from './constants.ts';
import type { GrantedLease, LeaseStore } from './lease-store.ts';
import type { ServedScope } from './served-scope.ts';

/** What keeps one client, or all together, from having everything. */
export interface MadcapServerLimits {
  /** Leases in all; default 100 000. */
  readonly leases?: number;
  /** Addresses of all leases; default 500 000. */
  readonly addresses?: number;
  /** Addresses of one client, offered ones counted; default 1024. */
  readonly addressesPerClient?: number;
  /** Addresses of one lease; default 256. */
  readonly addressesPerLease?: number;
  /** Messages of one client in a second, of which more are not answered; default 200. */
  readonly messagesPerSecond?: number;
  /** How far ahead a lease may begin, seconds; default a year. */
  readonly aheadSeconds?: number;
}

export interface MadcapServerOptions {
  /** At most 255. @see requireScopes */
  readonly scopes: readonly ServedScope[];
  readonly store: LeaseStore;
  /** Uniform in [0, 1), for addresses. */
  readonly random: RandomSource;
  /** The time of day, whole seconds since 1970. */
  readonly unixSeconds: () => number;
  /** Whether somebody uses the address without a lease: then it is not granted. */
  readonly isInUse?: (address: string) => boolean;
  /** Whether other servers have the same store, so that leases may be changed at any of them (RFC 2730 §2.13.1). */
  readonly isMobile?: boolean;
  readonly limits?: MadcapServerLimits;
}

/** How a datagram came. */
export interface Arrival {
  /** To a group, so that other servers have it too. */
  readonly multicast: boolean;
  /** The server's address where it came in, which is what it calls itself there. */
  readonly identifier: string;
}

export interface MadcapReply {
  readonly bytes: Uint8Array;
  readonly to: TransportAddress;
  /** From the address that it came in to. */
  readonly identifier: string;
}

/** What a server tells of. */
export type MadcapServerEvent =
  | {
      readonly type: 'offered' | 'granted' | 'renewed' | 'released' | 'expired';
      readonly lease: GrantedLease;
    }
  | {
      readonly type: 'refused';
      readonly client: string;
      /** Lease Identifier as hexadecimal digits. */
      readonly id: string;
      /** Of RFC 2730 §3.17; undefined for "ask again later". */
      readonly code: number | undefined;
      readonly reason: string;
    };

/** Counted since the start. */
export interface MadcapServerStats {
  readonly received: Record<(typeof MADCAP_MESSAGE_TYPES)[number], number>;
  readonly sent: { offer: number; ack: number; nak: number };
  /** NAKs by code. */
  readonly refused: Map<number, number>;
  /** Answers repeated as they were. */
  replayed: number;
  /** Not readable, not for servers, or not for us. */
  ignored: number;
  /** Not answered: too many of one client. */
  limited: number;
  /** Answered with a time to ask again. */
  postponed: number;
}

/** How full a scope is. */
export interface ScopeUse {
  readonly scope: string;
  readonly family: IpFamily;
  /** Addresses that can be granted. */
  readonly addresses: bigint;
  /** Of these, those of leases that have not ended. */
  readonly leased: number;
}
