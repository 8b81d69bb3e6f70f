import { EncodeError } from '../errors.ts';
import type { RandomSource } from '../machine.ts';
import { Slab } from '../wire/index.ts';
import type { RtpExtension } from './packet.ts';
import { sequenceAdd, timestampAdd } from './sequence.ts';

/** Builds the packets of one stream: keeps header state and counts, numbers and stamps each packet. */
export class RtpPacketizer {
  ssrc: number;
  /** 0 to 127, without 72 to 76. */
  payloadType: number;
  /** Of the next packet. */
  sequenceNumber: number;
  timestamp: number;
  /** Since the SSRC was chosen; payload octets only, modulo 2^32 when reported. */
  packetsSent = 0;
  octetsSent = 0;
  readonly #slab = new Slab();

  /** Sequence number and timestamp start at random, so that known plaintext does not help (RFC 3550 §5.1). */
  constructor(ssrc: number, payloadType: number, random: RandomSource) {
    this.ssrc = ssrc;
    this.payloadType = payloadType;
    this.sequenceNumber = Math.floor(random() * 0x1_0000);
    this.timestamp = Math.floor(random() * 0x1_0000_0000);
  }

  /**
   * The next packet, in memory of its own. Afterwards the timestamp is `timestampIncrement` further.
   *
   * @param timestampIncrement ticks of the RTP clock that `payload` lasts
   * @param marker first packet of a talkspurt (RFC 3551 §4.1)
   * @throws {EncodeError} when the packet would exceed 65507 bytes, the most UDP carries
   */
  next(
    payload: Uint8Array,
    timestampIncrement: number,
    marker: boolean,
    extension?: RtpExtension,
  ): Uint8Array {
    const start = extension === undefined ? 12 : 16 + extension.data.length;
    const packet = this.#cut(start + payload.length);
    const { payloadType, sequenceNumber, timestamp, ssrc } = this;
    packet[0] = 0x80;
    packet[1] = marker ? payloadType | 0x80 : payloadType;
    packet[2] = sequenceNumber >>> 8;
    packet[3] = sequenceNumber;
    packet[4] = timestamp >>> 24;
    packet[5] = timestamp >>> 16;
    packet[6] = timestamp >>> 8;
    packet[7] = timestamp;
    packet[8] = ssrc >>> 24;
    packet[9] = ssrc >>> 16;
    packet[10] = ssrc >>> 8;
    packet[11] = ssrc;
    if (extension !== undefined) writeExtension(packet, extension);
    packet.set(payload, start);
    this.sequenceNumber = sequenceAdd(sequenceNumber, 1);
    this.timestamp = timestampAdd(timestamp, timestampIncrement);
    this.packetsSent++;
    this.octetsSent += payload.length;
    return packet;
  }

  /** Lets time pass without a packet: silence. */
  skip(timestampIncrement: number): void {
    this.timestamp = timestampAdd(this.timestamp, timestampIncrement);
  }

  /** Goes on as another source; counts start anew (RFC 3550 §6.4.1). */
  changeSsrc(ssrc: number): void {
    this.ssrc = ssrc;
    this.packetsSent = 0;
    this.octetsSent = 0;
  }

  #cut(length: number): Uint8Array {
    if (length > 65_507) throw new EncodeError('RTP', 'packet', `of ${length} bytes does not fit in UDP`);
    return this.#slab.cut(length);
  }
}

function writeExtension(packet: Uint8Array, { profile, data }: RtpExtension): void {
  if (data.length % 4 !== 0) throw new EncodeError('RTP', 'extension', 'is not whole 32-bit words');
  const words = data.length / 4;
  packet[0] = 0x90;
  packet[12] = profile >>> 8;
  packet[13] = profile;
  packet[14] = words >>> 8;
  packet[15] = words;
  packet.set(data, 16);
}
