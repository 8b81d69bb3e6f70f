import { EventEmitter } from 'node:events';
import { checkTimeout } from '../connect-options.ts';
import type { Conference } from '../conference.ts';
import {
  AlreadyConnectedError,
  DirectoryError,
  DirectoryUnavailableError,
  NotConnectedError,
} from '../errors.ts';
import { orAborted } from '../abort.ts';
import { Results } from '../results.ts';
import type { SweptEntry } from '../sweep.ts';
import { checkTtl, DEFAULT_TTL_SECONDS } from '../ttl.ts';
import type { ConferenceQuery, ConnectOptions, Directory, DirectoryEvents } from '../types.ts';
import type { DirectoryUser } from '../user.ts';
import type { Watch } from '../watch/types.ts';
import { conferenceOf } from './announcement.ts';
import { AnnouncedWatch } from './announced-watch.ts';
import type { Listening } from './listening.ts';
import { findAnnouncement } from './names.ts';
import { matcherOf } from './query.ts';
import { refusal } from './refusal.ts';

/** Milliseconds that one look waits for announcements, unless told otherwise. */
export const DEFAULT_WAIT_MS = 2500;

export interface AnnouncedDirectoryOptions {
  /** How it was named. */
  readonly url: string;
  /** Milliseconds from the beginning of listening that a search waits for. */
  readonly waitMs: number;
  /** Milliseconds that {@link AnnouncedDirectory.get} waits for a name that is not known yet. */
  readonly lookMs: number;
  /** Begins to listen. */
  listen(): Promise<Listening>;
}

/**
 * What is announced on the network (SAP, RFC 2974), as a directory that can only be read. It knows what earlier runs heard
 * and what this one hears. Names are those of sessions, `user@host` of their origins, and hashes.
 */
export class AnnouncedDirectory implements Directory {
  readonly type = 'sap';
  readonly dialect = undefined;
  autoRefresh = false;
  readonly #options: AnnouncedDirectoryOptions;
  readonly #events = new EventEmitter();
  readonly #watches = new Set<AnnouncedWatch>();
  #state: 'new' | 'connecting' | 'connected' | 'closed' = 'new';
  #listening: Listening | undefined;
  #defaultTtlSeconds = DEFAULT_TTL_SECONDS;

  constructor(options: AnnouncedDirectoryOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }
  /** Milliseconds that a search waits for, from the beginning of listening. */
  get waitMs(): number {
    return this.#options.waitMs;
  }
  get displayName(): string {
    const places = this.#listening?.interfaces ?? [];
    return places.length === 0 ? 'announcements (SAP)' : `announcements (SAP) on ${places.join(', ')}`;
  }
  get port(): undefined {
    return undefined;
  }
  get isDynamic(): boolean {
    return this.listening !== undefined;
  }
  get defaultTtlSeconds(): number {
    return this.#defaultTtlSeconds;
  }
  set defaultTtlSeconds(seconds: number) {
    this.#defaultTtlSeconds = checkTtl(seconds);
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** What it hears, and heard. @throws {NotConnectedError} before {@link connect} */
  get listening(): Listening {
    if (this.#listening !== undefined && this.#state === 'connected') return this.#listening;
    throw new NotConnectedError(
      this.#state === 'closed' ? 'The directory has been closed; open another' : 'Call connect first',
    );
  }

  async connect({ timeoutMs, signal }: ConnectOptions = {}): Promise<void> {
    if (this.#state === 'closed') throw new NotConnectedError('The directory has been closed; open another');
    if (this.#state !== 'new') throw new AlreadyConnectedError('Already listening to announcements');
    checkTimeout(timeoutMs);
    this.#state = 'connecting';
    try {
      signal?.throwIfAborted();
      const listening = await this.#options.listen();
      if (this.#isClosed || signal?.aborted === true) {
        await listening.close();
        signal?.throwIfAborted();
        throw new NotConnectedError('The directory was closed while it was being opened');
      }
      this.#listening = listening;
      this.#state = 'connected';
    } catch (error) {
      if (!this.#isClosed) this.#state = 'new';
      if (signal?.aborted === true || this.#isClosed || error instanceof DirectoryError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new DirectoryUnavailableError(`Announcements cannot be heard: ${reason}`, { cause: error });
    }
  }

  search(query: ConferenceQuery = {}): Results<Conference> {
    const { listening } = this;
    return new Results(() => this.#search(listening, query));
  }

  async *#search(listening: Listening, query: ConferenceQuery): AsyncGenerator<Conference, void, undefined> {
    const fits = matcherOf(query);
    const { sizeLimit = Number.POSITIVE_INFINITY, signal } = query;
    await orAborted(listening.until(this.#options.waitMs), signal);
    let found = 0;
    for (const announcement of listening.announcements) {
      if (found >= sizeLimit) return;
      const conference = conferenceOf(announcement);
      if (!fits(conference)) continue;
      found++;
      yield conference;
    }
  }

  /**
   * The announced session of a name; one that is not known is waited for.
   *
   * @throws {AmbiguousNameError} when there are several
   */
  async get(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<Conference | undefined> {
    return this.lookFor(name, this.#options.lookMs, options);
  }

  /** As {@link get}, waiting until this many milliseconds after the beginning of listening at most. */
  async lookFor(
    name: string,
    waitMs: number,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Conference | undefined> {
    signal?.throwIfAborted();
    const { listening } = this;
    const found = findAnnouncement(listening.announcements, name);
    if (found !== undefined) return conferenceOf(found);
    const heard = Promise.withResolvers<void>();
    const stop = listening.on(({ type, announcement }) => {
      if (type !== 'withdrawn' && findAnnouncement([announcement], name) !== undefined) heard.resolve();
    });
    try {
      await orAborted(Promise.race([heard.promise, listening.until(waitMs)]), signal);
    } finally {
      stop();
    }
    const late = findAnnouncement(listening.announcements, name);
    return late === undefined ? undefined : conferenceOf(late);
  }

  watch(query: ConferenceQuery = {}): Watch<Conference> {
    const watch: AnnouncedWatch = new AnnouncedWatch(this.listening, query, () => {
      this.#watches.delete(watch);
    });
    this.#watches.add(watch);
    return watch;
  }

  searchUsers(): Results<DirectoryUser> {
    const { listening } = this;
    return new Results(async function* () {
      await listening.until(0);
      yield* []; // nobody is announced
    });
  }
  async getUser(): Promise<undefined> {
    return this.listening.until(0).then(() => undefined);
  }
  /** Nothing: what is over goes by itself. */
  sweep(): Results<SweptEntry> {
    const { listening } = this;
    return new Results(async function* () {
      await listening.until(0);
      yield* [];
    });
  }

  async bind(): Promise<void> {
    throw refusal('bind');
  }
  async add(): Promise<void> {
    throw refusal('add');
  }
  async modify(): Promise<void> {
    throw refusal('modify');
  }
  async refresh(): Promise<number> {
    throw refusal('refresh');
  }
  async delete(): Promise<void> {
    throw refusal('delete');
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    for (const watch of this.#watches) watch.close();
    await this.#listening?.close();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  on<E extends keyof DirectoryEvents>(event: E, listener: (...args: DirectoryEvents[E]) => void): this {
    this.#events.on(event, listener);
    return this;
  }
  off<E extends keyof DirectoryEvents>(event: E, listener: (...args: DirectoryEvents[E]) => void): this {
    this.#events.off(event, listener);
    return this;
  }
}
