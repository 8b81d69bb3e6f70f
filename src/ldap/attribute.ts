import type { BerReader, BerWriter } from './ber.ts';
import { TAG, utf8Bytes } from './ber.ts';

/** RFC 4511 §4.1.7. `type` is an attribute description: a name or OID, and options after `;`. */
export interface PartialAttribute {
  readonly type: string;
  readonly vals: readonly Uint8Array[];
}

/** An attribute from text values, for callers that have no octets. */
export function textAttribute(type: string, ...vals: readonly string[]): PartialAttribute {
  return { type, vals: vals.map(utf8Bytes) };
}

/** @param atLeast 1 where the grammar says `Attribute`, 0 where it says `PartialAttribute` */
export function readAttribute(r: BerReader, atLeast: 0 | 1): PartialAttribute {
  const seq = r.constructed();
  const type = seq.text();
  const set = seq.constructed(TAG.set);
  const vals: Uint8Array[] = [];
  while (!set.done) vals.push(set.octets());
  if (vals.length < atLeast) throw set.fail(`attribute ${type} has no value`, 'RFC 4511 §4.1.7');
  seq.skipRest();
  return { type, vals };
}

export function writeAttribute(w: BerWriter, { type, vals }: PartialAttribute): void {
  w.begin().text(type).begin(TAG.set);
  for (const value of vals) w.octets(value);
  w.end().end();
}

/** The contents of an AttributeList or PartialAttributeList, until `r` ends. */
export function readAttributeList(r: BerReader, atLeast: 0 | 1): readonly PartialAttribute[] {
  const list: PartialAttribute[] = [];
  while (!r.done) list.push(readAttribute(r, atLeast));
  return list;
}
