/** So much better known a value need not become to be given up slowly. */
const MOST = 100;

/** The value that most of many have (Boyer and Moore's vote), given up when another one has most of the latest hundred. */
export class Majority {
  #value = 0;
  #votes = 0;
  #seen = 0;

  add(value: number): void {
    if (this.#seen < MOST) this.#seen++;
    if (value === this.#value) {
      if (this.#votes < MOST) this.#votes++;
    } else if (this.#votes > 0) this.#votes--;
    else {
      this.#value = value;
      this.#votes = 1;
    }
  }

  /** Undefined before there were a few, and when there is no majority. */
  get value(): number | undefined {
    return this.#seen >= 5 && this.#votes >= 3 ? this.#value : undefined;
  }

  /** Many were seen, and no value has a majority. */
  get isSplit(): boolean {
    return this.#seen >= 50 && this.value === undefined;
  }

  reset(): void {
    this.#votes = 0;
    this.#seen = 0;
  }
}
