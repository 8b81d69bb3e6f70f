import { compareDecimal } from '../../src/sdp/index.ts';
import type { Ms } from '../../src/machine.ts';
import { sameBytes } from '../dialect/user-values.ts';
import type { EntryView, HeardSession, HeardTimes, ImportAction } from './types.ts';

/** Everything that is known of one session. */
export interface SessionRecord {
  readonly key: string;
  /** Announcements of it: mostly one; more when hosts quarrel about it, then the first counts. */
  readonly heard: Map<string, HeardSession>;
  /** Its entries in the directory, by DN: with an origin copies, without one what somebody published. */
  readonly entries: Map<string, EntryView>;
  /** DNs of those that were read anew because their keeper seemed to have left. */
  readonly looked: Set<string>;
  /** Since when no entry is there any more; it comes back when the session is heard after that. */
  goneAt: Ms | undefined;
  /** Since when it is not announced any more, and whether its announcer said so. */
  lost: { readonly at: Ms; readonly isWithdrawn: boolean } | undefined;
  /** Since when the description of a copy is not what is announced. */
  staleSince: Ms | undefined;
  /** When its copy was last changed by us. */
  changedAt: Ms | undefined;
  /** Which of its names is tried next. */
  candidate: number;
  /** Not before this: tried in vain, or another gateway may be faster. */
  notBefore: Ms;
  isBusy: boolean;
}

/** Delays; each gateway has others by chance, so that two seldom do the same at once. */
export interface ImportPace {
  /** A change by another gateway is waited for this long before we make it. */
  readonly takeOverMs: Ms;
  /** Least time between two changes of one entry. */
  readonly changeMs: Ms;
  /** What was sent before an entry went may still be on its way. */
  readonly settleMs: Ms;
}

/** What to do about a session now, or when to think of it again; undefined for when something happens. */
export type Decision = { readonly action: ImportAction } | { readonly at: Ms } | undefined;

/** Less time than this is not worth an entry. */
const LEAST_LIFE_MS = 1000;

/**
 * What is to be done about one session. A copy has a keeper, the gateway named in its origin: it alone updates, refreshes
 * and removes the copy. When it has stopped refreshing, whoever notices first takes its place.
 *
 * @param me    name of this gateway
 * @param times when the announcement that counts was heard; undefined when there is none
 * @param freeName name for a new copy; undefined when all are taken
 */
export function decide(
  record: SessionRecord,
  { me, pace, now }: { readonly me: string; readonly pace: ImportPace; readonly now: Ms },
  times: HeardTimes | undefined,
  freeName: () => string | undefined,
): Decision {
  const { key, notBefore } = record;
  if (notBefore > now) return { at: notBefore };
  const entries = [...record.entries.values()];
  const copies = entries.filter(({ origin }) => origin !== undefined).toSorted(byName);
  const [keep, ...more] = copies;
  const isMine = (entry: EntryView): boolean => entry.origin?.gateway === me;
  const [session] = record.heard.values();
  const isPublished = copies.length < entries.length;
  const surplus = (isPublished ? copies : more).find(isMine);
  if (surplus !== undefined) return { action: { kind: 'delete', key, entry: surplus } };
  if (isPublished) return undefined;
  if (session === undefined || times === undefined) return afterTheEnd(record, copies, isMine, pace, now);
  if (keep === undefined) return first(record, { session, times, freeName, now, pace });
  const ttlSeconds = Math.ceil((times.expiresAt - now) / 1000);
  const replace: Decision = { action: { kind: 'replace', key, entry: keep, session, ttlSeconds } };
  if (isOutdated(keep, session, isMine(keep))) {
    record.staleSince ??= now;
    const due = isMine(keep)
      ? (record.changedAt ?? -Infinity) + pace.changeMs
      : record.staleSince + pace.takeOverMs;
    return due <= now ? replace : { at: due };
  }
  record.staleSince = undefined;
  if (keep.expiresAt === undefined) return undefined; // it stays until it is deleted
  const hold = Math.max(LEAST_LIFE_MS, times.expiresAt - times.lastHeard);
  const left = keep.expiresAt - now;
  const gain = times.expiresAt - keep.expiresAt;
  const again: Decision = { at: now + hold / 16 };
  if (isMine(keep)) {
    if (left > hold / 2) return { at: keep.expiresAt - hold / 2 };
    return gain > hold / 8 ? { action: { kind: 'refresh', key, entry: keep, ttlSeconds } } : again;
  }
  if (left > hold / 4) return { at: keep.expiresAt - hold / 4 };
  if (gain <= hold / 8) return again;
  if (record.looked.has(keep.dn)) return replace;
  return { action: { kind: 'look', key, entry: keep } };
}

/** What is not announced any more goes: by its keeper at once, by others only if its announcer said so. */
function afterTheEnd(
  { key, lost }: SessionRecord,
  copies: readonly EntryView[],
  isMine: (entry: EntryView) => boolean,
  { takeOverMs }: ImportPace,
  now: Ms,
): Decision {
  if (lost === undefined) return undefined; // never heard by us: whoever did keeps it
  const entry = copies.find(isMine) ?? (lost.isWithdrawn ? copies[0] : undefined);
  if (entry === undefined) return undefined;
  const due = isMine(entry) ? lost.at : lost.at + takeOverMs;
  return due <= now ? { action: { kind: 'delete', key, entry } } : { at: due };
}

function first(
  record: SessionRecord,
  {
    session,
    times,
    freeName,
    now,
    pace,
  }: {
    readonly session: HeardSession;
    readonly times: HeardTimes;
    readonly freeName: () => string | undefined;
    readonly now: Ms;
    readonly pace: ImportPace;
  },
): Decision {
  const { key, goneAt } = record;
  if (times.expiresAt - now < LEAST_LIFE_MS) return undefined;
  if (goneAt !== undefined && times.lastHeard <= goneAt + pace.settleMs) {
    return { at: now + (times.expiresAt - times.lastHeard) / 64 };
  }
  const name = freeName();
  if (name === undefined) return undefined;
  const ttlSeconds = Math.ceil((times.expiresAt - now) / 1000);
  return { action: { kind: 'add', key, name, session, ttlSeconds } };
}

/** Its keeper follows every change; others step in only for a newer version, lest two that heard different things fight. */
function isOutdated(entry: EntryView, session: HeardSession, isMine: boolean): boolean {
  if (sameBytes(entry.payload, session.payload)) return false;
  return isMine || compareDecimal(session.version, entry.version) > 0;
}

/** The shortest name first: the same for every gateway. */
function byName(a: EntryView, b: EntryView): number {
  return a.name.length - b.name.length || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
