import { MEDIA_KEY } from '../schema/index.ts';
import { normalizeDn, parseDn, utf8Bytes } from '../../src/ldap/index.ts';
import type { DistinguishedName, DnRules } from '../../src/ldap/index.ts';
import { type MatchingRule, matchingRules } from './matching.ts';
import { ATTRIBUTE_TYPES, OBJECT_CLASSES, type ObjectClassData } from './schema-data.ts';
import { MONITOR_ATTRIBUTE_TYPES, MONITOR_OBJECT_CLASSES } from './schema-monitor.ts';

/** Keys of encrypted media, as it is looked up in entries. */
export const KEY_ATTRIBUTE: string = MEDIA_KEY.toLowerCase();

export const ALL_ATTRIBUTE_TYPES = [...ATTRIBUTE_TYPES, ...MONITOR_ATTRIBUTE_TYPES];
export const ALL_OBJECT_CLASSES = [...OBJECT_CLASSES, ...MONITOR_OBJECT_CLASSES];

/** An attribute type with its matching rule at hand. */
export interface AttributeType {
  readonly name: string;
  /** Lower-case {@link name}: what entries and indexes are keyed by. */
  readonly key: string;
  readonly names: readonly string[];
  readonly oid: string;
  readonly rule: MatchingRule;
  readonly single: boolean;
  readonly operational: boolean;
  readonly noUserModification: boolean;
}

/** An attribute description taken apart (RFC 4512 §2.5). */
export interface AttributeDescription {
  readonly type: AttributeType;
  /** Lower-case, sorted; mostly none. */
  readonly options: readonly string[];
  /** Key of the attribute in an entry: the type's key, and the options after `;`. */
  readonly key: string;
}

/** Minutes to live, as locator clients write it; stored as `entryTtl` seconds. */
export const STTL = 'sttl';

const types = new Map<string, AttributeType>();
const classes = new Map<string, ObjectClassData>();
const canonical = new Map<string, string>();

for (const data of ALL_OBJECT_CLASSES) {
  classes.set(data.name.toLowerCase(), data);
  classes.set(data.oid, data);
  canonical.set(data.oid, data.name.toLowerCase());
}
for (const data of ALL_ATTRIBUTE_TYPES) {
  for (const name of [data.oid, ...data.names])
    canonical.set(name.toLowerCase(), data.names[0].toLowerCase());
}

export const dnRules: DnRules = {
  normalizeType: (type) => types.get(type.toLowerCase())?.key ?? type.toLowerCase(),
  normalizeValue(type, value) {
    const rule = types.get(type)?.rule ?? caseIgnore;
    return rule.prepare?.(value) ?? rule.key(utf8Bytes(value)) ?? value;
  },
};
export const rules = matchingRules(
  (nameOrOid) => canonical.get(nameOrOid.toLowerCase()) ?? nameOrOid.toLowerCase(),
  () => dnRules,
);
const caseIgnore = rules.get('caseignorematch')!;

for (const data of ALL_ATTRIBUTE_TYPES) {
  const name = data.names[0];
  const type: AttributeType = {
    name,
    key: name.toLowerCase(),
    names: data.names,
    oid: data.oid,
    rule: rules.get(data.rule.toLowerCase())!,
    single: data.single ?? false,
    operational: data.operational ?? false,
    noUserModification: data.noUserModification ?? false,
  };
  for (const known of [data.oid, ...data.names]) types.set(known.toLowerCase(), type);
}

/** The type of that name or OID, case ignored, or undefined. */
export const attributeType = (nameOrOid: string): AttributeType | undefined =>
  types.get(nameOrOid.toLowerCase());

/** The class of that name or OID, case ignored, or undefined. */
export const objectClass = (nameOrOid: string): ObjectClassData | undefined =>
  classes.get(nameOrOid.toLowerCase());

const descriptions = new Map<string, AttributeDescription>();
/** Names come from clients, so what is remembered of them is bounded. */
const MAX_DESCRIPTIONS = 2000;

/** Reads an attribute description; undefined when the schema has no such type. */
export function attributeDescription(text: string): AttributeDescription | undefined {
  const known = descriptions.get(text);
  if (known !== undefined) return known;
  const [name = '', ...rest] = text.toLowerCase().split(';');
  const type = types.get(name);
  if (type === undefined) return undefined;
  const options = [...new Set(rest)].filter((option) => option !== '').sort();
  const description = { type, options, key: [type.key, ...options].join(';') };
  if (descriptions.size < MAX_DESCRIPTIONS) descriptions.set(text, description);
  return description;
}

/** Whether `options` has all of `wanted`: `cn;lang-de` is asked for by `cn` too (RFC 4512 §2.5.2). */
export const hasOptions = (options: readonly string[], wanted: readonly string[]): boolean =>
  wanted.every((option) => options.includes(option));

/** Classes of an entry with all their superiors, each once, as they are spelt in the schema. */
export function withSuperiors(names: Iterable<string>): ObjectClassData[] {
  const found = new Set<ObjectClassData>();
  for (const name of names) {
    for (
      let at = objectClass(name);
      at !== undefined;
      at = at.superior === undefined ? undefined : objectClass(at.superior)
    ) {
      found.add(at);
    }
  }
  return [...found];
}

/** Separates RDNs in a {@link pathOf}; never in a normalised DN. */
export const PATH_SEPARATOR = '\u0001';

/** Key of an entry: normalised RDNs from the root down, so that a subtree is a range of keys. */
export function pathOf(dn: DistinguishedName): string {
  let path = '';
  for (let i = dn.length - 1; i >= 0; i--) {
    path += (path === '' ? '' : PATH_SEPARATOR) + normalizeDn([dn[i]!], dnRules);
  }
  return path;
}

/** The same of a DN as text. @throws {DecodeError} when it is none */
export const pathOfDn = (dn: string): string => pathOf(parseDn(dn));

/** The path above, or undefined for the top of a naming context. */
export function parentPath(path: string): string | undefined {
  const at = path.lastIndexOf(PATH_SEPARATOR);
  return at < 0 ? undefined : path.slice(0, at);
}
