import type { PlannedFormat } from '../rtp/index.ts';
import type { RecordedPacket } from './packet-order.ts';

/** Where packets come from: one object for each SSRC and sender. */
export interface PacketFrom {
  readonly ssrc: number;
  readonly address: string | undefined;
}

/** One file of a recording that is made of the packets of one participant, in order. */
export interface TrackWriter {
  /** @param lost packets missing before this one */
  take(packet: RecordedPacket, lost: number, format: PlannedFormat | undefined, from: PacketFrom): void;
  /** Length so far. */
  readonly seconds: number;
  /** Writes what waits: called each half second. */
  flush(): void;
  /** Writes what is left; where the format can, up to the common end. */
  finish(seconds: number): Promise<void>;
}
