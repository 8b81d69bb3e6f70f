import type { BerReader, BerWriter } from './ber.ts';
import { context, contextConstructed } from './ber.ts';

/** RFC 4511 §4.5.1.7; `and` and `or` without members are True and False (RFC 4526). */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | {
      readonly kind: 'equality' | 'greaterOrEqual' | 'lessOrEqual' | 'approx';
      readonly attribute: string;
      readonly value: Uint8Array;
    }
  | SubstringFilter
  | { readonly kind: 'present'; readonly attribute: string }
  | ExtensibleFilter;

/** At least one part is there. */
export interface SubstringFilter {
  readonly kind: 'substrings';
  readonly attribute: string;
  readonly initial?: Uint8Array;
  readonly any: readonly Uint8Array[];
  readonly final?: Uint8Array;
}

/** Has a matching rule, an attribute, or both. */
export interface ExtensibleFilter {
  readonly kind: 'extensible';
  readonly matchingRule?: string;
  readonly attribute?: string;
  readonly value: Uint8Array;
  readonly dnAttributes: boolean;
}

const AND = contextConstructed(0);
const OR = contextConstructed(1);
const NOT = contextConstructed(2);
const SUBSTRINGS = contextConstructed(4);
const PRESENT = context(7);
const EXTENSIBLE = contextConstructed(9);
const ASSERTION_TAGS = {
  equality: contextConstructed(3),
  greaterOrEqual: contextConstructed(5),
  lessOrEqual: contextConstructed(6),
  approx: contextConstructed(8),
} as const;
const ASSERTION_KINDS = new Map<number, keyof typeof ASSERTION_TAGS>([
  [ASSERTION_TAGS.equality, 'equality'],
  [ASSERTION_TAGS.greaterOrEqual, 'greaterOrEqual'],
  [ASSERTION_TAGS.lessOrEqual, 'lessOrEqual'],
  [ASSERTION_TAGS.approx, 'approx'],
]);

/** Depth is limited by the reader: each nested filter is one of its levels. */
export function readFilter(r: BerReader): Filter {
  const tag = r.nextTag;
  if (tag === undefined) throw r.fail('the filter is missing', 'RFC 4511 §4.5.1.7');
  if (tag === PRESENT) return { kind: 'present', attribute: r.text(PRESENT) };
  const contents = r.constructed(tag);
  switch (tag) {
    case AND:
    case OR: {
      const filters: Filter[] = [];
      while (!contents.done) filters.push(readFilter(contents));
      return { kind: tag === AND ? 'and' : 'or', filters };
    }
    case NOT: {
      const filter = readFilter(contents);
      contents.expectEnd('a not filter');
      return { kind: 'not', filter };
    }
    case SUBSTRINGS:
      return readSubstrings(contents);
    case EXTENSIBLE:
      return readExtensible(contents);
    default: {
      const kind = ASSERTION_KINDS.get(tag);
      if (kind === undefined) {
        throw contents.fail(`filter choice 0x${tag.toString(16)} is unknown`, 'RFC 4511 §4.5.1.7');
      }
      const attribute = contents.text();
      const value = contents.octets();
      contents.expectEnd('an attribute value assertion');
      return { kind, attribute, value };
    }
  }
}

function readSubstrings(r: BerReader): SubstringFilter {
  const attribute = r.text();
  const list = r.constructed();
  let initial: Uint8Array | undefined;
  let final: Uint8Array | undefined;
  const any: Uint8Array[] = [];
  for (let first = true; !list.done; first = false) {
    if (final !== undefined) throw list.fail('a substring after the final one', 'RFC 4511 §4.5.1.7.2');
    const tag = list.nextTag;
    if (tag === context(0)) {
      if (!first) throw list.fail('the initial substring is not the first', 'RFC 4511 §4.5.1.7.2');
      initial = list.octets(tag);
    } else if (tag === context(2)) final = list.octets(tag);
    else any.push(list.octets(context(1)));
  }
  if (initial === undefined && final === undefined && any.length === 0) {
    throw list.fail('a substring filter without substrings', 'RFC 4511 §4.5.1.7.2');
  }
  r.expectEnd('a substring filter');
  return {
    kind: 'substrings',
    attribute,
    ...(initial === undefined ? {} : { initial }),
    any,
    ...(final === undefined ? {} : { final }),
  };
}

function readExtensible(r: BerReader): ExtensibleFilter {
  const matchingRule = r.nextTag === context(1) ? r.text(context(1)) : undefined;
  const attribute = r.nextTag === context(2) ? r.text(context(2)) : undefined;
  const value = r.octets(context(3));
  const dnAttributes = r.nextTag === context(4) ? r.boolean(context(4)) : false;
  r.skipRest();
  if (matchingRule === undefined && attribute === undefined) {
    throw r.fail('an extensible match without rule and attribute', 'RFC 4511 §4.5.1.7.7');
  }
  return {
    kind: 'extensible',
    ...(matchingRule === undefined ? {} : { matchingRule }),
    ...(attribute === undefined ? {} : { attribute }),
    value,
    dnAttributes,
  };
}

export function writeFilter(w: BerWriter, filter: Filter): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      w.begin(filter.kind === 'and' ? AND : OR);
      for (const inner of filter.filters) writeFilter(w, inner);
      w.end();
      return;
    case 'not':
      w.begin(NOT);
      writeFilter(w, filter.filter);
      w.end();
      return;
    case 'present':
      w.text(filter.attribute, PRESENT);
      return;
    case 'substrings':
      w.begin(SUBSTRINGS).text(filter.attribute).begin();
      if (filter.initial !== undefined) w.octets(filter.initial, context(0));
      for (const part of filter.any) w.octets(part, context(1));
      if (filter.final !== undefined) w.octets(filter.final, context(2));
      w.end().end();
      return;
    case 'extensible':
      w.begin(EXTENSIBLE);
      if (filter.matchingRule !== undefined) w.text(filter.matchingRule, context(1));
      if (filter.attribute !== undefined) w.text(filter.attribute, context(2));
      w.octets(filter.value, context(3));
      if (filter.dnAttributes) w.boolean(true, context(4));
      w.end();
      return;
    case 'equality':
    case 'greaterOrEqual':
    case 'lessOrEqual':
    case 'approx':
      w.begin(ASSERTION_TAGS[filter.kind]).text(filter.attribute).octets(filter.value).end();
  }
}
