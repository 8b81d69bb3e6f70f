import { DecodeError } from '../errors.ts';
import type { DatagramMachine, Ms, TransportAddress } from '../machine.ts';
import { compareDecimal } from '../sdp/index.ts';
import {
  type AnnouncedSession,
  newSapListenerStats,
  type SapChannel,
  type SapExpiryReason,
  type SapListenerEvent,
  type SapListenerStats,
} from './announced-session.ts';
import { SapCache, separateKey } from './cache.ts';
import { deletedKey, describe, type DescriptionFacts, originOf } from './description.ts';
import { type EntryContent, entryWeight, sameBytes, SapEntry } from './entry.ts';
import { decompressSapPacket, type Inflate, type SapPacket, sapVersion, viewSapPacket } from './packet.ts';
import { isSdpPayload, withoutTrailingNuls } from './payload.ts';
import { type SapUnreadKind, type SapUnreadSender, UnreadSenders } from './unread-senders.ts';

/** Least time after which a session that is not heard is forgotten (RFC 2974 §4). */
export const SAP_TIMEOUT_MS = 3_600_000;
/** Periods of its own after which it is, where that is longer (RFC 2974 §4). */
export const SAP_TIMEOUT_PERIODS = 10;
/** Places in the cache unless told otherwise. */
export const SAP_CACHE_LIMIT = 100_000;

/** An older version that comes this soon after a newer one was overtaken on the way; later the device was restarted. */
const REORDERED_MS = 1000;
/** Periods after which a host has given up its session, so that another may take it over. */
const ABANDONED_PERIODS = 3;
const ABANDONED_LEAST_MS = 60_000;
/** A host's period while it is not known: RFC 2974 §3.1 has no shorter one. */
const UNKNOWN_PERIOD_MS = 300_000;

export interface SapListenerOptions {
  /** Sessions kept, of up to 1024 bytes; longer ones count as several. Default {@link SAP_CACHE_LIMIT}. */
  readonly limit?: number;
  /** Default {@link SAP_TIMEOUT_MS}. A shorter one forgets devices that were switched off sooner, and slow announcers too. */
  readonly timeoutMs?: number;
  /** Undoes compression; without it, compressed announcements count as malformed. */
  readonly inflate?: Inflate;
  /** The wall clock at a moment of the machine's, Unix milliseconds; without it, `t=` lines end nothing. */
  readonly unixMs?: (now: Ms) => number;
  /** Whether an announcement is our own, come back; such are counted and left out. */
  readonly isOwn?: (packet: SapPacket, sender: string) => boolean;
}

const NO_CHANNEL: SapChannel = { group: '' };

/**
 * What is announced, as heard in any number of groups (RFC 2974 §4 and §5).
 *
 * A session is known by its origin without the version, so that an update replaces it. It belongs to the host that
 * announced it first. That host's newest announcement is what counts, even with a lower version, since devices start
 * again at 1 when they are restarted. The same description from another host is a repetition; another description from
 * another host is another session, unless the owner was silent for three periods and so gave it up. Hash and source of a
 * packet only speed up finding it: contents are compared.
 *
 * Only a host that announces a session can delete it. A signature changes none of this, for nobody here can verify it.
 *
 * A full cache is shared fairly between hosts: see {@link FairShares}.
 */
export class SapListener implements DatagramMachine<never, SapListenerEvent> {
  readonly stats: SapListenerStats = newSapListenerStats();
  readonly #options: SapListenerOptions;
  readonly #cache: SapCache;
  readonly #unread = new UnreadSenders();
  readonly #timeoutMs: Ms;
  #events: SapListenerEvent[] = [];
  #taken = 0;

  constructor(options: SapListenerOptions = {}) {
    this.#options = options;
    this.#cache = new SapCache(options.limit ?? SAP_CACHE_LIMIT);
    this.#timeoutMs = options.timeoutMs ?? SAP_TIMEOUT_MS;
  }

  /** Sessions known. */
  get size(): number {
    return this.#cache.entries.size;
  }
  /** Places taken in the cache: sessions, the long ones several times. */
  get weight(): number {
    return this.#cache.weight;
  }
  /** Hosts that announce them. */
  get hosts(): number {
    return this.#cache.hosts;
  }

  /** Who sent what could not be read, the busiest first; at most 100 hosts. */
  get unreadSenders(): SapUnreadSender[] {
    return this.#unread.all;
  }

  /** Sessions heard in one group: what the interval of announcements there depends on (RFC 2974 §3.1). */
  sessionsIn(group: string): number {
    return this.#cache.sessionsIn(group);
  }

  /** The sessions as they are now, the longest known first. */
  *sessions(): Generator<AnnouncedSession, void, void> {
    for (const entry of this.#cache.entries.values()) yield entry.snapshot();
  }

  /** The session with this {@link AnnouncedSession.key}. */
  get(key: string): AnnouncedSession | undefined {
    return this.#cache.entries.get(key)?.snapshot();
  }

  /** @param channel where it was heard; sessions heard nowhere in particular count in no group */
  handleDatagram(bytes: Uint8Array, from: TransportAddress, now: Ms, channel: SapChannel = NO_CHANNEL): void {
    this.stats.received++;
    if (sapVersion(bytes) === 0) {
      this.#notRead('version0', from.address);
      return;
    }
    try {
      this.#handle(viewSapPacket(bytes), from.address, now, channel);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#notRead('malformed', from.address);
    }
  }

  handleTimeout(now: Ms): void {
    const { expiry } = this.#cache;
    for (let entry = expiry.take(now); entry !== undefined; entry = expiry.take(now)) {
      this.#expire(entry, now >= this.#endOf(entry, now) ? 'over' : 'silent');
    }
  }

  pollTransmit(): undefined {
    return undefined;
  }

  pollEvent(): SapListenerEvent | undefined {
    const event = this.#events[this.#taken];
    if (event === undefined) {
      this.#events = [];
      this.#taken = 0;
      return undefined;
    }
    this.#taken++;
    return event;
  }

  pollTimeout(): Ms | undefined {
    return this.#cache.expiry.next();
  }

  #handle(packet: SapPacket, sender: string, now: Ms, channel: SapChannel): void {
    const { stats } = this;
    if (packet.encrypted) {
      this.#notRead('encrypted', sender);
      return;
    }
    if (this.#options.isOwn?.(packet, sender) === true) {
      stats.own++;
      return;
    }
    if (packet.compressed) stats.compressed++;
    if (packet.authentication !== undefined) stats.authenticated++;
    if (packet.type === 'delete') this.#delete(this.#inTheClear(packet), sender);
    else this.#announce(packet, sender, now, channel);
  }

  #notRead(kind: SapUnreadKind, sender: string): void {
    this.stats[kind]++;
    this.#unread.add(sender, kind);
  }

  #inTheClear(packet: SapPacket): SapPacket {
    if (!packet.compressed) return packet;
    const { inflate } = this.#options;
    if (inflate === undefined) throw new DecodeError('SAP', 'compressed, which is not supported here');
    return decompressSapPacket(packet, inflate);
  }

  #announce(packet: SapPacket, sender: string, now: Ms, channel: SapChannel): void {
    const known = this.#cache.byHash(sender, packet.hash);
    if (known !== undefined && sameBytes(known.content.payload, packet.payload)) {
      this.#refresh(known, sender, now, channel);
      return;
    }
    const clear = this.#inTheClear(packet);
    if (!isSdpPayload(clear.payloadType)) {
      this.#notRead('otherPayloads', sender);
      return;
    }
    const description = withoutTrailingNuls(clear.payload);
    const facts = describe(description, sender);
    if (facts === undefined) throw new DecodeError('SAP', 'the description has no o= line');
    if (this.#isOver(facts, now)) {
      this.#over(facts, sender);
      return;
    }
    this.#place(contentOf(packet, description, facts), sender, now, channel);
  }

  /** Finds out whose session it is. */
  #place(content: EntryContent, sender: string, now: Ms, channel: SapChannel): void {
    const { key, description } = content;
    const found = this.#cache.separate(key, sender);
    const entry = this.#cache.entries.get(key) ?? found;
    if (entry === undefined) {
      this.#appear(key, content, sender, now, channel);
      return;
    }
    const separate = entry === found ? undefined : found;
    if (sameBytes(entry.content.description, description)) {
      if (separate !== undefined) this.#withdraw(separate, 'merged');
      if (entry.owner === sender) this.#keepNewHash(entry, content);
      this.#refresh(entry, sender, now, channel);
    } else if (entry.owner === sender || this.#isAbandoned(entry, now)) {
      if (separate !== undefined) this.#withdraw(separate, 'merged');
      this.#change(entry, content, sender, now, channel);
    } else if (separate !== undefined) {
      if (sameBytes(separate.content.description, description)) this.#refresh(separate, sender, now, channel);
      else this.#change(separate, content, sender, now, channel);
    } else if (versionOrder(content, entry.content) < 0) {
      this.stats.stale++;
    } else {
      this.#appear(separateKey(key, sender), content, sender, now, channel);
    }
  }

  #appear(key: string, content: EntryContent, sender: string, now: Ms, channel: SapChannel): void {
    if (!this.#makeRoom(sender, entryWeight(content))) return;
    const entry = new SapEntry(key, content, this.#cache.known(sender), now);
    this.#cache.add(entry);
    this.stats.appeared++;
    this.#heard(entry, sender, now, channel);
    this.#events.push({ type: 'appeared', session: entry.snapshot() });
  }

  #change(entry: SapEntry, content: EntryContent, sender: string, now: Ms, channel: SapChannel): void {
    const overtaken = now - entry.changed < REORDERED_MS && entry.owner === sender;
    if (overtaken && versionOrder(content, entry.content) < 0) {
      this.stats.stale++;
      return;
    }
    if (!this.#makeRoom(sender, entryWeight(content) - entry.weight, entry)) return;
    const previous = entry.content.description;
    if (entry.owner !== sender) this.#cache.giveTo(entry, sender);
    this.#cache.replaceContent(entry, content);
    entry.changed = now;
    this.stats.changed++;
    this.#heard(entry, sender, now, channel);
    this.#events.push({ type: 'changed', session: entry.snapshot(), previous });
    for (const other of this.#cache.separateFrom(entry)) {
      if (sameBytes(other.content.description, content.description)) this.#withdraw(other, 'merged');
    }
  }

  #refresh(entry: SapEntry, sender: string, now: Ms, channel: SapChannel): void {
    if (entry.owner !== sender && this.#isAbandoned(entry, now)) this.#cache.giveTo(entry, sender);
    this.stats.refreshed++;
    this.#heard(entry, sender, now, channel);
  }

  /** The same description, but another hash, compression or signature. */
  #keepNewHash(entry: SapEntry, content: EntryContent): void {
    const { hash, payload } = entry.content;
    if (hash === content.hash && sameBytes(payload, content.payload)) return;
    if (entryWeight(content) <= entry.weight) this.#cache.replaceContent(entry, content);
  }

  #heard(entry: SapEntry, sender: string, now: Ms, channel: SapChannel): void {
    this.#cache.heard(entry, sender, channel, now);
    const silence = Math.max(this.#timeoutMs, SAP_TIMEOUT_PERIODS * (entry.longestPeriod ?? 0));
    entry.expiresAt = Math.min(now + silence, this.#endOf(entry, now));
    this.#cache.expiry.schedule(entry);
  }

  /** A deletion names the session by its `o=` line, and by the hash of the announcement (RFC 2974 §6). */
  #delete(packet: SapPacket, sender: string): void {
    const named = deletedKey(packet.payload);
    const byHash = this.#cache.byHash(sender, packet.hash);
    const base = named?.base ?? '';
    const alike = named?.unique === false ? this.#cache.vague(sender, base) : [];
    const entry =
      byHash !== undefined && (named === undefined || byHash.content.base === base)
        ? byHash
        : (this.#cache.separate(base, sender) ??
          this.#cache.entries.get(base) ??
          (alike.length === 1 ? alike[0] : undefined));
    if (entry === undefined) this.stats.unknownDeletes++;
    else if (entry.owner !== sender && !entry.isHeardFrom(sender)) this.stats.foreignDeletes++;
    else this.#obey(entry, sender);
  }

  /** What the owner deletes is gone; what somebody else deletes, only that host has stopped repeating. */
  #obey(entry: SapEntry, sender: string): void {
    this.stats.deleted++;
    if (entry.owner === sender) this.#withdraw(entry, 'deleted');
    else this.#cache.unhear(entry, sender);
  }

  #withdraw(entry: SapEntry, reason: 'deleted' | 'merged'): void {
    const session = entry.snapshot();
    this.#cache.remove(entry);
    this.#events.push({ type: 'withdrawn', session, reason });
  }

  #expire(entry: SapEntry, reason: SapExpiryReason): void {
    const session = entry.snapshot();
    this.#cache.remove(entry);
    this.#events.push({ type: 'expired', session, reason });
  }

  /** An announcement of a session that is over ends it, if it is its host's. */
  #over(facts: DescriptionFacts, sender: string): void {
    this.stats.over++;
    const entry = this.#cache.entries.get(facts.key);
    if (entry?.owner === sender) this.#expire(entry, 'over');
  }

  /** @returns false when the host has its share, and gets no more */
  #makeRoom(sender: string, weight: number, keep?: SapEntry): boolean {
    if (weight <= 0) return true;
    for (;;) {
      const victim = this.#cache.victim(sender, weight, keep);
      if (victim === undefined) return true;
      if (victim === 'refused') {
        this.stats.overQuota++;
        return false;
      }
      this.stats.evicted++;
      this.#expire(victim, 'room');
    }
  }

  #isAbandoned(entry: SapEntry, now: Ms): boolean {
    const period = entry.longestPeriod ?? UNKNOWN_PERIOD_MS;
    return now - entry.ownerHeard > Math.max(ABANDONED_LEAST_MS, ABANDONED_PERIODS * period);
  }

  #isOver({ stopUnixSeconds }: DescriptionFacts, now: Ms): boolean {
    const { unixMs } = this.#options;
    return unixMs !== undefined && stopUnixSeconds !== undefined && stopUnixSeconds * 1000 <= unixMs(now);
  }

  /** When its `t=` lines end it, on the machine's clock. */
  #endOf(entry: SapEntry, now: Ms): Ms {
    const { stopUnixSeconds } = entry.content;
    const { unixMs } = this.#options;
    if (unixMs === undefined || stopUnixSeconds === undefined) return Infinity;
    return now + stopUnixSeconds * 1000 - unixMs(now);
  }
}

/** A copy that shares no memory with the datagram. */
function contentOf(packet: SapPacket, description: Uint8Array, facts: DescriptionFacts): EntryContent {
  const { hash, source, authentication, compressed } = packet;
  const payload = new Uint8Array(packet.payload);
  return {
    key: facts.key,
    base: facts.base,
    unique: facts.unique,
    stopUnixSeconds: facts.stopUnixSeconds,
    hash,
    source,
    authentication,
    compressed,
    payload,
    description: compressed ? description : withoutTrailingNuls(payload),
  };
}

function versionOrder(a: EntryContent, b: EntryContent): number {
  const version = ({ description }: EntryContent): string => originOf(description)?.sessionVersion ?? '';
  return compareDecimal(version(a), version(b));
}
