import { fromBase64 } from '../wire/index.ts';
import { utf8Text } from './ber.ts';

/** A line put together from its folded parts. */
export interface LdifLine {
  /** Of its first part, counted from 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** What is wrong with a file, and in which line. */
export class LdifProblem {
  readonly line: number;
  readonly problem: string;
  constructor(line: number, problem: string) {
    this.line = line;
    this.problem = problem;
  }
}

/** `name: value` taken apart. */
export interface LdifPair {
  readonly line: number;
  readonly name: string;
  readonly value: Uint8Array;
}

const NAME = /^[A-Za-z0-9.]?[A-Za-z0-9.;_-]*$/;
const COLON = 0x3a;
const BLANK = 0x20;
const LESS = 0x3c;

/** The line between the changes of a modify record, as the name of a pair. */
export const SEPARATOR = '-';

/** @throws {LdifProblem} */
export function readPair({ number, bytes }: LdifLine): LdifPair {
  if (bytes.length === 1 && bytes[0] === 0x2d) {
    return { line: number, name: SEPARATOR, value: new Uint8Array(0) };
  }
  const colon = bytes.indexOf(COLON);
  const name = colon < 0 ? undefined : utf8Text(bytes.subarray(0, colon));
  if (name === undefined || name === '' || !NAME.test(name)) {
    throw new LdifProblem(number, `"${shorten(bytes)}" is not like "name: value" (RFC 2849)`);
  }
  const kind = bytes[colon + 1];
  const isEncoded = kind === COLON;
  let at = colon + (isEncoded || kind === LESS ? 2 : 1);
  while (bytes[at] === BLANK) at++;
  const value = bytes.slice(at);
  if (kind === LESS) {
    throw new LdifProblem(
      number,
      `the value of ${name} is at a URL, which is not fetched: put the value itself there, in base64 after "::"`,
    );
  }
  if (!isEncoded) return { line: number, name, value };
  const octets = fromBase64((utf8Text(value) ?? '?').trimEnd());
  if (octets === undefined) throw new LdifProblem(number, `the value of ${name} after "::" is not base64`);
  return { line: number, name, value: octets };
}

/** The value as text. @throws {LdifProblem} */
export function textOf({ line, name, value }: LdifPair): string {
  const text = utf8Text(value);
  if (text === undefined) throw new LdifProblem(line, `the value of ${name} is not UTF-8`);
  return text;
}

const shorten = (bytes: Uint8Array): string => {
  const text = new TextDecoder().decode(bytes.subarray(0, 60));
  return bytes.length > 60 ? `${text}…` : text;
};

/** What one line may hold, folded parts together: an entry's largest value in base64, and more. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Puts lines together from chunks of a file: folding undone, comments left out, an empty line as undefined. */
export class LdifLineReader {
  #rest: Uint8Array = new Uint8Array(0);
  #number = 0;
  #line: { readonly number: number; readonly parts: Uint8Array[]; bytes: number } | undefined;
  #isComment = false;
  readonly #ready: (LdifLine | undefined)[] = [];

  handleBytes(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? chunk : joined([this.#rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      this.#take(bytes.slice(start, end));
      start = end + 1;
    }
    this.#rest = bytes.slice(start);
    if (this.#rest.length > MAX_LINE_BYTES) throw new LdifProblem(this.#number + 1, 'the line is too long');
  }
  /** The file is over. */
  end(): void {
    if (this.#rest.length > 0) this.#take(this.#rest);
    this.#rest = new Uint8Array(0);
    this.#finish();
    this.#ready.push(undefined);
  }
  /** The next line, which is undefined for an empty one; undefined when there is none yet. */
  pollLine(): { readonly line: LdifLine | undefined } | undefined {
    if (this.#ready.length === 0) return undefined;
    return { line: this.#ready.shift() };
  }

  #take(raw: Uint8Array): void {
    this.#number++;
    const part = raw.at(-1) === 0x0d ? raw.subarray(0, -1) : raw;
    if (part[0] === BLANK && (this.#line !== undefined || this.#isComment)) {
      if (this.#line === undefined) return;
      this.#line.parts.push(part.subarray(1));
      this.#line.bytes += part.length;
      if (this.#line.bytes > MAX_LINE_BYTES) throw new LdifProblem(this.#line.number, 'the line is too long');
      return;
    }
    this.#finish();
    this.#isComment = part[0] === 0x23;
    if (this.#isComment) return;
    if (part.length === 0) this.#ready.push(undefined);
    else this.#line = { number: this.#number, parts: [part], bytes: part.length };
  }
  #finish(): void {
    if (this.#line !== undefined)
      this.#ready.push({ number: this.#line.number, bytes: joined(this.#line.parts) });
    this.#line = undefined;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A UTF-8 file may begin with a byte order mark, which is no part of it. */
export const withoutMark = (bytes: Uint8Array): Uint8Array =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
