import { BerReader, BerWriter, TAG, utf8Text } from '../../src/ldap/index.ts';
import {
  type AttributeDescription,
  type AttributeType,
  attributeDescription,
  attributeType,
  hasOptions,
} from './schema.ts';

/** Where in a {@link StoredAttributes} the values of an attribute are: a SET OF in BER. */
interface StoredValues {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
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

/**
 * Attributes as the store holds them: a PartialAttributeList (RFC 4511 §4.1.7) in BER, user attributes first. Most
 * entries are only looked at in one place, or sent as they are, so nothing is taken apart before it is wanted.
 */
export class StoredAttributes implements EntryAttributes {
  readonly #bytes: Uint8Array;
  #list: readonly EntryAttribute[] | undefined;
  #userLength = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The part of the list that holds the user attributes, as it is sent. */
  get userBytes(): Uint8Array {
    this.#read();
    return this.#bytes.subarray(0, this.#userLength);
  }
  get(key: string): EntryAttribute | undefined {
    for (const attribute of this.#read()) if (attribute.description.key === key) return attribute;
    return undefined;
  }
  values(): readonly EntryAttribute[] {
    return this.#read();
  }
  *[Symbol.iterator](): IterableIterator<readonly [string, EntryAttribute]> {
    for (const attribute of this.#read()) yield [attribute.description.key, attribute];
  }

  /** @throws {DecodeError} when the column is damaged */
  #read(): readonly EntryAttribute[] {
    if (this.#list !== undefined) return this.#list;
    const list: EntryAttribute[] = [];
    let isUser = true;
    const bytes = this.#bytes;
    for (const r = new BerReader(bytes); !r.done; ) {
      r.enter(TAG.sequence);
      const description = attributeDescription(r.text());
      const start = r.offset;
      const end = r.skip(TAG.set);
      // A type that the schema no longer has is not shown, and dropped when the entry is next written.
      if (description !== undefined) {
        list.push(new EntryAttribute(description, undefined, { bytes, start, end }));
      }
      if (description === undefined || description.type.operational) isUser = false;
      if (isUser) this.#userLength = end;
    }
    this.#list = list;
    return list;
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
