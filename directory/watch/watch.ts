import { PERSISTENT_SEARCH, SYNC } from '../../src/ldap/index.ts';
import type { RandomSource } from '../../src/machine.ts';
import type { Clock, Timer } from '../../src/net/clock.ts';
import { present } from '../dialect/filters.ts';
import type { Connected } from '../entries.ts';
import { DirectoryError, DirectoryTimeoutError, DirectoryUnavailableError } from '../errors.ts';
import type { LdapEntry } from '../ldap/entry.ts';
import type { ObjectSearch } from '../object-search.ts';
import { EventQueue } from './event-queue.ts';
import { KnownObjects } from './known.ts';
import { followByPolling } from './poll-source.ts';
import { followPersistentSearch } from './psearch-source.ts';
import { NotOfferedError, pause, tellOne, type WatchSink, type WatchTask } from './source.ts';
import { followSync, type SyncPlace } from './sync-source.ts';
import type { Watch, WatchEvent, WatchMethod } from './types.ts';

/** Milliseconds until a lost server is tried again: at first, and at most. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;
/** Milliseconds after its end that an entry is looked at again: by then the server has removed it as well. */
const END_GRACE_MS = 50;

export interface WatchOptions<T> {
  readonly connected: Connected;
  readonly search: ObjectSearch<T>;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Ends the watch, with the signal's reason. */
  readonly signal: AbortSignal | undefined;
  /** Runs once it has ended. */
  readonly onEnd: () => void;
}

/**
 * Watches what a search finds, in the best way the server offers. A lost connection is taken up again, from where it
 * was lost where the server can tell; in between nothing that has ended is left standing.
 */
export class DirectoryWatch<T extends object> implements Watch<T> {
  readonly #options: WatchOptions<T>;
  readonly #queue = new EventQueue<T>();
  readonly #known: KnownObjects<T>;
  readonly #task: WatchTask;
  readonly #stop = new AbortController();
  readonly #timer: Timer;
  readonly #place: SyncPlace = { cookie: undefined, server: undefined };
  /** Ways that the server turned out not to offer. */
  readonly #without = new Set<WatchMethod>();
  #method: WatchMethod = 'polling';
  #isReady = false;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: WatchOptions<T>) {
    const { connected, search, clock, signal } = options;
    this.#options = options;
    this.#known = new KnownObjects(
      (entry) => search.read(entry),
      this.#queue,
      connected.dialect.expiry?.attribute.name,
    );
    this.#timer = clock.timer(() => void this.#lookAtEnded());
    const stop = this.#stop.signal;
    const all = signal === undefined ? stop : AbortSignal.any([stop, signal]);
    const entries = { ...search, read: (entry: LdapEntry) => entry, sizeLimit: undefined, signal: all };
    this.#task = { connected, search: entries, clock, signal: all };
    void this.#run();
  }

  async next(): Promise<IteratorResult<WatchEvent<T>, undefined>> {
    const value = await this.#queue.take();
    return value === undefined ? { done: true, value } : { done: false, value };
  }
  async return(): Promise<IteratorResult<WatchEvent<T>, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
  /** Ends it; what was not taken yet still can be. */
  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { signal, clock } = this.#task;
    try {
      for (;;) {
        const reason = await this.#follow();
        this.#isReady = false;
        if (reason === undefined) continue;
        const retryInMs = this.#retryMs * (0.5 + this.#options.random() / 2);
        this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
        this.#queue.setState({ type: 'interrupted', reason, retryInMs });
        this.#setTimer();
        await pause(retryInMs, clock, signal);
      }
    } catch (error) {
      this.#queue.end(this.#stop.signal.aborted ? undefined : error);
    } finally {
      this.#timer.set(undefined);
      this.#options.onEnd();
    }
  }

  /**
   * Follows for as long as it goes.
   *
   * @returns why it has ended; undefined to try at once, in another way
   * @throws what trying again cannot help
   */
  async #follow(): Promise<DirectoryError | undefined> {
    try {
      this.#method = await this.#choose();
      if (this.#method === 'sync') await followSync(this.#task, this.#place, this.#sink);
      else if (this.#method === 'persistentSearch') await followPersistentSearch(this.#task, this.#sink);
      else await followByPolling(this.#task, this.#sink);
      return undefined;
    } catch (error) {
      if (this.#task.signal.aborted) throw this.#task.signal.reason;
      if (error instanceof NotOfferedError) {
        this.#without.add(this.#method);
        return undefined;
      }
      if (!(error instanceof DirectoryError)) throw error;
      const wasReady = this.#isReady;
      const isPassing = error instanceof DirectoryUnavailableError || error instanceof DirectoryTimeoutError;
      if (!isPassing && !wasReady) throw error;
      return error;
    }
  }

  async #choose(): Promise<WatchMethod> {
    const { connected, signal } = this.#task;
    const request = {
      base: '',
      scope: 'base',
      filter: present('objectClass'),
      attributes: ['supportedControl'],
      binaryAttributes: [],
    } as const;
    const page = await connected.session.read((it) => it.searchPage(request, signal), signal);
    const controls = page.entries[0]?.all('supportedControl') ?? [];
    if (controls.includes(SYNC.request) && !this.#without.has('sync')) return 'sync';
    const isOffered = controls.includes(PERSISTENT_SEARCH) && !this.#without.has('persistentSearch');
    return isOffered ? 'persistentSearch' : 'polling';
  }

  readonly #sink: WatchSink = {
    beginReload: () => this.#known.beginReload(),
    endReload: (isComplete) => this.#known.endReload(isComplete),
    present: (entry, uuid) => {
      const isNews = this.#known.present(entry, uuid);
      if (this.#isReady) this.#setTimer();
      return isNews;
    },
    presentId: (uuid) => this.#known.presentId(uuid),
    gone: (dn) => this.#known.gone(dn),
    goneId: (uuid) => this.#known.goneId(uuid),
    ready: () => {
      if (!this.#isReady) this.#queue.setState({ type: 'ready', method: this.#method });
      this.#isReady = true;
      this.#retryMs = FIRST_RETRY_MS;
      this.#setTimer();
    },
  };

  /** Sleeps until the next entry ends. */
  #setTimer(): void {
    if (this.#task.signal.aborted) return;
    const { clock } = this.#task;
    const end = this.#known.nextEnd;
    const wait = end === undefined ? undefined : Math.max(0, end - clock.wall()) + END_GRACE_MS;
    this.#timer.set(wait === undefined ? undefined : clock.now() + wait);
  }

  /** Entries whose time is over: either they were refreshed, or they are gone. */
  async #lookAtEnded(): Promise<void> {
    const { clock, signal } = this.#task;
    for (const dn of this.#known.ended(clock.wall())) {
      if (signal.aborted) return;
      try {
        if (this.#isReady) await tellOne(this.#task, dn, this.#sink);
        else this.#known.gone(dn);
      } catch {
        this.#known.gone(dn); // nobody can say that it lives
      }
    }
    this.#setTimer();
  }
}
