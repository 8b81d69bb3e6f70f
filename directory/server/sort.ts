import {
  type Control,
  decodeSortRequest,
  RESULT,
  type SortKey,
  type SortResult,
} from '../../src/ldap/index.ts';
import { computedAttributes } from './computed.ts';
import type { OperationContext } from './context.ts';
import type { Entry } from './entry.ts';
import { attributesOf, type ComputedAttribute } from './filter-match.ts';
import { type MatchingRule, ORDERING_RULES } from './matching.ts';
import { readControl } from './request-controls.ts';
import { type AttributeDescription, attributeDescription, KEY_ATTRIBUTE, rules } from './schema.ts';

/** Entries of one search that are put in order. Each takes some tens of bytes and its keys. */
const MAX_SORTED = 250_000;
/** Characters of keys that are held for one search. */
const MAX_KEY_CHARS = 64 * 1024 * 1024;
/** Answers of paged searches that one connection keeps for their next pages: the ids, eight bytes each. */
const MAX_KEPT = 2;

interface Order {
  readonly description: AttributeDescription;
  readonly rule: MatchingRule;
  readonly isReverse: boolean;
}

/** An order of entries (RFC 2891), or why there is none. */
export type Sorting =
  | { readonly kind: 'orders'; readonly orders: readonly Order[]; readonly isCritical: boolean }
  | { readonly kind: 'refused'; readonly result: SortResult; readonly isCritical: boolean };

const orderingRules = new Map(
  Array.from(ORDERING_RULES).flatMap(([equality, { name, oid }]) => {
    const rule = rules.get(equality.toLowerCase());
    return rule === undefined ? [] : [[name.toLowerCase(), rule] as const, [oid, rule] as const];
  }),
);
/** How the ordering rule of that name or OID compares, or undefined when there is none. */
const orderingRule = (nameOrOid: string): MatchingRule | undefined =>
  orderingRules.get(nameOrOid.toLowerCase());

/** @throws {OperationError} protocolError when the control cannot be read */
export function readSorting(control: Control): Sorting {
  const keys = readControl(control, 'sort', decodeSortRequest);
  const isCritical = control.criticality;
  const orders: Order[] = [];
  for (const key of keys) {
    const description = attributeDescription(key.attribute);
    const rule = key.orderingRule === undefined ? description?.type.rule : orderingRule(key.orderingRule);
    const result = refusal(key, description, rule, orders);
    if (result !== undefined) return { kind: 'refused', result, isCritical };
    if (description !== undefined && rule !== undefined) {
      orders.push({ description, rule, isReverse: key.isReverse });
    }
  }
  return { kind: 'orders', orders, isCritical };
}

/** RFC 2891 §1.2. */
function refusal(
  { attribute }: SortKey,
  description: AttributeDescription | undefined,
  rule: MatchingRule | undefined,
  before: readonly Order[],
): SortResult | undefined {
  if (description === undefined) return { resultCode: RESULT.noSuchAttribute, attribute };
  const isKey = description.type.key === KEY_ATTRIBUTE; // an order of keys would tell of them
  if (rule === undefined || isKey) return { resultCode: RESULT.inappropriateMatching, attribute };
  const isTwice = before.some((order) => order.description.key === description.key);
  return isTwice ? { resultCode: RESULT.unwillingToPerform, attribute } : undefined;
}

interface Hit {
  readonly id: number;
  /** Least value of each key's attribute, as {@link textKey}; undefined when the entry has none. */
  readonly keys: readonly (string | undefined)[];
}

/** What a search has found so far, to be put in order at its end. */
export class Sorter {
  readonly #orders: readonly Order[];
  readonly #computed: ComputedAttribute;
  readonly #hits: Hit[] = [];
  #chars = 0;

  constructor(context: OperationContext, orders: readonly Order[]) {
    this.#orders = orders;
    this.#computed = computedAttributes(context);
  }

  /** @returns false when there are too many to put them in order */
  add(entry: Entry): boolean {
    const keys = this.#orders.map((order) => leastKey(entry, order, this.#computed));
    for (const key of keys) this.#chars += key?.length ?? 0;
    if (this.#hits.length >= MAX_SORTED || this.#chars > MAX_KEY_CHARS) return false;
    this.#hits.push({ id: entry.id, keys });
    return true;
  }

  /** Ids in order; entries that are alike stay in the order of their making. */
  sorted(): Float64Array {
    this.#hits.sort((a, b) => this.#compare(a, b) || a.id - b.id);
    return Float64Array.from(this.#hits, ({ id }) => id);
  }

  #compare(a: Hit, b: Hit): number {
    for (const [i, { isReverse }] of this.#orders.entries()) {
      const order = compareKeys(a.keys[i], b.keys[i]);
      if (order !== 0) return isReverse ? -order : order;
    }
    return 0;
  }
}

/** RFC 2891 §2.2: what is missing is greater than everything. */
function compareKeys(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A key that sorts as text: the keys of all rules do, but for integers. */
function textKey(key: string, rule: MatchingRule): string {
  if (rule.name !== 'integerMatch') return key;
  const digits = key.replace('-', '');
  const length = String.fromCharCode(digits.length); // a key has at most 101 characters
  if (!key.startsWith('-')) return `1${length}${digits}`;
  const complement = digits.replaceAll(/\d/g, (digit) => String(9 - Number(digit)));
  return `0${String.fromCharCode(1000 - digits.length)}${complement}`;
}

function leastKey(
  entry: Entry,
  { description, rule }: Order,
  computed: ComputedAttribute,
): string | undefined {
  let least: string | undefined;
  for (const attribute of attributesOf(entry, description, computed)) {
    const keys =
      attribute.type.rule === rule
        ? attribute.keys
        : attribute.vals.map((value) => rule.key(value)).filter((key) => key !== undefined);
    for (const each of keys) {
      const key = textKey(each, rule);
      if (least === undefined || key < least) least = key;
    }
  }
  return least;
}

/** Sorted answers of one connection whose next pages are still to come. */
export class SortedAnswers {
  readonly #answers = new Map<number, Float64Array>();

  get(search: number): Float64Array | undefined {
    return this.#answers.get(search);
  }
  keep(search: number, ids: Float64Array): void {
    this.#answers.delete(search);
    this.#answers.set(search, ids);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= MAX_KEPT) break;
      this.#answers.delete(oldest);
    }
  }
  drop(search: number): void {
    this.#answers.delete(search);
  }
}
