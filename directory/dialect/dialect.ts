import type { Filter } from '../../src/ldap/index.ts';
import type { AdvertisingScope } from '../../src/ip/index.ts';
import type { Accounts } from '../account-sid.ts';
import type { Conference } from '../conference.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import type { OwnExpiry } from './own-expiry.ts';
import type { DirectoryType } from '../types.ts';
import type { DirectoryUser } from '../user.ts';

/**
 * How a server keeps conferences and users: `ils` as a locator service does (MS-TAIL), `ad` as Active Directory,
 * `rendezvous` in the project's own schema, `h350` entries of other programs (ITU-T H.350), which are only shown.
 */
export const DIALECT_NAMES = ['ils', 'ad', 'rendezvous', 'h350'] as const;
export type DialectName = (typeof DIALECT_NAMES)[number];

/** What kind of server speaks a dialect. */
export const directoryTypeOf = (name: DialectName): DirectoryType =>
  name === 'ils' || name === 'ad' ? name : 'ldap';

/** An entry that is to be added. */
export interface NewEntry {
  readonly dn: string;
  readonly attributes: LdapAttributes;
  readonly ttlSeconds: number;
  /** By this machine's clock. */
  readonly now: Date;
  readonly signal: AbortSignal | undefined;
}

/** What a dialect needs to know of a query to let the server do most of the work. */
export interface DialectQuery {
  readonly name?: string;
  readonly scope?: AdvertisingScope;
  readonly activeAt?: Date;
  readonly takesPlace?: { readonly from: Date; readonly to: Date };
  readonly startsAfter?: Date;
  /** Only conferences that use this group, and this port if there is one. */
  readonly group?: { readonly address: string; readonly port?: number };
}

/** What a dialect needs to know of a query for users. */
export interface UserDialectQuery {
  /** `*` stands for any text. */
  readonly name?: string;
  readonly machine?: string;
  /** Leave out those who are not to be listed. */
  readonly listedOnly?: boolean;
}

/** One entry to write. In a change an empty list of values removes an attribute. */
export interface EntryValues {
  readonly dn: string;
  readonly attributes: LdapAttributes;
}

/**
 * How one kind of server keeps users. A user may take several entries: the last one is the user that is found, those
 * before it only go along.
 */
export interface UserDialect {
  /** DN of the entry above all users. */
  readonly base: string;
  /** Attributes to ask for, operational ones included. */
  readonly attributes: readonly string[];
  /** Those of them whose values are bytes. */
  readonly binaryAttributes: readonly string[];
  /** May let through more than asked for; callers check again. */
  filter(query: UserDialectQuery, now: Date): Filter;
  /** Fits every live entry that belongs to a user, those that only go along too. */
  entryFilter(now: Date): Filter;
  /** The user in an entry, or undefined when it has expired or is none. */
  read(entry: LdapEntry, now: Date): DirectoryUser | undefined;
  /** DNs of all entries of a user, in the order they are added. */
  dns(user: DirectoryUser): readonly string[];
  /** Everything new entries hold, but what keeps them alive. */
  newEntries(user: DirectoryUser, ownerDn: string | undefined): readonly EntryValues[];
  /** What `modify` replaces. */
  changedEntries(user: DirectoryUser): readonly EntryValues[];
  /** Whether the entry holds what we tried to write, to settle a change whose answer was lost. */
  holds(entry: LdapEntry, attributes: LdapAttributes): boolean;
}

/**
 * How one kind of server keeps conferences: where, under which names, and how entries are kept alive. A server of
 * another kind is another implementation of this and a line in `detectDialect`.
 */
export interface Dialect {
  readonly name: DialectName;
  /** Why nothing in it is ever altered; undefined where we may write. */
  readonly readOnly: string | undefined;
  /** The time that entries carry where the server does not end them; undefined where no entry carries one. */
  readonly expiry: OwnExpiry | undefined;
  /** How it keeps users; undefined when it has no place for them. */
  readonly users: UserDialect | undefined;
  /** Whether the server removes entries that are not refreshed. */
  readonly isDynamic: boolean;
  /** DN of the entry above all conferences. */
  readonly base: string;
  /** Attributes to ask for, operational ones included. */
  readonly attributes: readonly string[];
  /** Those of them whose values are bytes. */
  readonly binaryAttributes: readonly string[];
  /** Accounts that are known, by which rights are shown; undefined in one that keeps no rights. */
  readonly accounts?: Accounts | undefined;
  dn(name: string): string;
  /** May let through more than asked for; callers check again. */
  filter(query: DialectQuery, now: Date): Filter;
  /** The conference in an entry, or undefined when it has expired or is none. */
  read(entry: LdapEntry, now: Date): Conference | undefined;
  /** Everything a new entry holds, but what keeps it alive. */
  newAttributes(conference: Conference, ownerDn: string | undefined): LdapAttributes;
  /** What `modify` replaces; an empty list of values removes an attribute. */
  changedAttributes(conference: Conference): LdapAttributes;
  /** Whether the entry holds what we tried to write, to settle a change whose answer was lost. */
  holds(entry: LdapEntry, attributes: LdapAttributes): boolean;
  add(connection: LdapConnection, entry: NewEntry): Promise<void>;
  /** Replaces whole attributes; an empty list of values removes one. */
  replace(
    connection: LdapConnection,
    dn: string,
    attributes: LdapAttributes,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Starts the time to live anew; gives the seconds granted when the server says them. */
  refresh(
    connection: LdapConnection,
    dn: string,
    ttlSeconds: number,
    now: Date,
    signal?: AbortSignal,
  ): Promise<number | undefined>;
  /** Seconds an entry has left; undefined when it does not say. */
  ttlOf(entry: LdapEntry, now: Date): number | undefined;
}
