import { DecodeError } from '../errors.ts';
import type { Ms, TransportAddress } from '../machine.ts';
import {
  ntpFromWall,
  ntpMiddle,
  parseRtcpCompound,
  type ReceiverSummary,
  type ReportBlock,
  type RtcpPacket,
  roundTripSeconds,
  type SdesChunk,
  type SenderReport,
  wallFromNtp,
  type XrBlock,
} from '../rtcp/index.ts';
import type { Membership, SessionParts } from './membership.ts';
import type { OwnSsrcHandler } from './rtp-intake.ts';
import type { FeedbackVerdict, ReceivedReport } from './session-types.ts';
import type { SourceRecord } from './source-record.ts';

/** Where and when the datagram came that is being read. */
interface Arrival {
  readonly from: TransportAddress;
  readonly now: Ms;
  readonly wall: number;
}

/** The way of an RTCP datagram in: every packet of the compound changes what is known of its source. */
export class RtcpIntake {
  readonly #parts: SessionParts;
  readonly #membership: Membership;
  readonly #overheadBytes: number;
  readonly #ownSsrcHeard: OwnSsrcHandler;
  /** Parts of the compound being read that are not believed. */
  #doubts = 0;

  constructor(
    parts: SessionParts,
    membership: Membership,
    overheadBytes: number,
    ownSsrcHeard: OwnSsrcHandler,
  ) {
    this.#parts = parts;
    this.#membership = membership;
    this.#overheadBytes = overheadBytes;
    this.#ownSsrcHeard = ownSsrcHeard;
  }

  /** @returns who reported, when all of it is to be believed */
  take(bytes: Uint8Array, arrival: Arrival): FeedbackVerdict | undefined {
    const { counts, scheduler, table } = this.#parts;
    const packets = this.#parse(bytes);
    const first = packets[0];
    if (first?.type !== 'sr' && first?.type !== 'rr') return undefined;
    if (this.#isOurs(first.ssrc, packets, arrival.from)) {
      counts.ownLooped++;
      return undefined;
    }
    const { ssrc } = first;
    const known = table.members.has(ssrc);
    this.#doubts = 0;
    const hasBye = packets.some((packet) => packet.type === 'bye');
    scheduler.received(bytes.length + this.#overheadBytes, hasBye);
    // SDES first: it makes a source valid, so that what the others tell is told of a known source.
    for (const packet of packets) {
      if (packet.type !== 'sdes') continue;
      for (const chunk of packet.chunks) this.#describe(chunk, first.ssrc, arrival);
    }
    for (const packet of packets) this.#takePacket(packet, arrival);
    return this.#doubts > 0 ? undefined : { ssrc, known };
  }

  /** As {@link take}, of what came by unicast: its sender is not to be known again by what we send on for it. */
  takeFeedback(bytes: Uint8Array, arrival: Arrival): FeedbackVerdict | undefined {
    const verdict = this.take(bytes, arrival);
    const source = verdict === undefined ? undefined : this.#parts.table.find(verdict.ssrc);
    if (source !== undefined) source.viaFeedback = true;
    return verdict;
  }

  /**
   * What we sent, or sent on for others, comes back; or a relay sends on what we reported. All that comes through a
   * relay has one address, so that there our CNAME tells whether somebody else has our SSRC.
   */
  #isOurs(ssrc: number, packets: readonly RtcpPacket[], from: TransportAddress): boolean {
    const { identity, sender, table, plan } = this.#parts;
    if (identity.isOwnAddress(from)) {
      return ssrc === sender.ssrc || table.find(ssrc)?.viaFeedback === true;
    }
    if (!identity.isRelay(from)) return false;
    const cname = cnameOf(ssrc, packets);
    return cname === undefined ? ssrc === sender.ssrc : cname === plan.cname;
  }

  #parse(bytes: Uint8Array): RtcpPacket[] {
    try {
      return parseRtcpCompound(bytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#parts.counts.rtcpMalformed++;
      return [];
    }
  }

  /** The record for an SSRC named in a packet, or undefined when the packet is not to be believed. */
  #sourceOf(ssrc: number, { from, now, wall }: Arrival): SourceRecord | undefined {
    if (ssrc === this.#parts.sender.ssrc) {
      this.#doubts++;
      this.#ownSsrcHeard(from, now, wall);
      return undefined;
    }
    const source = this.#membership.findOrAdd(ssrc, now);
    if (source !== undefined && this.#membership.acceptRtcpAddress(source, from, now)) return source;
    this.#doubts++;
    return undefined;
  }

  #describe(chunk: SdesChunk, reporter: number, arrival: Arrival): void {
    const source = this.#sourceOf(chunk.ssrc, arrival);
    if (source === undefined) return;
    const items = source.describe(chunk, arrival.now);
    if (items === undefined) {
      this.#doubts++;
      this.#membership.reject(source, arrival.from); // another CNAME: a collision behind one address
    } else if (!source.validated) {
      source.contributing = chunk.ssrc !== reporter;
      if (source.cname !== undefined) this.#membership.promote(source, true);
    } else if (items.length > 0) {
      this.#parts.events.push({ type: 'sourceUpdated', source, items });
    }
  }

  #takePacket(packet: RtcpPacket, arrival: Arrival): void {
    switch (packet.type) {
      case 'sr':
      case 'rr': {
        const source = this.#sourceOf(packet.ssrc, arrival);
        if (source === undefined) return;
        if (packet.type === 'sr') takeSenderReport(source, packet, arrival);
        if (source.validated) for (const block of packet.reports) this.#takeBlock(source, block, arrival);
        return;
      }
      case 'bye':
        for (const ssrc of packet.ssrcs) this.#takeBye(ssrc, packet.reason, arrival);
        return;
      case 'app': {
        const source = this.#sourceOf(packet.ssrc, arrival);
        if (source?.validated !== true) return;
        const { subtype, name, data } = packet;
        this.#parts.events.push({ type: 'appReceived', source, subtype, name, data });
        return;
      }
      case 'rsi':
        this.#takeSummary(packet, arrival);
        return;
      case 'xr': {
        const source = this.#sourceOf(packet.ssrc, arrival);
        if (source?.validated === true)
          for (const block of packet.blocks) this.#takeExtended(source, block, arrival);
        return;
      }
      case 'pli':
        this.#takeKeyRequest(packet.ssrc, packet.mediaSsrc, undefined, arrival);
        return;
      case 'fir':
        for (const it of packet.requests) this.#takeKeyRequest(packet.ssrc, it.ssrc, it.sequence, arrival);
        return;
      case 'sdes':
      case 'raw':
        return;
    }
  }

  /** @param sequence of a full intra request; undefined for a picture loss indication */
  #takeKeyRequest(from: number, about: number, sequence: number | undefined, arrival: Arrival): void {
    const source = this.#sourceOf(from, arrival);
    if (source?.validated !== true) return;
    const { sender, table, events, keyPictures } = this.#parts;
    if (about !== sender.ssrc) {
      if (table.members.has(about)) keyPictures?.heard(about, arrival.now);
      return;
    }
    if (sequence !== undefined && sequence === source.intraSequence) return; // RFC 5104 §4.3.1.2
    if (sequence !== undefined) source.intraSequence = sequence;
    events.push({ type: 'keyPictureRequested', source, kind: sequence === undefined ? 'pli' : 'fir' });
  }

  /** Only whom we report to may tell how many we are, and that our SSRC is taken (RFC 5760 §7.2). */
  #takeSummary(packet: ReceiverSummary, { from, now, wall }: Arrival): void {
    const { identity, counts, sender } = this.#parts;
    if (!identity.isRelay(from)) return;
    counts.summaries++;
    this.#membership.takeSummary(packet, now);
    const taken = packet.blocks.some((it) => it.type === 'collisions' && it.ssrcs.includes(sender.ssrc));
    if (taken) this.#ownSsrcHeard(from, now, wall);
  }

  #takeBlock(reporter: SourceRecord, block: ReportBlock, { now, wall }: Arrival): void {
    const own = block.ssrc === this.#parts.sender.ssrc;
    if (!own && !this.#parts.table.members.has(block.ssrc)) return; // keeps memory to what is known
    const report: ReceivedReport = { about: block.ssrc, block, at: now };
    reporter.addReport(report);
    if (own) {
      const arrival = ntpMiddle(ntpFromWall(wall));
      const seconds = roundTripSeconds(arrival, block.lastSr, block.delaySinceLastSr);
      reporter.roundTripSeconds = seconds ?? reporter.roundTripSeconds; // it may have answered otherwise
    }
    this.#parts.events.push({ type: 'reportReceived', reporter, report, own });
  }

  /** RFC 3611 §4.4 to §4.7; of the traces of single packets nothing is kept. */
  #takeExtended(reporter: SourceRecord, block: XrBlock, { now, wall }: Arrival): void {
    const own = this.#parts.sender.ssrc;
    switch (block.type) {
      case 'referenceTime':
        reporter.reference = { middle: ntpMiddle(block.ntp), at: now };
        return;
      case 'delaySinceReference': {
        const answer = block.receivers.find(({ ssrc }) => ssrc === own);
        if (answer === undefined) return;
        const seconds = roundTripSeconds(ntpMiddle(ntpFromWall(wall)), answer.lastReference, answer.delay);
        reporter.roundTripSeconds = seconds ?? reporter.roundTripSeconds;
        return;
      }
      case 'statistics':
      case 'voipMetrics':
        // of known sources only, as with report blocks
        if (block.ssrc === own || this.#parts.table.members.has(block.ssrc)) reporter.addExtended(block, now);
        return;
      case 'lossRuns':
      case 'duplicateRuns':
      case 'receiptTimes':
      case 'unknown':
        return;
    }
  }

  #takeBye(ssrc: number, reason: string | undefined, arrival: Arrival): void {
    // Of somebody we never knew there is nothing to remember.
    if (ssrc !== this.#parts.sender.ssrc && this.#parts.table.find(ssrc) === undefined) return;
    const source = this.#sourceOf(ssrc, arrival);
    if (source !== undefined) this.#membership.leave(source, reason, arrival.now);
  }
}

function cnameOf(ssrc: number, packets: readonly RtcpPacket[]): string | undefined {
  for (const packet of packets) {
    if (packet.type !== 'sdes') continue;
    const items = packet.chunks.filter((chunk) => chunk.ssrc === ssrc).flatMap((chunk) => chunk.items);
    const cname = items.find((item) => item.type === 'cname');
    if (cname?.type === 'cname') return cname.text;
  }
  return undefined;
}

function takeSenderReport(source: SourceRecord, report: SenderReport, { now, wall }: Arrival): void {
  const { ntp, rtpTimestamp, packets, octets } = report;
  source.lastSr = ntpMiddle(ntp);
  // 0 is no time of 2036, but that of a sender without a clock (RFC 3550 §6.4.1)
  const stated = ntp === 0n ? undefined : wallFromNtp(ntp);
  source.takeSenderInfo({ wall: stated, rtpTimestamp, packets, octets, at: now }, wall);
}
