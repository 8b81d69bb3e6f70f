import { EncodeError } from '../errors.ts';
import type { Section, SdpDocument } from './document.ts';
import type { Line } from './lines.ts';

/** An attribute taken apart: `name` or `name:value` (RFC 8866 §5.13). */
export interface Attribute {
  readonly name: string;
  /** Undefined for a property such as `recvonly`. */
  readonly value: string | undefined;
}

export function splitAttribute(text: string): Attribute {
  const colon = text.indexOf(':');
  if (colon < 0) return { name: text.trim(), value: undefined };
  return { name: text.slice(0, colon), value: text.slice(colon + 1) };
}

/**
 * The `a=` lines of one level as a list of uninterpreted texts (`name` or `name:value`), in order. Names are compared
 * exactly (RFC 8866 §5.13). Indexes count from 0.
 */
export class AttributeList implements Iterable<string> {
  readonly #document: SdpDocument;
  readonly #section: Section;

  constructor(document: SdpDocument, section: Section) {
    this.#document = document;
    this.#section = section;
  }

  get length(): number {
    return this.#lines().length;
  }
  [Symbol.iterator](): Iterator<string> {
    return this.list[Symbol.iterator]();
  }

  /** The text at an index. @throws {RangeError} outside 0..length-1 */
  at(index: number): string {
    return this.#line(index).value;
  }

  /** All texts. Assigning makes the `a=` lines say exactly this; the ones that agree are not touched. */
  get list(): string[] {
    return this.#lines().map((line) => line.value);
  }
  set list(texts: readonly string[]) {
    for (const text of texts) check(text);
    this.#document.setAll(
      this.#section,
      'a',
      texts.map((value) => ({ value })),
    );
  }

  /** Adds a text behind the last one. @throws {EncodeError} when it is empty or has a line break */
  add(text: string): void {
    check(text);
    this.#document.add(this.#section, 'a', text);
  }

  /** Puts a text before the one at `index`. @throws {RangeError} outside 0..length */
  insert(index: number, text: string): void {
    check(text);
    const lines = this.#lines();
    if (index === lines.length) return this.add(text);
    this.#document.insertAt(this.#section, this.#section.lines.indexOf(this.#line(index)), 'a', text);
  }

  /** @throws {RangeError} outside 0..length-1 */
  replace(index: number, text: string): void {
    check(text);
    this.#document.change(this.#line(index), text);
  }

  /** @throws {RangeError} outside 0..length-1 */
  remove(index: number): void {
    this.#document.remove(this.#section, this.#line(index));
  }

  /** Whether an attribute of this name is there, with or without a value. */
  has(name: string): boolean {
    return this.#lines().some((line) => splitAttribute(line.value).name === name);
  }

  /** The value of the first attribute of this name; '' for a property, undefined when there is none. */
  get(name: string): string | undefined {
    for (const line of this.#lines()) {
      const attribute = splitAttribute(line.value);
      if (attribute.name === name) return attribute.value ?? '';
    }
    return undefined;
  }

  /** The whole texts of all attributes of this name, in order. */
  all(name: string): string[] {
    return this.list.filter((text) => splitAttribute(text).name === name);
  }

  /** Gives the first attribute of this name a value (undefined: makes it a property), or adds it. */
  set(name: string, value?: string): void {
    if (name === '' || /[:\s]/.test(name)) {
      throw new EncodeError('SDP', 'attribute name', `${JSON.stringify(name)} is not a word`);
    }
    const text = value === undefined ? name : `${name}:${value}`;
    const line = this.#lines().find((old) => splitAttribute(old.value).name === name);
    if (line === undefined) this.add(text);
    else this.#document.change(line, text);
  }

  /** Removes all attributes of this name and says how many they were. */
  delete(name: string): number {
    const lines = this.#lines().filter((line) => splitAttribute(line.value).name === name);
    for (const line of lines) this.#document.remove(this.#section, line);
    return lines.length;
  }

  #lines(): Line[] {
    return this.#document.all(this.#section, 'a');
  }

  #line(index: number): Line {
    const line = this.#lines()[index];
    if (line === undefined) throw new RangeError(`no attribute ${index}; there are ${this.length}`);
    return line;
  }
}

function check(text: string): void {
  if (text.trim() === '') throw new EncodeError('SDP', 'attribute', 'is empty; give "name" or "name:value"');
}
