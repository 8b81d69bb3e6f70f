import { ADVERTISING_SCOPES, formatIp, tryParseIp } from '../../src/ip/index.ts';
import { escapeDnValue, type Filter, utf8Bytes } from '../../src/ldap/index.ts';
import { DecodeError } from '../../src/errors.ts';
import { AccessRights } from '../access-rights.ts';
import { Conference, SDP_PROTOCOL } from '../conference.ts';
import { DirectoryError } from '../errors.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import type { DirectoryType } from '../types.ts';
import { and, atLeast, atMost, equality, matching, not, or, present } from './filters.ts';
import { generalizedTime } from './generalized-time.ts';
import type { Dialect, DialectQuery, UserDialect } from './dialect.ts';
import { type GroupUse, groupsOf } from './groups-of.ts';
import type { UserMappingContext } from './user-values.ts';

/** Attribute names of one schema. All but the first three are copies out of the blob, to search by. */
export interface AttributeNames {
  /** The RDN. */
  readonly name: string;
  readonly protocol: string;
  readonly blob: string;
  readonly originator: string;
  readonly description: string;
  readonly url: string;
  readonly start: string;
  readonly stop: string;
  /** 1 local, 2 site, 3 region, 4 world. */
  readonly scope: string;
  /** 1 or 0. */
  readonly encrypted: string;
  /** `group:port` of each medium; `[group]:port` for IPv6. */
  readonly group: string;
  /** DN of who published it, where the schema has a place for it. */
  readonly owner?: string;
  /** The security descriptor, where the schema has a place for it. */
  readonly acl?: string;
}

export interface AttributeDialectOptions {
  readonly type: DirectoryType;
  readonly base: string;
  readonly objectClass: string;
  readonly names: AttributeNames;
  /** Attributes that every entry has and nobody needs to see. */
  readonly hidden: readonly string[];
  readonly operational: readonly string[];
}

const CREATOR = 'creatorsName';

/** What the dialects for locator services and for other LDAP servers share; keeping entries alive is their own. */
export abstract class AttributeDialect implements Dialect {
  readonly type: DirectoryType;
  abstract readonly isDynamic: boolean;
  abstract readonly users: UserDialect | undefined;
  readonly base: string;
  readonly attributes: readonly string[];
  readonly binaryAttributes: readonly string[];
  protected readonly names: AttributeNames;
  protected readonly objectClass: string;
  readonly #known: ReadonlySet<string>;
  readonly #operational: readonly string[];

  constructor(options: AttributeDialectOptions) {
    this.type = options.type;
    this.base = options.base;
    this.names = options.names;
    this.objectClass = options.objectClass;
    this.#operational = options.operational;
    // A descriptor speaks of the owner, who is to be shown by name.
    this.attributes = ['*', ...options.operational, ...(options.names.acl === undefined ? [] : [CREATOR])];
    this.binaryAttributes = [
      options.names.blob,
      ...(options.names.acl === undefined ? [] : [options.names.acl]),
    ];
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

  abstract add(
    connection: LdapConnection,
    dn: string,
    attributes: LdapAttributes,
    ttlSeconds: number,
    now: Date,
    signal?: AbortSignal,
  ): Promise<void>;
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
    const moment = query.activeAt === undefined ? undefined : generalizedTime(query.activeAt);
    return and(
      equality('objectClass', this.objectClass),
      this.aliveFilter(now),
      query.name === undefined ? undefined : matching(names.name, query.name),
      query.scope === undefined
        ? undefined
        : this.#orMissing(names.scope, equality(names.scope, scopeNumber(query.scope))),
      moment === undefined ? undefined : this.#orMissing(names.start, atMost(names.start, moment)),
      moment === undefined ? undefined : this.#orMissing(names.stop, atLeast(names.stop, moment)),
      query.group === undefined ? undefined : this.#groupFilter(query.group),
    );
  }

  read(entry: LdapEntry, now: Date): Conference | undefined {
    const { names } = this;
    const name = entry.text(names.name);
    if (name === undefined) return undefined;
    const ttlSeconds = this.ttlOf(entry, now);
    if (ttlSeconds !== undefined && ttlSeconds <= 0) return undefined; // removal may be late (RFC 2589 §6.2)
    const attributes = new Map<string, readonly (string | Uint8Array)[]>();
    for (const other of entry.names) {
      if (!this.#known.has(other.toLowerCase())) attributes.set(other, entry.all(other));
    }
    const acl = this.#readAcl(entry);
    if (acl === undefined && names.acl !== undefined && entry.all(names.acl).length > 0) {
      attributes.set(names.acl, entry.all(names.acl)); // no descriptor that we can read
    }
    return new Conference({
      name,
      protocol: entry.text(names.protocol) ?? SDP_PROTOCOL,
      blob: entry.bytes(names.blob) ?? new Uint8Array(0),
      isEncrypted: entry.text(names.encrypted) === '1',
      ...(acl === undefined ? {} : { acl }),
      attributes,
      publication: {
        dn: entry.dn,
        name,
        ttlSeconds,
        expiresAt: ttlSeconds === undefined ? undefined : new Date(now.getTime() + ttlSeconds * 1000),
      },
    });
  }

  newAttributes(conference: Conference, ownerDn: string | undefined): LdapAttributes {
    const { names } = this;
    const owner = names.owner === undefined || ownerDn === undefined ? {} : { [names.owner]: [ownerDn] };
    const all: LdapAttributes = {
      objectClass: [this.objectClass, ...(this.isDynamic ? ['dynamicObject'] : [])],
      [names.name]: [conference.name],
      [names.protocol]: [conference.protocol],
      ...this.changedAttributes(conference),
      ...this.#writeAcl(conference.acl),
      ...owner,
    };
    return Object.fromEntries(Object.entries(all).filter(([, values]) => values.length > 0));
  }

  changedAttributes(conference: Conference): LdapAttributes {
    const { names } = this;
    const one = (value: string | undefined): readonly string[] =>
      value === undefined || value.trim() === '' ? [] : [value];
    const { advertisingScope: scope, startTime, stopTime } = conference;
    return {
      [names.blob]: [conference.blob],
      [names.originator]: one(conference.originator),
      [names.description]: one(conference.description),
      [names.url]: one(conference.url),
      [names.start]: startTime === undefined ? [] : [generalizedTime(startTime)],
      [names.stop]: stopTime === null ? [] : [generalizedTime(stopTime)],
      [names.scope]: scope === undefined ? [] : [scopeNumber(scope)],
      [names.encrypted]: [conference.isEncrypted ? '1' : '0'],
      [names.group]: groupsOf(conference).map(formatGroup),
      ...(conference.aclChanged ? this.#writeAcl(conference.acl, true) : {}),
    };
  }

  holds(entry: LdapEntry, attributes: LdapAttributes): boolean {
    const { blob, encrypted, acl } = this.names;
    return (
      entry.text(encrypted) === attributes[encrypted]?.[0] &&
      sameBytes(entry.bytes(blob), attributes[blob]?.[0]) &&
      (acl === undefined || attributes[acl] === undefined || sameBytes(entry.bytes(acl), attributes[acl][0]))
    );
  }

  #readAcl(entry: LdapEntry): AccessRights | undefined {
    const bytes = this.names.acl === undefined ? undefined : entry.bytes(this.names.acl);
    if (bytes === undefined) return undefined;
    const creator = entry.text(CREATOR);
    try {
      return AccessRights.fromBytes(bytes, creator === undefined || creator === '' ? [] : [creator]);
    } catch (error) {
      if (error instanceof DecodeError) return undefined;
      throw error;
    }
  }

  #writeAcl(rights: AccessRights | undefined, removes = false): LdapAttributes {
    const { acl } = this.names;
    if (rights === undefined) return acl === undefined || !removes ? {} : { [acl]: [] };
    if (acl !== undefined) return { [acl]: [rights.bytes] };
    throw new DirectoryError(
      'This directory keeps no access rights of entries: leave them out, and set them on the server',
    );
  }

  /** For how this dialect keeps users. */
  protected userContext(): UserMappingContext {
    return {
      base: this.base,
      isDynamic: this.isDynamic,
      operational: this.#operational,
      ttlOf: (entry, now) => this.ttlOf(entry, now),
    };
  }

  /** For servers that want the time to live in a request of its own. */
  protected async addThenRefresh(
    connection: LdapConnection,
    dn: string,
    attributes: LdapAttributes,
    ttlSeconds: number,
    now: Date,
    signal?: AbortSignal,
  ): Promise<void> {
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

  /** Entries of other programs lack the copies; they pass and are looked at here. */
  #orMissing(attribute: string, filter: Filter): Filter {
    return or(filter, not(present(attribute)));
  }

  #groupFilter({ address: text, port }: { readonly address: string; readonly port?: number }): Filter {
    const ip = tryParseIp(text);
    const address = ip === undefined ? text : formatIp(ip); // as the copies are spelled
    const { group } = this.names;
    const copy =
      port === undefined
        ? matching(group, `${formatGroup({ address, port: 0 }).slice(0, -1)}*`)
        : equality(group, formatGroup({ address, port }));
    return copy === undefined ? present(this.names.name) : this.#orMissing(group, copy);
  }
}

function sameBytes(stored: Uint8Array | undefined, wanted: string | Uint8Array | undefined): boolean {
  const bytes = typeof wanted === 'string' ? utf8Bytes(wanted) : wanted;
  if (stored === undefined || bytes === undefined) return stored === bytes;
  return stored.length === bytes.length && stored.every((byte, i) => byte === bytes[i]);
}

function scopeNumber(scope: (typeof ADVERTISING_SCOPES)[number]): string {
  return String(ADVERTISING_SCOPES.indexOf(scope) + 1);
}

function formatGroup({ address, port }: GroupUse): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
