import { type Filter, RESULT } from '../../src/ldap/index.ts';
import type { Conference } from '../conference.ts';
import { DirectoryError } from '../errors.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import { AdUsers, REACHABLE_CLASS } from './ad-users.ts';
import { AttributeDialect } from './attribute-dialect.ts';
import type { NewEntry, UserDialect } from './dialect.ts';
import { present } from './filters.ts';
import { generalizedTime, generalizedTimeWithTenths, parseGeneralizedTime } from './generalized-time.ts';
import { type ExpiryAttribute, OwnExpiry } from './own-expiry.ts';
import { DOMAIN_RIGHTS, holdsDomainRights, writeDomainRights } from './rights-values.ts';
import { MEDIA_KEY } from '../schema/index.ts';
import { EXPIRES, expiresAttribute, INDEX_NAMES } from './rendezvous.ts';

/** Object class of conferences in the schema of every Active Directory since Windows Server 2003 ([MS-ADSC] 2.151). */
export const AD_CONFERENCE_CLASS = 'msTAPI-RtConference';
/** Auxiliary class of the project's schema, where it was added to that of the forest. */
export const INDEXED_CLASS = 'rdvIndexed';

export interface AdDialectOptions {
  /** DN of an organizational unit, in an application partition or a domain. */
  readonly base: string;
  /** Whether the server keeps dynamic objects ([MS-ADTS] 3.1.1.1.13). */
  readonly isDynamic: boolean;
  /** Whether the forest's schema has the project's auxiliary classes. */
  readonly isExtended: boolean;
  /** DN of the domain whose accounts rights speak of; undefined where the server keeps no rights. */
  readonly domain: string | undefined;
  /** Whether keys may be asked for and written. */
  readonly carriesKeys: boolean;
}

/**
 * Conferences in Active Directory (MS-TAIL §2.2.3): `msTAPI-uid=<name>` below an organizational unit, the blob as
 * octets. Dynamic objects get their `entryTTL` in the add; the server raises it to its least, 900 s unless configured.
 *
 * Where there are no dynamic objects (Samba, or a forest of Windows 2000), we keep the time. With the project's schema
 * added to the forest's it is `rdvExpires`. Without, it is a sentence in `adminDescription`, which every class may have
 * and administrators' tools show: the classes themselves have no attribute to spare, and putting it into the blob
 * would change what others have described. For the same reason the origin of what a gateway brought is in `url`, the
 * other web pages of any object.
 */
export class AdDialect extends AttributeDialect {
  readonly isDynamic: boolean;
  readonly users: UserDialect;
  readonly expiry: OwnExpiry | undefined;
  readonly #isExtended: boolean;

  constructor({ base, isDynamic, isExtended, domain, carriesKeys }: AdDialectOptions) {
    const rights = domain === undefined ? [] : [DOMAIN_RIGHTS]; // not given unless asked for
    super({
      name: 'ad',
      base,
      objectClasses: [AD_CONFERENCE_CLASS, ...(isExtended ? [INDEXED_CLASS] : [])],
      names: {
        name: 'msTAPI-uid',
        protocol: 'msTAPI-ProtocolId',
        blob: 'msTAPI-ConferenceBlob',
        description: 'description',
        ...(isExtended
          ? { ...INDEX_NAMES, key: MEDIA_KEY }
          : { url: 'wWWHomePage', encrypted: 'flags', origin: 'url' }),
        ...(domain === undefined ? {} : { acl: DOMAIN_RIGHTS }),
      },
      hidden: [...EVERY_OBJECT, EXPIRES, ADMIN_NOTE.name],
      operational: ['entryTTL', ...rights],
      carriesKeys,
      accounts: { domain, names: new Map(), selves: new Map() },
      writeTime: generalizedTimeWithTenths,
    });
    this.isDynamic = isDynamic;
    this.#isExtended = isExtended;
    const attribute = isExtended ? expiresAttribute(generalizedTimeWithTenths) : ADMIN_NOTE;
    this.expiry = isDynamic ? undefined : new OwnExpiry(attribute, false); // no assertion control there
    const alive = (now: Date): Filter | undefined => this.aliveFilter(now);
    this.users = new AdUsers(this.userContext(), isExtended, {
      hidden: [...EVERY_OBJECT, ADMIN_NOTE.name],
      rights: this.names.acl,
      alive,
    });
  }

  async add(connection: LdapConnection, entry: NewEntry): Promise<void> {
    if (this.expiry === undefined) {
      const { dn, attributes, ttlSeconds, signal } = entry;
      await connection.add(dn, { ...attributes, entryTTL: [String(ttlSeconds)] }, signal);
    } else await this.expiry.add(connection, entry);
  }

  async refresh(
    connection: LdapConnection,
    dn: string,
    ttlSeconds: number,
    now: Date,
    signal?: AbortSignal,
  ): Promise<number | undefined> {
    const { expiry } = this;
    if (expiry === undefined) return connection.refresh(dn, ttlSeconds, signal);
    return this.#withClass(
      connection,
      dn,
      () => expiry.refresh(connection, dn, ttlSeconds, now, signal),
      signal,
    );
  }

  override replace(
    connection: LdapConnection,
    dn: string,
    attributes: LdapAttributes,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#withClass(connection, dn, () => connection.replace(dn, attributes, signal), signal);
  }

  ttlOf(entry: LdapEntry, now: Date): number | undefined {
    return this.expiry?.left(entry, now) ?? entry.integer('entryTTL');
  }

  /** Entries of other programs lack our auxiliary class: it is joined to theirs when a change needs it. */
  async #withClass<T>(
    connection: LdapConnection,
    dn: string,
    change: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      return await change();
    } catch (error) {
      const isMissing = error instanceof DirectoryError && error.ldapCode === RESULT.objectClassViolation;
      if (!this.#isExtended || !isMissing) throw error;
      const request = { base: dn, scope: 'base' as const, filter: present('objectClass') };
      const attributes = ['objectClass'];
      const page = await connection.searchPage({ ...request, attributes, binaryAttributes: [] }, signal);
      const [entry] = page.entries;
      if (entry === undefined) throw error;
      const ours = entry.has('objectClass', AD_CONFERENCE_CLASS) ? INDEXED_CLASS : REACHABLE_CLASS;
      if (entry.has('objectClass', ours)) throw error;
      await connection.replace(dn, { objectClass: [...entry.all('objectClass'), ours] }, signal);
      return change();
    }
  }

  protected override rightsOf({ acl, aclChanged: isChanged }: Conference, isNew: boolean): LdapAttributes {
    return writeDomainRights(this.names.acl, acl, { isNew, isChanged });
  }

  protected override holdsRights(entry: LdapEntry, attribute: string, wanted: string | Uint8Array): boolean {
    return holdsDomainRights(entry, attribute, wanted);
  }

  protected override aliveFilter(now: Date): Filter | undefined {
    return this.expiry?.alive(now);
  }
}

/** For people who look at the entry: `Expires 20261121143000Z unless refreshed (Rendezvous)`. */
const ADMIN_NOTE: ExpiryAttribute = {
  name: 'adminDescription',
  write: (expires) => `Expires ${generalizedTime(expires)} unless refreshed (Rendezvous)`,
  read: (text) => parseGeneralizedTime(/^Expires (\S+) .*\(Rendezvous\)$/.exec(text)?.[1] ?? ''),
  ordered: false,
};

/** What the server puts into every object. */
const EVERY_OBJECT = [
  'cn',
  'distinguishedName',
  'dSCorePropagationData',
  'instanceType',
  'msDS-Entry-Time-To-Die',
  'name',
  DOMAIN_RIGHTS,
  'objectCategory',
  'objectGUID',
  'showInAdvancedViewOnly',
  'uSNChanged',
  'uSNCreated',
  'whenChanged',
  'whenCreated',
];
