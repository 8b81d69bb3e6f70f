import type { Ms } from '../machine.ts';
import {
  MAX_REPORT_BLOCKS,
  REPORT_BLOCK_BYTES,
  type ExtendedReport,
  type ReceiverSummary,
  type ReportBlock,
  type RtcpPacket,
  type SdesItem,
  serializeRtcpCompound,
  serializeRtcpPackets,
} from '../rtcp/index.ts';
import type { SourceRecord } from './source-record.ts';

/** Sender part of an SR; undefined in {@link ReportContent} makes it an RR. */
export interface SenderPart {
  readonly ntp: bigint;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
}

export interface ReportContent {
  readonly ssrc: number;
  readonly sender: SenderPart | undefined;
  /** CNAME first; what does not fit in the datagram after it is left out. */
  readonly sdes: readonly SdesItem[];
  /** What we, the distribution source, tell of all receivers together. */
  readonly summary?: ReceiverSummary | undefined;
  readonly extended?: ExtendedReport | undefined;
  /** Requests for key pictures. */
  readonly feedback?: readonly RtcpPacket[] | undefined;
  /** Makes it a BYE compound, with this reason unless undefined. */
  readonly bye?: { readonly reason: string | undefined };
}

/**
 * Builds one compound within `maxBytes`: SR or RR, as many more RR as the blocks need, SDES, BYE (RFC 3550 §6.1). When
 * not all sources heard fit, those reported on longest ago go first, and the others wait for the next report.
 */
export function buildReport(
  content: ReportContent,
  sources: Iterable<SourceRecord>,
  maxBytes: number,
  now: Ms,
): Uint8Array {
  const { ssrc } = content;
  const tail = tailPackets(content, maxBytes);
  const head = content.sender === undefined ? 8 : 28;
  const heard = Array.from(sources).filter((source) => source.heardSinceReport);
  const room = blocksThatFit(maxBytes - head - serializeRtcpPackets(tail).length);
  if (heard.length > room) heard.sort((a, b) => a.lastReported - b.lastReported);
  const blocks = heard.slice(0, room).map((source) => source.reportBlock(now));
  const first = blocks.slice(0, MAX_REPORT_BLOCKS);
  const packets: RtcpPacket[] = [
    content.sender === undefined
      ? { type: 'rr', ssrc, reports: first }
      : { type: 'sr', ssrc, ...content.sender, reports: first },
  ];
  for (let at = MAX_REPORT_BLOCKS; at < blocks.length; at += MAX_REPORT_BLOCKS) {
    const reports: ReportBlock[] = blocks.slice(at, at + MAX_REPORT_BLOCKS);
    packets.push({ type: 'rr', ssrc, reports });
  }
  return serializeRtcpCompound([...packets, ...tail]);
}

/** SDES and BYE, with as many items as leave room for a sender report. */
function tailPackets(
  { ssrc, sdes, summary, extended, feedback = [], bye }: ReportContent,
  maxBytes: number,
): RtcpPacket[] {
  const byes: RtcpPacket[] = [];
  if (bye !== undefined) {
    byes.push({ type: 'bye', ssrcs: [ssrc], ...(bye.reason === undefined ? {} : { reason: bye.reason }) });
  }
  for (let count = sdes.length; ; count--) {
    const packets: RtcpPacket[] = [
      { type: 'sdes', chunks: [{ ssrc, items: sdes.slice(0, count) }] },
      ...(summary === undefined ? [] : [summary]),
      ...(extended === undefined ? [] : [extended]),
      ...feedback,
      ...byes,
    ];
    if (count <= 1 || serializeRtcpPackets(packets).length + 28 <= maxBytes) return packets;
  }
}

function blocksThatFit(bytes: number): number {
  let blocks = Math.max(0, Math.floor(bytes / REPORT_BLOCK_BYTES));
  const size = (count: number): number =>
    count * REPORT_BLOCK_BYTES + Math.max(0, Math.ceil(count / MAX_REPORT_BLOCKS) - 1) * 8;
  while (blocks > 0 && size(blocks) > bytes) blocks--;
  return blocks;
}
