import { DecodeError } from '../errors.ts';
import { utf8Bytes, utf8Text } from './ber.ts';
import type { ExtensibleFilter, Filter } from './filter.ts';

/** Nesting accepted when the caller does not say. */
export const DEFAULT_FILTER_DEPTH = 50;
/** Characters accepted; also the bound on the work of reading one. */
export const MAX_FILTER_LENGTH = 65_536;

const ATTRIBUTE = /[A-Za-z][A-Za-z0-9-]*(?:;[A-Za-z0-9-]+)*|\d+(?:\.\d+)*(?:;[A-Za-z0-9-]+)*/y;
const OPERATOR = /(?:>=|<=|~=|=)/y;
const DN_FLAG = /:dn(?=:)/iy;
const RULE = /:([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)(?=:=)/y;
const SIGNS = { equality: '=', greaterOrEqual: '>=', lessOrEqual: '<=', approx: '~=' } as const;
const ordered = (operator: string) =>
  operator === '>=' ? 'greaterOrEqual' : operator === '<=' ? 'lessOrEqual' : 'approx';

/**
 * Reads the string form of a filter: RFC 4515, with `(&)` and `(|)` of RFC 4526.
 *
 * @param maxDepth filters within filters; default 50
 * @throws {DecodeError} naming the character position
 */
export function parseFilter(text: string, maxDepth: number = DEFAULT_FILTER_DEPTH): Filter {
  if (text.length > MAX_FILTER_LENGTH) {
    throw new DecodeError(
      'filter',
      `is ${text.length} characters long, at most ${MAX_FILTER_LENGTH} are read`,
    );
  }
  const p = new FilterParser(text);
  const filter = p.filter(maxDepth);
  p.expectEnd();
  return filter;
}

class FilterParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  filter(depthLeft: number): Filter {
    if (depthLeft <= 0) throw this.#fail('filters are nested too deep');
    this.#expect('(', 'a filter begins with "("');
    const next = this.#text[this.#at];
    let filter: Filter;
    if (next === '&' || next === '|') {
      this.#at++;
      const filters: Filter[] = [];
      while (this.#text[this.#at] === '(') filters.push(this.filter(depthLeft - 1));
      filter = { kind: next === '&' ? 'and' : 'or', filters };
    } else if (next === '!') {
      this.#at++;
      filter = { kind: 'not', filter: this.filter(depthLeft - 1) };
    } else filter = this.#item();
    this.#expect(')', 'a filter ends with ")"');
    return filter;
  }

  expectEnd(): void {
    if (this.#at < this.#text.length) throw this.#fail('something follows the filter');
  }

  #item(): Filter {
    const attribute = this.#match(ATTRIBUTE)?.[0];
    if (this.#text[this.#at] === ':') return this.#extensible(attribute);
    if (attribute === undefined) throw this.#fail('an attribute name is missing');
    const operator = this.#match(OPERATOR)?.[0];
    if (operator === undefined) throw this.#fail('one of = >= <= ~= := is missing');
    const start = this.#at;
    const parts = this.#values();
    if (operator === '=') return assertionOf(attribute, parts);
    if (parts.length > 1) {
      this.#at = start;
      throw this.#fail(`"*" after ${operator} must be written \\2a`);
    }
    return {
      kind: ordered(operator),
      attribute,
      value: parts[0]!,
    };
  }

  #extensible(attribute: string | undefined): Filter {
    const dnAttributes = this.#match(DN_FLAG) !== undefined;
    const matchingRule = this.#match(RULE)?.[1];
    if (!this.#text.startsWith(':=', this.#at)) throw this.#fail('":=" is missing');
    if (attribute === undefined && matchingRule === undefined) {
      throw this.#fail('an extensible match needs an attribute or a matching rule');
    }
    this.#at += 2;
    const start = this.#at;
    const parts = this.#values();
    if (parts.length > 1) {
      this.#at = start;
      throw this.#fail('"*" after := must be written \\2a');
    }
    return {
      kind: 'extensible',
      ...(matchingRule === undefined ? {} : { matchingRule }),
      ...(attribute === undefined ? {} : { attribute }),
      value: parts[0]!,
      dnAttributes,
    };
  }

  /** The octets between unescaped asterisks, up to the closing parenthesis. */
  #values(): Uint8Array[] {
    const parts: Uint8Array[] = [];
    let octets: number[] = [];
    let run = this.#at; // start of text not yet taken
    const take = (): void => {
      if (this.#at > run) octets.push(...utf8Bytes(this.#text.slice(run, this.#at)));
    };
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined || c === ')') {
        take();
        parts.push(Uint8Array.from(octets));
        return parts;
      }
      if (c === '(' || c === '\0') {
        throw this.#fail(
          `${c === '(' ? '"("' : 'NUL'} in a value must be written ${c === '(' ? '\\28' : '\\00'}`,
        );
      }
      if (c === '*' || c === '\\') {
        take();
        this.#at++;
        if (c === '*') {
          parts.push(Uint8Array.from(octets));
          octets = [];
        } else {
          const pair = this.#text.slice(this.#at, this.#at + 2);
          if (!/^[0-9A-Fa-f]{2}$/.test(pair)) {
            throw this.#fail('a backslash must be followed by two hex digits');
          }
          octets.push(Number.parseInt(pair, 16));
          this.#at += 2;
        }
        run = this.#at;
        continue;
      }
      this.#at++;
    }
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }
  #expect(c: string, problem: string): void {
    if (this.#text[this.#at] !== c) throw this.#fail(problem);
    this.#at++;
  }
  #fail(problem: string): DecodeError {
    const shown = this.#text.length > 80 ? `${this.#text.slice(0, 77)}...` : this.#text;
    return new DecodeError('filter', `${problem}, at character ${this.#at + 1} of "${shown}"`, {
      rule: 'RFC 4515 §3',
    });
  }
}

function assertionOf(attribute: string, parts: readonly Uint8Array[]): Filter {
  const first = parts[0]!;
  if (parts.length === 1) return { kind: 'equality', attribute, value: first };
  const last = parts.at(-1)!;
  // `**` says no more than `*`: an empty part matches everywhere.
  const any = parts.slice(1, -1).filter((part) => part.length > 0);
  if (first.length === 0 && last.length === 0 && any.length === 0) return { kind: 'present', attribute };
  return {
    kind: 'substrings',
    attribute,
    ...(first.length === 0 ? {} : { initial: first }),
    any,
    ...(last.length === 0 ? {} : { final: last }),
  };
}

/** Writes a filter so that {@link parseFilter} reads it back. */
export function serializeFilter(filter: Filter): string {
  if (filter.kind === 'present') return `(${filter.attribute}=*)`;
  if (filter.kind === 'extensible') return extensibleText(filter);
  if (filter.kind === 'substrings') {
    const parts = [filter.initial, ...filter.any, filter.final];
    return `(${filter.attribute}=${parts.map((part) => escapeFilterValue(part ?? '')).join('*')})`;
  }
  if (filter.kind === 'not') return `(!${serializeFilter(filter.filter)})`;
  if ('filters' in filter) {
    return `(${filter.kind === 'and' ? '&' : '|'}${filter.filters.map(serializeFilter).join('')})`;
  }
  return `(${filter.attribute}${SIGNS[filter.kind]}${escapeFilterValue(filter.value)})`;
}

function extensibleText(filter: ExtensibleFilter): string {
  const rule = filter.matchingRule === undefined ? '' : `:${filter.matchingRule}`;
  const dn = filter.dnAttributes ? ':dn' : '';
  return `(${filter.attribute ?? ''}${dn}${rule}:=${escapeFilterValue(filter.value)})`;
}

const hexEscape = (octets: Uint8Array): string =>
  Array.from(octets, (octet) => `\\${octet.toString(16).padStart(2, '0')}`).join('');

/** Escapes what a value may not hold in a filter; octets that are not UTF-8 become hex throughout (RFC 4515 §3). */
export function escapeFilterValue(value: string | Uint8Array): string {
  if (typeof value === 'string') return value.replace(/[*()\\\p{Cc}]/gu, (c) => hexEscape(utf8Bytes(c)));
  const text = utf8Text(value);
  return text === undefined ? hexEscape(value) : escapeFilterValue(text);
}
