import type { Filter } from '../../src/ldap/index.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import { SizeLimitError } from '../errors.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import { AttributeDialect } from './attribute-dialect.ts';
import type { UserDialect } from './dialect.ts';
import { atMost, not } from './filters.ts';
import { generalizedTime, parseGeneralizedTime } from './generalized-time.ts';
import { RendezvousUsers } from './rendezvous-users.ts';

/** Object class of the project's own schema, `docs/rendezvous.schema`. */
export const RENDEZVOUS_CLASS = 'rdvConference';
/** The container below a naming context when the URL names no base. */
export const RENDEZVOUS_CONTAINER = 'ou=Conferences';
/** A server may shorten a time to live, but not below this (RFC 2589 §4.2). */
const LEAST_MAXIMUM_SECONDS = 86_400;

const EXPIRES = 'rdvExpires';

/**
 * Conferences on a general LDAP server that carries the project's schema. Where the server has dynamic entries
 * (OpenLDAP's dds overlay), it keeps the time to live itself and lets nobody write it, so an add is followed by a
 * refresh. Where it has none, `rdvExpires` says when an entry counts as gone.
 */
export class RendezvousDialect extends AttributeDialect {
  readonly isDynamic: boolean;
  readonly users: UserDialect | undefined;

  /** @param hasUsers whether the server's schema has a class for users */
  constructor(base: string, isDynamic: boolean, hasUsers: boolean) {
    super({
      type: 'ldap',
      base,
      objectClass: RENDEZVOUS_CLASS,
      names: {
        name: 'cn',
        protocol: 'rdvProtocol',
        blob: 'rdvBlob',
        originator: 'rdvOriginator',
        description: 'description',
        url: 'rdvUrl',
        start: 'rdvStart',
        stop: 'rdvStop',
        scope: 'rdvScope',
        encrypted: 'rdvEncrypted',
        group: 'rdvGroup',
        owner: 'owner',
      },
      hidden: [EXPIRES],
      operational: isDynamic ? ['entryTtl'] : [],
    });
    this.isDynamic = isDynamic;
    const alive = (now: Date): Filter | undefined => this.aliveFilter(now);
    this.users = hasUsers ? new RendezvousUsers(this.userContext(), alive) : undefined;
  }

  async add(
    connection: LdapConnection,
    dn: string,
    attributes: LdapAttributes,
    ttlSeconds: number,
    now: Date,
    signal?: AbortSignal,
  ): Promise<void> {
    if (!this.isDynamic) {
      await connection.add(dn, { ...attributes, [EXPIRES]: [expiry(now, ttlSeconds)] }, signal);
      return;
    }
    await this.addThenRefresh(connection, dn, attributes, ttlSeconds, now, signal);
  }

  async refresh(
    connection: LdapConnection,
    dn: string,
    ttlSeconds: number,
    now: Date,
    signal?: AbortSignal,
  ): Promise<number | undefined> {
    if (!this.isDynamic) {
      await connection.replace(dn, { [EXPIRES]: [expiry(now, ttlSeconds)] }, signal);
      return ttlSeconds;
    }
    try {
      return await connection.refresh(dn, ttlSeconds, signal);
    } catch (error) {
      if (!(error instanceof SizeLimitError) || ttlSeconds <= LEAST_MAXIMUM_SECONDS) throw error;
      return connection.refresh(dn, LEAST_MAXIMUM_SECONDS, signal); // longer than the server's maximum
    }
  }

  ttlOf(entry: LdapEntry, now: Date): number | undefined {
    if (this.isDynamic) return entry.integer('entryTtl');
    const expires = parseGeneralizedTime(entry.text(EXPIRES) ?? '');
    return expires === undefined ? undefined : Math.ceil((expires.getTime() - now.getTime()) / 1000);
  }

  protected override aliveFilter(now: Date): Filter | undefined {
    return this.isDynamic ? undefined : not(atMost(EXPIRES, generalizedTime(now)));
  }
}

const expiry = (now: Date, ttlSeconds: number): string =>
  generalizedTime(new Date(now.getTime() + ttlSeconds * 1000));
