import type { Ms } from '../machine.ts';
import type { RtpHeader } from './header.ts';
import type { ReceivedRtp, RtpSource } from './session-types.ts';

/** A valid packet on its way to the media layer; one small object, the bytes stay where they are. */
export class ReceivedPacket implements ReceivedRtp {
  readonly source: RtpSource;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequenceNumber: number;
  /** Set again when a held packet is handed over: only then is its place in the count of wraps known. */
  extendedSequence: number;
  readonly timestamp: number;
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
  readonly payloadEnd: number;
  readonly late: boolean;
  readonly arrival: Ms;
  readonly preceding: ReceivedRtp | undefined;

  constructor(
    source: RtpSource,
    header: RtpHeader,
    bytes: Uint8Array,
    extendedSequence: number,
    late: boolean,
    arrival: Ms,
    preceding: ReceivedRtp | undefined,
  ) {
    this.source = source;
    this.marker = header.marker;
    this.payloadType = header.payloadType;
    this.sequenceNumber = header.sequenceNumber;
    this.extendedSequence = extendedSequence;
    this.timestamp = header.timestamp;
    this.bytes = bytes;
    this.payloadStart = header.payloadStart;
    this.payloadEnd = header.payloadEnd;
    this.late = late;
    this.arrival = arrival;
    this.preceding = preceding;
  }

  payload(): Uint8Array {
    return this.bytes.subarray(this.payloadStart, this.payloadEnd);
  }
}
