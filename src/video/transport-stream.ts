import { type Depacketizer, NOTHING } from './depacketizer.ts';

const PACKET = 188;
const SYNC = 0x47;

/** MPEG-2 transport streams: a payload is whole packets of 188 bytes, and a file is the same (RFC 2250 §2). */
export class TransportStreamDepacketizer implements Depacketizer {
  readonly encoding = 'mpegts';
  readonly extension = '.ts';
  readonly frames = undefined;
  readonly header = NOTHING;
  /** Payloads that are no whole transport packets. */
  malformed = 0;

  take(payload: Uint8Array): readonly Uint8Array[] {
    if (payload.length === 0 || payload.length % PACKET !== 0 || payload[0] !== SYNC) {
      this.malformed++;
      return [];
    }
    return [payload.slice()];
  }
}
