import type { Ms, RandomSource } from '../machine.ts';
import {
  checkedGroups,
  fits,
  type GroupSchedule,
  SapAnnouncement,
  type SapSource,
  type SapTransmit,
} from './announcement.ts';
import type { SapAuthentication } from './authentication.ts';
import { announcementKey } from './description.ts';
import { sameBytes } from './entry.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { announceInterval, SAP_BANDWIDTH, withOffset } from './interval.ts';
import { MultiMap } from './multi-map.ts';
import { newSlot, type Session, type Slot } from './announcement-slot.ts';
import type { Deflate, SapPacket } from './packet.ts';

/** Nobody acknowledges a deletion, and who misses it keeps the session for an hour: it is sent at these times. */
const DELETION_AT_MS = [0, 250, 1000];
/** How long what was announced before is still known as our own: longer than datagrams are under way. */
const REMEMBERED_MS = 10_000;
/** What is sent at once goes out together up to this much of the bandwidth and in number, then one after the other. */
const BURST_MS = 20_000;
const BURST_PACKETS = 100;
/** Between the deletions of two sessions, so that not all of thousands are sent in one moment. */
const DELETION_GAP_MS = 0.1;

export interface SapAnnouncerOptions {
  /** Uniform in [0, 1). */
  readonly random: RandomSource;
  /** Sessions of others announced in a group: what the listener counts. Default: none. */
  readonly sessionsIn?: (group: string) => number;
  /** Bits per second that announcements of a group may take, of all its announcers; default 4000. */
  readonly bandwidth?: number | ((group: string) => number);
  /**
   * A fixed mean interval, milliseconds, instead of the one of RFC 2974 §3.1: AES67 devices announce every 30 s, and
   * some forget what they have not heard for a few minutes.
   */
  readonly intervalMs?: Ms;
  /** Compresses what is announced. Few listeners can read that. */
  readonly deflate?: Deflate;
}

/** How a session is announced. */
export interface AnnounceOptions {
  /** SAP groups, at least one; the same packet goes to each, at each group's own rate. */
  readonly groups: readonly string[];
  readonly authentication?: SapAuthentication;
}

/** A session being announced. */
export interface OwnAnnouncement {
  readonly key: string;
  readonly description: Uint8Array;
  readonly hash: number;
  /** Bytes of UDP payload. */
  readonly size: number;
  /** What is not as it should be, though it works. */
  readonly warnings: readonly string[];
  readonly schedules: readonly GroupSchedule[];
}

/**
 * Announces sessions (RFC 2974 §3): each at once, then at intervals that keep all announcements of a group together
 * within its bandwidth. When an interval is over it is reckoned again, as the group may have grown meanwhile
 * (reconsideration). A changed description gets another hash and is announced at once; the end is announced too.
 *
 * What is announced at once counts: if there is much of it, it goes out at the group's bandwidth, one after the other.
 */
export class SapAnnouncer {
  readonly #options: SapAnnouncerOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #queue = new ExpiryQueue<Slot>();
  readonly #perGroup = new Map<string, number>();
  /** Until when the bandwidth of a group is used up by what was sent at once. */
  readonly #usedUntil = new Map<string, Ms>();
  readonly #former: { readonly announcement: SapAnnouncement; readonly until: Ms }[] = [];
  readonly #byHash = new MultiMap<number, Session>();
  /** Ended, with deletions still to be sent. */
  readonly #ending = new Map<string, Session>();
  #sources: readonly SapSource[];
  #outbox: SapTransmit[] = [];
  #taken = 0;
  #lastDeletion: Ms = -Infinity;

  /** @param sources where to send from; a group whose family none has is not announced in */
  constructor(options: SapAnnouncerOptions, sources: readonly SapSource[]) {
    this.#options = options;
    this.#sources = sources;
  }

  /** Sessions announced. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Own sessions in the group. */
  sessionsIn(group: string): number {
    return this.#perGroup.get(group) ?? 0;
  }

  /** Where it sends from. */
  get sources(): readonly SapSource[] {
    return this.#sources;
  }

  *announcements(): Generator<OwnAnnouncement, void, void> {
    for (const session of this.#sessions.values()) yield this.#describe(session);
  }

  get(key: string): OwnAnnouncement | undefined {
    const session = this.#sessions.get(key);
    return session === undefined ? undefined : this.#describe(session);
  }

  /** Interfaces came or went: everything is announced anew, for those who can hear it now. */
  setSources(sources: readonly SapSource[], now: Ms): void {
    this.#sources = sources;
    for (const session of this.#sessions.values()) {
      for (const slot of session.slots) this.#sendSoon(slot, now);
    }
    this.handleTimeout(now);
  }

  /**
   * Announces a session, or what has become of it: a description of the same origin replaces the former one and is
   * announced at once. The same description again changes nothing but the groups.
   *
   * @throws {EncodeError} for a description without `o=` line, or too long for a datagram
   * @throws {InvalidValueError} without a group, or for one that is no multicast address
   */
  announce(description: Uint8Array, now: Ms, { groups, authentication }: AnnounceOptions): OwnAnnouncement {
    const wanted = checkedGroups(groups);
    const { deflate } = this.#options;
    const key = announcementKey(description);
    const known = this.#sessions.get(key);
    this.#cancelDeletions(key);
    const changed = known === undefined || !sameBytes(known.announcement.description, description);
    const announcement = changed
      ? new SapAnnouncement(description, {
          ...(deflate === undefined ? {} : { deflate }),
          ...(authentication === undefined ? {} : { authentication }),
          ...(known === undefined ? {} : { previousHash: known.announcement.hash }),
        })
      : known.announcement;
    const session: Session = known ?? { key, announcement, slots: [] };
    const moved = this.#moveOut(session, wanted, now);
    if (changed) {
      if (known !== undefined) this.#retire(known, now);
      session.announcement = announcement;
      this.#sessions.set(key, session);
      this.#byHash.add(announcement.hash, session);
    }
    const there = session.slots;
    if (changed || moved) for (const slot of there) this.#sendSoon(slot, now);
    const added = wanted.filter((group) => there.every((slot) => slot.group !== group));
    session.slots = [...there, ...added.map((group) => this.#start(session, group, now))];
    this.handleTimeout(now);
    return this.#describe(session);
  }

  /** Ends a session: it is deleted in all its groups. @returns false when it is not announced */
  withdraw(key: string, now: Ms): boolean {
    const session = this.#sessions.get(key);
    if (session === undefined) return false;
    this.#sessions.delete(key);
    this.#retire(session, now);
    this.#ending.set(key, session);
    this.#lastDeletion = Math.max(now, this.#lastDeletion + DELETION_GAP_MS);
    for (const slot of session.slots) this.#end(slot, this.#lastDeletion, 0);
    this.handleTimeout(now);
    return true;
  }

  /**
   * Announces a session no more without deleting it, since another host goes on announcing it.
   *
   * @returns false when it is not announced
   */
  leave(key: string, now: Ms): boolean {
    const session = this.#sessions.get(key);
    if (session === undefined) return false;
    this.#sessions.delete(key);
    this.#retire(session, now);
    for (const slot of session.slots) {
      slot.count = 0; // as if it had never been announced
      this.#end(slot, now, 0);
    }
    return true;
  }

  /** Ends all sessions. Deletions go on until {@link pollTimeout} is undefined. */
  withdrawAll(now: Ms): void {
    for (const key of this.#sessions.keys()) this.withdraw(key, now);
  }

  /**
   * Whether a packet has the content of one of ours, now or some seconds ago. Another announcer of the same session may
   * send it too: the caller looks whether it comes from this host.
   */
  isOwn(packet: SapPacket): boolean {
    for (const { announcement } of this.#byHash.get(packet.hash)) {
      if (announcement.matches(packet, sameBytes)) return true;
    }
    return this.#former.some(({ announcement }) => announcement.matches(packet, sameBytes));
  }

  handleTimeout(now: Ms): void {
    while ((this.#former[0]?.until ?? Infinity) <= now) this.#former.shift();
    for (let slot = this.#queue.take(now); slot !== undefined; slot = this.#queue.take(now)) {
      if (slot.deletions !== undefined) this.#delete(slot, slot.deletions);
      else this.#announceOrWait(slot, now);
      this.#queue.schedule(slot);
    }
  }

  pollTransmit(): SapTransmit | undefined {
    const transmit = this.#outbox[this.#taken];
    if (transmit === undefined) {
      this.#outbox = [];
      this.#taken = 0;
      return undefined;
    }
    this.#taken++;
    return transmit;
  }

  pollTimeout(): Ms | undefined {
    return this.#queue.next();
  }

  #announceOrWait(slot: Slot, now: Ms): void {
    if (!slot.atOnce && slot.lastSent !== undefined) {
      slot.expiresAt = slot.lastSent + this.#interval(slot); // reconsider: the group may have grown
      if (slot.expiresAt > now) return;
    }
    const { announcement } = slot.session;
    const sent = this.#send(slot.group, (source) => announcement.announcementFrom(source));
    if (sent) slot.count++;
    slot.lastSent = now;
    slot.atOnce = false;
    slot.expiresAt = now + this.#interval(slot);
  }

  /** @returns false when no source can send there */
  #send(group: string, packetFrom: (source: string) => Uint8Array): boolean {
    const sources = this.#sources.filter((source) => fits(source, group));
    for (const source of sources) {
      this.#outbox.push({ bytes: packetFrom(source.address), group, interface: source.interface });
    }
    return sources.length > 0;
  }

  /** With its random offset. */
  #interval(slot: Slot): Ms {
    slot.intervalMs =
      this.#options.intervalMs ??
      1000 *
        announceInterval(
          slot.session.announcement.size,
          Math.max(1, this.sessionsIn(slot.group) + (this.#options.sessionsIn?.(slot.group) ?? 0)),
          this.#bandwidth(slot.group),
        );
    return withOffset(slot.intervalMs, this.#options.random);
  }

  #delete(slot: Slot, sent: number): void {
    const { announcement } = slot.session;
    this.#send(slot.group, (source) => announcement.deletionFrom(source));
    slot.deletions = sent + 1;
    const next = DELETION_AT_MS[sent + 1];
    slot.gone = next === undefined;
    slot.expiresAt = slot.deletedAt + (next ?? 0);
    const { key, slots } = slot.session;
    if (this.#ending.get(key) === slot.session && slots.every((it) => it.gone)) this.#ending.delete(key);
  }

  /** What begins again is not deleted any more. */
  #cancelDeletions(key: string): void {
    for (const slot of this.#ending.get(key)?.slots ?? []) slot.gone = true;
    this.#ending.delete(key);
  }

  /**
   * The session leaves groups in which it is not wanted any more. For those who hear it in the others too the deletion
   * ends it there as well, so it is sent once only, and the session is to be announced anew.
   */
  #moveOut(session: Session, wanted: readonly string[], now: Ms): boolean {
    const leaving = session.slots.filter(({ group }) => !wanted.includes(group));
    session.slots = session.slots.filter(({ group }) => wanted.includes(group));
    for (const slot of leaving) this.#end(slot, now, DELETION_AT_MS.length - 1);
    this.handleTimeout(now);
    return leaving.length > 0;
  }

  #start(session: Session, group: string, now: Ms): Slot {
    const slot = newSlot(session, group);
    this.#perGroup.set(group, this.sessionsIn(group) + 1);
    this.#sendSoon(slot, now);
    return slot;
  }

  /** As soon as what is sent at once leaves room for it in the group's bandwidth. */
  #sendSoon(slot: Slot, now: Ms): void {
    const waiting = slot.atOnce && slot.expiresAt !== Infinity;
    if (waiting) return; // its place stays, with the newest content
    const { size } = slot.session.announcement;
    const { intervalMs } = this.#options;
    const bits = Math.max(
      this.#bandwidth(slot.group),
      intervalMs === undefined ? 0 : (8 * size * this.sessionsIn(slot.group) * 1000) / intervalMs,
    );
    const spent = (8 * size * 1000) / bits;
    const burst = Math.min(BURST_MS, BURST_PACKETS * spent);
    const usedUntil = Math.max(this.#usedUntil.get(slot.group) ?? -Infinity, now - burst);
    this.#usedUntil.set(slot.group, usedUntil + spent);
    slot.atOnce = true;
    slot.expiresAt = Math.max(now, usedUntil);
    this.#queue.schedule(slot);
  }

  /** Nobody has to forget what was never announced. @param sent deletions taken as sent already */
  #end(slot: Slot, at: Ms, sent: number): void {
    const left = this.sessionsIn(slot.group) - 1;
    if (left > 0) this.#perGroup.set(slot.group, left);
    else this.#perGroup.delete(slot.group);
    slot.gone = slot.count === 0;
    slot.deletions = sent;
    slot.deletedAt = at;
    slot.expiresAt = at;
    this.#queue.schedule(slot);
  }

  #retire(session: Session, now: Ms): void {
    this.#former.push({ announcement: session.announcement, until: now + REMEMBERED_MS });
    this.#byHash.delete(session.announcement.hash, session);
  }

  #bandwidth(group: string): number {
    const { bandwidth = SAP_BANDWIDTH } = this.#options;
    return typeof bandwidth === 'number' ? bandwidth : bandwidth(group);
  }

  #describe({ key, announcement, slots }: Session): OwnAnnouncement {
    const { description, hash, size } = announcement;
    const schedules = slots.map(({ group, count, lastSent, expiresAt, intervalMs }) => ({
      group,
      count,
      lastSent,
      next: Number.isFinite(expiresAt) ? expiresAt : undefined,
      intervalMs,
    }));
    const unheard = slots.filter(({ group }) => !this.#sources.some((source) => fits(source, group)));
    const warnings = [
      ...announcement.warnings,
      ...unheard.map(
        ({ group }) => `not announced in ${group}: no interface in use has an address of its family`,
      ),
    ];
    return { key, description, hash, size, warnings, schedules };
  }
}
