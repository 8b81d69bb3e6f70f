import { BerReader, BerWriter, context, MAX_INT, TAG } from './ber.ts';
import type { Control } from './control.ts';

/** RFC 2891 §1.1 and §1.2. */
export const SORT = { request: '1.2.840.113556.1.4.473', response: '1.2.840.113556.1.4.474' } as const;

/** One of the things entries are ordered by, RFC 2891 §1.1. */
export interface SortKey {
  readonly attribute: string;
  /** Name or OID of an ordering rule; left out for the attribute's own. */
  readonly orderingRule?: string;
  readonly isReverse: boolean;
}

/** RFC 2891 §1.2. */
export interface SortResult {
  /** A result code of RFC 4511. */
  readonly resultCode: number;
  /** The attribute that could not be sorted by. */
  readonly attribute?: string;
}

/** @throws {DecodeError} when the control has no value or a wrong one, or names no key */
export function decodeSortRequest({ controlValue }: Control): readonly SortKey[] {
  const r = new BerReader(controlValue ?? new Uint8Array(0));
  const list = r.constructed();
  const keys: SortKey[] = [];
  while (!list.done) {
    const key = list.constructed();
    const attribute = key.text();
    const orderingRule = key.nextTag === context(0) ? key.text(context(0)) : undefined;
    const isReverse = key.nextTag === context(1) ? key.boolean(context(1)) : false;
    key.expectEnd('a sort key');
    keys.push({ attribute, ...(orderingRule === undefined ? {} : { orderingRule }), isReverse });
  }
  if (keys.length === 0) throw r.fail('the list of sort keys is empty', 'RFC 2891 §1.1');
  r.expectEnd('the sort control value');
  return keys;
}

export function sortRequestControl(keys: readonly SortKey[], criticality = false): Control {
  const w = new BerWriter(64).begin();
  for (const { attribute, orderingRule, isReverse } of keys) {
    w.begin().text(attribute);
    if (orderingRule !== undefined) w.text(orderingRule, context(0));
    if (isReverse) w.boolean(true, context(1)); // DEFAULT FALSE is left out
    w.end();
  }
  return { controlType: SORT.request, criticality, controlValue: w.end().finish() };
}

/** @throws {DecodeError} when the control has no value or a wrong one */
export function decodeSortResult({ controlValue }: Control): SortResult {
  const r = new BerReader(controlValue ?? new Uint8Array(0));
  const seq = r.constructed();
  const resultCode = seq.enumerated(0, MAX_INT);
  const tag = seq.nextTag;
  const attribute = tag === context(0) || tag === TAG.octetString ? seq.text(tag) : undefined;
  seq.expectEnd('a sort result');
  r.expectEnd('the sort result value');
  return { resultCode, ...(attribute === undefined ? {} : { attribute }) };
}

export function sortResultControl({ resultCode, attribute }: SortResult): Control {
  const w = new BerWriter(32).begin().enumerated(resultCode);
  if (attribute !== undefined) w.text(attribute, context(0));
  return { controlType: SORT.response, criticality: false, controlValue: w.end().finish() };
}
