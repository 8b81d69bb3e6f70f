import { DecodeError } from '../errors.ts';
import type { Ms, TransportAddress } from '../machine.ts';
import {
  ntpFromWall,
  ntpMiddle,
  parseRtcpCompound,
  type ReportBlock,
  type RtcpPacket,
  roundTripSeconds,
  type SdesChunk,
  type SenderReport,
  wallFromNtp,
} from '../rtcp/index.ts';
import type { Membership, SessionParts } from './membership.ts';
import type { OwnSsrcHandler } from './rtp-intake.ts';
import type { ReceivedReport } from './session-types.ts';
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

  take(bytes: Uint8Array, arrival: Arrival): void {
    const { counts, identity, scheduler, sender } = this.#parts;
    const packets = this.#parse(bytes);
    const first = packets[0];
    if (first?.type !== 'sr' && first?.type !== 'rr') return;
    if (first.ssrc === sender.ssrc && identity.isOwnAddress(arrival.from)) {
      counts.ownLooped++;
      return;
    }
    const hasBye = packets.some((packet) => packet.type === 'bye');
    scheduler.received(bytes.length + this.#overheadBytes, hasBye);
    // SDES first: it makes a source valid, so that what the others tell is told of a known source.
    for (const packet of packets) {
      if (packet.type !== 'sdes') continue;
      for (const chunk of packet.chunks) this.#describe(chunk, first.ssrc, arrival);
    }
    for (const packet of packets) this.#takePacket(packet, arrival);
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
      this.#ownSsrcHeard(from, now, wall);
      return undefined;
    }
    const source = this.#membership.findOrAdd(ssrc, now);
    if (source === undefined || !this.#membership.acceptRtcpAddress(source, from, now)) return undefined;
    return source;
  }

  #describe(chunk: SdesChunk, reporter: number, arrival: Arrival): void {
    const source = this.#sourceOf(chunk.ssrc, arrival);
    if (source === undefined) return;
    const items = source.describe(chunk, arrival.now);
    if (items === undefined) {
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
        if (packet.type === 'sr') takeSenderReport(source, packet, arrival.now);
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
      case 'sdes':
      case 'raw':
        return;
    }
  }

  #takeBlock(reporter: SourceRecord, block: ReportBlock, { now, wall }: Arrival): void {
    const own = block.ssrc === this.#parts.sender.ssrc;
    if (!own && !this.#parts.table.members.has(block.ssrc)) return; // keeps memory to what is known
    const report: ReceivedReport = { about: block.ssrc, block, at: now };
    reporter.addReport(report);
    if (own) {
      const arrival = ntpMiddle(ntpFromWall(wall));
      reporter.roundTripSeconds = roundTripSeconds(arrival, block.lastSr, block.delaySinceLastSr);
    }
    this.#parts.events.push({ type: 'reportReceived', reporter, report, own });
  }

  #takeBye(ssrc: number, reason: string | undefined, arrival: Arrival): void {
    // Of somebody we never knew there is nothing to remember.
    if (ssrc !== this.#parts.sender.ssrc && this.#parts.table.find(ssrc) === undefined) return;
    const source = this.#sourceOf(ssrc, arrival);
    if (source !== undefined) this.#membership.leave(source, reason, arrival.now);
  }
}

function takeSenderReport(source: SourceRecord, report: SenderReport, now: Ms): void {
  const { ntp, rtpTimestamp, packets, octets } = report;
  source.lastSr = ntpMiddle(ntp);
  source.senderInfo = { wall: wallFromNtp(ntp), rtpTimestamp, packets, octets, at: now };
}
