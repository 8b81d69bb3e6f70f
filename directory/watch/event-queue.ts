import type { WatchEvent, WatchState } from './types.ts';

/** What became of one object since it was last told of. */
interface Pending<T> {
  readonly before: T | undefined;
  after: T | undefined;
}

/**
 * What a watch has to tell and nobody has taken yet. Several changes of one object become one, so it never holds more
 * than there are objects, however slowly it is taken from.
 */
export class EventQueue<T> {
  readonly #pending = new Map<string, Pending<T>>();
  #state: WatchState | undefined;
  #failure: unknown;
  #isOver = false;
  #waiting: PromiseWithResolvers<void> | undefined;

  /** An object is now `after`, and was `before`; undefined where there is none. */
  push(key: string, before: T | undefined, after: T | undefined): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) this.#pending.set(key, { before, after });
    else if (pending.before === undefined && after === undefined) this.#pending.delete(key);
    else pending.after = after;
    this.#wake();
  }
  /** Told after all objects before it. Only the last state counts. */
  setState(state: WatchState): void {
    this.#state = state;
    this.#wake();
  }
  /** Ends it: with an error that the taker gets once everything else is taken, or without. */
  end(failure?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = failure;
    this.#wake();
  }

  /** The next event; undefined at the end. @throws what {@link end} was given */
  async take(): Promise<WatchEvent<T> | undefined> {
    for (;;) {
      const event = this.#next();
      if (event !== undefined) return event;
      if (this.#isOver) {
        if (this.#failure !== undefined) throw this.#failure;
        return undefined;
      }
      this.#waiting ??= Promise.withResolvers();
      await this.#waiting.promise;
    }
  }

  #next(): WatchEvent<T> | undefined {
    for (const [key, { before, after }] of this.#pending) {
      this.#pending.delete(key);
      if (after === undefined) {
        if (before !== undefined) return { type: 'removed', object: before };
      } else if (before === undefined) return { type: 'added', object: after };
      else return { type: 'changed', object: after, previous: before };
    }
    const state = this.#state;
    this.#state = undefined;
    return state;
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
