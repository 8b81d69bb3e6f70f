import type { SdesItem } from './sdes.ts';
import type { SdesItems } from './sdes-items.ts';

/** Items other than NAME and NOTE, in the order they take turns. */
const CYCLED = ['email', 'phone', 'loc', 'tool'] as const;
/** Empty NOTEs that tell that the note is over (RFC 3550 §6.5.7: "a few times"). */
const NOTE_CLEARINGS = 3;

/**
 * Which SDES items go into which report.
 *
 * CNAME goes into all. Every third report has room for one item more: NAME in seven of eight, another item in the
 * eighth (RFC 3551 §2). A NOTE takes every other of these places as long as it is set, and is sent empty a few times
 * when it is cleared (RFC 3550 §6.5.7). When {@link announce} was called, the next report carries all there is to say,
 * once: without it a name would be seen after 15 s and a telephone number after minutes.
 */
export class SdesPlan {
  readonly #cname: string;
  #items: SdesItems = {};
  #announce = true;
  #reports = 0;
  #extras = 0;
  #others = 0;
  #noteTurn = false;
  #clearings = 0;

  constructor(cname: string, items: Omit<SdesItems, 'cname'>) {
    this.#cname = cname;
    this.#items = items;
  }

  get cname(): string {
    return this.#cname;
  }

  /** Replaces the items; the next report carries them all. */
  set(items: Omit<SdesItems, 'cname'>): void {
    const hadNote = Boolean(this.#items.note);
    this.#items = items;
    this.#clearings = !items.note && (hadNote || this.#clearings > 0) ? NOTE_CLEARINGS : 0;
    this.#announce = true;
  }

  /** Lets the next report carry all items: someone is new here. */
  announce(): void {
    this.#announce = true;
  }

  /** Items of a packet that only has to be valid, such as a BYE. */
  cnameOnly(): readonly SdesItem[] {
    return [{ type: 'cname', text: this.#cname }];
  }

  /** Items of the next report. */
  next(): readonly SdesItem[] {
    const turn = this.#reports++ % 3 === 0;
    if (this.#announce) {
      this.#announce = false;
      return [...this.cnameOnly(), ...this.#all()];
    }
    const extra = turn ? this.#extra() : undefined;
    return extra === undefined ? this.cnameOnly() : [...this.cnameOnly(), extra];
  }

  #all(): SdesItem[] {
    const items: SdesItem[] = [];
    if (this.#items.name) items.push({ type: 'name', text: this.#items.name });
    items.push(...this.#cycled());
    const note = this.#note();
    if (note !== undefined) items.push(note);
    return items;
  }

  #extra(): SdesItem | undefined {
    this.#noteTurn = !this.#noteTurn;
    const note = this.#noteTurn ? this.#note() : undefined;
    if (note !== undefined) return note;
    const { name } = this.#items;
    const cycled = this.#cycled();
    const useName = Boolean(name) && (this.#extras++ % 8 !== 7 || cycled.length === 0);
    return useName && name ? { type: 'name', text: name } : cycled[this.#others++ % cycled.length];
  }

  #cycled(): SdesItem[] {
    const items: SdesItem[] = [];
    for (const type of CYCLED) {
      const text = this.#items[type];
      if (text) items.push({ type, text });
    }
    for (const { prefix, value } of this.#items.priv ?? []) items.push({ type: 'priv', prefix, value });
    return items;
  }

  #note(): SdesItem | undefined {
    if (this.#items.note) return { type: 'note', text: this.#items.note };
    if (this.#clearings === 0) return undefined;
    this.#clearings--;
    return { type: 'note', text: '' };
  }
}
