import type { Filter } from '../../src/ldap/index.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import { MEDIA_KEY } from '../schema/index.ts';
import { SizeLimitError } from '../errors.ts';
import type { LdapEntry } from '../ldap/entry.ts';
import { AttributeDialect } from './attribute-dialect.ts';
import type { NewEntry, UserDialect } from './dialect.ts';
import { generalizedTime, parseGeneralizedTime } from './generalized-time.ts';
import { OwnExpiry } from './own-expiry.ts';
import { RendezvousUsers } from './rendezvous-users.ts';

/** Object class of the project's own schema, `docs/rendezvous.schema`. */
export const RENDEZVOUS_CLASS = 'rdvConference';
/** The container below a naming context when the URL names no base. */
export const CONFERENCES_CONTAINER = 'ou=Conferences';
/** A server may shorten a time to live, but not below this (RFC 2589 §4.2). */
const LEAST_MAXIMUM_SECONDS = 86_400;

/** When an entry counts as gone. */
export const EXPIRES = 'rdvExpires';

export interface RendezvousDialectOptions {
  /** DN of the entry above conferences and users. */
  readonly base: string;
  /** Whether the server shall end the life of entries (RFC 2589); else we do. */
  readonly isDynamic: boolean;
  /** Whether its schema has a class for users. */
  readonly hasUsers: boolean;
  /** Whether it offers the assertion control. */
  readonly asserts: boolean;
  /** Whether keys may be asked for and written. */
  readonly carriesKeys: boolean;
  /** Default GeneralizedTime to the second. */
  readonly writeTime?: (date: Date) => string;
}

/**
 * Conferences on a general LDAP server that carries the project's schema. Where the server has dynamic entries
 * (OpenLDAP's dds overlay), it keeps the time to live itself and lets nobody write it, so an add is followed by a
 * refresh. Where it has none, or where entries are replicated, `rdvExpires` says when an entry counts as gone.
 */
export class RendezvousDialect extends AttributeDialect {
  readonly isDynamic: boolean;
  readonly users: UserDialect | undefined;
  readonly expiry: OwnExpiry;

  constructor({
    base,
    isDynamic,
    hasUsers,
    asserts,
    carriesKeys,
    writeTime = generalizedTime,
  }: RendezvousDialectOptions) {
    super({
      name: 'rendezvous',
      base,
      objectClasses: [RENDEZVOUS_CLASS],
      names: {
        name: 'cn',
        protocol: 'rdvProtocol',
        blob: 'rdvBlob',
        description: 'description',
        owner: 'owner',
        ...INDEX_NAMES,
        key: MEDIA_KEY,
      },
      hidden: [EXPIRES],
      operational: ['entryTtl'],
      carriesKeys,
      writeTime,
    });
    this.isDynamic = isDynamic;
    this.expiry = new OwnExpiry(expiresAttribute(writeTime), asserts);
    const alive = (now: Date): Filter | undefined => this.aliveFilter(now);
    this.users = hasUsers ? new RendezvousUsers(this.userContext(), alive) : undefined;
  }

  add(connection: LdapConnection, entry: NewEntry): Promise<void> {
    return this.isDynamic ? this.addThenRefresh(connection, entry) : this.expiry.add(connection, entry);
  }

  async refresh(
    connection: LdapConnection,
    dn: string,
    ttlSeconds: number,
    now: Date,
    signal?: AbortSignal,
  ): Promise<number | undefined> {
    if (!this.isDynamic) return this.expiry.refresh(connection, dn, ttlSeconds, now, signal);
    try {
      return await connection.refresh(dn, ttlSeconds, signal);
    } catch (error) {
      if (!(error instanceof SizeLimitError) || ttlSeconds <= LEAST_MAXIMUM_SECONDS) throw error;
      return connection.refresh(dn, LEAST_MAXIMUM_SECONDS, signal); // longer than the server's maximum
    }
  }

  /** Whatever ends first: others may have left the one to the server and the other to us. */
  ttlOf(entry: LdapEntry, now: Date): number | undefined {
    const both = [entry.integer('entryTtl'), this.expiry.left(entry, now)].filter((it) => it !== undefined);
    return both.length === 0 ? undefined : Math.min(...both);
  }

  protected override aliveFilter(now: Date): Filter | undefined {
    return this.expiry.alive(now);
  }
}

/** Where the project's schema keeps what is searched by. */
export const INDEX_NAMES = {
  originator: 'rdvOriginator',
  url: 'rdvUrl',
  start: 'rdvStart',
  stop: 'rdvStop',
  scope: 'rdvScope',
  encrypted: 'rdvEncrypted',
  group: 'rdvGroup',
  media: 'rdvMedia',
  origin: 'rdvOrigin',
} as const;

export const expiresAttribute = (write: (date: Date) => string) =>
  ({ name: EXPIRES, write, read: parseGeneralizedTime, ordered: true }) as const;
