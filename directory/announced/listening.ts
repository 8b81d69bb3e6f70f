import { join } from 'node:path';
import type { Ms } from '../../src/machine.ts';
import type { Clock, Timer } from '../../src/net/clock.ts';
import type {
  AnnouncedSession,
  SapListenerEvent,
  SapListenerStats,
  SapUnreadSender,
} from '../../src/sap/index.ts';
import { type Announcement, announcementOf, recordOf } from './announcement.ts';
import {
  ANNOUNCEMENTS_FILE,
  type CachedAnnouncement,
  mergeCaches,
  readCache,
  writeCache,
} from './cache-file.ts';

/** Whatever hears announcements: the sockets of `src/net` do. */
export interface Ears {
  /** Interfaces that are listened on, by name. */
  readonly interfaces: readonly string[];
  /** SAP groups that are listened to. */
  readonly groups: readonly string[];
  readonly stats: Readonly<SapListenerStats>;
  /** Who sent what could not be read. */
  readonly unreadSenders: readonly SapUnreadSender[];
  sessions(): Iterable<AnnouncedSession>;
  close(): Promise<void> | void;
}

export interface ListeningOptions {
  /** Folder of the cache; undefined for none. */
  readonly dataDir: string | undefined;
  readonly clock: Clock;
  /** Begins to listen. @param recalled sessions of an earlier run, which deletions and changes may be about */
  listen(recalled: readonly CachedAnnouncement[], onEvent: (event: SapListenerEvent) => void): Promise<Ears>;
  /** Is told what is wrong with the cache. */
  readonly onNotice: (text: string) => void;
}

/** What became of an announced session. */
export interface AnnouncementEvent {
  readonly type: SapListenerEvent['type'];
  readonly announcement: Announcement;
  /** Why it is gone. */
  readonly reason?: Extract<SapListenerEvent, { readonly reason: string }>['reason'];
}

/** Milliseconds between two times that the cache is written while listening goes on and nothing happens. */
const SAVE_MS = 60_000;
/** Milliseconds until other processes find what has happened. */
const SAVE_SOON_MS = 2000;
/** Part of the time that goes into writing, at most: when there is much to write it is written seldom. */
const SAVING_SHARE = 1 / 50;
/** Sessions that are remembered as withdrawn until the cache is written, at most. */
const MAX_GONE = 10_000;

/** Announcements as they are heard, with what earlier runs heard, for as long as it is open. */
export class Listening implements AsyncDisposable {
  readonly #options: ListeningOptions;
  readonly #since: Ms;
  readonly #saving: Timer;
  readonly #waiting = new Set<PromiseWithResolvers<void>>();
  readonly #listeners = new Set<(event: AnnouncementEvent) => void>();
  /** When sessions were withdrawn, by their key, milliseconds since 1970. */
  readonly #gone = new Map<string, number>();
  /** When sessions were heard for the first time, by their key, milliseconds since 1970: in an earlier run. */
  readonly #firstHeard: ReadonlyMap<string, number>;
  #ears: Ears | undefined;
  #savedAt = 0;
  /** When the cache is written next, and when it may be. */
  #saveAt: Ms = Infinity;
  #notBefore: Ms = -Infinity;
  #isClosing = false;
  /** One after the other: the later one has the newer state, and is to be the last. */
  #saved: Promise<void> = Promise.resolve();

  private constructor(options: ListeningOptions, recalled: readonly CachedAnnouncement[]) {
    this.#options = options;
    this.#firstHeard = new Map(recalled.map(({ key, firstHeard }) => [key, firstHeard]));
    const { clock } = options;
    this.#since = clock.now();
    this.#saving = clock.timer(() => void this.#saveNow());
  }

  /** Reads the cache and begins to listen. @throws {NetworkError} when that cannot be done */
  static async begin(options: ListeningOptions): Promise<Listening> {
    const { dataDir, clock, onNotice } = options;
    const recalled = dataDir === undefined ? [] : await recall(pathOf(dataDir), clock, onNotice);
    const listening = new Listening(options, recalled);
    listening.#ears = await options.listen(recalled, (event) => listening.#take(event));
    listening.#schedule(clock.now() + SAVE_MS);
    return listening;
  }

  /** Sessions that are known now, in no particular order. */
  get announcements(): Announcement[] {
    return Array.from(this.#ears?.sessions() ?? [], (session) => this.#announcement(session));
  }
  get interfaces(): readonly string[] {
    return this.#ears?.interfaces ?? [];
  }
  get groups(): readonly string[] {
    return this.#ears?.groups ?? [];
  }
  /** What was heard, counted. */
  get stats(): Readonly<SapListenerStats> | undefined {
    return this.#ears?.stats;
  }

  /** Who sent what could not be read, the busiest first. */
  get unreadSenders(): readonly SapUnreadSender[] {
    return this.#ears?.unreadSenders ?? [];
  }

  /** @returns ends the subscription */
  on(listener: (event: AnnouncementEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Fulfilled so many milliseconds after listening began; at once when that is over, or when it is closed. */
  async until(ms: Ms): Promise<void> {
    const { clock } = this.#options;
    const end = this.#since + ms;
    if (clock.now() >= end || this.#ears === undefined) return;
    const over = Promise.withResolvers<void>();
    const timer = clock.timer(() => over.resolve());
    timer.set(end);
    this.#waiting.add(over);
    try {
      await over.promise;
    } finally {
      timer.set(undefined);
      this.#waiting.delete(over);
    }
  }

  /** Writes what is known into the cache, with what other processes have heard; nothing when nothing was heard. */
  save(): Promise<void> {
    this.#saved = this.#saved.then(() => this.#save());
    return this.#saved;
  }

  async #save(): Promise<void> {
    const { dataDir, clock, onNotice } = this.#options;
    const received = this.stats?.received ?? 0;
    if (dataDir === undefined || received === this.#savedAt) return;
    this.#savedAt = received;
    const path = pathOf(dataDir);
    try {
      const { announcements: theirs } = await readCache(path, clock.wall());
      await writeCache(path, mergeCaches(this.announcements.map(recordOf), theirs, this.#gone));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      onNotice(`announced sessions are not kept for the next time: ${reason}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
  async close(): Promise<void> {
    const ears = this.#ears;
    if (ears === undefined) return;
    this.#isClosing = true;
    this.#saving.set(undefined);
    await this.save();
    this.#ears = undefined;
    for (const over of this.#waiting) over.resolve();
    await ears.close();
  }

  async #saveNow(): Promise<void> {
    const { clock } = this.#options;
    const begun = clock.now();
    this.#saveAt = Infinity;
    this.#schedule(begun + SAVE_MS);
    await this.save();
    const now = clock.now();
    this.#notBefore = now + (now - begun) / SAVING_SHARE;
  }

  #schedule(at: Ms): void {
    const due = Math.max(at, this.#notBefore);
    if (due >= this.#saveAt || this.#isClosing) return;
    this.#saveAt = due;
    this.#saving.set(due);
  }

  #take(event: SapListenerEvent): void {
    const { type, session } = event;
    const announcement = this.#announcement(session);
    if (type === 'withdrawn') {
      this.#gone.set(session.key, this.#options.clock.wall());
      const [oldest] = this.#gone.keys();
      if (this.#gone.size > MAX_GONE && oldest !== undefined) this.#gone.delete(oldest);
    } else this.#gone.delete(session.key);
    if (this.#ears !== undefined) this.#schedule(this.#options.clock.now() + SAVE_SOON_MS);
    for (const listener of this.#listeners) {
      listener({ type, announcement, ...('reason' in event ? { reason: event.reason } : {}) });
    }
  }

  #announcement(session: AnnouncedSession): Announcement {
    const { clock } = this.#options;
    const ahead = clock.wall() - clock.now();
    const announcement = announcementOf(session, (moment) => moment + ahead, this.#since);
    const first = this.#firstHeard.get(session.key);
    if (first === undefined || session.firstHeard >= this.#since) return announcement;
    return { ...announcement, firstHeard: new Date(first) };
  }
}

const pathOf = (dataDir: string): string => join(dataDir, ANNOUNCEMENTS_FILE);

async function recall(
  path: string,
  clock: Clock,
  onNotice: (text: string) => void,
): Promise<readonly CachedAnnouncement[]> {
  const { announcements, problem } = await readCache(path, clock.wall());
  if (problem !== undefined) {
    onNotice(
      `${path} is damaged and begun anew: ${problem}. Sessions heard before are found once they are announced again`,
    );
  }
  return announcements;
}
