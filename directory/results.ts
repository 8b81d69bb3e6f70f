/**
 * What a search finds, asked for when it is iterated. Each iteration asks anew, so the same object can be reset,
 * cloned and counted: the enumerators of the original in one.
 */
export class Results<T> implements AsyncIterable<T> {
  readonly #start: () => AsyncIterator<T>;

  constructor(start: () => AsyncIterator<T>) {
    this.#start = start;
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.#start();
  }

  /** At most the first `count`; the search ends there. */
  take(count: number): Results<T> {
    checkCount(count);
    return new Results(() => first(this, count));
  }

  /** All but the first `count`. */
  skip(count: number): Results<T> {
    checkCount(count);
    return new Results(() => after(this, count));
  }

  /** Everything in an array. */
  async toArray(): Promise<T[]> {
    const all: T[] = [];
    for await (const item of this) all.push(item);
    return all;
  }
}

function checkCount(count: number): void {
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`${count} is not a count from 0 on`);
}

async function* first<T>(source: AsyncIterable<T>, count: number): AsyncGenerator<T, void, undefined> {
  if (count === 0) return;
  let taken = 0;
  for await (const item of source) {
    yield item;
    if (++taken >= count) return;
  }
}

async function* after<T>(source: AsyncIterable<T>, count: number): AsyncGenerator<T, void, undefined> {
  let skipped = 0;
  for await (const item of source) if (skipped++ >= count) yield item;
}
