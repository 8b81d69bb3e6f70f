import type { Ms } from '../machine.ts';

/** What can be queued: when it is due, and when the queue looks at it next. */
export interface Expiring {
  readonly expiresAt: Ms;
  scheduled: Ms | undefined;
  readonly gone: boolean;
}

const LEAST_FULL = 1024;

/**
 * What expires when, as a heap that is looked at lazily: a later deadline costs nothing until the old one comes, then
 * the item goes back in. That is the common case, since every announcement moves a session's deadline.
 */
export class ExpiryQueue<T extends Expiring> {
  #heap: { readonly due: Ms; readonly item: T }[] = [];
  /** Length at which leftovers are thrown out: what comes and goes must not wait here until it would have been due. */
  #fullAt = LEAST_FULL;

  /** Items and their leftovers. */
  get length(): number {
    return this.#heap.length;
  }

  /** To be called when `expiresAt` was set or has moved. */
  schedule(item: T): void {
    if (item.gone || !Number.isFinite(item.expiresAt)) return;
    if (item.scheduled !== undefined && item.scheduled <= item.expiresAt) return;
    item.scheduled = item.expiresAt;
    this.#push({ due: item.expiresAt, item });
  }

  /** When something may be due; undefined for never. */
  next(): Ms | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (!isLeftover(first)) return first.due;
      this.#pop();
    }
    return undefined;
  }

  /** Takes an item that has expired by `now`; undefined when there is none. */
  take(now: Ms): T | undefined {
    for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
      this.#pop();
      const { item } = first;
      if (isLeftover(first)) continue;
      item.scheduled = undefined;
      if (item.expiresAt <= now) return item;
      this.schedule(item);
    }
    return undefined;
  }

  #push(entry: { readonly due: Ms; readonly item: T }): void {
    if (this.#heap.length >= this.#fullAt) this.#throwOut();
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.due <= entry.due) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #throwOut(): void {
    this.#heap = this.#heap.filter((entry) => !isLeftover(entry)).sort((a, b) => a.due - b.due);
    this.#fullAt = Math.max(LEAST_FULL, 2 * this.#heap.length);
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const child = (heap[right]?.due ?? Infinity) < (heap[left]?.due ?? Infinity) ? right : left;
      const below = heap[child];
      if (below === undefined || below.due >= last.due) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

/** What is gone, or in the queue at another place. */
function isLeftover({ item, due }: { readonly due: Ms; readonly item: Expiring }): boolean {
  return item.gone || item.scheduled !== due;
}
