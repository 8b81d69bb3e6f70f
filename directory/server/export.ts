import { type LdifEntry, type PartialAttribute, textAttribute } from '../../src/ldap/index.ts';
import type { Entry } from './entry.ts';
import { PATH_SEPARATOR } from './schema.ts';
import type { EntryStore } from './store.ts';
import { secondsLeft } from './ttl.ts';

export interface ExportOptions {
  /** Wall-clock milliseconds: entries that have ended by then are left out. */
  readonly now: number;
  /** Path of the entry that is exported with all below it; default everything. */
  readonly base?: string;
  /** Whether who made it and when, the UUID and the seconds left to live are exported too. Default true. */
  readonly operational?: boolean;
  /** Whether hashes of the accounts' passwords are. Default false. */
  readonly passwords?: boolean;
}

/** Entries read at a time. */
const BATCH = 500;

/** Of the password hashes, as values of one attribute (RFC 3112, RFC 5803). */
export const PASSWORD_ATTRIBUTE = 'authPassword';

/** All entries as LDIF records, each after the one above it. What changes meanwhile may be in it or not. */
export function* exportEntries(store: EntryStore, options: ExportOptions): IterableIterator<LdifEntry> {
  const { now, base = '' } = options;
  const isWanted = ({ path, expires }: Entry): boolean =>
    (base === '' || path === base || path.startsWith(base + PATH_SEPARATOR)) &&
    (expires === undefined || expires > now);
  for (let after = ''; ; ) {
    const entries = store.inTreeOrder(after, base, BATCH);
    for (const entry of entries) if (isWanted(entry)) yield recordOf(store, entry, options);
    if (entries.length < BATCH) return;
    after = entries.at(-1)!.path;
  }
}

function recordOf(
  store: EntryStore,
  entry: Entry,
  { now, operational = true, passwords = false }: ExportOptions,
): LdifEntry {
  const attributes: PartialAttribute[] = [];
  for (const { name, vals, type } of entry.attributes.values()) {
    if (operational || !type.operational) attributes.push({ type: name, vals });
  }
  if (operational && entry.expires !== undefined) {
    attributes.push(textAttribute('entryTtl', String(Math.max(1, secondsLeft(entry.expires, now)))));
  }
  const secret = passwords ? store.secrets.get(entry.id) : undefined;
  if (secret !== undefined) {
    const values = [secret.password, secret.scram].filter((value) => value !== '');
    attributes.push(textAttribute(PASSWORD_ATTRIBUTE, ...values));
  }
  return { kind: 'entry', dn: entry.dn, attributes };
}
