import { randomUUID } from 'node:crypto';
import { parseDn, textAttribute } from '../../src/ldap/index.ts';
import { ACCOUNTS } from '../account-sid.ts';
import { EntryAttribute, type EntryAttributes } from './entry.ts';
import { generalizedTime } from './matching.ts';
import { attributeDescription, parentPath, pathOf } from './schema.ts';
import type { EntryStore } from './store.ts';

/** What the service says that it is. */
export const VENDOR_VERSION = 'Rendezvous locator service 1';

export const SUFFIX = 'o=Intranet';
/** Where persons and conferences live. */
export const DYNAMIC = `ou=Dynamic,${SUFFIX}`;
/** Where applications of persons live. */
export const APPLICATIONS = `ou=Applications,${SUFFIX}`;
export { ACCOUNTS };
/** The subschema subentry. */
export const SCHEMA = `cn=Schema,ou=Admin,${SUFFIX}`;

const BASE_TREE: readonly {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}[] = [
  { dn: SUFFIX, attributes: { objectClass: ['top', 'organization'], o: ['Intranet'] } },
  { dn: DYNAMIC, attributes: { objectClass: ['top', 'organizationalUnit'], ou: ['Dynamic'] } },
  { dn: APPLICATIONS, attributes: { objectClass: ['top', 'organizationalUnit'], ou: ['Applications'] } },
  {
    dn: `appName=MS-NetMeeting,${APPLICATIONS}`,
    attributes: { objectClass: ['top', 'rtApplication'], appName: ['MS-NetMeeting'] },
  },
  { dn: `ou=Admin,${SUFFIX}`, attributes: { objectClass: ['top', 'organizationalUnit'], ou: ['Admin'] } },
  { dn: SCHEMA, attributes: { objectClass: ['top', 'subentry', 'subschema'], cn: ['Schema'] } },
  { dn: ACCOUNTS, attributes: { objectClass: ['top', 'organizationalUnit'], ou: ['Accounts'] } },
];

const basePaths: ReadonlySet<string> = new Set(BASE_TREE.map(({ dn }) => pathOf(parseDn(dn))));

export const SUFFIX_PATH = pathOf(parseDn(SUFFIX));
export const SCHEMA_PATH = pathOf(parseDn(SCHEMA));

/** Whether this entry is part of the tree every service has. */
export const isBaseTree = (path: string): boolean => basePaths.has(path);

/** Adds what is missing of the tree that every locator service has. */
export function ensureBaseTree(store: EntryStore, wallMs: number): void {
  if (BASE_TREE.every(({ dn }) => store.get(pathOf(parseDn(dn))) !== undefined)) return;
  store.transaction(() => {
    for (const { dn, attributes } of BASE_TREE) {
      const path = pathOf(parseDn(dn));
      if (store.get(path) !== undefined) continue;
      const above = parentPath(path);
      const parent = above === undefined ? 0 : store.get(above)!.id;
      const classes = attributes.objectClass!;
      const all = withOperational(entryAttributes(attributes), {
        structuralObjectClass: classes[1]!,
        who: '',
        wallMs,
      });
      store.insert({ parent, path, dn, attributes: all, expires: undefined });
    }
  });
}

/** Attributes from text; names must be the schema's. */
export function entryAttributes(
  values: Readonly<Record<string, readonly string[]>>,
): Map<string, EntryAttribute> {
  const attributes = new Map<string, EntryAttribute>();
  for (const [name, texts] of Object.entries(values)) setText(attributes, name, ...texts);
  return attributes;
}

/** Replaces an attribute of the schema by text values. */
export function setText(
  attributes: Map<string, EntryAttribute>,
  name: string,
  ...texts: readonly string[]
): void {
  const description = attributeDescription(name)!;
  attributes.set(description.key, new EntryAttribute(description, textAttribute(name, ...texts).vals));
}

/** Adds the operational attributes of a new entry (RFC 4512 §3.4). */
export function withOperational(
  attributes: Map<string, EntryAttribute>,
  { structuralObjectClass, who, wallMs }: { structuralObjectClass: string; who: string; wallMs: number },
): EntryAttributes {
  const now = generalizedTime(wallMs);
  setText(attributes, 'structuralObjectClass', structuralObjectClass);
  setText(attributes, 'entryUUID', randomUUID());
  setText(attributes, 'creatorsName', who);
  setText(attributes, 'createTimestamp', now);
  setText(attributes, 'modifiersName', who);
  setText(attributes, 'modifyTimestamp', now);
  return attributes;
}
