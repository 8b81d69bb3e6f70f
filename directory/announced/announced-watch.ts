import type { Conference } from '../conference.ts';
import type { ConferenceQuery } from '../types.ts';
import { EventQueue } from '../watch/event-queue.ts';
import type { Watch, WatchEvent } from '../watch/types.ts';
import { type Announcement, conferenceOf } from './announcement.ts';
import type { Listening } from './listening.ts';
import { matcherOf } from './query.ts';

/** Announced sessions as they come and go: those that are known at once, and `ready`; then what is heard. */
export class AnnouncedWatch implements Watch<Conference> {
  readonly #queue = new EventQueue<Conference>();
  /** As they were told last. */
  readonly #told = new Map<string, Conference>();
  readonly #stop: () => void;
  readonly #fits: (conference: Conference) => boolean;
  #isClosed = false;

  /** @param onEnd called once, when it has ended */
  constructor(listening: Listening, query: ConferenceQuery, onEnd: () => void) {
    const { signal } = query;
    this.#fits = matcherOf(query);
    const onAbort = (): void => this.#end(signal?.reason);
    const unsubscribe = listening.on(({ type, announcement }) => {
      this.#tell(announcement.key, type === 'withdrawn' || type === 'expired' ? undefined : announcement);
    });
    this.#stop = () => {
      unsubscribe();
      signal?.removeEventListener('abort', onAbort);
      onEnd();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    for (const announcement of listening.announcements) this.#tell(announcement.key, announcement);
    this.#queue.setState({ type: 'ready', method: 'listening' });
    if (signal?.aborted === true) onAbort();
  }

  async next(): Promise<IteratorResult<WatchEvent<Conference>, undefined>> {
    const value = await this.#queue.take();
    return value === undefined ? { done: true, value } : { done: false, value };
  }
  async return(): Promise<IteratorResult<WatchEvent<Conference>, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
  close(): void {
    this.#end(undefined);
  }

  #end(reason: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stop();
    this.#queue.end(reason);
  }

  #tell(key: string, announcement: Announcement | undefined): void {
    const conference = announcement === undefined ? undefined : conferenceOf(announcement);
    const after = conference !== undefined && this.#fits(conference) ? conference : undefined;
    const before = this.#told.get(key);
    if (after === undefined) this.#told.delete(key);
    else this.#told.set(key, after);
    if (before !== undefined || after !== undefined) this.#queue.push(key, before, after);
  }
}
