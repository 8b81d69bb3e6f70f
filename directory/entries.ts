import type { Filter } from '../src/ldap/index.ts';
import { AlreadyExistsError, ConflictError, DirectoryError, NotFoundError } from './errors.ts';
import type { Detected } from './dialect/detect.ts';
import { present } from './dialect/filters.ts';
import type { Dialect, UserDialect } from './dialect/dialect.ts';
import type { LdapConnection } from './ldap/connection.ts';
import type { LdapAttributes, LdapEntry } from './ldap/entry.ts';
import { rdnOf } from './rename.ts';
import type { LdapSession } from './session.ts';

/** A session with a server whose dialect is known. */
export interface Connected extends Detected {
  readonly session: LdapSession;
}

/** What tells the entries of one kind of object apart from all others. */
export interface EntryKind {
  readonly attributes: readonly string[];
  readonly binaryAttributes: readonly string[];
  /** DN of the entry above them. */
  readonly base: string;
  /** Fits every live entry of the kind. */
  filter(now: Date): Filter;
  /** Whether the entry holds what we tried to write. */
  holds(entry: LdapEntry, attributes: LdapAttributes): boolean;
}

/** Entries of conferences. */
export function conferenceEntries(dialect: Dialect): EntryKind {
  return {
    attributes: dialect.attributes,
    binaryAttributes: dialect.binaryAttributes,
    base: dialect.base,
    filter: (now) => dialect.filter({}, now),
    holds: (entry, attributes) => dialect.holds(entry, attributes),
  };
}

/** Entries of users, those that only go along too. */
export function userEntries(users: UserDialect): EntryKind {
  return {
    attributes: users.attributes,
    binaryAttributes: users.binaryAttributes,
    base: users.base,
    filter: (now) => users.entryFilter(now),
    holds: (entry, attributes) => users.holds(entry, attributes),
  };
}

/** Reads and changes single entries. Each change knows how to see whether it took effect when its answer is lost. */
export class Entries {
  readonly #connected: Connected;
  readonly #kind: EntryKind;
  readonly #now: () => Date;

  constructor(connected: Connected, kind: EntryKind, now: () => Date) {
    this.#connected = connected;
    this.#kind = kind;
    this.#now = now;
  }

  /** The entry, or undefined when there is none of this kind that lives. */
  read(dn: string, signal?: AbortSignal): Promise<LdapEntry | undefined> {
    return this.#connected.session.read((connection) => this.#on(connection, dn, signal), signal);
  }

  /** Whether the entry is there and as it was last written; undefined when there is none. */
  holds(dn: string, attributes: LdapAttributes, signal?: AbortSignal): Promise<boolean | undefined> {
    return this.#connected.session.read(async (connection) => {
      const entry = await this.#on(connection, dn, signal);
      return entry === undefined ? undefined : this.#kind.holds(entry, attributes);
    }, signal);
  }

  /** @returns seconds granted */
  add(dn: string, attributes: LdapAttributes, ttlSeconds: number, signal?: AbortSignal): Promise<number> {
    const { dialect, session } = this.#connected;
    return session
      .write(
        async (connection, again) => {
          try {
            await dialect.add(connection, { dn, attributes, ttlSeconds, now: this.#now(), signal });
          } catch (error) {
            // the first attempt may have come through after we had looked
            const ours = again && (await this.#holds(connection, dn, attributes, signal));
            if (!ours || !(error instanceof AlreadyExistsError)) throw error;
          }
          return (await this.#ttlLeft(connection, dn, signal)) ?? ttlSeconds;
        },
        async (connection) => {
          if (!(await this.#holds(connection, dn, attributes, signal))) return undefined;
          const granted = await dialect.refresh(connection, dn, ttlSeconds, this.#now(), signal);
          return { value: granted ?? ttlSeconds };
        },
        signal,
      )
      .catch((error: unknown) => {
        throw missingContainer(error, this.#kind.base);
      });
  }

  /**
   * Replaces whole attributes; an empty list of values removes one.
   *
   * @throws {ConflictError} when the answer was lost and somebody else has changed the entry since
   */
  async replace(dn: string, attributes: LdapAttributes, signal?: AbortSignal): Promise<void> {
    const { dialect, session } = this.#connected;
    const before = await this.read(dn, signal);
    await session.write(
      (connection) => dialect.replace(connection, dn, attributes, signal),
      async (connection) => {
        const entry = await this.#on(connection, dn, signal);
        if (entry === undefined) return undefined; // the server will say so
        if (this.#kind.holds(entry, attributes)) return { value: undefined };
        if (before === undefined || sameValues(before, entry, Object.keys(attributes))) return undefined;
        throw new ConflictError(
          `The answer to the change of ${dn} was lost, and somebody else has changed it since. Whether ours came first is not known: read it again.`,
          { outcomeUnknown: true },
        );
      },
      signal,
    );
  }

  /** @returns seconds granted */
  refresh(dn: string, ttlSeconds: number, signal?: AbortSignal): Promise<number> {
    const { dialect, session } = this.#connected;
    return session.write(
      async (connection) => {
        const granted = await dialect.refresh(connection, dn, ttlSeconds, this.#now(), signal);
        return granted ?? (await this.#ttlLeft(connection, dn, signal)) ?? ttlSeconds;
      },
      async () => undefined, // doing it twice does no harm
      signal,
    );
  }

  /**
   * Renames an entry within its container.
   *
   * @returns false when the server does not do that
   */
  rename(dn: string, newDn: string, signal?: AbortSignal): Promise<boolean> {
    return this.#connected.session.write(
      async (connection, again) => {
        try {
          await connection.rename(dn, rdnOf(newDn), signal);
        } catch (error) {
          if (again && error instanceof NotFoundError) return true; // the first attempt came through after all
          if (error instanceof DirectoryError && NO_RENAME.has(error.ldapCode ?? 0)) return false;
          throw error;
        }
        return true;
      },
      async (connection) => {
        const isOld = (await this.#on(connection, dn, signal)) !== undefined;
        const isNew = (await this.#on(connection, newDn, signal)) !== undefined;
        return isNew && !isOld ? { value: true } : undefined;
      },
      signal,
    );
  }

  async delete(dn: string, signal?: AbortSignal): Promise<void> {
    const before = await this.#identity(dn, signal);
    await this.#connected.session.write(
      async (connection, again) => {
        try {
          await connection.delete(dn, signal);
        } catch (error) {
          if (!again || !(error instanceof NotFoundError)) throw error;
        }
      },
      async (connection) => {
        if ((await this.#on(connection, dn, signal)) === undefined) return { value: undefined };
        // of the same name, and not the one that was to go: it went, and somebody has added another since
        const now = await this.#identityOn(connection, dn, signal);
        return doneIf(before !== undefined && now !== undefined && before !== now);
      },
      signal,
    );
  }

  /** What tells an entry from a later one of the same name, as far as the server says; undefined when it does not. */
  async #identity(dn: string, signal?: AbortSignal): Promise<string | undefined> {
    try {
      return await this.#connected.session.read((it) => this.#identityOn(it, dn, signal), signal);
    } catch (error) {
      if (error instanceof DirectoryError && error.ldapCode !== undefined) return undefined; // it may not be read
      throw error;
    }
  }

  async #identityOn(
    connection: LdapConnection,
    dn: string,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const filter = present('objectClass');
    const request = {
      base: dn,
      scope: 'base' as const,
      filter,
      attributes: IDENTITY,
      binaryAttributes: IDENTITY,
    };
    const [entry] = (await connection.searchPage(request, signal)).entries;
    const values = IDENTITY.flatMap((name) => entry?.all(name) ?? []);
    return values.length === 0 ? undefined : valuesText(values);
  }

  async #on(connection: LdapConnection, dn: string, signal?: AbortSignal): Promise<LdapEntry | undefined> {
    const { attributes, binaryAttributes } = this.#kind;
    const filter = this.#kind.filter(this.#now());
    try {
      const request = { base: dn, scope: 'base' as const, filter, attributes, binaryAttributes };
      return (await connection.searchPage(request, signal)).entries[0];
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  async #holds(
    connection: LdapConnection,
    dn: string,
    attributes: LdapAttributes,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const entry = await this.#on(connection, dn, signal);
    return entry !== undefined && this.#kind.holds(entry, attributes);
  }

  async #ttlLeft(connection: LdapConnection, dn: string, signal?: AbortSignal): Promise<number | undefined> {
    const entry = await this.#on(connection, dn, signal);
    return entry === undefined ? undefined : this.#connected.dialect.ttlOf(entry, this.#now());
  }
}

/**
 * Codes by which servers say that they do not rename: protocolError for what they do not know, unwillingToPerform, and
 * notAllowedOnNonLeaf or namingViolation for what they do only with other entries.
 */
const NO_RENAME: ReadonlySet<number> = new Set([2, 53, 64, 66]);

/** Unchanging attributes of OpenLDAP and its kin (RFC 4530), and of Active Directory. */
const IDENTITY = ['entryUUID', 'createTimestamp', 'objectGUID', 'whenCreated'];

const valuesText = (values: readonly (string | Uint8Array)[]): string =>
  values
    .map((value) => Buffer.from(value).toString('hex'))
    .sort()
    .join(' ');

function sameValues(a: LdapEntry, b: LdapEntry, names: readonly string[]): boolean {
  return names.every((name) => valuesText(a.all(name)) === valuesText(b.all(name)));
}

const doneIf = (condition: boolean): { readonly value: undefined } | undefined =>
  condition ? { value: undefined } : undefined;

/** noSuchObject about the container is not about the conference. */
export function missingContainer(error: unknown, base: string): unknown {
  if (!(error instanceof NotFoundError)) return error;
  return new DirectoryError(
    `The directory has no ${base}. Create that entry, or name another base in the URL.`,
    { ldapCode: 32, cause: error },
  );
}
