import { RendezvousError } from '../src/errors.ts';
import type { RandomSource } from '../src/machine.ts';
import { type Clock, systemClock } from '../src/net/clock.ts';
import type { Conference } from './conference.ts';
import { DirectoryError, DirectoryTimeoutError, DirectoryUnavailableError } from './errors.ts';
import { Results } from './results.ts';
import type { CloseOptions, ConferenceQuery, Directory } from './types.ts';
import { pause } from './watch/source.ts';
import type { WatchEvent } from './watch/types.ts';

/** One of several directories, and how it is opened. */
export interface DirectorySetEntry {
  /** What people call it; unique in the set. */
  readonly label: string;
  open(): Promise<Directory>;
}

/** One of the directories of a set: open, or with the reason why not. */
export type DirectorySetMember =
  | { readonly label: string; readonly directory: Directory; readonly problem?: undefined }
  | { readonly label: string; readonly directory?: undefined; readonly problem: Error };

/** Something found, and where. */
export interface FoundIn<T> {
  readonly label: string;
  readonly directory: Directory;
  readonly object: T;
}

/** What a watch tells, and where. */
export interface WatchedIn<T> {
  readonly label: string;
  /** `opened`: it was down at the start, and is there now. `failed` is the last of its directory. */
  readonly event:
    | WatchEvent<T>
    | { readonly type: 'opened' }
    | { readonly type: 'failed'; readonly reason: Error };
}

export interface DirectorySetOptions {
  readonly clock?: Clock;
  /** Default `Math.random`. */
  readonly random?: RandomSource;
}

/** Milliseconds until a directory that was down is tried again: at first, and at most. */
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/**
 * Several directories that are looked through together. One that is down does not hide the others: it is among the
 * {@link problems}.
 */
export class DirectorySet implements AsyncDisposable {
  readonly #entries: readonly DirectorySetEntry[];
  readonly #members: DirectorySetMember[];
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #closed = new AbortController();
  /** Attempts under way to open one that was down. */
  readonly #opening = new Map<string, Promise<Directory>>();
  readonly #problems = new Map<string, Error>();
  readonly #labels = new WeakMap<object, string>();

  private constructor(
    entries: readonly DirectorySetEntry[],
    members: readonly DirectorySetMember[],
    { clock = systemClock, random = Math.random }: DirectorySetOptions,
  ) {
    this.#entries = entries;
    this.#members = [...members];
    this.#clock = clock;
    this.#random = random;
    for (const { label, problem } of members) if (problem !== undefined) this.#problems.set(label, problem);
  }

  /**
   * Opens all at once. What a directory says against it becomes a problem of that one.
   *
   * @throws what is a mistake of who asks, such as a URL that is none; then none stays open
   */
  static async open(
    entries: readonly DirectorySetEntry[],
    options: DirectorySetOptions = {},
  ): Promise<DirectorySet> {
    const outcomes = await Promise.allSettled(entries.map((entry) => entry.open()));
    const members = entries.map(({ label }, i): DirectorySetMember => {
      const outcome = outcomes[i];
      if (outcome?.status === 'fulfilled') return { label, directory: outcome.value };
      const reason: unknown = outcome?.reason;
      return { label, problem: reason instanceof Error ? reason : new Error(String(reason)) };
    });
    const set = new DirectorySet(entries, members, options);
    const fatal = members.find(({ problem }) => problem !== undefined && !isTheirs(problem));
    if (fatal === undefined) return set;
    await set.close();
    throw fatal.problem;
  }

  /** In the order in which they were named. */
  get members(): readonly DirectorySetMember[] {
    return this.#members;
  }

  /** Directories that could not be opened or asked so far, and why. */
  get problems(): readonly { readonly label: string; readonly error: Error }[] {
    return Array.from(this.#problems, ([label, error]) => ({ label, error }));
  }

  /** Those that can be asked. */
  get open(): readonly { readonly label: string; readonly directory: Directory }[] {
    return this.members.flatMap(({ label, directory }) =>
      directory === undefined ? [] : [{ label, directory }],
    );
  }

  /** Where an object was found; undefined when it is not from here. */
  labelOf(object: object): string | undefined {
    return this.#labels.get(object);
  }

  /** The directory that an object was found in; undefined when it is not from here. */
  directoryOf(object: object): Directory | undefined {
    const label = this.labelOf(object);
    return this.open.find((member) => member.label === label)?.directory;
  }

  /** Conferences of all directories, as they come in, in no particular order. */
  search(query: ConferenceQuery = {}): Results<Conference> {
    return this.searchAll((directory) => directory.search(query));
  }

  /** What all directories find, as it comes in. One that fails on the way is a problem, and hides none of the others. */
  searchAll<T extends object>(search: (directory: Directory) => AsyncIterable<T>): Results<T> {
    return new Results(() =>
      merged(this.open.map(({ label, directory }) => this.#searchOne(label, search(directory)))),
    );
  }

  /**
   * What all directories tell of their conferences, as it comes in. One that fails for good is a problem, and hides none
   * of the others; one that is only away for a while says so itself. One that was down when the set was opened is tried
   * again, after longer and longer waits of up to a minute.
   */
  async *watch(query: ConferenceQuery = {}): AsyncGenerator<WatchedIn<Conference>, void, undefined> {
    const left = new AbortController();
    const signals = [left.signal, this.#closed.signal, ...(query.signal === undefined ? [] : [query.signal])];
    const signal = AbortSignal.any(signals);
    const sources = this.#members.map(({ label, directory }) =>
      directory === undefined
        ? this.#watchLater(label, query, signal)
        : this.#watchOne(label, directory.watch(query)),
    );
    try {
      yield* merged(sources);
    } finally {
      left.abort();
    }
  }

  /** The conference of this name in each directory that has one, in the order of the directories. */
  get(name: string): Promise<FoundIn<Conference>[]> {
    return this.getAll((directory) => directory.get(name));
  }

  /** What each directory has, in the order of the directories. */
  async getAll<T extends object>(
    get: (directory: Directory) => Promise<T | undefined>,
  ): Promise<FoundIn<T>[]> {
    const found = await Promise.all(
      this.open.map(async ({ label, directory }): Promise<FoundIn<T> | undefined> => {
        try {
          const object = await get(directory);
          if (object === undefined) return undefined;
          this.#labels.set(object, label);
          return { label, directory, object };
        } catch (error) {
          this.#failed(label, error);
          return undefined;
        }
      }),
    );
    return found.filter((it) => it !== undefined);
  }

  async close(options: CloseOptions = {}): Promise<void> {
    this.#closed.abort();
    await Promise.allSettled(this.#opening.values());
    await Promise.all(this.open.map(({ directory }) => directory.close(options)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#searchOne<T extends object>(
    label: string,
    found: AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    try {
      for await (const object of found) {
        this.#labels.set(object, label);
        yield object;
      }
      this.#problems.delete(label); // it is back
    } catch (error) {
      this.#failed(label, error);
    }
  }

  /** Waits for a directory that was down. One that refuses is not asked again: it may count wrong passwords. */
  async *#watchLater(
    label: string,
    query: ConferenceQuery,
    signal: AbortSignal,
  ): AsyncGenerator<WatchedIn<Conference>, void, undefined> {
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      const problem = this.#problems.get(label);
      if (problem !== undefined && !isPassing(problem)) return;
      let directory: Directory;
      try {
        await pause(wait * (0.5 + this.#random() / 2), this.#clock, signal);
        directory = await this.#openAgain(label);
        signal.throwIfAborted();
      } catch (error) {
        if (query.signal?.aborted === true) throw query.signal.reason;
        if (signal.aborted) return; // nobody is interested any more
        this.#problems.set(label, error instanceof Error ? error : new Error(String(error)));
        continue;
      }
      yield { label, event: { type: 'opened' } };
      yield* this.#watchOne(label, directory.watch(query));
      return;
    }
  }

  /** One attempt, which all who wait for the directory share. */
  #openAgain(label: string): Promise<Directory> {
    const at = this.#members.findIndex((member) => member.label === label);
    const known = this.#members[at]?.directory;
    const entry = this.#entries[at];
    if (known !== undefined) return Promise.resolve(known);
    if (entry === undefined)
      return Promise.reject(new TypeError(`There is no directory ${label} in the set`));
    const opening =
      this.#opening.get(label) ??
      entry
        .open()
        .then((directory) => {
          this.#members[at] = { label, directory };
          this.#problems.delete(label);
          return directory;
        })
        .finally(() => this.#opening.delete(label));
    this.#opening.set(label, opening);
    return opening;
  }

  async *#watchOne<T extends object>(
    label: string,
    watch: AsyncIterable<WatchEvent<T>>,
  ): AsyncGenerator<WatchedIn<T>, void, undefined> {
    try {
      for await (const event of watch) {
        if ('object' in event) this.#labels.set(event.object, label);
        if (event.type === 'ready') this.#problems.delete(label); // it is back
        if (event.type === 'interrupted') this.#problems.set(label, event.reason);
        yield { label, event };
      }
    } catch (error) {
      this.#failed(label, error);
      yield { label, event: { type: 'failed', reason: error } };
    }
  }

  /** @throws what is not the directory's fault */
  #failed(label: string, error: unknown): asserts error is Error {
    if (!isTheirs(error)) throw error;
    this.#problems.set(label, error);
  }
}

/** Trying again may help. */
const isPassing = (error: Error): boolean =>
  error instanceof DirectoryUnavailableError || error instanceof DirectoryTimeoutError;

/** It is the directory's, or its file's, and not a mistake of who asks. */
function isTheirs(error: unknown): error is Error {
  if (error instanceof DirectoryError) return true;
  if (error instanceof RendezvousError) return error.code === 'ERR_STORE';
  return error instanceof Error && 'syscall' in error; // such as a folder that may not be read
}

/** All sources at once; each is asked for one item ahead and no more. */
async function* merged<T>(
  sources: readonly AsyncGenerator<T, void, undefined>[],
): AsyncGenerator<T, void, undefined> {
  const ask = async (source: AsyncGenerator<T, void, undefined>) => ({ source, step: await source.next() });
  const asked = new Map(sources.map((source) => [source, ask(source)]));
  try {
    while (asked.size > 0) {
      const { source, step } = await Promise.race(asked.values());
      if (step.done === true) asked.delete(source);
      else {
        asked.set(source, ask(source));
        yield step.value;
      }
    }
  } finally {
    for (const [source, pending] of asked) {
      pending.catch(() => {}); // nobody hears of it any more
      void source.return();
    }
  }
}
