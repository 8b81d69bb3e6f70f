import type { Entry } from './entry.ts';

interface Copy {
  readonly rev: number;
  readonly bytes: number;
  readonly entry: Entry;
}

/**
 * Decoded copies of rows, each true only while its row has the revision it was made from. Bounded by bytes: copies are
 * in two generations, and when the young ones take half of what is allowed, the old ones that nobody asked for since go.
 */
export class EntryCache {
  readonly #limit: number;
  #young = new Map<number, Copy>();
  #old = new Map<number, Copy>();
  #youngBytes = 0;
  #oldBytes = 0;

  /** @param limit bytes, by estimate */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that the copies take, by the estimate that is limited. */
  get bytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }
  has(id: number): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }

  /** The copy of revision `rev`, ending at `expires`, which moves without a new revision. */
  get(id: number, rev: number, expires: number | undefined): Entry | undefined {
    let copy = this.#young.get(id) ?? this.#old.get(id);
    if (copy === undefined || copy.rev !== rev) return undefined;
    const isMoved = copy.entry.expires !== expires;
    if (isMoved) copy = { ...copy, entry: { ...copy.entry, expires } };
    if (isMoved || !this.#young.has(id)) {
      this.delete(id);
      this.#keep(id, copy);
    }
    return copy.entry;
  }

  /**
   * Keeps a copy in place of an older one.
   *
   * @param blobBytes size of the row's attributes
   * @param isScan    a scan of more than fits would throw out everything and find nothing again: it only fills what is
   *   free
   */
  put(entry: Entry, rev: number, blobBytes: number, isScan: boolean): void {
    this.delete(entry.id);
    // What is made of the bytes later takes about as much as they, and each attribute has a fixed part.
    const bytes = 2000 + 2 * blobBytes;
    if (isScan && this.bytes + bytes > this.#limit / 2) return;
    this.#keep(entry.id, { rev, bytes, entry });
  }

  delete(id: number): void {
    const [young, old] = [this.#young.get(id), this.#old.get(id)];
    if (young !== undefined) {
      this.#young.delete(id);
      this.#youngBytes -= young.bytes;
    } else if (old !== undefined) {
      this.#old.delete(id);
      this.#oldBytes -= old.bytes;
    }
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#youngBytes = 0;
    this.#oldBytes = 0;
  }

  #keep(id: number, copy: Copy): void {
    if (copy.bytes * 2 > this.#limit) return;
    if ((this.#youngBytes + copy.bytes) * 2 > this.#limit) {
      this.#old = this.#young;
      this.#oldBytes = this.#youngBytes;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(id, copy);
    this.#youngBytes += copy.bytes;
  }
}
