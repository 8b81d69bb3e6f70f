import type { Datagram } from './datagram.ts';

/** First in, first out, bounded in number and in bytes; when full the oldest goes, since live media goes stale. */
export class DatagramQueue {
  readonly #limit: number;
  readonly #byteLimit: number;
  #items: Datagram[] = [];
  #head = 0;
  #bytes = 0;

  /** @param limit datagrams kept, at least 1; @param byteLimit payload bytes kept, though always one datagram */
  constructor(limit: number, byteLimit: number) {
    this.#limit = limit;
    this.#byteLimit = byteLimit;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** @returns how many older datagrams had to go */
  push(datagram: Datagram): number {
    this.#items.push(datagram);
    this.#bytes += datagram.bytes.length;
    let dropped = 0;
    while (this.length > this.#limit || (this.#bytes > this.#byteLimit && this.length > 1)) {
      this.shift();
      dropped++;
    }
    return dropped;
  }

  shift(): Datagram | undefined {
    const first = this.#items[this.#head];
    if (first === undefined) return undefined;
    this.#head++;
    this.#bytes -= first.bytes.length;
    // Taken ones are cut off in bulk: shifting the array for each would move all the rest each time.
    if (this.#head >= 64 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}
