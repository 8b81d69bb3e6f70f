/** Bytes of requests that wait, of all connections together. */
export class MemoryBudget {
  readonly #limit: number;
  #taken = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /**
   * Counts `bytes` more, or fewer when it is negative.
   *
   * @returns whether all of them are within the limit; they are counted either way
   */
  take(bytes: number): boolean {
    this.#taken += bytes;
    return this.#taken <= this.#limit;
  }
}
