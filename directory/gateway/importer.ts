import type { Ms, RandomSource } from '../../src/machine.ts';
import { ExpiryQueue } from '../../src/sap/index.ts';
import { Budget } from './budget.ts';
import { decide, type ImportPace, type SessionRecord } from './import-rules.ts';
import { MAX_NAME_CANDIDATES, nameKey, sessionName } from './names.ts';
import type {
  EntryView,
  GatewayLimits,
  HeardSession,
  ImportAction,
  ImportOutcome,
  TimesOf,
} from './types.ts';

/** What has happened to copies in the directory. */
export type ImportEvent =
  | {
      readonly type: 'imported' | 'updated' | 'takenOver';
      readonly name: string;
      readonly session: HeardSession;
    }
  | { readonly type: 'removed'; readonly name: string; readonly key: string }
  | {
      readonly type: 'refused';
      readonly name: string;
      readonly session: HeardSession;
      readonly problem: string;
    };

export interface ImporterOptions {
  /** Name of this gateway. */
  readonly me: string;
  readonly limits: Pick<GatewayLimits, 'maxImported' | 'maxImportedPerSource' | 'writesPerSecond'>;
  readonly pace: ImportPace;
  readonly random: RandomSource;
  readonly timesOf: TimesOf;
}

/** Actions under way at once. */
const MAX_BUSY = 8;
/** A tenth of a minute's worth of writes may come at once. */
const BURST_SECONDS = 6;
/** Until what has failed is tried again: at first, and at most. */
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 300_000;
/** Until a session for which there was no room is thought of again. */
const NO_ROOM_RETRY_MS = 300_000;
/** Until what the directory did not want is offered again. */
const REFUSED_RETRY_MS = 600_000;

interface Scheduled {
  readonly record: SessionRecord;
  expiresAt: Ms;
  scheduled: Ms | undefined;
  gone: boolean;
}

/**
 * Keeps copies of announced sessions in a directory: says what is to be added, replaced, refreshed and deleted there, one
 * action at a time for each session, in bounded number and at a bounded rate. It does nothing until it knows what the
 * directory has.
 */
export class Importer {
  readonly counts = { imported: 0, updated: 0, refreshed: 0, removed: 0, refused: 0, failed: 0 };
  readonly #options: ImporterOptions;
  readonly #budget: Budget;
  readonly #records = new Map<string, Scheduled>();
  /** Keys of sessions to think of, in turn. */
  readonly #dirty = new Set<string>();
  readonly #queue = new ExpiryQueue<Scheduled>();
  /** DNs by what directories take for one name. */
  readonly #names = new Map<string, Set<string>>();
  /** Keys of copies kept by this gateway, and how many of each announcing host. */
  readonly #mine = new Map<string, string>();
  readonly #perSource = new Map<string, number>();
  /** Announcing hosts of copies that are being added, by key. */
  readonly #adding = new Map<string, string>();
  /** Sessions that wait for room. */
  readonly #waiting = new Set<string>();
  readonly #events: ImportEvent[] = [];
  #busy = 0;
  #isReady = false;
  #pausedUntil: Ms = -Infinity;
  #failures = 0;

  constructor(options: ImporterOptions, now: Ms) {
    const { writesPerSecond } = options.limits;
    this.#options = options;
    this.#budget = new Budget(writesPerSecond, Math.max(1, writesPerSecond * BURST_SECONDS), now);
  }

  /** Copies that this gateway keeps. */
  get kept(): number {
    return this.#mine.size;
  }
  /** Sessions that are not copied since there are too many, of their host or at all. */
  get waiting(): number {
    return this.#waiting.size;
  }
  /** Sessions known, announced or copied. */
  get size(): number {
    return this.#records.size;
  }

  /** An announced session appeared or has another description. */
  heard(session: HeardSession, now: Ms): void {
    const { record } = this.#of(session.key, now);
    if (record.heard.size === 0) {
      record.lost = undefined;
      record.goneAt = undefined; // what was gone is announced anew
    }
    record.heard.set(session.id, session);
    this.#touch(session.key);
  }

  /** It is not announced any more. @param isWithdrawn whether its announcer said so */
  lost(id: string, key: string, isWithdrawn: boolean, now: Ms): void {
    const record = this.#records.get(key)?.record;
    if (record === undefined || !record.heard.delete(id)) return;
    if (record.heard.size === 0) record.lost = { at: now, isWithdrawn };
    this.#touch(key);
  }

  /** An entry is in the directory, or has changed there. */
  present(entry: EntryView, now: Ms): void {
    this.#name(entry, true);
    const key = entry.key;
    if (key === undefined) return;
    const { record } = this.#of(key, now);
    record.entries.set(entry.dn, entry);
    record.looked.delete(entry.dn);
    record.goneAt = undefined;
    this.#count(record);
    this.#touch(key);
  }

  /** An entry is not in the directory any more. */
  gone(entry: EntryView, now: Ms): void {
    this.#name(entry, false);
    const key = entry.key;
    const record = key === undefined ? undefined : this.#records.get(key)?.record;
    if (key === undefined || record === undefined || !record.entries.delete(entry.dn)) return;
    record.looked.delete(entry.dn);
    if (record.entries.size === 0) record.goneAt = now;
    this.#count(record);
    this.#touch(key);
  }

  /** Whether everything in the directory has been told. */
  set isReady(isReady: boolean) {
    this.#isReady = isReady;
  }

  /** What is to be done next; {@link done} says how it went. */
  pollAction(now: Ms): ImportAction | undefined {
    if (!this.#canAct(now)) return undefined;
    for (const key of this.#dirty) {
      const scheduled = this.#records.get(key);
      if (scheduled === undefined) {
        this.#dirty.delete(key);
        continue;
      }
      if (scheduled.record.isBusy) {
        this.#dirty.delete(key); // looked at again when that is done
        continue;
      }
      const action = this.#decide(scheduled, now);
      if (action === undefined) {
        this.#dirty.delete(key);
        this.#forgetIdle(key, scheduled);
        continue;
      }
      if (!this.#budget.take(now)) return undefined; // stays first in turn
      this.#dirty.delete(key);
      scheduled.record.isBusy = true;
      if (action.kind === 'add') this.#adding.set(key, action.session.source);
      this.#busy++;
      return action;
    }
    return undefined;
  }

  /** How an action went. */
  done(action: ImportAction, outcome: ImportOutcome, now: Ms): void {
    this.#busy--;
    this.#adding.delete(action.key);
    const { record } = this.#of(action.key, now);
    record.isBusy = false;
    this.#touch(action.key);
    if (outcome.kind === 'failed') {
      this.counts.failed++;
      this.#pausedUntil = now + this.#backOff(this.#failures++);
      return;
    }
    this.#failures = 0;
    if (outcome.kind === 'refused') {
      record.notBefore = now + REFUSED_RETRY_MS;
      this.counts.refused++;
      if ('session' in action) this.#refused(action, outcome.problem);
      return;
    }
    if (outcome.kind === 'taken') {
      if (outcome.entry !== undefined) this.present(outcome.entry, now);
      if (outcome.entry?.key !== action.key) record.candidate++;
      return;
    }
    this.#succeeded(action, outcome.entry, now);
  }

  pollEvent(): ImportEvent | undefined {
    return this.#events.shift();
  }

  handleTimeout(now: Ms): void {
    for (let due = this.#queue.take(now); due !== undefined; due = this.#queue.take(now)) {
      this.#touch(due.record.key);
    }
  }

  /** When {@link handleTimeout} and {@link pollAction} have something to do. */
  pollTimeout(now: Ms): Ms | undefined {
    const next = this.#queue.next();
    if (this.#dirty.size === 0 || !this.#isReady || this.#busy >= MAX_BUSY) return next;
    const free = Math.max(now, this.#pausedUntil, this.#budget.nextAt);
    return next === undefined ? free : Math.min(next, free);
  }

  #canAct(now: Ms): boolean {
    return this.#isReady && this.#busy < MAX_BUSY && now >= this.#pausedUntil;
  }

  #decide(scheduled: Scheduled, now: Ms): ImportAction | undefined {
    const { record } = scheduled;
    const { me, pace, timesOf } = this.#options;
    const times = this.#freshTimes(record, timesOf, now);
    const decision = decide(record, { me, pace, now }, times, () => this.#freeName(record));
    this.#waiting.delete(record.key);
    if (decision === undefined) return this.#wait(scheduled, Infinity);
    if ('at' in decision) return this.#wait(scheduled, Math.max(decision.at, now + 1));
    const { action } = decision;
    if (action.kind !== 'add') return action;
    if (this.#hasRoom(action.session.source)) return action;
    this.#waiting.add(record.key);
    return this.#wait(scheduled, now + NO_ROOM_RETRY_MS);
  }

  #wait(scheduled: Scheduled, until: Ms): undefined {
    scheduled.expiresAt = until;
    this.#queue.schedule(scheduled);
  }

  /** When the announcement that counts was heard; those that the listener has forgotten go. */
  #freshTimes(record: SessionRecord, timesOf: TimesOf, now: Ms): ReturnType<TimesOf> {
    for (const id of record.heard.keys()) {
      const times = timesOf(id);
      if (times !== undefined) return times;
      record.heard.delete(id);
      record.lost ??= { at: now, isWithdrawn: false };
    }
    return undefined;
  }

  /** The first of the session's names that nobody has, as far as is known. */
  #freeName(record: SessionRecord): string | undefined {
    const [session] = record.heard.values();
    if (session === undefined) return undefined;
    for (; record.candidate < MAX_NAME_CANDIDATES; record.candidate++) {
      const name = sessionName(session.name, record.key, record.candidate);
      if (!this.#names.has(nameKey(name))) return name;
    }
    return undefined;
  }

  #hasRoom(source: string): boolean {
    const { maxImported, maxImportedPerSource } = this.#options.limits;
    const adding = this.#adding
      .values()
      .filter((it) => it === source)
      .toArray().length;
    const isWithinShare = (this.#perSource.get(source) ?? 0) + adding < maxImportedPerSource;
    return isWithinShare && this.#mine.size + this.#adding.size < maxImported;
  }

  #succeeded(action: ImportAction, entry: EntryView | undefined, now: Ms): void {
    const { record } = this.#of(action.key, now);
    const before = 'entry' in action ? action.entry : undefined;
    if (before !== undefined && entry?.key !== before.key) this.gone(before, now);
    if (entry !== undefined) this.present(entry, now);
    if (action.kind === 'look') {
      if (entry !== undefined) record.looked.add(entry.dn);
      return;
    }
    if (action.kind === 'refresh') this.counts.refreshed++;
    else if (action.kind === 'delete') {
      this.counts.removed++;
      this.#events.push({ type: 'removed', name: action.entry.name, key: action.key });
    } else if (entry !== undefined) {
      record.changedAt = now;
      const isAdd = action.kind === 'add';
      if (isAdd) this.counts.imported++;
      else this.counts.updated++;
      const isOurs = isAdd || action.entry.origin?.gateway === this.#options.me;
      const type = isAdd ? 'imported' : isOurs ? 'updated' : 'takenOver';
      this.#events.push({ type, name: entry.name, session: action.session });
    }
  }

  #refused(action: ImportAction & { readonly session: HeardSession }, problem: string): void {
    const name = action.kind === 'add' ? action.name : (action.session.name ?? '');
    this.#events.push({ type: 'refused', name, session: action.session, problem });
  }

  #of(key: string, now: Ms): Scheduled {
    let scheduled = this.#records.get(key);
    if (scheduled === undefined) {
      const { pace, random } = this.#options;
      const record: SessionRecord = {
        key,
        heard: new Map(),
        entries: new Map(),
        looked: new Set(),
        goneAt: undefined,
        lost: undefined,
        staleSince: undefined,
        changedAt: undefined,
        candidate: 0,
        notBefore: now + random() * pace.settleMs, // of several gateways one is first
        isBusy: false,
      };
      scheduled = { record, expiresAt: Infinity, scheduled: undefined, gone: false };
      this.#records.set(key, scheduled);
    }
    return scheduled;
  }

  #touch(key: string): void {
    this.#dirty.add(key);
  }

  /** What is neither announced nor in the directory is nothing to remember. */
  #forgetIdle(key: string, scheduled: Scheduled): void {
    const { heard, entries, isBusy } = scheduled.record;
    if (heard.size > 0 || entries.size > 0 || isBusy) return;
    scheduled.gone = true;
    this.#records.delete(key);
    this.#waiting.delete(key);
  }

  #name({ name, dn }: EntryView, isThere: boolean): void {
    const key = nameKey(name);
    const dns = this.#names.get(key) ?? new Set();
    if (isThere) dns.add(dn);
    else dns.delete(dn);
    if (dns.size > 0) this.#names.set(key, dns);
    else this.#names.delete(key);
  }

  /** Counts whether we keep a copy of it, and lets others have the room that has become free. */
  #count({ key, entries }: SessionRecord): void {
    const mine = [...entries.values()].find(({ origin }) => origin?.gateway === this.#options.me);
    const source = mine?.origin?.source;
    const before = this.#mine.get(key);
    if (source === before) return;
    if (before !== undefined) {
      const left = (this.#perSource.get(before) ?? 1) - 1;
      if (left > 0) this.#perSource.set(before, left);
      else this.#perSource.delete(before);
      this.#mine.delete(key);
      for (const waiting of this.#waiting.values().take(MAX_BUSY)) this.#touch(waiting);
    }
    if (source === undefined) return;
    this.#mine.set(key, source);
    this.#perSource.set(source, (this.#perSource.get(source) ?? 0) + 1);
  }

  #backOff(failures: number): Ms {
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
    return longest * (0.5 + this.#options.random() / 2);
  }
}
