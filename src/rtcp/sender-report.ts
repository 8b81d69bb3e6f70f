import type { WireReader, WireWriter } from '../wire/index.ts';
import { RTCP_SR, writeRtcpPacket } from './header.ts';
import { type ReportBlock, readReportBlocks, writeReportBlock } from './report-block.ts';

/** SR: what a sender has sent, and how it receives others (RFC 3550 §6.4.1). */
export interface SenderReport {
  readonly type: 'sr';
  readonly ssrc: number;
  /** Wall clock when sent, NTP format; 0: the sender has no notion of time. */
  readonly ntp: bigint;
  /** The same instant in RTP timestamp units. */
  readonly rtpTimestamp: number;
  readonly packets: number;
  /** Payload octets, without headers and padding; wraps. */
  readonly octets: number;
  /** At most 31. */
  readonly reports: readonly ReportBlock[];
  /** Profile-specific extension, whole 32-bit words. */
  readonly extension?: Uint8Array;
}

export function readSenderReport(r: WireReader, count: number): SenderReport {
  const head = {
    type: 'sr' as const,
    ssrc: r.u32(),
    ntp: r.u64(),
    rtpTimestamp: r.u32(),
    packets: r.u32(),
    octets: r.u32(),
  };
  const reports = readReportBlocks(r, count);
  return r.remaining === 0 ? { ...head, reports } : { ...head, reports, extension: r.rest() };
}

export function writeSenderReport(w: WireWriter, sr: SenderReport): void {
  writeRtcpPacket(w, RTCP_SR, sr.reports.length, () => {
    w.u32(sr.ssrc).u64(sr.ntp).u32(sr.rtpTimestamp).u32(sr.packets).u32(sr.octets);
    for (const block of sr.reports) writeReportBlock(w, block);
    if (sr.extension !== undefined) w.bytes(sr.extension);
  });
}
