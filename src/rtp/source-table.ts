import type { Ms } from '../machine.ts';
import { SourceRecord } from './source-record.ts';

/** Room for sources that have not proved themselves, at the least, also where few members are allowed. */
const MIN_CANDIDATES = 256;
/** Sources remembered after they left or timed out. */
const MAX_GONE = 256;
/** After a BYE stragglers on the way are not taken for a new source (RFC 3550 §6.2.1). */
const BYE_MEMORY_MS: Ms = 2000;
/** How long a timed-out source is recognised when it comes back (RFC 3550 §6.2.1: 30 minutes). */
const TIMEOUT_MEMORY_MS: Ms = 30 * 60_000;

/** Who is in the session: bounded whatever arrives. */
export class SourceTable {
  /** Valid sources. */
  readonly members = new Map<number, SourceRecord>();
  /**
   * Not proved yet, and kept apart so that a flood of them pushes out only each other. As many as there may be members:
   * when all begin to talk at once, each must still be known when its second packet comes.
   */
  readonly #candidates = new Map<number, SourceRecord>();
  readonly #candidateLimit: number;
  /** Members that showed one RTCP packet and nothing more: the first to go when the table is full. */
  readonly #tentative = new Set<SourceRecord>();
  readonly #left = new Map<number, Ms>();
  readonly #timedOut = new Map<number, { source: SourceRecord; at: Ms }>();
  readonly #limit: number;
  readonly #minSequential: number;
  /** Members that send. */
  readonly senders = new Set<SourceRecord>();
  refused = 0;

  constructor(limit: number, minSequential: number) {
    this.#limit = limit;
    this.#candidateLimit = Math.max(MIN_CANDIDATES, limit);
    this.#minSequential = minSequential;
  }

  /** The record of an SSRC, valid or not, or undefined. */
  find(ssrc: number): SourceRecord | undefined {
    return this.members.get(ssrc) ?? this.#candidates.get(ssrc);
  }

  /** Whether it said BYE just now, so that what still comes from it is late. */
  hasJustLeft(ssrc: number, now: Ms): boolean {
    const until = this.#left.get(ssrc);
    return until !== undefined && now < until;
  }

  /** A source that timed out and is heard again; it is a member once more. */
  recover(ssrc: number, now: Ms): SourceRecord | undefined {
    const gone = this.#timedOut.get(ssrc);
    if (gone === undefined || this.members.size >= this.#limit) return undefined;
    this.#timedOut.delete(ssrc);
    gone.source.lastHeard = now;
    gone.source.isMember = true;
    this.members.set(ssrc, gone.source);
    return gone.source;
  }

  /** A record for an unknown SSRC, on probation; the oldest of its kind makes room. */
  addCandidate(ssrc: number, now: Ms): SourceRecord {
    if (this.#candidates.size >= this.#candidateLimit) {
      deleteFirst(this.#candidates);
      this.refused++;
    }
    const source = new SourceRecord(ssrc, this.#minSequential, now);
    this.#candidates.set(ssrc, source);
    return source;
  }

  /**
   * Makes a candidate a member.
   *
   * @param tentative it is known from one RTCP packet only
   * @returns false when the table is full of better-proved members; the member pushed out, if that made room
   */
  promote(source: SourceRecord, tentative: boolean): { added: boolean; evicted?: SourceRecord } {
    let evicted: SourceRecord | undefined;
    if (this.members.size >= this.#limit) {
      [evicted] = this.#tentative;
      this.refused++;
      if (evicted === undefined) return { added: false };
      this.#remove(evicted);
    }
    this.#candidates.delete(source.ssrc);
    source.validated = true;
    source.isMember = true;
    this.members.set(source.ssrc, source);
    if (tentative) this.#tentative.add(source);
    return evicted === undefined ? { added: true } : { added: true, evicted };
  }

  /** It has shown more than one RTCP packet. */
  confirm(source: SourceRecord): void {
    this.#tentative.delete(source);
  }

  setSender(source: SourceRecord, isSender: boolean): void {
    source.isSender = isSender;
    if (isSender) this.senders.add(source);
    else this.senders.delete(source);
  }

  /** It said BYE. */
  leave(source: SourceRecord, now: Ms): void {
    this.#remove(source);
    this.#left.delete(source.ssrc);
    this.#left.set(source.ssrc, now + BYE_MEMORY_MS);
    if (this.#left.size > MAX_GONE) deleteFirst(this.#left);
  }

  /** Removes members and candidates not heard since `deadline`; returns the members, which may be recovered later. */
  expire(deadline: Ms, now: Ms): SourceRecord[] {
    const gone: SourceRecord[] = [];
    for (const source of this.members.values()) if (source.lastHeard < deadline) gone.push(source);
    for (const source of gone) {
      this.#remove(source);
      this.#timedOut.set(source.ssrc, { source, at: now });
      if (this.#timedOut.size > MAX_GONE) deleteFirst(this.#timedOut);
    }
    for (const source of this.#candidates.values()) {
      if (source.lastHeard < deadline) this.#candidates.delete(source.ssrc);
    }
    for (const source of this.members.values()) source.expireReports(deadline);
    for (const [ssrc, until] of this.#left) if (until <= now) this.#left.delete(ssrc);
    for (const [ssrc, { at }] of this.#timedOut) {
      if (at + TIMEOUT_MEMORY_MS <= now) this.#timedOut.delete(ssrc);
    }
    return gone;
  }

  #remove(source: SourceRecord): void {
    this.setSender(source, false);
    source.isMember = false;
    this.members.delete(source.ssrc);
    this.#candidates.delete(source.ssrc);
    this.#tentative.delete(source);
    this.#timedOut.delete(source.ssrc);
    source.held = undefined;
  }
}

function deleteFirst<K>(map: Map<K, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
