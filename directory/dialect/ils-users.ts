import { escapeDnValue, type Filter } from '../../src/ldap/index.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import { DEFAULT_CALL_PORT, DirectoryUser, splitUserId } from '../user.ts';
import type { EntryValues, UserDialect, UserDialectQuery } from './dialect.ts';
import { and, equality, matching, not, or } from './filters.ts';
import { decodeIlsAddress, encodeIlsAddress } from './ils-address.ts';
import { CREATOR, readRights, writeRights } from './rights-values.ts';
import {
  holdsTexts,
  one,
  otherAttributes,
  portIn,
  present,
  publicationIn,
  texts,
  type UserMappingContext,
} from './user-values.ts';

const PERSON = 'rtPerson';
const APPLICATION_USER = 'rtApplicationUser';

/** Numbers that clients of locator services write into every entry, and look for (MS-TAIL §2.2). */
const GUID = '008aff194794cf118796444553540000';
const SECURITY_TOKEN = '1508109';
const APPLICATION_ID = 'ms-netmeeting';

const IN_CALL = 'ILSA26214430';
const CAN_AUDIO = 'ILSA32833566';
const CAN_VIDEO = 'ILSA32964638';
/** 1 personal, 2 business, 4 adult; 0 says nothing of the kind. */
const CATEGORY = 'ILSA39321630';
/** Not in MS-TAIL, which knows IPv4 alone. */
const IPV6 = 'ip6Address';

const RIGHTS = 'ntSecurityDescriptor';

/** Attributes of ours that MS-TAIL has no place for: an old server may know neither. */
const EXTRAS: ReadonlySet<string> = new Set(['telephoneNumber', IPV6]);

/** What a server takes of the attributes that are ours. */
export class IlsExtras {
  /** Whether it refuses them. */
  areRefused = false;

  /** Without them. */
  leave(attributes: LdapAttributes): LdapAttributes {
    return Object.fromEntries(Object.entries(attributes).filter(([name]) => !EXTRAS.has(name)));
  }
  /** Names of those that have values. */
  namesIn(attributes: LdapAttributes): readonly string[] {
    return Object.entries(attributes).flatMap(([name, values]) =>
      EXTRAS.has(name) && values.length > 0 ? [name] : [],
    );
  }
}

/** Names that servers give attributes back under, by the ones that MS-TAIL has. */
const STORED: Readonly<Record<string, string>> = { rfc822mailbox: 'mail', surname: 'sn' };

const KNOWN: ReadonlySet<string> = new Set(
  [
    'objectClass',
    'cn',
    'entryTTL',
    'mail',
    'rfc822Mailbox',
    'givenName',
    'sn',
    'surName',
    'location',
    'comment',
    'telephoneNumber',
    'ipAddress',
    IPV6,
    'port',
    'sFlags',
    IN_CALL,
    CAN_AUDIO,
    CAN_VIDEO,
    'ILSA26279966',
    CATEGORY,
    'guid',
    'mimeType',
    'protocolMimeType',
    'securityToken',
    'smodop',
    RIGHTS,
    CREATOR,
  ].map((name) => name.toLowerCase()),
);

/**
 * Users in a locator service (MS-TAIL §2.2.2, §3.2.5.2): a person `cn=<user>]<computer>,ou=Dynamic,o=Intranet`, and an
 * entry for the application that takes the calls. The application's comes first, as the stock client has it, so whoever
 * finds the person finds both.
 */
export class IlsUsers implements UserDialect {
  readonly base: string;
  readonly attributes: readonly string[];
  readonly binaryAttributes: readonly string[] = [RIGHTS];
  readonly #applications: string;
  readonly #context: UserMappingContext;
  readonly #extras: IlsExtras;

  /** @param applications DN of the entry above those of the application */
  constructor(context: UserMappingContext, applications: string, extras: IlsExtras) {
    this.#extras = extras;
    this.base = context.base;
    this.attributes = ['*', ...context.operational, CREATOR];
    this.#applications = applications;
    this.#context = context;
  }

  filter({ name, machine, listedOnly }: UserDialectQuery): Filter {
    return and(
      equality('objectClass', PERSON), // conferences have a cn too
      name === undefined ? undefined : nameFilter(name),
      machine === undefined ? undefined : matching('cn', `*]${machine}`),
      listedOnly === true ? not(equality('sFlags', '0')) : undefined,
    );
  }

  entryFilter(): Filter {
    return or(equality('objectClass', PERSON), equality('objectClass', APPLICATION_USER));
  }

  read(entry: LdapEntry, now: Date): DirectoryUser | undefined {
    const id = entry.text('cn');
    if (id === undefined) return undefined;
    const { name, machine } = splitUserId(id);
    const publication = publicationIn(entry, name, this.#context.ttlOf(entry, now), now);
    if (publication === undefined) return undefined;
    const ipv4 = texts(entry, 'ipAddress').map(decodeIlsAddress);
    return new DirectoryUser({
      name,
      primaryPhone: machine,
      email: entry.text('mail') ?? entry.text('rfc822Mailbox'),
      givenName: entry.text('givenName'),
      surname: entry.text('sn') ?? entry.text('surName'),
      location: entry.text('location'),
      comment: entry.text('comment'),
      phones: texts(entry, 'telephoneNumber'),
      addresses: [...ipv4.filter((address) => address !== undefined), ...texts(entry, IPV6)],
      port: portIn(texts(entry, 'port'), DEFAULT_CALL_PORT),
      inCall: entry.text(IN_CALL) === '1',
      canAudio: entry.text(CAN_AUDIO) === '1',
      canVideo: entry.text(CAN_VIDEO) === '1',
      listed: entry.text('sFlags') !== '0',
      acl: readRights(entry, RIGHTS, this.#context.accounts),
      attributes: otherAttributes(entry, KNOWN),
      publication,
    });
  }

  dns({ id }: DirectoryUser): readonly string[] {
    const rdn = `cn=${escapeDnValue(id)}`;
    return [`${rdn},${this.#applications}`, `${rdn},${this.base}`];
  }

  newEntries(user: DirectoryUser): readonly EntryValues[] {
    const dynamic = this.#context.isDynamic ? ['dynamicObject'] : [];
    const shared = { cn: [user.id], mimeType: ['text/iuls'], guid: [GUID], protocolMimeType: ['text/h323'] };
    const application: LdapAttributes = {
      objectClass: [APPLICATION_USER, ...dynamic],
      ...shared,
      userObject: [`cn=${escapeDnValue(user.id)}`],
      applicationID: [APPLICATION_ID],
      protocolID: ['H323'],
      ...capabilities(user),
      ...writeRights(RIGHTS, user.acl),
    };
    const person: LdapAttributes = {
      objectClass: [PERSON, ...dynamic],
      ...shared,
      securityToken: [SECURITY_TOKEN],
      smodop: ['0'],
      ...details(user),
      ...writeRights(RIGHTS, user.acl),
    };
    return this.#withDns(user, present(application), present(person));
  }

  changedEntries(user: DirectoryUser): readonly EntryValues[] {
    const rights = user.aclChanged ? writeRights(RIGHTS, user.acl, true) : {};
    return this.#withDns(user, { ...capabilities(user), ...rights }, { ...details(user), ...rights });
  }

  holds(entry: LdapEntry, attributes: LdapAttributes): boolean {
    const written = this.#extras.areRefused ? this.#extras.leave(attributes) : attributes;
    return holdsTexts(entry, written, (name) => {
      const stored = STORED[name.toLowerCase()];
      return stored !== undefined && entry.all(stored).length > 0 ? stored : name;
    });
  }

  #withDns(user: DirectoryUser, ...both: readonly [LdapAttributes, LdapAttributes]): EntryValues[] {
    const dns = this.dns(user);
    return both.map((attributes, i) => ({ dn: dns[i] ?? '', attributes }));
  }
}

/** In both entries. */
function capabilities({ inCall, canAudio, canVideo, port }: DirectoryUser): LdapAttributes {
  const flag = (on: boolean): readonly string[] => [on ? '1' : '0'];
  return {
    port: one(port?.toString()),
    [CATEGORY]: ['0'],
    [IN_CALL]: flag(inCall),
    [CAN_AUDIO]: flag(canAudio),
    [CAN_VIDEO]: flag(canVideo),
  };
}

function details(user: DirectoryUser): LdapAttributes {
  const ipv4 = user.addresses.map(encodeIlsAddress).filter((number) => number !== undefined);
  return {
    ...capabilities(user),
    ipAddress: ipv4,
    [IPV6]: user.addresses.filter((address) => address.includes(':')),
    rfc822Mailbox: one(user.email),
    givenName: one(user.givenName),
    surName: one(user.surname),
    location: one(user.location),
    comment: one(user.comment),
    telephoneNumber: user.phones,
    sFlags: [user.listed ? '1' : '0'],
  };
}

/** The name stands alone or before the computer. */
function nameFilter(name: string): Filter | undefined {
  const alone = matching('cn', name);
  if (name.endsWith('*')) return alone; // fits whatever stands behind
  const before = matching('cn', `${name}]*`);
  return alone === undefined || before === undefined ? undefined : or(alone, before);
}
