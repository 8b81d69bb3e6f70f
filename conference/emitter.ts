/** Anything with a `type` that tells the kinds of event apart. */
export interface TypedEvent {
  readonly type: string;
}

type OfType<E extends TypedEvent, T extends E['type']> = Extract<E, { readonly type: T }>;

/** Where events can be listened to. A listener that throws stops nobody else; its error surfaces as uncaught. */
export interface EventStream<E extends TypedEvent> {
  /** @returns ends the subscription */
  on<T extends E['type']>(type: T, listener: (event: OfType<E, T>) => void): () => void;
  /** Every event, in order. @returns ends the subscription */
  onAny(listener: (event: E) => void): () => void;
}

/** Hands each event to its listeners at once, in the order in which they subscribed. */
export class Emitter<E extends TypedEvent> implements EventStream<E> {
  readonly #listeners = new Set<(event: E) => void>();

  on<T extends E['type']>(type: T, listener: (event: OfType<E, T>) => void): () => void {
    const isWanted = (event: E): event is OfType<E, T> => event.type === type;
    return this.onAny((event) => {
      if (isWanted(event)) listener(event);
    });
  }

  onAny(listener: (event: E) => void): () => void {
    const entry = (event: E): void => listener(event); // the same function may subscribe twice
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  emit(event: E): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error; // the listener's bug, not ours: let it be seen without stopping the media
        });
      }
    }
  }
}
