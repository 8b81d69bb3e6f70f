import type { Ms, TransportAddress } from '../machine.ts';
import { csrcAt, RtpHeader, readRtpHeader } from './header.ts';
import type { Membership, SessionParts } from './membership.ts';
import { SourceMeter } from './quality/source-meter.ts';
import { ReceivedPacket } from './received.ts';
import { sequenceDistance } from './sequence.ts';
import type { RtpLoopback } from './session-types.ts';
import { SourceRecord } from './source-record.ts';

/** Deals with a packet that bears our SSRC; true: it is ours. */
export type OwnSsrcHandler = (from: TransportAddress, now: Ms, wall: number) => boolean;

/** The way of an RTP packet in: header, source, address, sequence, statistics. The hot path of a session. */
export class RtpIntake {
  readonly #parts: SessionParts;
  readonly #membership: Membership;
  readonly #clockRates: Float64Array;
  readonly #loopback: RtpLoopback;
  readonly #ownSsrcHeard: OwnSsrcHandler;
  readonly #header = new RtpHeader();
  /** The source of the packet before: streams come in runs, and this spares the look-up. */
  #lastSource: SourceRecord | undefined;
  #loopedBack: SourceRecord | undefined;

  constructor(
    parts: SessionParts,
    membership: Membership,
    clockRates: Float64Array,
    loopback: RtpLoopback,
    ownSsrcHeard: OwnSsrcHandler,
  ) {
    this.#parts = parts;
    this.#membership = membership;
    this.#clockRates = clockRates;
    this.#loopback = loopback;
    this.#ownSsrcHeard = ownSsrcHeard;
  }

  /** Our own packets that came back under our present SSRC. */
  get loopedBack(): SourceRecord | undefined {
    return this.#loopedBack?.ssrc === this.#parts.sender.ssrc ? this.#loopedBack : undefined;
  }

  take(bytes: Uint8Array, from: TransportAddress, now: Ms, wall: number): ReceivedPacket | undefined {
    const header = this.#header;
    if (readRtpHeader(bytes, header) !== undefined) {
      this.#parts.counts.rtpMalformed++;
      return undefined;
    }
    const { ssrc } = header;
    if (ssrc === this.#parts.sender.ssrc) return this.#takeOwn(bytes, from, now, wall);
    let source = this.#lastSource;
    if (source?.ssrc !== ssrc || !source.isMember) source = this.#sourceOf(ssrc, now);
    if (source === undefined) return undefined;
    if (!this.#membership.acceptRtpAddress(source, from, header.sequenceNumber, now)) return undefined;
    const packet = this.#accept(source, bytes, now);
    if (packet === undefined) return undefined;
    this.#lastSource = source;
    if (header.csrcCount > 0) this.#contributors(bytes, header.csrcCount, now);
    return packet;
  }

  #sourceOf(ssrc: number, now: Ms): SourceRecord | undefined {
    const known = this.#membership.find(ssrc, now);
    if (known !== undefined) return known;
    // An unknown source with an unknown payload type is more likely not RTP at all (RFC 3550 §A.1).
    if (this.#clockRates[this.#header.payloadType] === 0) {
      this.#parts.counts.rtpUnknownPayloadType++;
      return undefined;
    }
    return this.#membership.findOrAdd(ssrc, now);
  }

  #takeOwn(bytes: Uint8Array, from: TransportAddress, now: Ms, wall: number): ReceivedPacket | undefined {
    const { ssrc } = this.#header;
    if (!this.#ownSsrcHeard(from, now, wall) || this.#loopback !== 'full') return undefined;
    if (this.#loopedBack?.ssrc !== ssrc) {
      this.#loopedBack = new SourceRecord(ssrc, 1, now);
      this.#loopedBack.validated = true;
      this.#loopedBack.rtpAddress = from;
    }
    return this.#accept(this.#loopedBack, bytes, now);
  }

  #accept(source: SourceRecord, bytes: Uint8Array, now: Ms): ReceivedPacket | undefined {
    const header = this.#header;
    const { sequenceNumber } = header;
    const { counts, events, table } = this.#parts;
    const verdict = source.reception.update(sequenceNumber);
    source.lastHeard = now;
    let preceding: ReceivedPacket | undefined;
    switch (verdict) {
      case 'next':
      case 'late':
        break;
      case 'validated':
        if (!source.validated && !this.#membership.promote(source, false)) return undefined;
        table.confirm(source);
        preceding = heldBefore(source, sequenceNumber);
        break;
      case 'restarted':
        source.meter?.restart();
        events.push({ type: 'sourceRestarted', source });
        break;
      case 'duplicate':
        counts.rtpDuplicates++;
        return undefined;
      case 'probation':
        counts.rtpUnvalidated++;
        // A copy, since the buffer may be the receive loop's.
        source.held = new ReceivedPacket(
          source,
          header,
          new Uint8Array(bytes),
          sequenceNumber,
          false,
          now,
          undefined,
        );
        return undefined;
      case 'jump':
        counts.rtpUnvalidated++;
        return undefined;
    }
    const extended = source.reception.extend(sequenceNumber);
    this.#count(source, extended, now);
    return new ReceivedPacket(source, header, bytes, extended, verdict === 'late', now, preceding);
  }

  #count(source: SourceRecord, extended: number, now: Ms): void {
    const { payloadType, timestamp, payloadStart, payloadEnd } = this.#header;
    const clockRate = this.#clockRates[payloadType] ?? 0;
    if (clockRate === 0) {
      this.#parts.counts.rtpUnknownPayloadType++;
    } else {
      if (clockRate !== source.clockRate) {
        source.clockRate = clockRate;
        source.reception.resetTransit();
        source.meter?.restart();
        source.meter ??= new SourceMeter();
      }
      source.meter?.note(source.reception.arrive((now * clockRate) / 1000, timestamp), extended);
    }
    source.payloadType = payloadType;
    source.octetsReceived += payloadEnd - payloadStart;
    source.lastRtp = now;
    source.heardSinceReport = true;
    if (source.isSender || source === this.#loopedBack) return;
    this.#parts.table.setSender(source, true);
    this.#parts.events.push({ type: 'sourceActive', source });
  }

  /** Mixed sources count as participants too (RFC 3550 §6.2.1). */
  #contributors(bytes: Uint8Array, count: number, now: Ms): void {
    for (let index = 0; index < count; index++) {
      const ssrc = csrcAt(bytes, index);
      if (ssrc === this.#parts.sender.ssrc) continue;
      const source = this.#membership.findOrAdd(ssrc, now);
      if (source === undefined) continue;
      source.lastHeard = now;
      if (source.validated) continue;
      source.contributing = true;
      this.#membership.promote(source, true);
    }
  }
}

/** Takes the packet held while on probation, if it is the one just before this. */
function heldBefore(source: SourceRecord, sequenceNumber: number): ReceivedPacket | undefined {
  const { held } = source;
  source.held = undefined;
  if (held === undefined || sequenceDistance(held.sequenceNumber, sequenceNumber) !== 1) return undefined;
  held.extendedSequence = source.reception.extend(sequenceNumber) - 1;
  return held;
}
