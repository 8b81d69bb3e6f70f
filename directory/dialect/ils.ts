import { DirectoryError } from '../errors.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import { AttributeDialect } from './attribute-dialect.ts';
import type { UserDialect } from './dialect.ts';
import { IlsUsers } from './ils-users.ts';

/** Root of a locator service. */
export const ILS_CONTEXT = 'o=Intranet';

/** DN of the entry above those of the application that takes a user's calls. */
const APPLICATIONS = `appName=MS-NetMeeting,ou=Applications,${ILS_CONTEXT}`;

/**
 * Codes by which servers refuse `entryTTL` in an add: no such attribute, undefined, constraint, syntax, unwilling,
 * object class. Locator services want it in a modify of its own.
 */
const TTL_REFUSED: ReadonlySet<number> = new Set([16, 17, 19, 21, 53, 65]);

/**
 * Conferences in a locator service: `uid=<name>,ou=Dynamic,o=Intranet`, object class rtConference, always dynamic. The
 * embedded service has this dialect.
 */
export class IlsDialect extends AttributeDialect {
  readonly isDynamic = true;
  readonly expiry = undefined;
  readonly users: UserDialect;
  readonly #refreshes: boolean;
  #ttlInAdd = true;

  /** @param refreshes whether the server offers the refresh operation; else `entryTTL` is modified */
  constructor(refreshes: boolean) {
    super({
      name: 'ils',
      base: `ou=Dynamic,${ILS_CONTEXT}`,
      objectClasses: ['rtConference'],
      names: {
        name: 'uid',
        protocol: 'protocolID',
        blob: 'conferenceBlob',
        originator: 'originator',
        description: 'generalDescription',
        url: 'url',
        start: 'startTime',
        stop: 'stopTime',
        scope: 'advertisingScope',
        encrypted: 'isEncrypted',
        group: 'confAddr',
        acl: 'ntSecurityDescriptor',
      },
      hidden: ['cn'],
      operational: ['entryTTL'],
    });
    this.#refreshes = refreshes;
    this.users = new IlsUsers(this.userContext(), APPLICATIONS);
  }

  async add(
    connection: LdapConnection,
    dn: string,
    attributes: LdapAttributes,
    ttlSeconds: number,
    now: Date,
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.#ttlInAdd) {
      try {
        await connection.add(dn, { ...attributes, entryTTL: [String(ttlSeconds)] }, signal);
        return;
      } catch (error) {
        if (!(error instanceof DirectoryError) || !TTL_REFUSED.has(error.ldapCode ?? 0)) throw error;
      }
    }
    await this.addThenRefresh(connection, dn, attributes, ttlSeconds, now, signal);
    this.#ttlInAdd = false; // it was the TTL that the server did not want
  }

  async refresh(
    connection: LdapConnection,
    dn: string,
    ttlSeconds: number,
    _now: Date,
    signal?: AbortSignal,
  ): Promise<number | undefined> {
    if (this.#refreshes) return connection.refresh(dn, ttlSeconds, signal);
    await connection.replace(dn, { entryTTL: [String(ttlSeconds)] }, signal);
    return undefined;
  }

  ttlOf(entry: LdapEntry): number | undefined {
    return entry.integer('entryTTL');
  }
}
