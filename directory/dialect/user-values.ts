import type { Accounts } from '../account-sid.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import type { Publication } from '../publication.ts';

// What the dialects share in turning users into entries and back.

/** What a user mapping needs to know of the dialect it belongs to. */
export interface UserMappingContext {
  readonly base: string;
  readonly isDynamic: boolean;
  /** Operational attributes to ask for. */
  readonly operational: readonly string[];
  /** Accounts that are known, by which rights are shown. */
  readonly accounts: Accounts;
  ttlOf(entry: LdapEntry, now: Date): number | undefined;
}

/** A value that may be missing as the values of an attribute. */
export const one = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);

/** Without attributes that have no values, as an add wants it. */
export function present(attributes: LdapAttributes): LdapAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, values]) => values.length > 0));
}

/** All values of an attribute that are text. */
export function texts(entry: LdapEntry, name: string): readonly string[] {
  return entry.all(name).filter((value) => typeof value === 'string');
}

/** What an entry says of its own life; undefined when that is over, as removal may be late (RFC 2589 §6.2). */
export function publicationIn(
  entry: LdapEntry,
  name: string,
  ttlSeconds: number | undefined,
  now: Date,
): Publication | undefined {
  if (ttlSeconds !== undefined && ttlSeconds <= 0) return undefined;
  const expiresAt = ttlSeconds === undefined ? undefined : new Date(now.getTime() + ttlSeconds * 1000);
  return { dn: entry.dn, name, ttlSeconds, expiresAt };
}

/** Attributes that are not `known` (names in small letters). */
export function otherAttributes(
  entry: LdapEntry,
  known: ReadonlySet<string>,
): Map<string, readonly (string | Uint8Array)[]> {
  const names = entry.names.filter((name) => !known.has(name.toLowerCase()));
  return new Map(names.map((name) => [name, entry.all(name)]));
}

/**
 * Whether an entry has exactly the values given, but for objectClass, to which servers add.
 *
 * @param stored the name under which the server gives an attribute back
 */
export function holdsTexts(
  entry: LdapEntry,
  attributes: LdapAttributes,
  stored: (name: string) => string = (name) => name,
): boolean {
  return Object.entries(attributes).every(([name, values]) => {
    if (name.toLowerCase() === 'objectclass') return true;
    if (values.length === 0) return entry.all(stored(name)).length === 0;
    const [bytes] = values;
    if (bytes instanceof Uint8Array) return sameBytes(entry.bytes(name), bytes);
    const has = texts(entry, stored(name)).map((value) => value.toLowerCase());
    return has.length === values.length && values.every((value) => has.includes(String(value).toLowerCase()));
  });
}

/** Whether two values are the same, both missing included. */
export function sameBytes(stored: Uint8Array | undefined, wanted: Uint8Array | undefined): boolean {
  if (stored === undefined || wanted === undefined) return stored === wanted;
  return stored.length === wanted.length && stored.every((byte, i) => byte === wanted[i]);
}

/** The first of some ports that is one, the preferred one before all. */
export function portIn(values: readonly string[], preferred: number): number | undefined {
  const ports = values.map(Number).filter((port) => Number.isInteger(port) && port > 0 && port <= 65_535);
  return ports.includes(preferred) ? preferred : ports[0];
}
