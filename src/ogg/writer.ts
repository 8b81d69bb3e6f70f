import { BEGINS_STREAM, CONTINUED, ENDS_STREAM, formatOggPage, MAX_SEGMENTS, NO_GRANULE } from './page.ts';

/** Puts packets of one stream into pages. A page ends with a packet wherever that is possible. */
export class OggWriter {
  readonly #serial: number;
  #sequence = 0;
  #segments: number[] = [];
  #data: Uint8Array[] = [];
  #granule = NO_GRANULE;
  #continued = false;

  /** @param serial any number, other than that of other streams in the file; 32 bits */
  constructor(serial: number) {
    this.#serial = serial >>> 0;
  }

  /**
   * Takes a packet.
   *
   * @param granule position at its end
   * @returns pages that are full by it, none, one or several
   */
  add(packet: Uint8Array, granule: number): Uint8Array[] {
    const pages: Uint8Array[] = [];
    const needed = Math.floor(packet.length / 255) + 1;
    if (this.#segments.length > 0 && this.#segments.length + needed > MAX_SEGMENTS) pages.push(this.#page(0));
    for (let at = 0, left = needed; left > 0; left--) {
      const length = Math.min(255, packet.length - at);
      this.#segments.push(length);
      this.#data.push(packet.slice(at, at + length));
      at += length;
      if (left > 1 && this.#segments.length === MAX_SEGMENTS) {
        pages.push(this.#page(0));
        this.#continued = true;
      }
    }
    this.#granule = granule;
    return pages;
  }

  /** @returns what waits as a page; undefined when nothing does, unless it is the last */
  flush(end = false): Uint8Array | undefined {
    if (this.#segments.length === 0 && !end) return undefined;
    return this.#page(end ? ENDS_STREAM : 0);
  }

  #page(flags: number): Uint8Array {
    const data = new Uint8Array(this.#data.reduce((sum, it) => sum + it.length, 0));
    let at = 0;
    for (const part of this.#data) {
      data.set(part, at);
      at += part.length;
    }
    const page = formatOggPage({
      flags: flags | (this.#sequence === 0 ? BEGINS_STREAM : 0) | (this.#continued ? CONTINUED : 0),
      granule: this.#granule,
      serial: this.#serial,
      sequence: this.#sequence++,
      segments: this.#segments,
      data,
    });
    this.#segments = [];
    this.#data = [];
    this.#granule = NO_GRANULE;
    this.#continued = false;
    return page;
  }
}
