import { DecodeError, EncodeError } from '../errors.ts';

/** Universal tags LDAP uses (X.690 §8); constructed types have bit 0x20 set. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific primitive tag `[n]`. */
export const context = (n: number): number => 0x80 | n;
/** Context-specific constructed tag `[n]`. */
export const contextConstructed = (n: number): number => 0xa0 | n;

/** RFC 4511 §4.1.1: `maxInt`, the largest message id, size limit and time limit. */
export const MAX_INT = 2_147_483_647;

/** Nesting allowed when the caller does not say: deep enough for any filter people write. */
export const DEFAULT_MAX_DEPTH = 100;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const hex = (tag: number): string => `0x${tag.toString(16).padStart(2, '0')}`;

/** Text of at most this many octets is first tried as ASCII: a decoder call costs more than the loop. */
const SHORT_TEXT = 48;

/** UTF-8 octets of `text`, as attribute values travel. */
export function utf8Bytes(text: string): Uint8Array {
  if (text.length > SHORT_TEXT) return encoder.encode(text);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) return encoder.encode(text);
    bytes[at] = unit;
  }
  return bytes;
}

function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > SHORT_TEXT) return undefined;
  let text = '';
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!;
    if (octet >= 0x80) return undefined;
    text += String.fromCharCode(octet);
  }
  return text;
}

/** `bytes` as text, or undefined when they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  const ascii = shortAscii(bytes, 0, bytes.length);
  if (ascii !== undefined) return ascii;
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Reads the subset of BER that LDAP allows (RFC 4511 §5.1): definite lengths, one-octet tags, primitive octet strings.
 * Every read checks its bounds in one place and throws {@link DecodeError}; values are copies.
 */
export class BerReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #depthLeft: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, depthLeft = DEFAULT_MAX_DEPTH) {
    // A subclass of Uint8Array may answer slice() with shared memory; Node's Buffer does.
    this.#bytes =
      bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = start;
    this.#end = end;
    this.#depthLeft = depthLeft;
  }

  get offset(): number {
    return this.#at;
  }
  get remaining(): number {
    return this.#end - this.#at;
  }
  get done(): boolean {
    return this.#at >= this.#end;
  }
  /** Tag of the next element, or undefined at the end. */
  get nextTag(): number | undefined {
    return this.#at < this.#end ? this.#bytes[this.#at] : undefined;
  }

  /** A reader over the contents of the next, constructed element. */
  constructed(tag: number = TAG.sequence): BerReader {
    const length = this.#header(tag);
    const at = this.#at;
    this.#at = at + length;
    return this.#inner(at, at + length);
  }
  /** The next element whatever its tag, with a reader over its contents. */
  any(): { tag: number; contents: BerReader } {
    const tag = this.nextTag;
    if (tag === undefined) throw this.fail('an element is missing');
    return { tag, contents: this.constructed(tag) };
  }
  octets(tag: number = TAG.octetString): Uint8Array {
    const length = this.#header(tag);
    const at = this.#at;
    this.#at = at + length;
    return this.#bytes.slice(at, at + length);
  }
  /** Goes into the next, constructed element. @returns the offset at which it ends */
  enter(tag: number): number {
    return this.#header(tag) + this.#at;
  }
  /** Passes over `expected` if it is what comes next. @returns whether it is */
  skipBytes(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    const { length } = expected;
    if (length > this.#end - at) return false;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.#at = at + length;
    return true;
  }
  /** Passes over the next element. @returns the offset at which it ends */
  skip(tag: number): number {
    const length = this.#header(tag); // moves on to the contents: not to be part of the sum below
    this.#at += length;
    return this.#at;
  }
  /** An octet string that must be UTF-8 (LDAPString, LDAPDN, LDAPOID). */
  text(tag: number = TAG.octetString): string {
    const length = this.#header(tag);
    const at = this.#at;
    this.#at = at + length;
    return this.#decodeText(at, at + length);
  }
  /**
   * An INTEGER of at most 32 bits within `[min, max]`.
   */
  integer(min: number, max: number, tag: number = TAG.integer): number {
    const length = this.#header(tag);
    if (length === 0) throw this.fail('an INTEGER has no octets', 'X.690 §8.3.1');
    // Leading zero octets are needless but harmless; more than eight are an attack, not a number.
    if (length > 8) throw this.fail(`an INTEGER has ${length} octets, at most 8 are read`);
    let value = this.#bytes[this.#at]! & 0x80 ? -1 : 0;
    for (let i = 0; i < length; i++) value = value * 256 + this.#bytes[this.#at + i]!;
    if (!(value >= min && value <= max)) throw this.fail(`INTEGER is ${value}, not in ${min}..${max}`);
    this.#at += length;
    return value;
  }
  enumerated(min: number, max: number): number {
    return this.integer(min, max, TAG.enumerated);
  }
  /** Any non-zero octet is TRUE: RFC 4511 §5.1 asks senders for 0xFF, BER allows the rest. */
  boolean(tag: number = TAG.boolean): boolean {
    const length = this.#header(tag);
    if (length !== 1) throw this.fail(`a BOOLEAN has ${length} octets instead of 1`, 'X.690 §8.2.1');
    return this.#bytes[this.#at++] !== 0;
  }
  null(tag: number = TAG.null): void {
    const length = this.#header(tag);
    if (length !== 0) throw this.fail(`a NULL has ${length} octets instead of none`, 'X.690 §8.8.2');
  }
  /** Throws unless everything was read. */
  expectEnd(what: string): void {
    if (!this.done) throw this.fail(`${this.remaining} bytes left over after ${what}`);
  }
  /** Checks and passes over the rest: elements of a later version of the protocol (RFC 4511 §4, extensibility). */
  skipRest(): void {
    while (!this.done) {
      const length = this.#header(this.nextTag!);
      this.#at += length;
    }
  }
  fail(problem: string, rule?: string): DecodeError {
    return new DecodeError('LDAP', problem, { offset: this.#at, ...(rule === undefined ? {} : { rule }) });
  }

  #inner(start: number, end: number): BerReader {
    if (this.#depthLeft <= 0) throw this.fail('elements are nested too deep');
    return new BerReader(this.#bytes, start, end, this.#depthLeft - 1);
  }
  /** Reads tag and length, checks that the contents are there, and leaves the position at their start. */
  #header(tag: number): number {
    const bytes = this.#bytes;
    const found = this.nextTag;
    if (found === undefined) throw this.fail(`element with tag ${hex(tag)} is missing`);
    if (found !== tag) throw this.fail(`expected tag ${hex(tag)}, found ${hex(found)}`);
    if ((found & 0x1f) === 0x1f) throw this.fail('a tag of several octets', 'RFC 4511 §5.1');
    let at = this.#at + 1;
    if (at >= this.#end) throw this.fail('the length is missing');
    let length = bytes[at++]!;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0) throw this.fail('an indefinite length', 'RFC 4511 §5.1');
      if (count > 4) throw this.fail(`a length of ${count} octets, at most 4 are read`);
      if (count > this.#end - at) throw this.fail('the length is cut off');
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + bytes[at++]!;
    }
    if (length > this.#end - at) {
      throw this.fail(`an element of ${length} bytes where ${this.#end - at} are left`);
    }
    this.#at = at;
    return length;
  }
  #decodeText(start: number, end: number): string {
    const bytes = this.#bytes;
    const text = shortAscii(bytes, start, end) ?? utf8Text(bytes.subarray(start, end));
    if (text === undefined) {
      throw new DecodeError('LDAP', 'text is not UTF-8', { offset: start, rule: 'RFC 4511 §4.1.2' });
    }
    return text;
  }
}

/**
 * Writes BER with definite lengths in their shortest form. Constructed elements are opened with {@link begin} and
 * closed with {@link end}. Calls chain; {@link finish} gives the bytes.
 */
export class BerWriter {
  #bytes: Uint8Array;
  #length = 0;
  readonly #open: number[] = [];

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  begin(tag: number = TAG.sequence): this {
    this.#room(2);
    this.#bytes[this.#length++] = tag;
    this.#open.push(this.#length++); // the place of a one-octet length; `end` makes more room when it is needed
    return this;
  }
  end(): this {
    const at = this.#open.pop();
    if (at === undefined) throw new EncodeError('LDAP', 'BerWriter.end', 'has no matching begin');
    const length = this.#length - at - 1;
    const extra = lengthOctets(length) - 1;
    if (extra > 0) {
      this.#room(extra);
      this.#bytes.copyWithin(at + 1 + extra, at + 1, this.#length);
      this.#length += extra;
    }
    this.#putLength(at, length);
    return this;
  }
  octets(value: Uint8Array, tag: number = TAG.octetString): this {
    const head = 1 + lengthOctets(value.length);
    this.#room(head + value.length);
    this.#bytes[this.#length] = tag;
    this.#putLength(this.#length + 1, value.length);
    this.#bytes.set(value, this.#length + head);
    this.#length += head + value.length;
    return this;
  }
  text(value: string, tag: number = TAG.octetString): this {
    const count = value.length;
    // Three octets for each UTF-16 unit is the most UTF-8 can need.
    this.#room(6 + count * 3);
    const start = this.#length + 2;
    if (count < 64) {
      const bytes = this.#bytes;
      let i = 0;
      for (; i < count; i++) {
        const unit = value.charCodeAt(i);
        if (unit >= 0x80) break;
        bytes[start + i] = unit;
      }
      if (i === count) {
        bytes[this.#length] = tag;
        bytes[this.#length + 1] = count;
        this.#length = start + count;
        return this;
      }
    }
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(start));
    const extra = lengthOctets(written) - 1;
    if (extra > 0) this.#bytes.copyWithin(start + extra, start, start + written);
    this.#bytes[this.#length] = tag;
    this.#putLength(this.#length + 1, written);
    this.#length = start + extra + written;
    return this;
  }
  /** @throws {EncodeError} when `value` is not an integer of at most 48 bits. */
  integer(value: number, tag: number = TAG.integer): this {
    if (!Number.isInteger(value) || Math.abs(value) >= 2 ** 47) {
      throw new EncodeError('LDAP', 'INTEGER', `${value} is not an integer that can be written`);
    }
    let count = 1;
    while (value < -(2 ** (8 * count - 1)) || value >= 2 ** (8 * count - 1)) count++;
    this.#room(2 + count);
    this.#bytes[this.#length++] = tag;
    this.#bytes[this.#length++] = count;
    let left = value;
    for (let i = count - 1; i >= 0; i--) {
      this.#bytes[this.#length + i] = left & 0xff;
      left = Math.floor(left / 256);
    }
    this.#length += count;
    return this;
  }
  enumerated(value: number): this {
    return this.integer(value, TAG.enumerated);
  }
  boolean(value: boolean, tag: number = TAG.boolean): this {
    return this.raw(Uint8Array.of(tag, 1, value ? 0xff : 0));
  }
  null(tag: number = TAG.null): this {
    return this.raw(Uint8Array.of(tag, 0));
  }
  /** Bytes that are BER already. */
  raw(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }
  /** The bytes written; the writer is spent. */
  finish(): Uint8Array {
    if (this.#open.length > 0) throw new EncodeError('LDAP', 'BerWriter', 'has an element left open');
    return this.#bytes.subarray(0, this.#length);
  }

  #putLength(at: number, length: number): void {
    const bytes = this.#bytes;
    if (length < 0x80) {
      bytes[at] = length;
      return;
    }
    const count = lengthOctets(length) - 1;
    bytes[at] = 0x80 | count;
    for (let i = 0; i < count; i++) bytes[at + 1 + i] = Math.floor(length / 256 ** (count - 1 - i)) & 0xff;
  }
  #room(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function lengthOctets(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x100) return 2;
  if (length < 0x1_0000) return 3;
  return length < 0x100_0000 ? 4 : 5;
}
