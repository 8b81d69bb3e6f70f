import { type LdifEntry, type PartialAttribute, textAttribute } from '../../src/ldap/index.ts';
import type { Entry } from './entry.ts';
import { KEY_ATTRIBUTE, PATH_SEPARATOR } from './schema.ts';
import type { EntryStore } from './store.ts';
import { storeTrouble } from './store-trouble.ts';
import { secondsLeft } from './ttl.ts';

export interface ExportOptions {
  /** Wall-clock milliseconds: entries that have ended by then are left out. */
  readonly now: number;
  /** Path of the entry that is exported with all below it; default everything. */
  readonly base?: string;
  /** Whether who made it and when, the UUID and the seconds left to live are exported too. Default true. */
  readonly operational?: boolean;
  /** Whether keys of encrypted media are. Default false. */
  readonly keys?: boolean;
  /** Whether hashes of the accounts' passwords are. Default false. */
  readonly passwords?: boolean;
  /**
   * Called for each entry that cannot be read because the file is damaged, and is left out. Default: it is thrown.
   *
   * @param path of the entry, names from the top down
   */
  readonly onDamaged?: (path: readonly string[], error: Error) => void;
}

/** Entries read at a time. */
const BATCH = 500;

/** Of the password hashes, as values of one attribute (RFC 3112, RFC 5803). */
export const PASSWORD_ATTRIBUTE = 'authPassword';

/** All entries as LDIF records, each after the one above it. What changes meanwhile may be in it or not. */
export function* exportEntries(store: EntryStore, options: ExportOptions): IterableIterator<LdifEntry> {
  const { now, base = '' } = options;
  for (let after = ''; ; ) {
    const found = store.inTreeOrder(after, base, BATCH);
    for (const { id, path } of found) {
      if (base !== '' && path !== base && !path.startsWith(base + PATH_SEPARATOR)) continue;
      const record = readRecord(store, id, path, options, now);
      if (record !== undefined) yield record;
    }
    if (found.length < BATCH) return;
    after = found.at(-1)!.path;
  }
}

function readRecord(
  store: EntryStore,
  id: number,
  path: string,
  options: ExportOptions,
  now: number,
): LdifEntry | undefined {
  try {
    const entry = store.byId(id);
    const isThere = entry !== undefined && (entry.expires === undefined || entry.expires > now);
    return isThere ? recordOf(store, entry, options) : undefined;
  } catch (error) {
    const trouble = storeTrouble(error);
    if (trouble === undefined || options.onDamaged === undefined) throw error;
    options.onDamaged(path.split(PATH_SEPARATOR), trouble);
    return undefined;
  }
}

function recordOf(
  store: EntryStore,
  entry: Entry,
  { now, operational = true, passwords = false, keys = false }: ExportOptions,
): LdifEntry {
  const attributes: PartialAttribute[] = [];
  for (const { name, vals, type } of entry.attributes.values()) {
    if (type.key === KEY_ATTRIBUTE ? keys : operational || !type.operational)
      attributes.push({ type: name, vals });
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
