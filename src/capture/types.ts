import type { TransportAddress } from '../machine.ts';

/** A UDP datagram with the time at which it was captured. */
export interface CapturedDatagram {
  /** Nanoseconds since 1970-01-01 UTC. */
  readonly timeNs: bigint;
  /** Address (IPv4 or IPv6, both ends alike) and port. */
  readonly source: TransportAddress;
  readonly destination: TransportAddress;
  readonly payload: Uint8Array;
  /** TTL or hop limit, 0 to 255; 64 when left out in writing. Always there in reading. */
  readonly ttl?: number;
  /** 0 to 63; 0 when left out in writing. Always there in reading. */
  readonly dscp?: number;
}

/** Why a packet of a capture gives no datagram. */
export type SkipReason =
  /** Of a link type, or of a protocol within it, that is not known here. */
  | 'notIp'
  /** TCP, IGMP and so on. */
  | 'notUdp'
  /** Part of a datagram; they are not put together. */
  | 'fragment'
  /** Longer than what the capture kept of it. */
  | 'cut'
  /** Its lengths contradict each other. */
  | 'malformed'
  /** The file does not say when (pcapng's simple packets). */
  | 'timeless';
