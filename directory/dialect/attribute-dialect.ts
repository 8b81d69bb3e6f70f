import { ADVERTISING_SCOPES, formatIp, tryParseIp } from '../../src/ip/index.ts';
import { escapeDnValue, type Filter, utf8Bytes } from '../../src/ldap/index.ts';
import type { Accounts } from '../account-sid.ts';
import { Conference, SDP_PROTOCOL } from '../conference.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import { and, atLeast, atMost, equality, matching, not, or, present } from './filters.ts';
import { generalizedTime } from './generalized-time.ts';
import type { Dialect, DialectName, DialectQuery, NewEntry, UserDialect } from './dialect.ts';
import { type GroupUse, groupsOf } from './groups-of.ts';
import { formatOrigin, parseOrigin } from '../origin.ts';
import { readKeys, writeKeys } from './key-values.ts';
import type { OwnExpiry } from './own-expiry.ts';
import { CREATOR, readRights, writeRights } from './rights-values.ts';
import {
  one,
  otherAttributes,
  present as withValues,
  publicationIn,
  sameBytes,
  texts,
  type UserMappingContext,
} from './user-values.ts';

/**
 * Attribute names of one schema. All but the first three are copies out of the blob, to search by; what the schema has
 * no place for is missing, and looked at here instead of there.
 */
export interface AttributeNames {
  /** The RDN. */
  readonly name: string;
  readonly protocol: string;
  readonly blob: string;
  readonly originator?: string;
  readonly description?: string;
  readonly url?: string;
  readonly start?: string;
  readonly stop?: string;
  /** 1 local, 2 site, 3 region, 4 world. */
  readonly scope?: string;
  /** 1 or 0. */
  readonly encrypted?: string;
  /** `group:port` of each medium; `[group]:port` for IPv6. */
  readonly group?: string;
  /** Kinds of media, as `audio`. */
  readonly media?: string;
  /** DN of who published it. */
  readonly owner?: string;
  /** Keys of encrypted media, where the schema has a place for them. */
  readonly key?: string;
  /** The security descriptor, where the schema has a place for it. */
  readonly acl?: string;
  /** What a gateway made the entry out of. Other programs may have values of their own there. */
  readonly origin: string;
}

export interface AttributeDialectOptions {
  readonly name: DialectName;
  readonly base: string;
  /** Those of every entry; the first one tells conferences apart. */
  readonly objectClasses: readonly [string, ...string[]];
  readonly names: AttributeNames;
  /** How the server wants times written. Default GeneralizedTime to the second. */
  readonly writeTime?: (date: Date) => string;
  /** Attributes that every entry has and nobody needs to see. */
  readonly hidden: readonly string[];
  readonly operational: readonly string[];
  /** Whether keys may be asked for and written: nobody else can read what is sent. */
  readonly carriesKeys: boolean;
  /** Default those whose SIDs follow from their DNs. */
  readonly accounts?: Accounts;
}

/** What the dialects for locator services and for other LDAP servers share; keeping entries alive is their own. */
export abstract class AttributeDialect implements Dialect {
  readonly name: DialectName;
  readonly readOnly = undefined;
  abstract readonly isDynamic: boolean;
  abstract readonly expiry: OwnExpiry | undefined;
  abstract readonly users: UserDialect | undefined;
  readonly base: string;
  readonly attributes: readonly string[];
  readonly binaryAttributes: readonly string[];
  protected readonly names: AttributeNames;
  readonly #objectClasses: readonly [string, ...string[]];
  readonly #writeTime: (date: Date) => string;
  readonly accounts: Accounts;
  readonly #known: ReadonlySet<string>;
  readonly #operational: readonly string[];
  readonly #carriesKeys: boolean;

  constructor(options: AttributeDialectOptions) {
    this.name = options.name;
    this.base = options.base;
    this.names = options.names;
    this.#objectClasses = options.objectClasses;
    this.#writeTime = options.writeTime ?? generalizedTime;
    this.#operational = options.operational;
    this.accounts = options.accounts ?? new Set();
    const { blob, acl, key } = options.names;
    this.#carriesKeys = options.carriesKeys;
    // A descriptor speaks of the owner, who is to be shown by name.
    this.attributes = [
      ...(key !== undefined && !options.carriesKeys ? withoutKey(options) : ['*']),
      ...options.operational,
      ...(acl === undefined ? [] : [CREATOR]),
      ...(key !== undefined && options.carriesKeys ? [key] : []),
    ];
    this.binaryAttributes = [blob, ...(acl === undefined ? [] : [acl])];
    this.#known = new Set(
      [
        ...Object.values(options.names),
        ...options.hidden,
        ...options.operational,
        CREATOR,
        'objectClass',
      ].map((name) => String(name).toLowerCase()),
    );
  }

  abstract add(connection: LdapConnection, entry: NewEntry): Promise<void>;
  abstract refresh(
    connection: LdapConnection,
    dn: string,
    ttlSeconds: number,
    now: Date,
    signal?: AbortSignal,
  ): Promise<number | undefined>;
  abstract ttlOf(entry: LdapEntry, now: Date): number | undefined;

  dn(name: string): string {
    return `${this.names.name}=${escapeDnValue(name)},${this.base}`;
  }

  filter(query: DialectQuery, now: Date): Filter {
    const { names } = this;
    const [from, to] = boundsOf(query).map((date) =>
      date === undefined ? undefined : this.#writeTime(date),
    );
    return and(
      equality('objectClass', this.#objectClasses[0]),
      this.aliveFilter(now),
      query.name === undefined ? undefined : matching(names.name, query.name),
      orMissing(equality, names.scope, query.scope === undefined ? undefined : scopeNumber(query.scope)),
      orMissing(atMost, names.start, to),
      orMissing(atLeast, names.stop, from),
      query.group === undefined ? undefined : this.#groupFilter(query.group),
    );
  }

  read(entry: LdapEntry, now: Date): Conference | undefined {
    const { names } = this;
    const name = entry.text(names.name);
    if (name === undefined) return undefined;
    const publication = publicationIn(entry, name, this.ttlOf(entry, now), now);
    if (publication === undefined) return undefined;
    const attributes = otherAttributes(entry, this.#known);
    const acl = readRights(entry, names.acl, this.accounts);
    if (acl === undefined && names.acl !== undefined && entry.all(names.acl).length > 0) {
      attributes.set(names.acl, entry.all(names.acl)); // no descriptor that we can read
    }
    const origins = entry.all(names.origin);
    const origin = texts(entry, names.origin)
      .map(parseOrigin)
      .find((it) => it !== undefined);
    if (origin === undefined && origins.length > 0) attributes.set(names.origin, origins);
    return new Conference({
      name,
      protocol: entry.text(names.protocol) ?? SDP_PROTOCOL,
      blob: entry.bytes(names.blob) ?? new Uint8Array(0),
      isEncrypted: names.encrypted !== undefined && entry.text(names.encrypted) === '1',
      ...(acl === undefined ? {} : { acl }),
      keys: readKeys(entry, names.key),
      origin,
      attributes,
      publication,
    });
  }

  newAttributes(conference: Conference, ownerDn: string | undefined): LdapAttributes {
    const { names } = this;
    return withValues({
      objectClass: [...this.#objectClasses, ...(this.isDynamic ? ['dynamicObject'] : [])],
      [names.name]: [conference.name],
      [names.protocol]: [conference.protocol],
      ...this.changedAttributes(conference),
      ...(conference.keys.length === 0 ? {} : writeKeys(names.key, conference, this.#carriesKeys)),
      ...this.rightsOf(conference, true),
      ...(names.owner === undefined ? {} : { [names.owner]: one(ownerDn) }),
    });
  }

  changedAttributes(conference: Conference): LdapAttributes {
    const { names } = this;
    const text = (value: string | undefined): readonly string[] =>
      value === undefined || value.trim() === '' ? [] : [value];
    const { advertisingScope: scope, startTime, stopTime } = conference;
    const media = conference.sdp?.media.toArray().map((medium) => medium.kind) ?? [];
    const copies: readonly (readonly [string | undefined, readonly string[]])[] = [
      [names.originator, text(conference.originator)],
      [names.description, text(conference.description)],
      [names.url, text(conference.url)],
      [names.start, startTime === undefined ? [] : [this.#writeTime(startTime)]],
      [names.stop, stopTime === null ? [] : [this.#writeTime(stopTime)]],
      [names.scope, scope === undefined ? [] : [scopeNumber(scope)]],
      [names.encrypted, [conference.isEncrypted ? '1' : '0']],
      [names.group, groupsOf(conference).map(formatGroup)],
      [names.media, [...new Set(media.filter((kind) => kind !== ''))]],
    ];
    return {
      [names.blob]: [conference.blob],
      ...Object.fromEntries(copies.filter(([name]) => name !== undefined)),
      ...this.rightsOf(conference, false),
      ...this.#originOf(conference),
      ...(conference.keysChanged ? writeKeys(names.key, conference, this.#carriesKeys) : {}),
    };
  }

  holds(entry: LdapEntry, attributes: LdapAttributes): boolean {
    const { blob, encrypted, acl } = this.names;
    return (
      (encrypted === undefined || entry.text(encrypted) === attributes[encrypted]?.[0]) &&
      sameValue(entry.bytes(blob), attributes[blob]?.[0]) &&
      (acl === undefined || attributes[acl] === undefined || this.holdsRights(entry, acl, attributes[acl][0]))
    );
  }

  replace(
    connection: LdapConnection,
    dn: string,
    attributes: LdapAttributes,
    signal?: AbortSignal,
  ): Promise<void> {
    return connection.replace(dn, attributes, signal);
  }

  /** What is written of the rights; of those of an entry that is there, only if they were changed. */
  protected rightsOf({ acl, aclChanged }: Conference, isNew: boolean): LdapAttributes {
    return isNew || aclChanged ? writeRights(this.names.acl, acl, !isNew) : {};
  }

  /** Whether the entry has the rights that were written. */
  protected holdsRights(
    entry: LdapEntry,
    attribute: string,
    wanted: string | Uint8Array | undefined,
  ): boolean {
    return sameValue(entry.bytes(attribute), wanted);
  }

  /** For how this dialect keeps users. */
  protected userContext(): UserMappingContext {
    return {
      base: this.base,
      isDynamic: this.isDynamic,
      operational: this.#operational,
      accounts: this.accounts,
      ttlOf: (entry, now) => this.ttlOf(entry, now),
    };
  }

  /** For servers that want the time to live in a request of its own. */
  protected async addThenRefresh(connection: LdapConnection, entry: NewEntry): Promise<void> {
    const { dn, attributes, ttlSeconds, now, signal } = entry;
    await connection.add(dn, attributes, signal);
    try {
      await this.refresh(connection, dn, ttlSeconds, now, signal);
    } catch (error) {
      await connection.delete(dn).catch(() => {}); // half an add is none; if this fails it expires
      throw error;
    }
  }

  /** Leaves out what has expired, where the server does not do so by itself. */
  protected aliveFilter(_now: Date): Filter | undefined {
    return undefined;
  }

  /** Not there for what never had one: servers with an older schema, or other programs' values, are left alone. */
  #originOf({ origin, hasStoredOrigin }: Conference): LdapAttributes {
    if (origin === undefined && !hasStoredOrigin) return {};
    return { [this.names.origin]: origin === undefined ? [] : [formatOrigin(origin)] };
  }

  #groupFilter({ address: text, port }: { readonly address: string; readonly port?: number }): Filter {
    const { group, name } = this.names;
    if (group === undefined) return present(name);
    const ip = tryParseIp(text);
    const address = ip === undefined ? text : formatIp(ip); // as the copies are spelled
    const copy =
      port === undefined
        ? matching(group, `${formatGroup({ address, port: 0 }).slice(0, -1)}*`)
        : equality(group, formatGroup({ address, port }));
    return copy === undefined ? present(name) : or(copy, not(present(group)));
  }
}

/** What is asked for in place of `*`, with which servers would send the keys, too. */
function withoutKey({ names, hidden }: AttributeDialectOptions): readonly string[] {
  return ['objectClass', ...Object.values(names).filter((name) => name !== names.key), ...hidden];
}

function sameValue(stored: Uint8Array | undefined, wanted: string | Uint8Array | undefined): boolean {
  return sameBytes(stored, typeof wanted === 'string' ? utf8Bytes(wanted) : wanted);
}

/** Entries of other programs lack the copies; they pass and are looked at here. */
function orMissing(
  filter: (attribute: string, value: string) => Filter,
  attribute: string | undefined,
  value: string | undefined,
): Filter | undefined {
  if (attribute === undefined || value === undefined) return undefined;
  return or(filter(attribute, value), not(present(attribute)));
}

/** The latest moment that a query wants a conference to last beyond, and the earliest it must have begun before. */
function boundsOf({ activeAt, takesPlace, startsAfter }: DialectQuery): [Date | undefined, Date | undefined] {
  const sorted = (dates: readonly (Date | undefined)[]): Date[] =>
    dates.filter((date) => date !== undefined).toSorted((a, b) => a.getTime() - b.getTime());
  return [sorted([activeAt, takesPlace?.from, startsAfter]).at(-1), sorted([activeAt, takesPlace?.to])[0]];
}

function scopeNumber(scope: (typeof ADVERTISING_SCOPES)[number]): string {
  return String(ADVERTISING_SCOPES.indexOf(scope) + 1);
}

function formatGroup({ address, port }: GroupUse): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
