import type { Ms, TransportAddress } from '../machine.ts';
import type { ReceiverSummary, RtcpCounts, RtcpScheduler, SdesPlan } from '../rtcp/index.ts';
import type { Fifo } from './fifo.ts';
import type { KeyPictures } from './key-pictures.ts';
import type { OwnIdentity } from './own-identity.ts';
import type { OwnSender } from './own-sender.ts';
import type { SessionCounts } from './session-counts.ts';
import type { RtpSessionEvent } from './session-types.ts';
import { sequenceDistance } from './sequence.ts';
import { type SourceRecord, sameAddress } from './source-record.ts';
import type { SourceTable } from './source-table.ts';

/** A NOTE not repeated for this many intervals is over (RFC 3550 §6.5.7: 20 to 30). */
const NOTE_INTERVALS = 25;
/** New sources in groups up to this size are told all our SDES items in our next report. */
const ANNOUNCE_MEMBERS = 16;

/** A source that moves is silent for this long at the least, and has lost this many packets at the most. */
const MOVE_MS: Ms = 400;
const MOVE_PACKETS = 500;

/** What the parts of a session share. */
export interface SessionParts {
  readonly table: SourceTable;
  readonly identity: OwnIdentity;
  readonly scheduler: RtcpScheduler;
  readonly plan: SdesPlan;
  readonly sender: OwnSender;
  readonly events: Fifo<RtpSessionEvent>;
  readonly counts: SessionCounts;
  /** Undefined where nobody may ask for key pictures. */
  readonly keyPictures: KeyPictures | undefined;
}

/** Who comes, moves and goes: the rules over the source table, and the events that tell of them. */
export class Membership {
  readonly #parts: SessionParts;
  #nextFullSweep: Ms = 0;
  /** What the distribution source last told of its receivers, and when. */
  #summary: { readonly packet: ReceiverSummary; readonly at: Ms } | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Participants and senders as the RTCP interval counts them, ourselves included. */
  size(): RtcpCounts {
    const { table, sender } = this.#parts;
    const weSent = sender.isSender;
    return {
      members: Math.max(table.members.size, this.#receiversTold) + 1,
      senders: table.senders.size + (weSent ? 1 : 0),
      weSent,
    };
  }

  get summary(): ReceiverSummary | undefined {
    return this.#summary?.packet;
  }
  /** Where reports are not reflected, the source alone knows how many there are (RFC 5760 §7.2). */
  takeSummary(packet: ReceiverSummary, now: Ms): void {
    this.#summary = { packet, at: now };
  }
  get #receiversTold(): number {
    const block = this.summary?.blocks.find(({ type }) => type === 'groupSize');
    return block?.type === 'groupSize' ? block.receivers : 0;
  }

  /** The record of an SSRC, brought back if it had timed out; undefined when unknown, or when it has just left. */
  find(ssrc: number, now: Ms): SourceRecord | undefined {
    return this.#parts.table.find(ssrc) ?? this.#recover(ssrc, now);
  }

  /** The record for an SSRC heard, made when it is new; undefined when it has just left. */
  findOrAdd(ssrc: number, now: Ms): SourceRecord | undefined {
    const { table } = this.#parts;
    const known = this.find(ssrc, now);
    if (known !== undefined || table.hasJustLeft(ssrc, now)) return known;
    return table.addCandidate(ssrc, now);
  }

  /** Makes a source valid; `tentative` when one RTCP packet is all that is known of it. False: no room. */
  promote(source: SourceRecord, tentative: boolean): boolean {
    const { table, events, plan } = this.#parts;
    const { added, evicted } = table.promote(source, tentative);
    if (evicted !== undefined) events.push({ type: 'sourceTimeout', source: evicted });
    if (!added) return false;
    events.push({ type: 'sourceAdded', source });
    if (table.members.size < ANNOUNCE_MEMBERS) plan.announce();
    return true;
  }

  /**
   * First or changed RTP address of a source: taken, or recognised as a collision or loop (RFC 3550 §8.2). A source that
   * fell silent and goes on where it left off, only from elsewhere, has got another address: a stranger who drew the
   * same SSRC would have another sequence number.
   */
  acceptRtpAddress(source: SourceRecord, from: TransportAddress, sequenceNumber: number, now: Ms): boolean {
    if (sameAddress(source.rtpAddress, from)) return true;
    if (source.rtpAddress === undefined) {
      // Its RTCP was heard from the same host: no probation needed (RFC 3550 §6.2.1).
      if (source.cname !== undefined && source.rtcpAddress?.address === from.address)
        source.reception.trust();
    } else if (
      !goesOn(source, sequenceNumber, now) &&
      !this.#mayMove(source, source.lastRtp ?? source.firstHeard, from, now)
    ) {
      return false;
    }
    source.rtpAddress = { address: from.address, port: from.port };
    return true;
  }

  /** The same for RTCP; a second packet from the known address confirms a source. */
  acceptRtcpAddress(source: SourceRecord, from: TransportAddress, now: Ms): boolean {
    const { rtcpAddress, lastRtcp } = source;
    if (this.#parts.identity.isRelay(from)) {
      // It says nothing of where the source itself is.
      if (lastRtcp !== undefined && lastRtcp !== now) this.#parts.table.confirm(source);
    } else if (sameAddress(rtcpAddress, from)) {
      if (lastRtcp !== now) this.#parts.table.confirm(source);
    } else {
      const follows = source.rtpAddress?.address === from.address; // where its RTP comes from by now
      if (
        rtcpAddress !== undefined &&
        !follows &&
        !this.#mayMove(source, lastRtcp ?? source.firstHeard, from, now)
      )
        return false;
      source.rtcpAddress = { address: from.address, port: from.port };
    }
    source.lastHeard = now;
    source.lastRtcp = now;
    return true;
  }

  /** Two others use one SSRC: the first is kept. */
  reject(source: SourceRecord, from: TransportAddress): void {
    const { counts, events } = this.#parts;
    counts.collisions++;
    if (source.validated && source.reject(from)) events.push({ type: 'collision', source, rejected: from });
  }

  /** It said BYE. */
  leave(source: SourceRecord, reason: string | undefined, now: Ms): void {
    const { table, events, scheduler } = this.#parts;
    table.leave(source, now);
    if (!source.validated) return;
    events.push({ type: 'sourceBye', source, reason });
    scheduler.membersLeft(this.size(), now);
  }

  /** Senders that fell silent, and as often as the size of the group makes worthwhile, members that are gone. */
  sweep(now: Ms): void {
    const { table, sender, scheduler, events, identity } = this.#parts;
    const size = this.size();
    const silentSince = now - 2 * scheduler.senderUnit(size);
    sender.expire(silentSince);
    for (const source of table.senders) {
      source.meter?.roll();
      if ((source.lastRtp ?? 0) >= silentSince) continue;
      table.setSender(source, false);
      events.push({ type: 'sourceInactive', source });
    }
    if (now < this.#nextFullSweep) return;
    const unit = scheduler.timeoutUnit(size);
    this.#nextFullSweep = now + unit / 4;
    for (const source of table.members.values()) {
      if (source.sdes.note === undefined || source.noteHeard >= now - NOTE_INTERVALS * unit) continue;
      source.clearNote();
      events.push({ type: 'sourceUpdated', source, items: ['note'] });
    }
    identity.expire(now - 10 * unit); // RFC 3550 §8.2
    if (this.#summary !== undefined && this.#summary.at < now - 10 * unit) this.#summary = undefined;
    const gone = table.expire(now - 5 * unit, now); // RFC 3550 §6.3.5
    for (const source of gone) events.push({ type: 'sourceTimeout', source });
    if (gone.length > 0) scheduler.membersLeft(this.size(), now);
  }

  /** Whether a source may go on from another address: only when it was silent, else the first one keeps the SSRC. */
  #mayMove(source: SourceRecord, lastHeard: Ms, from: TransportAddress, now: Ms): boolean {
    if (now - lastHeard > this.#parts.scheduler.timeoutUnit(this.size())) return true;
    this.reject(source, from);
    return false;
  }

  #recover(ssrc: number, now: Ms): SourceRecord | undefined {
    const source = this.#parts.table.recover(ssrc, now);
    if (source === undefined) return undefined;
    // It was gone: it may come back from elsewhere.
    source.rtpAddress = undefined;
    source.rtcpAddress = undefined;
    this.#parts.events.push({ type: 'sourceRecovered', source });
    return source;
  }
}

function goesOn(source: SourceRecord, sequenceNumber: number, now: Ms): boolean {
  if (!source.validated || source.lastRtp === undefined || now - source.lastRtp < MOVE_MS) return false;
  const ahead = sequenceDistance(source.extendedHighestSequence & 0xffff, sequenceNumber);
  return ahead > 0 && ahead <= MOVE_PACKETS;
}
