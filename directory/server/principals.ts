import { InvalidValueError } from '../../src/errors.ts';
import { escapeDnValue, normalizeDn, parseDn } from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import type { Clock } from '../../src/net/clock.ts';
import { isLive, readDn } from './context.ts';
import type { Entry } from './entry.ts';
import { OperationError } from './errors.ts';
import { dnRules, PATH_SEPARATOR, pathOf } from './schema.ts';
import type { EntryStore } from './store.ts';
import type { Secret } from './store-secrets.ts';
import { ACCOUNTS, entryAttributes, withOperational } from './tree.ts';

/** Somebody who can prove who they are by a password. */
export interface Principal {
  readonly dn: string;
  readonly isAdmin: boolean;
  readonly secret: Secret;
  /** The account's entry; undefined for the administrator, who is in the configuration. */
  readonly entry?: Entry;
}

/** The administrator of the configuration: whoever binds with this name and password. */
export interface AdminOptions {
  readonly dn: string;
  /** As `hashPassword` made it. */
  readonly passwordHash: string;
  /** For SCRAM-SHA-256, as `makeSecret` made it. Without it the administrator cannot use SCRAM. */
  readonly scram?: string;
}

export const ACCOUNTS_PATH = pathOf(parseDn(ACCOUNTS));

/** Whether the entry of that path is an account, or below one. */
export const isAccountPath = (path: string): boolean => path.startsWith(ACCOUNTS_PATH + PATH_SEPARATOR);

/** Longest name of an account, in characters. */
const MAX_NAME = 64;

/** Those who can bind: the administrator, and the accounts of the store, `cn=<name>` below {@link ACCOUNTS}. */
export class Principals {
  readonly #store: EntryStore;
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #admin: (Principal & { readonly key: string }) | undefined;

  constructor(store: EntryStore, clock: Pick<Clock, 'wall'>, admin?: AdminOptions) {
    this.#store = store;
    this.#clock = clock;
    if (admin === undefined) return;
    const { dn, passwordHash, scram = '' } = admin;
    const secret = { password: passwordHash, scram };
    this.#admin = { dn, isAdmin: true, secret, key: normalizeDn(parseDn(dn), dnRules) };
  }

  /** Whether `dn` is the administrator's. */
  isAdmin(dn: string): boolean {
    return this.#admin !== undefined && normalized(dn) === this.#admin.key;
  }

  /** By the name of a simple bind. A name that is no DN is nobody's. */
  byDn(dn: string): Principal | undefined {
    if (this.isAdmin(dn)) return this.#admin;
    try {
      return this.#byPath(pathOf(parseDn(dn)));
    } catch {
      return undefined;
    }
  }

  /** By the name of a SASL mechanism: an account's name, the administrator's, or a DN with or without `dn:`. */
  byName(name: string): Principal | undefined {
    const principal = this.byDn(dnOf(name));
    if (principal !== undefined || this.#admin === undefined || name.includes('=')) return principal;
    const value = parseDn(this.#admin.dn)[0]?.[0]?.value;
    return typeof value === 'string' && value.toLowerCase() === name.toLowerCase() ? this.#admin : undefined;
  }

  /** The entry of an account, with a password or without one yet. @param name as for {@link byName} */
  entryOf(name: string): Entry | undefined {
    try {
      const path = pathOf(parseDn(dnOf(name)));
      return isAccountPath(path) ? this.#store.get(path) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Makes an account. @throws {InvalidValueError} when the name is taken or cannot be one */
  add(name: string, secret: Secret): Entry {
    checkName(name);
    const dn = accountDn(name);
    const path = pathOf(parseDn(dn));
    return this.#store.transaction(() => {
      if (this.#store.get(path) !== undefined) {
        throw new InvalidValueError(
          `There is an account "${name}" already: change its password, or delete it`,
        );
      }
      const parent = this.#store.get(ACCOUNTS_PATH);
      if (parent === undefined)
        throw new InvalidValueError(`There is no entry ${ACCOUNTS} to add accounts to`);
      const attributes = withOperational(
        entryAttributes({ objectClass: ['top', 'applicationProcess'], cn: [name] }),
        { structuralObjectClass: 'applicationProcess', who: '', wallMs: this.#clock.wall() },
      );
      const id = this.#store.insert({ parent: parent.id, path, dn, attributes, expires: undefined });
      this.#store.secrets.set(id, secret);
      return this.#store.byId(id)!;
    });
  }

  /** Names of all accounts, sorted. */
  names(): string[] {
    const entries = this.#store.descendants(ACCOUNTS_PATH);
    return entries.map(nameOf).toSorted((a, b) => a.localeCompare(b));
  }

  /** @throws {InvalidValueError} when there is no such account */
  setSecret(name: string, secret: Secret): void {
    this.#store.secrets.set(this.#require(name).id, secret);
  }

  /** @throws {InvalidValueError} when there is no such account */
  delete(name: string): void {
    this.#store.transaction(() => this.#store.delete(this.#require(name)));
  }

  #require(name: string): Entry {
    const entry = this.#store.get(pathOf(parseDn(accountDn(name))));
    if (entry === undefined) throw new InvalidValueError(`There is no account "${name}"`);
    return entry;
  }

  #byPath(path: string): Principal | undefined {
    if (!isAccountPath(path)) return undefined;
    const entry = this.#store.get(path);
    if (entry === undefined || !isLive(entry, this.#clock.wall())) return undefined;
    const secret = this.#store.secrets.get(entry.id);
    return secret === undefined ? undefined : { dn: entry.dn, isAdmin: false, secret, entry };
  }
}

/** The DN that a name of SASL stands for: `dn:` and a DN, a DN, `u:` and an account, or an account (RFC 4513 §5.2.1.8). */
function dnOf(name: string): string {
  const dn = /^dn:/i.test(name) ? name.slice(3) : name;
  return dn.includes('=') ? dn : accountDn(name.replace(/^u:/i, ''));
}

export const accountDn = (name: string): string => `cn=${escapeDnValue(name)},${ACCOUNTS}`;

const nameOf = (entry: Entry): string => {
  const value = parseDn(entry.dn)[0]?.[0]?.value;
  return typeof value === 'string' ? value : entry.dn;
};

function checkName(name: string): void {
  const isName = name.trim() === name && name.length > 0 && name.length <= MAX_NAME;
  if (!isName || /[\p{Cc}=]/u.test(name) || /^u:/i.test(name)) {
    throw new InvalidValueError(
      `"${name}" cannot be the name of an account: 1 to ${MAX_NAME} characters without "=", and no blanks at the ends`,
    );
  }
}

function normalized(dn: string): string | undefined {
  try {
    return normalizeDn(parseDn(dn), dnRules);
  } catch {
    return undefined;
  }
}

/** A DN that is plain, and does not name the container of accounts, is none of them. */
const MAY_BE_ACCOUNT = /accounts|[\\#"]|[^\x20-\x7e]/i;

/**
 * Accounts are the administrator's to make and to remove, whatever the access policy says: who is known by a name must
 * not be able to hand it to others.
 *
 * @throws {OperationError} insufficientAccessRights
 */
export function guardAccounts({ isAdmin, isInProcess }: Identity, dn: string): void {
  if (isAdmin || isInProcess || !MAY_BE_ACCOUNT.test(dn) || !isAccountPath(pathOf(readDn(dn)))) return;
  throw new OperationError(
    'insufficientAccessRights',
    `entries below ${ACCOUNTS} are changed by the administrator only; your own password by Password Modify (RFC 3062)`,
  );
}
