/** A queue of limited length; when it is full the oldest entry makes room. */
export class Fifo<T> {
  readonly #limit: number;
  #entries: T[] = [];
  #head = 0;
  /** Entries lost because nobody took them. */
  dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(entry: T): void {
    this.#entries.push(entry);
    if (this.#entries.length - this.#head <= this.#limit) return;
    this.dropped++;
    this.shift();
  }

  shift(): T | undefined {
    if (this.#head === this.#entries.length) return undefined;
    const entry = this.#entries[this.#head++];
    // Moving the rest to the front costs its length, so it is done only after as many were taken.
    if (this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }
}
