import type { Ms, RandomSource } from '../../src/machine.ts';
import { compareIp, tryParseIp } from '../../src/ip/index.ts';
import { ExpiryQueue } from '../../src/sap/index.ts';
import { compareDecimal } from '../../src/sdp/index.ts';
import { sameBytes } from '../dialect/user-values.ts';
import type { NotAnnounced } from './types.ts';

/** A conference of the directory, and whether it is to be announced. */
export interface Publishable {
  readonly dn: string;
  readonly name: string;
  readonly key: string;
  readonly version: string;
  readonly payload: Uint8Array;
  /** SAP groups; none when it is not to be announced. */
  readonly groups: readonly string[];
  readonly reason: NotAnnounced | undefined;
  /** When it is over for good, on the monotonic clock; undefined for never. */
  readonly endsAt: Ms | undefined;
}

/** Another host that announces a session of ours. */
export interface OtherAnnouncer {
  /** Address that its datagrams come from. */
  readonly sender: string;
  readonly lastHeard: Ms;
  /** Datagrams heard. */
  readonly count: number;
  readonly periodMs: Ms | undefined;
  /** Version that it announces. */
  readonly version: string;
  /** Whether it is the host that the `o=` line names. */
  readonly isOriginator: boolean;
}

/** What is to be announced from now on. */
export type PublishAction =
  | {
      /** A new session, or one whose description or groups are others now. */
      readonly kind: 'announce';
      readonly key: string;
      readonly name: string;
      readonly payload: Uint8Array;
      readonly groups: readonly string[];
      readonly isNew: boolean;
    }
  | {
      readonly kind: 'withdraw';
      readonly key: string;
      readonly name: string;
      readonly payload: Uint8Array;
      /** False when another host goes on announcing it: that session is not over. */
      readonly isOver: boolean;
    };

export interface PublisherOptions {
  readonly maxAnnounced: number;
  readonly random: RandomSource;
  /** Addresses that we announce from. */
  readonly ownAddresses: () => readonly string[];
  /** Other hosts that announce the session now, own announcements left out. */
  readonly othersOf: (key: string) => readonly OtherAnnouncer[];
  /** A change waits this long for what belongs to it, as the new name of an entry after the old one. */
  readonly settleMs: Ms;
  /** Time between two looks at who else announces a session of ours. */
  readonly lookMs: Ms;
}

/** A host's period while it is not known (RFC 2974 §3.1). */
const UNKNOWN_PERIOD_MS = 300_000;
/** Periods after which a host that is not heard has gone. */
const SILENT_PERIODS = 3;
/** Announcements of another host, made although it can hear ours, after which we leave it the session. */
const STUBBORN_COUNT = 3;
/** An older version is still announced for this long after a change. */
const OUTDATED_PERIODS = 1;

interface Session {
  readonly key: string;
  readonly conferences: Map<string, Publishable>;
  announced: Publishable | undefined;
  /** When we began, and how often the others had been heard by then. */
  countsAtStart: ReadonlyMap<string, number>;
  isDeferred: boolean;
  /** It would be announced if there were fewer others. */
  hasNoRoom: boolean;
  /** Of the wait for a host that has fallen silent, between 0 and 1: each gateway has another. */
  readonly patience: number;
  changedAt: Ms;
  /** When to look at it again. */
  expiresAt: Ms;
  scheduled: Ms | undefined;
  gone: boolean;
}

/**
 * Decides which conferences of a directory are announced. Each session has one announcer: who announces it already is left
 * to it, the host that made it before all others, and of two gateways that begin at once the one with the lower address.
 * When an announcer has fallen silent, whoever notices first takes its place.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #dirty = new Set<string>();
  readonly #queue = new ExpiryQueue<Session>();
  #announced = 0;
  #deferred = 0;
  #isReady = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Sessions that we announce. */
  get announced(): number {
    return this.#announced;
  }
  /** Sessions that are left to other hosts. */
  get deferred(): number {
    return this.#deferred;
  }
  /** Conferences that are not announced, by reason. */
  notAnnounced(): Map<NotAnnounced, number> {
    const counts = new Map<NotAnnounced, number>();
    for (const session of this.#sessions.values()) {
      for (const { reason } of session.conferences.values()) {
        if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
      if (session.hasNoRoom) counts.set('room', (counts.get('room') ?? 0) + 1);
    }
    return counts;
  }

  /** A conference is in the directory, or has changed there. */
  present(conference: Publishable, now: Ms): void {
    const session = this.#of(conference.key, now);
    session.conferences.set(conference.dn, conference);
    this.#changed(session, now);
  }

  /** A conference is not in the directory any more. */
  gone(dn: string, key: string, now: Ms): void {
    const session = this.#sessions.get(key);
    if (session?.conferences.delete(dn) === true) this.#changed(session, now);
  }

  /** Another host announces a session, or does so no more. */
  heard(key: string): void {
    if (this.#sessions.has(key)) this.#dirty.add(key);
  }

  /** Whether this is a session that somebody published in the directory. */
  has(key: string): boolean {
    return this.#sessions.has(key);
  }

  /** Whether everything in the directory has been told. */
  set isReady(isReady: boolean) {
    this.#isReady = isReady;
  }

  handleTimeout(now: Ms): void {
    for (let due = this.#queue.take(now); due !== undefined; due = this.#queue.take(now)) {
      this.#dirty.add(due.key);
    }
  }

  pollTimeout(): Ms | undefined {
    return this.#queue.next();
  }

  pollAction(now: Ms): PublishAction | undefined {
    if (!this.#isReady) return undefined;
    for (const key of this.#dirty) {
      this.#dirty.delete(key);
      const session = this.#sessions.get(key);
      if (session === undefined) continue;
      const action = this.#decide(session, now);
      if (session.conferences.size === 0 && session.announced === undefined) {
        session.gone = true;
        this.#sessions.delete(key);
      } else this.#queue.schedule(session);
      if (action !== undefined) return action;
    }
    return undefined;
  }

  #decide(session: Session, now: Ms): PublishAction | undefined {
    const { key, changedAt, announced, patience } = session;
    const { settleMs, maxAnnounced, lookMs } = this.#options;
    const settled = changedAt + settleMs * (1 + patience);
    session.expiresAt = settled;
    if (now < settled) return undefined;
    const wanted = best([...session.conferences.values()], now);
    session.expiresAt = wanted === undefined ? Infinity : Math.min(now + lookMs, wanted.endsAt ?? Infinity);
    const isDeferred = wanted !== undefined && this.#isLeftToOthers(session, wanted, now);
    if (isDeferred !== session.isDeferred) this.#deferred += isDeferred ? 1 : -1;
    session.isDeferred = isDeferred;
    session.hasNoRoom = false;
    if (wanted === undefined || isDeferred) {
      return announced === undefined ? undefined : this.#stop(session, announced, !isDeferred);
    }
    if (announced !== undefined && isSame(announced, wanted)) return undefined;
    if (announced === undefined) {
      session.hasNoRoom = this.#announced >= maxAnnounced;
      if (session.hasNoRoom) return undefined; // looked at again by and by
      this.#announced++;
      const others = this.#options.othersOf(key);
      session.countsAtStart = new Map(others.map(({ sender, count }) => [sender, count]));
    }
    session.announced = wanted;
    const { name, payload, groups } = wanted;
    return { kind: 'announce', key, name, payload, groups, isNew: announced === undefined };
  }

  #stop(session: Session, { name, payload }: Publishable, isOver: boolean): PublishAction {
    session.announced = undefined;
    this.#announced--;
    return { kind: 'withdraw', key: session.key, name, payload, isOver };
  }

  #isLeftToOthers(session: Session, wanted: Publishable, now: Ms): boolean {
    const { announced, countsAtStart, changedAt, patience } = session;
    const own = this.#options.ownAddresses();
    return this.#options.othersOf(session.key).some((other) => {
      const period = other.periodMs ?? UNKNOWN_PERIOD_MS;
      if (now > other.lastHeard + (SILENT_PERIODS + patience) * period) return false;
      const isOutdated = compareDecimal(other.version, wanted.version) < 0;
      if (isOutdated && now > changedAt + OUTDATED_PERIODS * period) return false;
      if (announced === undefined || other.isOriginator) return true;
      const since = other.count - (countsAtStart.get(other.sender) ?? 0);
      return since > 0 && (since >= STUBBORN_COUNT || isBefore(other.sender, own));
    });
  }

  #of(key: string, now: Ms): Session {
    let session = this.#sessions.get(key);
    if (session === undefined) {
      session = {
        key,
        conferences: new Map(),
        announced: undefined,
        countsAtStart: new Map(),
        isDeferred: false,
        hasNoRoom: false,
        patience: this.#options.random(),
        changedAt: now,
        expiresAt: Infinity,
        scheduled: undefined,
        gone: false,
      };
      this.#sessions.set(key, session);
    }
    return session;
  }

  #changed(session: Session, now: Ms): void {
    session.changedAt = now;
    this.#dirty.add(session.key);
  }
}

/** Of several entries of one session the newest version; of the same version the first by name. */
function best(conferences: readonly Publishable[], now: Ms): Publishable | undefined {
  return conferences
    .filter(({ groups, endsAt }) => groups.length > 0 && (endsAt === undefined || endsAt > now))
    .toSorted((a, b) => compareDecimal(b.version, a.version) || (a.dn < b.dn ? -1 : 1))[0];
}

function isSame(a: Publishable, b: Publishable): boolean {
  return sameBytes(a.payload, b.payload) && [...a.groups].sort().join(' ') === [...b.groups].sort().join(' ');
}

/** Whether the address comes before all of ours of the same family. */
function isBefore(sender: string, own: readonly string[]): boolean {
  const family = tryParseIp(sender)?.family;
  if (family === undefined) return false;
  return own.every((address) => tryParseIp(address)?.family !== family || compareIp(sender, address) < 0);
}
