import type { Entry } from './entry.ts';

interface Copy {
  readonly rev: number;
  readonly bytes: number;
  readonly entry: Entry;
}

/** Decoded copies of rows, each true only while its row has the revision it was made from. Bounded by bytes. */
export class EntryCache {
  readonly #limit: number;
  readonly #copies = new Map<number, Copy>();
  #bytes = 0;

  /** @param limit bytes, by estimate */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that the copies take, by the estimate that is limited. */
  get bytes(): number {
    return this.#bytes;
  }
  has(id: number): boolean {
    return this.#copies.has(id);
  }

  /** The copy of revision `rev`, ending at `expires`, which moves without a new revision. */
  get(id: number, rev: number, expires: number | undefined): Entry | undefined {
    const copy = this.#copies.get(id);
    if (copy === undefined || copy.rev !== rev) return undefined;
    if (copy.entry.expires === expires) return copy.entry;
    const entry = { ...copy.entry, expires };
    this.#copies.set(id, { ...copy, entry });
    return entry;
  }

  /**
   * Keeps a copy in place of an older one; the oldest go when there are too many.
   *
   * @param blobBytes size of the row's attributes
   * @param isScan    a scan of more than fits would throw out everything and find nothing again: it only fills what is
   *   free
   */
  put(entry: Entry, rev: number, blobBytes: number, isScan: boolean): void {
    this.delete(entry.id);
    // What is made of the bytes later takes about as much as they, and each attribute has a fixed part.
    const bytes = 2000 + 2 * blobBytes;
    if (isScan && this.#bytes + bytes > this.#limit) return;
    this.#copies.set(entry.id, { rev, bytes, entry });
    this.#bytes += bytes;
    for (const oldest of this.#copies.keys()) {
      if (this.#bytes <= this.#limit) break;
      this.delete(oldest);
    }
  }

  delete(id: number): void {
    const copy = this.#copies.get(id);
    if (copy === undefined) return;
    this.#copies.delete(id);
    this.#bytes -= copy.bytes;
  }

  clear(): void {
    this.#copies.clear();
    this.#bytes = 0;
  }
}
