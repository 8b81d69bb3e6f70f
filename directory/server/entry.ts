import { BerReader, BerWriter, TAG, utf8Text } from '../../src/ldap/index.ts';
import { EntryShape } from './entry-shape.ts';
import { type AttributeDescription, type AttributeType, attributeType, hasOptions } from './schema.ts';

/** Where in a {@link StoredAttributes} the values of an attribute are: a SET OF in BER. */
class StoredValues {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }
}

/** One attribute of an entry. Its values are never changed in place. */
export class EntryAttribute {
  readonly description: AttributeDescription;
  readonly #stored: StoredValues | undefined;
  #vals: readonly Uint8Array[] | undefined;
  #keys: readonly string[] | undefined;

  constructor(
    description: AttributeDescription,
    vals: readonly Uint8Array[] | undefined,
    stored?: StoredValues,
  ) {
    this.description = description;
    this.#vals = vals;
    this.#stored = stored;
  }

  get type(): AttributeType {
    return this.description.type;
  }
  /** The description in the schema's spelling, options included. */
  get name(): string {
    const { type, options } = this.description;
    return options.length === 0 ? type.name : [type.name, ...options].join(';');
  }
  get vals(): readonly Uint8Array[] {
    this.#vals ??= readValues(this.encodedVals);
    return this.#vals;
  }
  /** Matching keys of the values, in their order; values that lost their syntax have none. */
  get keys(): readonly string[] {
    this.#keys ??= this.vals.map((value) => this.type.rule.key(value)).filter((key) => key !== undefined);
    return this.#keys;
  }
  /** Whether `other`, of the same type, has the same values in the same order; false where that is not seen at once. */
  hasValuesOf(other: EntryAttribute): boolean {
    const [a, b] = [this.#stored, other.#stored];
    if (a === undefined || b === undefined || a.end - a.start !== b.end - b.start) return false;
    for (let i = a.start, j = b.start; i < a.end; i++, j++) if (a.bytes[i] !== b.bytes[j]) return false;
    return true;
  }
  /** The SET OF values in BER: most searches send values as they are stored. */
  get encodedVals(): Uint8Array {
    if (this.#stored !== undefined) return this.#stored.bytes.subarray(this.#stored.start, this.#stored.end);
    const w = new BerWriter(64).begin(TAG.set);
    for (const value of this.#vals ?? []) w.octets(value);
    return w.end().finish();
  }
}

function readValues(set: Uint8Array): readonly Uint8Array[] {
  const r = new BerReader(set).constructed(TAG.set);
  const vals: Uint8Array[] = [];
  while (!r.done) vals.push(r.octets());
  return vals;
}

/** Attributes by key, in the order they were added. */
export interface EntryAttributes extends Iterable<readonly [string, EntryAttribute]> {
  get(key: string): EntryAttribute | undefined;
  values(): Iterable<EntryAttribute>;
}

/*
 * Entries that are kept and those that a scan only passes are made in the same place. Where V8 sees objects of one
 * literal live long, it makes all later ones where only a full collection finds them, and they keep what they refer to.
 * It does not do so with classes and with copies of arrays: hence these.
 */
const NO_BOUNDS: readonly number[] = [];
const NONE_MADE: readonly undefined[] = [];
const scratch: number[] = [];

/**
 * Attributes as the store holds them: a PartialAttributeList (RFC 4511 §4.1.7) in BER, user attributes first. Most
 * entries are only looked at in one place, or sent as they are, so nothing is taken apart before it is wanted.
 */
export class StoredAttributes implements EntryAttributes {
  readonly #bytes: Uint8Array;
  #shape: EntryShape | undefined;
  /** Where the values of each attribute begin and end. */
  #bounds = NO_BOUNDS;
  /** Those that were looked at, at their places. */
  #made: (EntryAttribute | undefined)[] | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The part of the list that holds the user attributes, as it is sent; undefined when something else is among them. */
  get userBytes(): Uint8Array | undefined {
    const { userCount, isBroken } = this.#read();
    if (isBroken) return undefined;
    return this.#bytes.subarray(0, userCount === 0 ? 0 : this.#bounds[2 * userCount - 1]);
  }
  /** Whether any attribute has options. */
  get hasOptions(): boolean {
    return this.#read().hasOptions;
  }
  get(key: string): EntryAttribute | undefined {
    const place = this.#read().placeOf(key);
    return place === undefined ? undefined : this.#at(place);
  }
  /** A type that the schema no longer has is not shown, and dropped when the entry is next written. */
  values(): readonly EntryAttribute[] {
    const list: EntryAttribute[] = [];
    for (let place = 0; place < this.#read().count; place++) {
      const attribute = this.#at(place);
      if (attribute !== undefined) list.push(attribute);
    }
    return list;
  }
  *[Symbol.iterator](): IterableIterator<readonly [string, EntryAttribute]> {
    for (const attribute of this.values()) yield [attribute.description.key, attribute];
  }

  #at(place: number): EntryAttribute | undefined {
    const made = this.#made?.[place];
    if (made !== undefined) return made;
    const description = this.#read().descriptions[place];
    if (description === undefined) return undefined;
    const values = new StoredValues(this.#bytes, this.#bounds[2 * place]!, this.#bounds[2 * place + 1]!);
    const attribute = new EntryAttribute(description, undefined, values);
    this.#made ??= NONE_MADE.slice();
    this.#made[place] = attribute;
    return attribute;
  }
  /** @throws {DecodeError} when the column is damaged */
  #read(): EntryShape {
    if (this.#shape !== undefined) return this.#shape;
    let shape = EntryShape.empty();
    let count = 0;
    for (const r = new BerReader(this.#bytes); !r.done; ) {
      r.enter(TAG.sequence);
      shape = shape.with(r);
      scratch[count++] = r.offset;
      scratch[count++] = r.skip(TAG.set);
    }
    this.#bounds = scratch.slice(0, count);
    this.#shape = shape;
    return shape;
  }
}

/** An entry as the store holds it. Times are wall-clock milliseconds since 1970. */
export interface Entry {
  /** Never used again once the entry is gone. */
  readonly id: number;
  /** Id of the entry above; 0 at the top of the tree. */
  readonly parent: number;
  readonly path: string;
  /** As the client wrote it. */
  readonly dn: string;
  readonly attributes: EntryAttributes;
  /** When a dynamic entry ends; undefined for a static one. */
  readonly expires: number | undefined;
  /** Number of its last change: see `ChangeLog`. */
  readonly csn: number;
}

/** An entry made from a row: a class for the reason above. */
export class StoredEntry implements Entry {
  readonly id: number;
  readonly parent: number;
  readonly path: string;
  readonly dn: string;
  readonly attributes: StoredAttributes;
  readonly expires: number | undefined;
  readonly csn: number;

  /** @param row id, rev, expires, parent, path, dn, attributes, csn */
  constructor(row: readonly unknown[], attributes: Uint8Array) {
    this.id = Number(row[0]);
    this.parent = Number(row[3]);
    this.path = String(row[4]);
    this.dn = String(row[5]);
    this.attributes = new StoredAttributes(attributes);
    this.expires = row[2] === null ? undefined : Number(row[2]);
    this.csn = Number(row[7]);
  }
}

/** Values of `type` whatever their options, as text; those that are not UTF-8 are left out. */
export function textValues(attributes: EntryAttributes, type: string): string[] {
  const key = attributeType(type)?.key ?? type.toLowerCase();
  const texts: string[] = [];
  for (const value of attributes.get(key)?.vals ?? []) {
    const text = utf8Text(value);
    if (text !== undefined) texts.push(text);
  }
  return texts;
}

/** Attributes of the entry that `wanted` asks for: the type itself and its variants with more options. */
export function* matchingAttributes(
  attributes: EntryAttributes,
  wanted: AttributeDescription,
): IterableIterator<EntryAttribute> {
  const exact = attributes.get(wanted.key);
  if (exact !== undefined) yield exact;
  if (attributes instanceof StoredAttributes && !attributes.hasOptions) return;
  for (const attribute of attributes.values()) {
    if (
      attribute !== exact &&
      attribute.description.options.length > 0 &&
      attribute.type === wanted.type &&
      hasOptions(attribute.description.options, wanted.options)
    ) {
      yield attribute;
    }
  }
}

/** The bytes of {@link StoredAttributes}. */
export function encodeAttributes(attributes: EntryAttributes): Uint8Array {
  const w = new BerWriter(1024);
  for (const operational of [false, true]) {
    for (const attribute of attributes.values()) {
      if (attribute.type.operational !== operational) continue;
      w.begin().text(attribute.name).raw(attribute.encodedVals).end();
    }
  }
  return w.finish();
}
