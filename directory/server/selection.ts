import { type BerWriter, TAG } from '../../src/ldap/index.ts';
import { COMPUTED } from './computed.ts';
import { type Entry, type EntryAttribute, StoredAttributes } from './entry.ts';
import { attributesOf, type ComputedAttribute } from './filter-match.ts';
import { type AttributeDescription, attributeDescription, STTL } from './schema.ts';

/** Which attributes a search returns (RFC 4511 §4.5.1.8). */
export interface AttributeSelection {
  readonly user: boolean;
  readonly operational: boolean;
  /** Asked for by name, and returned under the spelling of the request, so that the asker finds them. */
  readonly named: readonly { readonly description: AttributeDescription; readonly spelling: string }[];
  /** `sTTL`, minutes to live, under the spelling asked for. */
  readonly sttl: string | undefined;
  readonly typesOnly: boolean;
  /** Keys of attributes that are not shown. */
  readonly without?: readonly string[];
}

export function selectAttributes(names: readonly string[], typesOnly: boolean): AttributeSelection {
  const named = new Map<string, AttributeSelection['named'][number]>();
  let sttl: string | undefined;
  for (const name of names) {
    if (name.toLowerCase() === STTL) sttl = name;
    const description = attributeDescription(name);
    if (description === undefined || named.has(description.key)) continue;
    const typed = name.split(';', 1)[0]!;
    named.set(description.key, { description, spelling: /^\d/.test(typed) ? description.type.name : typed });
  }
  return {
    user: names.length === 0 || names.includes('*'),
    operational: names.includes('+'),
    named: [...named.values()],
    sttl,
    typesOnly,
  };
}

const computedDescriptions = COMPUTED.map((key) => attributeDescription(key)!);
const ENTRY_TTL = attributeDescription('entryTtl')!;

/** Writes the PartialAttributeList of `entry`; the caller has opened the SEQUENCE. */
export function writeSelected(
  w: BerWriter,
  entry: Entry,
  selection: AttributeSelection,
  computed: ComputedAttribute,
): void {
  const { user, operational, named, typesOnly, sttl, without } = selection;
  if (
    user &&
    !operational &&
    !typesOnly &&
    sttl === undefined &&
    without === undefined &&
    named.length === 0 &&
    entry.attributes instanceof StoredAttributes
  ) {
    const { userBytes } = entry.attributes;
    if (userBytes !== undefined) {
      w.raw(userBytes);
      return;
    }
  }
  const sent = new Set<EntryAttribute>();
  const put = (attribute: EntryAttribute, spelling: string): void => {
    if (sent.has(attribute) || without?.includes(attribute.type.key) === true) return;
    sent.add(attribute);
    const { options } = attribute.description;
    w.begin().text(options.length === 0 ? spelling : [spelling, ...options].join(';'));
    if (typesOnly) w.begin(TAG.set).end();
    else w.raw(attribute.encodedVals);
    w.end();
  };
  // Computed attributes are made anew each time they are asked for, and are to be sent once.
  const made = new Map<string, EntryAttribute | undefined>();
  const once: ComputedAttribute = (of, key) => {
    if (!made.has(key)) made.set(key, computed(of, key));
    return made.get(key);
  };
  for (const { description, spelling } of named) {
    for (const attribute of attributesOf(entry, description, once)) put(attribute, spelling);
  }
  if (user || operational) {
    for (const attribute of entry.attributes.values()) {
      if (attribute.type.operational ? operational : user) put(attribute, attribute.type.name);
    }
  }
  if (operational) {
    for (const { type } of computedDescriptions) {
      const attribute = once(entry, type.key);
      if (attribute !== undefined) put(attribute, type.name);
    }
  }
  if (sttl !== undefined) {
    const seconds = once(entry, ENTRY_TTL.key)?.keys[0];
    if (seconds !== undefined) {
      w.begin().text(sttl).begin(TAG.set);
      if (!typesOnly) w.text(String(Math.ceil(Number(seconds) / 60)));
      w.end().end();
    }
  }
}
