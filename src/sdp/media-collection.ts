import { Line } from './lines.ts';
import type { SdpDocument } from './document.ts';
import { MediaDescription } from './media.ts';
import { formatMediaLine, type MediaLine } from './media-line.ts';

/** What a new medium is until told otherwise: PCMU audio on the port RFC 3551 §8 registers. */
export const DEFAULT_MEDIA: MediaLine = {
  kind: 'audio',
  port: 5004,
  portCount: 1,
  proto: 'RTP/AVP',
  formats: ['0'],
};

/** The media of a session, in order. Indexes count from 0. */
export class MediaCollection implements Iterable<MediaDescription> {
  readonly #document: SdpDocument;

  constructor(document: SdpDocument) {
    this.#document = document;
  }

  get length(): number {
    return this.#document.media.length;
  }
  [Symbol.iterator](): Iterator<MediaDescription> {
    return this.toArray()[Symbol.iterator]();
  }
  toArray(): MediaDescription[] {
    return this.#document.media.map((section) => new MediaDescription(this.#document, section));
  }

  /** @throws {RangeError} outside 0..length-1 */
  at(index: number): MediaDescription {
    const section = this.#document.media[index];
    if (section === undefined) throw new RangeError(`no medium ${index}; there are ${this.length}`);
    return new MediaDescription(this.#document, section);
  }

  /** The first medium of a kind such as `audio`, or undefined. */
  find(kind: string): MediaDescription | undefined {
    return this.toArray().find((medium) => medium.kind === kind);
  }

  /**
   * Puts a new medium before the one at `index`; what is not given comes from {@link DEFAULT_MEDIA}.
   *
   * @throws {RangeError} outside 0..length
   * @throws {EncodeError} when a value cannot stand in an `m=` line
   */
  insert(index: number, init: Partial<MediaLine> = {}): MediaDescription {
    if (!Number.isInteger(index) || index < 0 || index > this.length) {
      throw new RangeError(`no place ${index} for a medium; 0 to ${this.length} are possible`);
    }
    const line = new Line('m', formatMediaLine({ ...DEFAULT_MEDIA, ...init }), this.#document.ending);
    return new MediaDescription(this.#document, this.#document.addMedia(index, [line]));
  }

  /** {@link insert} at the end. */
  add(init?: Partial<MediaLine>): MediaDescription {
    return this.insert(this.length, init);
  }

  /** Removes a medium with all its lines. @throws {RangeError} outside 0..length-1 */
  remove(index: number): void {
    this.at(index);
    this.#document.removeMedia(index);
  }
}
