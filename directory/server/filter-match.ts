import { parseDn, prepareSubstring, rdnValueOctets, utf8Text } from '../../src/ldap/index.ts';
import type { Filter, SubstringFilter } from '../../src/ldap/index.ts';
import { type Entry, EntryAttribute, matchingAttributes } from './entry.ts';
import { type MatchingRule, ORDERING_RULES } from './matching.ts';
import {
  type AttributeDescription,
  attributeDescription as anyDescription,
  attributeType,
  KEY_ATTRIBUTE,
  rules,
} from './schema.ts';

/** RFC 4511 §4.5.1.7: undefined stands for Undefined, and does not become true by negation. */
export type Truth = boolean | undefined;
export type Predicate = (entry: Entry) => Truth;

/** Attributes that are worked out when they are read. */
export type ComputedAttribute = (entry: Entry, type: string) => EntryAttribute | undefined;

/** Nobody searches by keys: what fits would tell of them to those who may not see them. */
function attributeDescription(name: string): AttributeDescription | undefined {
  const description = anyDescription(name);
  return description?.type.key === KEY_ATTRIBUTE ? undefined : description;
}

/** Attributes of `entry` under `wanted`, stored and computed ones. */
export function* attributesOf(
  entry: Entry,
  wanted: AttributeDescription,
  computed: ComputedAttribute,
): IterableIterator<EntryAttribute> {
  yield* matchingAttributes(entry.attributes, wanted);
  const extra = computed(entry, wanted.type.key);
  if (extra !== undefined) yield extra;
}

/** Turns a filter into a test of one entry; what can be prepared is prepared once. */
export function compileFilter(filter: Filter, computed: ComputedAttribute): Predicate {
  switch (filter.kind) {
    case 'and': {
      const parts = filter.filters.map((inner) => compileFilter(inner, computed));
      return (entry) => {
        let result: Truth = true;
        for (const part of parts) {
          const truth = part(entry);
          if (truth === false) return false;
          if (truth === undefined) result = undefined;
        }
        return result;
      };
    }
    case 'or': {
      const parts = filter.filters.map((inner) => compileFilter(inner, computed));
      return (entry) => {
        let result: Truth = false;
        for (const part of parts) {
          const truth = part(entry);
          if (truth === true) return true;
          if (truth === undefined) result = undefined;
        }
        return result;
      };
    }
    case 'not': {
      const inner = compileFilter(filter.filter, computed);
      return (entry) => {
        const truth = inner(entry);
        return truth === undefined ? undefined : !truth;
      };
    }
    case 'present': {
      const wanted = attributeDescription(filter.attribute);
      if (wanted === undefined) return () => undefined;
      return (entry) => {
        for (const _ of attributesOf(entry, wanted, computed)) return true;
        return false;
      };
    }
    case 'substrings':
      return substrings(filter, computed);
    case 'extensible':
      return extensible(filter, computed);
    case 'equality':
    case 'approx':
    case 'greaterOrEqual':
    case 'lessOrEqual':
      break;
  }
  const wanted = attributeDescription(filter.attribute);
  const test = wanted === undefined ? undefined : assertionTest(filter, wanted.type.rule);
  if (wanted === undefined || test === undefined) return () => undefined;
  return anyValue(wanted, computed, test);
}

type AssertionFilter = Extract<Filter, { kind: 'equality' | 'approx' | 'greaterOrEqual' | 'lessOrEqual' }>;

/** The test of a value's key that an assertion makes; undefined where it is Undefined. */
export function assertionTest(
  { kind, value: asserted }: AssertionFilter,
  rule: MatchingRule,
): ((key: string) => boolean) | undefined {
  const key = rule.key(asserted);
  if (key === undefined) return undefined;
  // Without an order `>=` and `<=` are Undefined (RFC 4511 §4.5.1.7.3).
  const isOrdering = kind === 'greaterOrEqual' || kind === 'lessOrEqual';
  if (isOrdering && !ORDERING_RULES.has(rule.name)) return undefined;
  if (kind === 'greaterOrEqual') return (value) => rule.compare(value, key) >= 0;
  if (kind === 'lessOrEqual') return (value) => rule.compare(value, key) <= 0;
  return (value) => value === key; // approx: as equality, which RFC 4511 §4.5.1.7.6 allows
}

function anyValue(
  wanted: AttributeDescription,
  computed: ComputedAttribute,
  test: (key: string) => boolean,
): Predicate {
  // Many entries have the values of the one before them, classes above all.
  let last: EntryAttribute | undefined;
  let isLastTrue = false;
  return (entry) => {
    for (const attribute of attributesOf(entry, wanted, computed)) {
      if (last === undefined || last.type !== attribute.type || !attribute.hasValuesOf(last)) {
        last = attribute;
        isLastTrue = attribute.keys.some(test);
      }
      if (isLastTrue) return true;
    }
    return false;
  };
}

/** Key parts of a substring assertion. */
export interface SubstringParts {
  readonly initial: string;
  readonly any: readonly string[];
  readonly final: string;
}

/** Key parts of an assertion, or undefined when the attribute has no substring matching. */
export function substringParts(filter: SubstringFilter, rule: MatchingRule): SubstringParts | undefined {
  const { prepare } = rule;
  if (prepare === undefined) return undefined;
  const part = (octets: Uint8Array | undefined, place: 'initial' | 'any' | 'final'): string | undefined => {
    const text = octets === undefined ? '' : utf8Text(octets);
    return text === undefined ? undefined : prepareSubstring(text, place, prepare);
  };
  const initial = part(filter.initial, 'initial');
  const final = part(filter.final, 'final');
  const any = filter.any.map((octets) => part(octets, 'any'));
  if (initial === undefined || final === undefined) return undefined;
  const known = any.filter((text) => text !== undefined);
  return known.length === any.length ? { initial, any: known, final } : undefined;
}

function substrings(filter: SubstringFilter, computed: ComputedAttribute): Predicate {
  const wanted = attributeDescription(filter.attribute);
  const parts = wanted === undefined ? undefined : substringParts(filter, wanted.type.rule);
  if (wanted === undefined || parts === undefined) return () => undefined;
  return anyValue(wanted, computed, (key) => matchesSubstrings(parts, key));
}

/** Whether `key` begins, goes on and ends with the parts, in their order and none overlapping. */
export function matchesSubstrings({ initial, any, final }: SubstringParts, key: string): boolean {
  if (!key.startsWith(initial)) return false;
  let at = initial.length;
  for (const part of any) {
    const found = key.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return key.length - final.length >= at && key.endsWith(final);
}

function extensible(filter: Extract<Filter, { kind: 'extensible' }>, computed: ComputedAttribute): Predicate {
  const wanted = filter.attribute === undefined ? undefined : attributeDescription(filter.attribute);
  const named = filter.matchingRule === undefined ? undefined : rules.get(filter.matchingRule.toLowerCase());
  if (filter.attribute !== undefined && wanted === undefined) return () => undefined;
  if (filter.matchingRule !== undefined && named === undefined) return () => undefined;
  /** Matches values of one attribute under the named rule, or its own. */
  const keyFor = (own: MatchingRule): [MatchingRule, string] | undefined => {
    const rule = named ?? own;
    const key = rule.key(filter.value);
    return key === undefined ? undefined : [rule, key];
  };
  const matches = (attribute: EntryAttribute): boolean => {
    if (attribute.type.key === KEY_ATTRIBUTE) return false;
    const use = keyFor(attribute.type.rule);
    return use !== undefined && attribute.vals.some((value) => use[0].key(value) === use[1]);
  };
  return (entry) => {
    const candidates =
      wanted === undefined ? entry.attributes.values() : attributesOf(entry, wanted, computed);
    for (const attribute of candidates) if (matches(attribute)) return true;
    if (!filter.dnAttributes) return false;
    // Values in the DN: its path holds them normalised, but the rule may be another, so the text is read.
    for (const { type, value } of dnValues(entry)) {
      if (wanted === undefined || wanted.type === type) {
        if (matches(new EntryAttribute({ type, options: [], key: type.key }, [value]))) return true;
      }
    }
    return false;
  };
}

function* dnValues(entry: Entry): IterableIterator<{ type: EntryAttribute['type']; value: Uint8Array }> {
  for (const rdn of parseDn(entry.dn)) {
    for (const { type: name, value } of rdn) {
      const type = attributeType(name);
      if (type !== undefined) yield { type, value: rdnValueOctets(value) };
    }
  }
}
