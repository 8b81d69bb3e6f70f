import type { Ms, TransportAddress } from '../../src/machine.ts';
import type { ReceivedRtp } from '../../src/rtp/index.ts';

/**
 * One RTP or RTCP datagram as it passes a medium. The object and its bytes are valid during the call only: whoever keeps
 * anything copies it.
 */
export interface TappedDatagram {
  /** Place of the `m=` line, from 0. */
  readonly medium: number;
  readonly kind: 'rtp' | 'rtcp';
  /** Sent by us, not received. */
  readonly own: boolean;
  readonly bytes: Uint8Array;
  /** When it came or went, on the session's clock, and as milliseconds since 1970. */
  readonly at: Ms;
  readonly wall: number;
  readonly from: TransportAddress;
  readonly to: TransportAddress;
  /** DSCP and TTL of the packet, 0 to 63 and 0 to 255; undefined where the system does not tell. */
  readonly dscp: number | undefined;
  readonly ttl: number | undefined;
}

/** An RTP packet without its header, to be sent under our own SSRC. */
export interface MadePacket {
  readonly payload: Uint8Array;
  readonly payloadType: number;
  readonly marker: boolean;
  /** RTP clock ticks from the packet sent before to this one. */
  readonly ticks: number;
}

/**
 * Where a datagram is looked at: `plain` as the RTP session sees it, `wire` as it is on the network. They differ where
 * the conference is encrypted.
 */
export type TapStage = 'plain' | 'wire';

export type DatagramTap = (datagram: TappedDatagram) => void;

/** Told of each RTP packet of somebody else that passed all checks, duplicates left out. Valid during the call only. */
export type MediaTap = (packet: ReceivedRtp, medium: number) => void;
