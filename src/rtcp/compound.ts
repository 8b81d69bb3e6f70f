import { EncodeError } from '../errors.ts';
import { WireReader, WireWriter } from '../wire/index.ts';
import { type AppPacket, readApp, writeApp } from './app.ts';
import { type Bye, readBye, writeBye } from './bye.ts';
import {
  RTCP_APP,
  RTCP_BYE,
  RTCP_PSFB,
  RTCP_RR,
  RTCP_RSI,
  RTCP_SDES,
  RTCP_SR,
  RTCP_XR,
  writeRtcpPacket,
} from './header.ts';
import {
  type FullIntraRequest,
  type PictureLossIndication,
  readKeyPictureRequest,
  writeFullIntra,
  writePictureLoss,
} from './key-picture.ts';
import { type ReceiverReport, readReceiverReport, writeReceiverReport } from './receiver-report.ts';
import { type ReceiverSummary, readReceiverSummary, writeReceiverSummary } from './rsi.ts';
import { readSourceDescription, type SourceDescription, writeSourceDescription } from './sdes.ts';
import { readSenderReport, type SenderReport, writeSenderReport } from './sender-report.ts';
import { type ExtendedReport, readExtendedReport, writeExtendedReport } from './xr.ts';

/** A packet of a type that is not known here (other feedback, …), or an XR whose blocks do not add up: kept as it is. */
export interface RawRtcpPacket {
  readonly type: 'raw';
  readonly packetType: number;
  /** The five bits after the padding bit. */
  readonly count: number;
  /** All after the first four bytes, padding removed; whole 32-bit words. */
  readonly body: Uint8Array;
}

export type RtcpPacket =
  | SenderReport
  | ReceiverReport
  | SourceDescription
  | Bye
  | AppPacket
  | ReceiverSummary
  | ExtendedReport
  | PictureLossIndication
  | FullIntraRequest
  | RawRtcpPacket;

/**
 * Reads a compound packet with the checks of RFC 3550 §A.2: version 2 throughout, SR or RR first, padding only on the
 * last, and lengths that add up to the datagram's. Shares no memory with `bytes`.
 *
 * @throws {DecodeError} when a check or a packet fails; then nothing of the datagram is to be used
 */
export function parseRtcpCompound(bytes: Uint8Array): RtcpPacket[] {
  const r = new WireReader('RTCP', bytes);
  const packets: RtcpPacket[] = [];
  do packets.push(readPacket(r, packets.length === 0));
  while (r.remaining > 0);
  return packets;
}

function readPacket(r: WireReader, first: boolean): RtcpPacket {
  const flags = r.u8();
  if (flags >>> 6 !== 2) throw r.fail('not version 2', 'RFC 3550 §A.2');
  const packetType = r.u8();
  if (first && packetType !== RTCP_SR && packetType !== RTCP_RR) {
    throw r.fail(`compound starts with packet type ${packetType}, not SR or RR`, 'RFC 3550 §6.1');
  }
  const bodyBytes = r.u16() * 4;
  const padded = (flags & 0x20) !== 0;
  if (padded && (first || bodyBytes !== r.remaining)) {
    throw r.fail('padding before the last packet', 'RFC 3550 §6.4.1');
  }
  const body = r.sub(bodyBytes - (padded ? paddingOf(r, bodyBytes) : 0));
  if (padded) r.skip(r.remaining);
  return readBody(body, packetType, flags & 0x1f);
}

/** Padding bytes of the last packet: its last byte counts them. */
function paddingOf(r: WireReader, bodyBytes: number): number {
  const body = r.peek(bodyBytes);
  const padding = body[bodyBytes - 1] ?? 0;
  if (padding === 0 || padding % 4 !== 0 || padding > bodyBytes) {
    throw r.fail(`padding of ${padding} bytes in a packet of ${bodyBytes + 4}`, 'RFC 3550 §6.4.1');
  }
  return padding;
}

function readBody(r: WireReader, packetType: number, count: number): RtcpPacket {
  switch (packetType) {
    case RTCP_SR:
      return readSenderReport(r, count);
    case RTCP_RR:
      return readReceiverReport(r, count);
    case RTCP_SDES:
      return readSourceDescription(r, count);
    case RTCP_BYE:
      return readBye(r, count);
    case RTCP_APP:
      return readApp(r, count);
    case RTCP_RSI:
      return readReceiverSummary(r);
    case RTCP_XR: {
      const body = r.peek(r.remaining);
      // What went before it in the compound counts, even when this is no report that we can read.
      return readExtendedReport(r) ?? { type: 'raw', packetType, count, body: new Uint8Array(body) };
    }
    case RTCP_PSFB:
      return readKeyPictureRequest(r, count) ?? { type: 'raw', packetType, count, body: r.rest() };
    default:
      return { type: 'raw', packetType, count, body: r.rest() };
  }
}

/** Writes packets one after the other, in any order. For a compound to be sent use {@link serializeRtcpCompound}. */
export function serializeRtcpPackets(packets: readonly RtcpPacket[]): Uint8Array {
  const w = new WireWriter(256);
  for (const packet of packets) writePacket(w, packet);
  return w.finish();
}

/**
 * Writes a compound as RFC 3550 §6.1 wants it sent.
 *
 * @throws {EncodeError} when it does not start with SR or RR, has no SDES with a CNAME, or something follows a BYE
 */
export function serializeRtcpCompound(packets: readonly RtcpPacket[]): Uint8Array {
  const first = packets[0]?.type;
  if (first !== 'sr' && first !== 'rr') throw new EncodeError('RTCP', 'compound', 'must start with SR or RR');
  const hasCname = packets.some(
    (p) => p.type === 'sdes' && p.chunks.some((chunk) => chunk.items.some((item) => item.type === 'cname')),
  );
  if (!hasCname) throw new EncodeError('RTCP', 'compound', 'must have an SDES with a CNAME');
  const bye = packets.findIndex((p) => p.type === 'bye');
  if (bye !== -1 && packets.slice(bye).some((p) => p.type !== 'bye')) {
    throw new EncodeError('RTCP', 'compound', 'must have BYE last');
  }
  return serializeRtcpPackets(packets);
}

function writePacket(w: WireWriter, packet: RtcpPacket): void {
  switch (packet.type) {
    case 'sr':
      return writeSenderReport(w, packet);
    case 'rr':
      return writeReceiverReport(w, packet);
    case 'sdes':
      return writeSourceDescription(w, packet);
    case 'bye':
      return writeBye(w, packet);
    case 'app':
      return writeApp(w, packet);
    case 'rsi':
      return writeReceiverSummary(w, packet);
    case 'xr':
      return writeExtendedReport(w, packet);
    case 'pli':
      return writePictureLoss(w, packet);
    case 'fir':
      return writeFullIntra(w, packet);
    case 'raw':
      return writeRtcpPacket(w, packet.packetType, packet.count, () => w.bytes(packet.body));
  }
}
