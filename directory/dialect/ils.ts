import { RESULT } from '../../src/ldap/index.ts';
import { DirectoryError } from '../errors.ts';
import { MEDIA_KEY } from '../schema/index.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import { AttributeDialect } from './attribute-dialect.ts';
import type { NewEntry, UserDialect } from './dialect.ts';
import { IlsExtras, IlsUsers } from './ils-users.ts';

/** Root of a locator service. */
export const ILS_CONTEXT = 'o=Intranet';

/** DN of the entry above those of the application that takes a user's calls. */
const APPLICATIONS = `appName=MS-NetMeeting,ou=Applications,${ILS_CONTEXT}`;

/**
 * Codes by which servers refuse `entryTTL` in an add: no such attribute, undefined, constraint, syntax, unwilling,
 * object class. Locator services want it in a modify of its own.
 */
const TTL_REFUSED: ReadonlySet<number> = new Set([16, 17, 19, 21, 53, 65]);

/** By these servers refuse attributes that they do not know: no such attribute, undefined, object class. */
const UNKNOWN: ReadonlySet<number> = new Set([16, 17, 65]);

/**
 * Conferences in a locator service: `uid=<name>,ou=Dynamic,o=Intranet`, object class rtConference, always dynamic. The
 * embedded service has this dialect.
 */
export class IlsDialect extends AttributeDialect {
  readonly isDynamic = true;
  readonly expiry = undefined;
  readonly users: UserDialect;
  readonly #extras = new IlsExtras();
  readonly #onOmitted: ((dn: string, attributes: readonly string[]) => void) | undefined;
  #refreshes: boolean;
  #ttlInAdd = true;

  /**
   * @param refreshes whether the server offers the refresh operation; else `entryTTL` is modified
   * @param carriesKeys whether keys may be asked for and written
   * @param onOmitted told when an entry is written without attributes that the server does not know
   */
  constructor(
    refreshes: boolean,
    carriesKeys: boolean,
    onOmitted?: (dn: string, attributes: readonly string[]) => void,
  ) {
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
        origin: 'rdvOrigin',
        key: MEDIA_KEY,
        acl: 'ntSecurityDescriptor',
      },
      hidden: ['cn'],
      operational: ['entryTTL'],
      carriesKeys,
    });
    this.#refreshes = refreshes;
    this.#onOmitted = onOmitted;
    this.users = new IlsUsers(this.userContext(), APPLICATIONS, this.#extras);
  }

  add(connection: LdapConnection, entry: NewEntry): Promise<void> {
    return this.#asFarAsKnown(entry.dn, entry.attributes, (attributes) =>
      this.#add(connection, { ...entry, attributes }),
    );
  }

  override replace(
    connection: LdapConnection,
    dn: string,
    attributes: LdapAttributes,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#asFarAsKnown(dn, attributes, (known) => connection.replace(dn, known, signal));
  }

  async refresh(
    connection: LdapConnection,
    dn: string,
    ttlSeconds: number,
    _now: Date,
    signal?: AbortSignal,
  ): Promise<number | undefined> {
    if (this.#refreshes) {
      try {
        return await connection.refresh(dn, ttlSeconds, signal);
      } catch (error) {
        // what a server says to an extended operation that it does not know (RFC 4511 §4.12)
        if (!(error instanceof DirectoryError) || error.ldapCode !== RESULT.protocolError) throw error;
      }
      this.#refreshes = false;
    }
    await connection.replace(dn, { entryTTL: [String(ttlSeconds)] }, signal);
    return undefined;
  }

  /** Writes all attributes, or else once more without those that MS-TAIL does not have. */
  async #asFarAsKnown(
    dn: string,
    attributes: LdapAttributes,
    write: (known: LdapAttributes) => Promise<void>,
  ): Promise<void> {
    const known = this.#extras.leave(attributes);
    if (!this.#extras.areRefused) {
      try {
        await write(attributes);
        return;
      } catch (error) {
        const isRefused = error instanceof DirectoryError && UNKNOWN.has(error.ldapCode ?? 0);
        if (!isRefused || Object.keys(known).length === Object.keys(attributes).length) throw error;
      }
    }
    await write(known);
    this.#extras.areRefused = true; // it was they that the server did not want
    const omitted = this.#extras.namesIn(attributes);
    if (omitted.length > 0) this.#onOmitted?.(dn, omitted);
  }

  async #add(connection: LdapConnection, entry: NewEntry): Promise<void> {
    const { dn, attributes, ttlSeconds, signal } = entry;
    if (this.#ttlInAdd) {
      try {
        await connection.add(dn, { ...attributes, entryTTL: [String(ttlSeconds)] }, signal);
        return;
      } catch (error) {
        if (!(error instanceof DirectoryError) || !TTL_REFUSED.has(error.ldapCode ?? 0)) throw error;
      }
    }
    await this.addThenRefresh(connection, entry);
    this.#ttlInAdd = false; // it was the TTL that the server did not want
  }

  ttlOf(entry: LdapEntry): number | undefined {
    return entry.integer('entryTTL');
  }
}
