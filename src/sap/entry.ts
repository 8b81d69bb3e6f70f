import type { Ms } from '../machine.ts';
import type { AnnouncedSession, SapChannel, SapHearing } from './announced-session.ts';
import type { SapAuthentication } from './authentication.ts';
import { type DescriptionFacts, originOf } from './description.ts';

/** Ways of hearing one session that are remembered; the one silent longest goes first. */
const MAX_HEARINGS = 8;
/** A second copy within this time is a doubled datagram and says nothing about the period. */
const DOUBLED_MS = 100;
/** Part of the difference that each new interval moves the mean by. */
const PERIOD_WEIGHT = 1 / 4;
/** Least budget that an entry takes, bytes of payload; the size that RFC 2974 §6 recommends at most. */
const SLOT_BYTES = 1024;

interface MutableHearing extends SapHearing {
  lastHeard: Ms;
  count: number;
  period: Ms | undefined;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const latin1 = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
};

/** The content of one announcement, as far as it is kept. */
export interface EntryContent extends DescriptionFacts {
  readonly hash: number;
  readonly source: string;
  readonly authentication: SapAuthentication | undefined;
  readonly compressed: boolean;
  /** The payload as it came, to compare the next one with. */
  readonly payload: Uint8Array;
  /** The same bytes, or what they were compressed from. */
  readonly description: Uint8Array;
}

/** What became of the ways of hearing a session. */
export interface HearingChange {
  readonly added?: SapHearing;
  readonly dropped?: SapHearing;
}

/** A session in the listener's cache. */
export class SapEntry {
  readonly key: string;
  content: EntryContent;
  /** Host whose session it is. */
  owner: string;
  readonly firstHeard: Ms;
  lastHeard: Ms;
  /** When its owner was last heard. */
  ownerHeard: Ms;
  changed: Ms;
  count = 0;
  expiresAt: Ms = Infinity;
  /** When the expiry queue looks at it next; undefined when it is not in there. */
  scheduled: Ms | undefined;
  /** Heard more than once, and not only in copies of one announcement: no newcomer pushes it out. */
  settled = false;
  /** No longer in the cache. */
  gone = false;
  hearings: MutableHearing[] = [];

  constructor(key: string, content: EntryContent, owner: string, now: Ms) {
    this.key = key;
    this.content = content;
    this.owner = owner;
    this.firstHeard = now;
    this.lastHeard = now;
    this.ownerHeard = now;
    this.changed = now;
  }

  /** Budget that it takes: 1, or more when it is longer than a description should be. */
  get weight(): number {
    return entryWeight(this.content);
  }

  /**
   * Notes that it was heard. Where all places are taken, the owner's hearings make room only for the owner's.
   *
   * @param track whether a new way of hearing it may be remembered
   */
  heard(sender: string, channel: SapChannel, now: Ms, track: boolean): HearingChange {
    this.lastHeard = now;
    this.count++;
    if (sender === this.owner) this.ownerHeard = now;
    const { hearings } = this;
    const known = hearings.find(
      (it) => it.sender === sender && it.group === channel.group && it.interface === channel.interface,
    );
    if (known !== undefined) {
      const interval = now - known.lastHeard;
      known.count++;
      if (interval < DOUBLED_MS) return {};
      known.period =
        known.period === undefined ? interval : known.period + (interval - known.period) * PERIOD_WEIGHT;
      known.lastHeard = now;
      return {};
    }
    if (!track) return {};
    const added: MutableHearing = {
      group: channel.group,
      interface: channel.interface,
      sender,
      firstHeard: now,
      lastHeard: now,
      count: 1,
      period: undefined,
    };
    if (hearings.length < MAX_HEARINGS) {
      this.hearings = hearings.length === 0 ? [added] : hearings.concat(added); // a push keeps room for many more
      return { added };
    }
    const candidates = hearings.filter((it) => sender === this.owner || it.sender !== this.owner);
    const dropped = candidates.reduce<MutableHearing | undefined>(
      (least, it) => (least === undefined || it.lastHeard < least.lastHeard ? it : least),
      undefined,
    );
    if (dropped === undefined) return {};
    this.hearings = [...hearings.filter((it) => it !== dropped), added];
    return { added, dropped };
  }

  isHeardFrom(sender: string): boolean {
    return this.hearings.some((it) => it.sender === sender);
  }

  isHeardIn(group: string): boolean {
    return this.hearings.some((it) => it.group === group);
  }

  get shortestPeriod(): Ms | undefined {
    return this.hearings.reduce<Ms | undefined>(
      (least, { period }) => (period === undefined ? least : Math.min(least ?? Infinity, period)),
      undefined,
    );
  }

  get longestPeriod(): Ms | undefined {
    return this.hearings.reduce<Ms | undefined>(
      (most, { period }) => (period === undefined ? most : Math.max(most ?? 0, period)),
      undefined,
    );
  }

  snapshot(): AnnouncedSession {
    const { hash, source, authentication, compressed, description, stopUnixSeconds } = this.content;
    const period = this.shortestPeriod;
    return {
      key: this.key,
      get origin() {
        return originOf(description);
      },
      description,
      get text() {
        return asText(description);
      },
      hash,
      source,
      sender: this.owner,
      authentication,
      compressed,
      firstHeard: this.firstHeard,
      lastHeard: this.lastHeard,
      changed: this.changed,
      count: this.count,
      period,
      nextExpected: period === undefined ? undefined : this.lastHeard + period,
      expiresAt: this.expiresAt,
      stopUnixSeconds,
      heard: this.hearings.map((it) => ({ ...it })),
    };
  }
}

/** Budget that content takes in the cache: one for each 1024 bytes begun. */
export function entryWeight({ payload, description }: EntryContent): number {
  const bytes = payload.length + (payload === description ? 0 : description.length);
  return Math.max(1, Math.ceil(bytes / SLOT_BYTES));
}

function asText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

/** Whether both hold the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
