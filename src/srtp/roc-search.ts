import { MAX_ROC } from './packet-index.ts';

/** Tried for one packet. */
const PER_PACKET = 32;
/** Of those granted, kept for newcomers that sender reports tell of: a flood under made-up names has no authentic report. */
const RESERVED_SHARE = 0.25;
/** Sources of which it is remembered how far they have been tried. */
const MAX_CURSORS = 64;
/** As many roll-overs as a stream of 1000 packets a second has in 49 days; then the search begins anew. */
const RANGE = 0x1_0000;

export interface RocSearchOptions {
  /**
   * How many packets a source has sent by its last sender report, undefined while none came. Whoever sent so many and began with
   * a sequence number of 16 bits has one roll-over counter, or one beside it.
   */
  readonly packetsSent: (ssrc: number) => number | undefined;
}

/**
 * Finds the roll-over counter of a source that began long before we came, or of which more than 2^15 packets were missed. It is not
 * in the packet, but the tag is made with it (RFC 3711 §4.2): the one under which the tag is right is the one. What sender
 * reports say is tried first, then one after the other from 0 on, or from the one that is known: an old recording played
 * again does not turn it back.
 *
 * No other member has to know of it, unlike RFC 4771. What it costs is bounded: {@link grant} says how many tries there are.
 */
export class RocSearch {
  readonly #packetsSent: RocSearchOptions['packetsSent'];
  readonly #cursors = new Map<number, number>();
  #tries = 0;
  #reserved = 0;

  constructor({ packetsSent }: RocSearchOptions) {
    this.#packetsSent = packetsSent;
  }

  /** Allows so many tries from now on, in place of those that are left. */
  grant(tries: number): void {
    this.#reserved = Math.floor(tries * RESERVED_SHARE);
    this.#tries = tries - this.#reserved;
  }
  get mayTry(): boolean {
    return this.#tries > 0 || this.#reserved > 0;
  }

  /**
   * @param known  the highest counter under which the source has sent; undefined for none
   * @param opens  tries one: decrypts and gives true when the tag is right
   */
  find(
    ssrc: number,
    sequence: number,
    known: number | undefined,
    opens: (roc: number) => boolean,
  ): number | undefined {
    const first = known === undefined ? 1 : known + 1; // what is likelier was tried before
    let spent = 0;
    const sent = this.#packetsSent(ssrc);
    if (sent !== undefined) {
      const likely = Math.max(0, Math.ceil((sent - sequence) / 0x1_0000));
      for (let roc = likely + 1; roc >= likely - 1; roc--) {
        if (roc < first || roc > MAX_ROC) continue;
        if (known === undefined && this.#reserved > 0) this.#reserved--;
        else if (this.#tries > 0) this.#tries--;
        else return undefined;
        spent++;
        if (opens(roc)) return this.#found(ssrc, roc);
      }
    }
    let left = Math.min(PER_PACKET - spent, this.#tries);
    if (left === 0) return undefined;
    let cursor = Math.max(first, this.#cursors.get(ssrc) ?? first);
    for (; left > 0 && cursor <= MAX_ROC; left--) {
      this.#tries--;
      if (opens(cursor)) return this.#found(ssrc, cursor);
      cursor = cursor - first >= RANGE ? first : cursor + 1;
    }
    this.#remember(ssrc, cursor);
    return undefined;
  }

  #found(ssrc: number, roc: number): number {
    this.#cursors.delete(ssrc);
    return roc;
  }

  #remember(ssrc: number, cursor: number): void {
    const [oldest] = this.#cursors.keys();
    if (!this.#cursors.has(ssrc) && this.#cursors.size >= MAX_CURSORS && oldest !== undefined) {
      this.#cursors.delete(oldest);
    }
    this.#cursors.set(ssrc, cursor);
  }
}
