import type { Filter } from '../../src/ldap/index.ts';
import { AlreadyExistsError, DirectoryError, NotFoundError } from '../errors.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import type { NewEntry } from './dialect.ts';
import { atMost, not, present } from './filters.ts';

/** assertionFailed (RFC 4528 §4). */
const ASSERTION_FAILED = 122;

/** Where a dialect keeps the time at which an entry counts as gone. */
export interface ExpiryAttribute {
  readonly name: string;
  readonly write: (expires: Date) => string;
  /** Undefined for what we did not write. */
  readonly read: (text: string) => Date | undefined;
  /** Whether servers compare it as a time, so that it can be searched by. */
  readonly ordered: boolean;
}

/**
 * The life of entries on servers that do not end it: the time is an attribute like any other, so it is replicated like
 * any other. Whoever reads takes an entry whose time has passed for gone. An entry that is gone never comes to life
 * again: a refresh of it fails, and an add of the same name puts a new one in its place. Therefore a sweeper may remove
 * it without asking anybody, and several may at once.
 */
export class OwnExpiry {
  readonly attribute: ExpiryAttribute;
  readonly #asserts: boolean;

  /** @param asserts whether the server offers the assertion control (RFC 4528), which saves looking first */
  constructor(attribute: ExpiryAttribute, asserts: boolean) {
    this.attribute = attribute;
    this.#asserts = asserts && attribute.ordered;
  }

  /** @throws {AlreadyExistsError} when there is such an entry and its time has not passed */
  async add(connection: LdapConnection, entry: NewEntry): Promise<void> {
    const { dn, attributes, ttlSeconds, now, signal } = entry;
    const values = { ...attributes, ...this.#values(now, ttlSeconds) };
    try {
      await connection.add(dn, values, signal);
    } catch (error) {
      const isFree = error instanceof AlreadyExistsError && (await this.remove(connection, dn, now, signal));
      if (!isFree) throw error;
      await connection.add(dn, values, signal);
    }
  }

  /**
   * @returns seconds granted
   * @throws {NotFoundError} when the entry's time has passed: whoever wants it adds it again
   */
  async refresh(
    connection: LdapConnection,
    dn: string,
    ttlSeconds: number,
    now: Date,
    signal?: AbortSignal,
  ): Promise<number> {
    const values = this.#values(now, ttlSeconds);
    const gone = (cause?: unknown): NotFoundError =>
      new NotFoundError(`Could not refresh ${dn}: its time has passed`, { ldapCode: 32, cause });
    if (this.#asserts) {
      try {
        await connection.replace(dn, values, signal, this.alive(now));
      } catch (error) {
        throw isAssertionFailed(error) ? gone(error) : error;
      }
    } else {
      if (await this.#hasPassed(connection, dn, now, signal)) throw gone();
      await connection.replace(dn, values, signal);
    }
    return ttlSeconds;
  }

  /** Seconds an entry has left, negative for those that are gone; undefined when it does not say. */
  left(entry: LdapEntry, now: Date): number | undefined {
    const expires = this.expiresAt(entry);
    return expires === undefined ? undefined : Math.ceil((expires.getTime() - now.getTime()) / 1000);
  }

  expiresAt(entry: LdapEntry): Date | undefined {
    const text = entry.text(this.attribute.name);
    return text === undefined ? undefined : this.attribute.read(text);
  }

  /** Leaves out what is gone, as far as the server can tell. */
  alive(now: Date): Filter | undefined {
    const { name, write, ordered } = this.attribute;
    return ordered ? not(atMost(name, write(now))) : undefined;
  }

  /** Fits at least everything whose time had passed at that moment. */
  passed(moment: Date): Filter {
    const { name, write, ordered } = this.attribute;
    return ordered ? atMost(name, write(moment)) : present(name);
  }

  /**
   * Removes an entry if its time had passed at that moment.
   *
   * @returns whether there is no such entry any more
   */
  async remove(connection: LdapConnection, dn: string, moment: Date, signal?: AbortSignal): Promise<boolean> {
    try {
      if (!this.#asserts && !(await this.#hasPassed(connection, dn, moment, signal))) return false;
      await connection.delete(dn, signal, this.#asserts ? this.passed(moment) : undefined);
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return true; // another one was faster
      if (isAssertionFailed(error)) return false;
      throw error;
    }
  }

  /** @throws {NotFoundError} */
  async #hasPassed(
    connection: LdapConnection,
    dn: string,
    moment: Date,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const request = {
      base: dn,
      scope: 'base' as const,
      filter: present('objectClass'),
      attributes: [this.attribute.name],
      binaryAttributes: [],
    };
    const [entry] = (await connection.searchPage(request, signal)).entries;
    if (entry === undefined) throw new NotFoundError(`There is no ${dn}`, { ldapCode: 32 });
    const left = this.left(entry, moment);
    return left !== undefined && left <= 0;
  }

  #values(now: Date, ttlSeconds: number): LdapAttributes {
    const { name, write } = this.attribute;
    return { [name]: [write(new Date(now.getTime() + ttlSeconds * 1000))] };
  }
}

const isAssertionFailed = (error: unknown): boolean =>
  error instanceof DirectoryError && error.ldapCode === ASSERTION_FAILED;
