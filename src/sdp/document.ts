import { EncodeError } from '../errors.ts';
import { charsetOf, decodeText, encodeText, isLatin1, toLatin1 } from './charset.ts';
import { isLineText, Line, type LineEnding, replaceWord, type SdpLine } from './lines.ts';

/** RFC 8866 §9: the order of lines before the first `m=` and after each. `r=` and `z=` belong to their `t=`. */
const SESSION_ORDER = 'vosiuepcbtka';
const MEDIA_ORDER = 'micbka';

/** The lines of the session level, or one `m=` line with those below it. */
export interface Section {
  readonly lines: Line[];
}

/** Place of a line type in its section, or -1 for letters that RFC 8866 does not know there. */
export function lineRank(type: string, atSession: boolean): number {
  if (type === '') return -1;
  if (!atSession) return MEDIA_ORDER.indexOf(type);
  return SESSION_ORDER.indexOf(type === 'r' || type === 'z' ? 't' : type);
}

/**
 * The lines of a description, kept exactly as they came. Every edit goes through here: it touches the one line it
 * means, puts new ones where RFC 8866 §9 wants them and leaves the rest alone.
 */
export class SdpDocument {
  readonly session: Section;
  readonly media: Section[];
  readonly byteOrderMark: boolean;
  /** Whether it was read from bytes, so that text in another charset must be written as bytes too. */
  readonly fromBytes: boolean;
  /** Charset of free text when no `a=charset` says otherwise; undefined for UTF-8. */
  defaultCharset: string | undefined;
  /** Grows by one with every change. */
  revision = 0;

  constructor(
    sections: readonly [Section, ...Section[]],
    options: { byteOrderMark?: boolean; fromBytes?: boolean; defaultCharset?: string | undefined } = {},
  ) {
    const [session, ...media] = sections;
    this.session = session;
    this.media = media;
    this.byteOrderMark = options.byteOrderMark ?? false;
    this.fromBytes = options.fromBytes ?? false;
    this.defaultCharset = options.defaultCharset;
  }

  *allLines(): Generator<Line> {
    yield* this.session.lines;
    for (const section of this.media) yield* section.lines;
  }

  snapshot(): SdpLine[] {
    const out: SdpLine[] = [];
    const add = (section: Section, media: number | undefined): void => {
      for (const { type, value, ending, binary } of section.lines) {
        out.push({ number: out.length + 1, type, value, ending, binary, media });
      }
    };
    add(this.session, undefined);
    for (const [index, section] of this.media.entries()) add(section, index);
    return out;
  }

  /** The ending most lines have; CRLF when there is nothing to go by. */
  get ending(): LineEnding {
    let [crlf, lf, cr] = [0, 0, 0];
    for (const line of this.allLines()) {
      if (line.ending === '\r\n') crlf++;
      else if (line.ending === '\n') lf++;
      else if (line.ending === '\r') cr++;
    }
    if (cr > crlf && cr > lf) return '\r';
    return lf > crlf ? '\n' : '\r\n';
  }

  /** Charset of free text (RFC 8866 §6.10): `a=charset` at session level, else the default given. */
  get charset(): string | undefined {
    for (const { type, value } of this.session.lines) {
      if (type === 'a' && value.startsWith('charset:')) return value.slice(8);
    }
    return this.defaultCharset;
  }

  find(section: Section, type: string): Line | undefined {
    return section.lines.find((line) => line.type === type);
  }

  all(section: Section, type: string): Line[] {
    return section.lines.filter((line) => line.type === type);
  }

  /** Free text of a line, in its charset. */
  text(line: Line): string {
    return decodeText(line.value, line.binary, this.fromBytes, this.charset);
  }

  /** What to store for free text. @throws {EncodeError} when the charset cannot write it */
  encode(field: string, text: string): { value: string; binary: boolean } {
    const encoded = encodeText(text, this.fromBytes, this.charset);
    if (encoded === undefined) {
      throw new EncodeError(
        'SDP',
        field,
        `has characters outside ${this.charset}; change the text or set the charset to UTF-8`,
      );
    }
    return encoded;
  }

  /**
   * Declares a charset at session level and rewrites the free text in it.
   *
   * @throws {EncodeError} before anything has changed
   */
  recode(charset: string): void {
    if (charsetOf(charset) === undefined) {
      throw new EncodeError(
        'SDP',
        'charset',
        `${JSON.stringify(charset)} is not one this can write; use UTF-8`,
      );
    }
    if (this.charset === charset) return;
    const all = [...this.allLines()].filter(({ type }) => 'siep'.includes(type || '-'));
    const recoded = all.map((line) => {
      const text = this.text(line);
      const encoded = encodeText(text, this.fromBytes, charset);
      if (encoded === undefined) {
        throw new EncodeError('SDP', 'charset', `${charset} cannot write the line "${line.type}=${text}"`);
      }
      return { line, ...encoded };
    });
    const declared = this.all(this.session, 'a').find(({ value }) => value.startsWith('charset:'));
    if (declared === undefined) this.add(this.session, 'a', `charset:${charset}`);
    else this.change(declared, `charset:${charset}`);
    for (const { line, value, binary } of recoded) this.change(line, value, binary);
  }

  /** Gives a line another value; the same value is no change. @throws {EncodeError} on a line break or NUL */
  change(line: Line, value: string, binary = false): void {
    checkText(line.type, value);
    if (binary && !isLatin1(value)) {
      throw new EncodeError('SDP', `${line.type}=`, 'has bytes that are not UTF-8; rewrite the whole line');
    }
    if (line.value === value && line.binary === binary) return;
    line.value = value;
    line.binary = binary;
    this.revision++;
  }

  /** Replaces one blank-separated word of a line, keeping the rest as it is spelled. @throws {EncodeError} */
  changeWord(line: Line, index: number, word: string, field: string): void {
    if (!/^[^\s\0]+$/.test(word)) {
      throw new EncodeError('SDP', field, `${JSON.stringify(word)} is not one word without blanks`);
    }
    this.change(line, replaceWord(line.value, index, word), line.binary);
  }

  /** Adds a line where the order of RFC 8866 §9 wants it: behind those of its kind, before those that come later. */
  add(section: Section, type: string, value: string, binary = false): Line {
    return this.insertAt(section, this.#placeFor(section, type), type, value, binary);
  }

  insertAt(section: Section, index: number, type: string, value: string, binary = false): Line {
    checkText(type, value);
    const line = new Line(type, value, this.ending, binary);
    const last = section.lines.at(-1);
    if (index === section.lines.length && last?.ending === '') {
      last.ending = line.ending; // the description still ends without a newline, as it did
      line.ending = '';
    }
    section.lines.splice(index, 0, line);
    this.revision++;
    return line;
  }

  remove(section: Section, line: Line): void {
    const index = section.lines.indexOf(line);
    if (index < 0) return;
    section.lines.splice(index, 1);
    this.revision++;
  }

  /** The first line of a type gets this value, or is added; undefined removes every line of the type. */
  setOne(section: Section, type: string, value: string | undefined, binary = false): void {
    const line = this.find(section, type);
    if (value === undefined) for (const old of this.all(section, type)) this.remove(section, old);
    else if (line === undefined) this.add(section, type, value, binary);
    else this.change(line, value, binary);
  }

  /** Makes the lines of a type say exactly `values`; those that already agree at the front and the end stay. */
  setAll(
    section: Section,
    type: string,
    values: readonly { readonly value: string; readonly binary?: boolean }[],
    old: readonly Line[] = this.all(section, type),
  ): void {
    for (const { value } of values) checkText(type, value); // all or nothing
    let front = 0;
    while (front < old.length && front < values.length && old[front]?.value === values[front]?.value) front++;
    let back = 0;
    while (
      back < old.length - front &&
      back < values.length - front &&
      old.at(-1 - back)?.value === values.at(-1 - back)?.value
    ) {
      back++;
    }
    const middle = old.slice(front, old.length - back);
    const wanted = values.slice(front, values.length - back);
    for (const line of middle.slice(wanted.length)) this.remove(section, line);
    let previous = front > 0 ? old[front - 1] : undefined;
    for (const [i, { value, binary }] of wanted.entries()) {
      const line = middle[i];
      if (line !== undefined) {
        this.change(line, value, binary);
        previous = line;
      } else if (previous !== undefined) {
        previous = this.insertAt(section, section.lines.indexOf(previous) + 1, type, value, binary);
      } else {
        const next = old[front];
        const at = next === undefined ? this.#placeFor(section, type) : section.lines.indexOf(next);
        previous = this.insertAt(section, at, type, value, binary);
      }
    }
  }

  addMedia(index: number, lines: readonly Line[]): Section {
    const section: Section = { lines: [...lines] };
    const before = (index === 0 ? this.session : this.media[index - 1])?.lines.at(-1);
    const lastNew = section.lines.at(-1);
    if (before?.ending === '' && lastNew !== undefined) {
      before.ending = this.ending;
      lastNew.ending = '';
    }
    this.media.splice(index, 0, section);
    this.revision++;
    return section;
  }

  removeMedia(index: number): void {
    this.media.splice(index, 1);
    this.revision++;
  }

  serialize(): string {
    let out = this.byteOrderMark ? '\uFEFF' : '';
    for (const line of this.allLines()) out += line.text + line.ending;
    return out;
  }

  toBytes(): Uint8Array {
    const utf8 = new TextEncoder();
    const all = [...this.allLines()];
    if (!all.some((line) => line.binary)) return utf8.encode(this.serialize());
    const chunks = all.map((line) => {
      const text = line.text + line.ending;
      return line.binary ? toLatin1(text) : utf8.encode(text);
    });
    if (this.byteOrderMark) chunks.unshift(Uint8Array.of(0xef, 0xbb, 0xbf));
    const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }

  #placeFor({ lines }: Section, type: string): number {
    const atSession = lines === this.session.lines;
    const rank = lineRank(type, atSession);
    const same = lines.findLastIndex((line) => line.type === type);
    if (same >= 0) return same + 1;
    const later = lines.findIndex((line) => lineRank(line.type, atSession) > rank);
    if (later >= 0) return later;
    let end = lines.length; // blank lines and rubbish at the end stay at the end
    while (end > 0 && lines[end - 1]?.type === '') end--;
    return end;
  }
}

function checkText(type: string, value: string): void {
  if (!isLineText(value)) {
    throw new EncodeError(
      'SDP',
      `${type}=`,
      'must not contain a line break or NUL (RFC 8866 §9, byte-string)',
    );
  }
}
