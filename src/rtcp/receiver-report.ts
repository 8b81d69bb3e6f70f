import type { WireReader, WireWriter } from '../wire/index.ts';
import { RTCP_RR, writeRtcpPacket } from './header.ts';
import { type ReportBlock, readReportBlocks, writeReportBlock } from './report-block.ts';

/** RR: how a participant that sends nothing receives others (RFC 3550 §6.4.2). */
export interface ReceiverReport {
  readonly type: 'rr';
  readonly ssrc: number;
  /** At most 31. */
  readonly reports: readonly ReportBlock[];
  /** Profile-specific extension, whole 32-bit words. */
  readonly extension?: Uint8Array;
}

export function readReceiverReport(r: WireReader, count: number): ReceiverReport {
  const ssrc = r.u32();
  const reports = readReportBlocks(r, count);
  return r.remaining === 0
    ? { type: 'rr', ssrc, reports }
    : { type: 'rr', ssrc, reports, extension: r.rest() };
}

export function writeReceiverReport(w: WireWriter, rr: ReceiverReport): void {
  writeRtcpPacket(w, RTCP_RR, rr.reports.length, () => {
    w.u32(rr.ssrc);
    for (const block of rr.reports) writeReportBlock(w, block);
    if (rr.extension !== undefined) w.bytes(rr.extension);
  });
}
