import { InvalidValueError } from '../../src/errors.ts';
import { escapeDnValue, type Filter } from '../../src/ldap/index.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import { DEFAULT_CALL_PORT, DirectoryUser, splitUserId } from '../user.ts';
import type { EntryValues, UserDialect, UserDialectQuery } from './dialect.ts';
import { and, equality, matching } from './filters.ts';
import { EXPIRES } from './rendezvous.ts';
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
import { holdsDomainRights, readRights, writeDomainRights } from './rights-values.ts';

/** Object class of users at a computer ([MS-ADSC] 2.152). */
const PERSON = 'msTAPI-RtPerson';
/** Auxiliary class of the project's schema, where it was added to that of the forest. */
export const REACHABLE_CLASS = 'rdvReachable';

const NAME = 'msTAPI-uid';
const ADDRESS = 'msTAPI-IpAddress';

/** Characters that cn may have there ([MS-ADA1] 2.110). */
const MAX_NAME = 64;

/** Bits of `flags`, whose meaning each class may choose ([MS-ADA1] 2.231). */
const FLAGS = { inCall: 1, canAudio: 2, canVideo: 4, unlisted: 8 } as const;

/** What only the project's schema has a place for. There one telephone number is the first, and others are others. */
const PORT = 'rdvPort';
const PHONE = 'telephoneNumber';
const OTHER_PHONES = 'otherTelephone';
const MORE = {
  email: 'mail',
  givenName: 'givenName',
  surname: 'sn',
  location: 'l',
} as const;

export interface AdUsersOptions {
  /** Attributes of every object, which nobody needs to see. */
  readonly hidden: readonly string[];
  /** Attribute of the security descriptor; undefined where the server has none. */
  readonly rights: string | undefined;
  /** Leaves out what is gone, as far as the server can tell. */
  readonly alive: (now: Date) => Filter | undefined;
}

/**
 * Users in Active Directory (MS-TAIL §2.2.3): `cn=<user>]<computer>`, the user's name as `msTAPI-uid`, addresses dotted.
 * The class has a place for no more, but every class may have `description` and `flags`. Names, telephone numbers,
 * e-mail and port are kept where the project's schema was added to the forest's, else left out.
 */
export class AdUsers implements UserDialect {
  readonly base: string;
  readonly attributes: readonly string[];
  readonly binaryAttributes: readonly string[];
  readonly #context: UserMappingContext;
  readonly #isExtended: boolean;
  readonly #rights: string | undefined;
  readonly #known: ReadonlySet<string>;
  readonly #alive: (now: Date) => Filter | undefined;

  constructor(context: UserMappingContext, isExtended: boolean, { hidden, rights, alive }: AdUsersOptions) {
    this.base = context.base;
    this.attributes = ['*', ...context.operational];
    this.#context = context;
    this.#isExtended = isExtended;
    this.#alive = alive;
    this.#rights = rights;
    this.binaryAttributes = rights === undefined ? [] : [rights];
    const own = ['objectClass', NAME, ADDRESS, 'description', 'flags', PHONE, OTHER_PHONES, PORT, EXPIRES];
    this.#known = new Set(
      [...own, ...Object.values(MORE), ...hidden, ...context.operational].map((name) => name.toLowerCase()),
    );
  }

  filter({ name, machine }: UserDialectQuery, now: Date): Filter {
    return and(
      equality('objectClass', PERSON),
      this.#alive(now),
      name === undefined ? undefined : matching(NAME, name),
      machine === undefined ? undefined : matching('cn', `*]${machine}`),
    );
  }

  entryFilter(now: Date): Filter {
    return this.filter({}, now);
  }

  read(entry: LdapEntry, now: Date): DirectoryUser | undefined {
    const id = entry.text('cn');
    if (id === undefined) return undefined;
    const { name, machine } = splitUserId(id);
    const publication = publicationIn(entry, name, this.#context.ttlOf(entry, now), now);
    if (publication === undefined) return undefined;
    const flags = entry.integer('flags') ?? 0;
    return new DirectoryUser({
      name,
      primaryPhone: machine,
      email: entry.text(MORE.email),
      givenName: entry.text(MORE.givenName),
      surname: entry.text(MORE.surname),
      location: entry.text(MORE.location),
      comment: entry.text('description'),
      phones: [...texts(entry, PHONE), ...texts(entry, OTHER_PHONES)],
      addresses: texts(entry, ADDRESS),
      port: portIn(texts(entry, PORT), DEFAULT_CALL_PORT),
      inCall: (flags & FLAGS.inCall) !== 0,
      canAudio: (flags & FLAGS.canAudio) !== 0,
      canVideo: (flags & FLAGS.canVideo) !== 0,
      listed: (flags & FLAGS.unlisted) === 0,
      acl: readRights(entry, this.#rights, this.#context.accounts),
      attributes: otherAttributes(entry, this.#known),
      publication,
    });
  }

  dns({ id }: DirectoryUser): readonly string[] {
    return [`cn=${escapeDnValue(id)},${this.base}`];
  }

  /** @throws {InvalidValueError} when user and computer together are too long for a name there */
  newEntries(user: DirectoryUser): readonly EntryValues[] {
    if (user.id.length > MAX_NAME) {
      throw new InvalidValueError(
        `The user "${user.name}" at "${user.primaryPhone}" has ${user.id.length} characters together; Active Directory takes ${MAX_NAME}`,
      );
    }
    const [dn = ''] = this.dns(user);
    const attributes: LdapAttributes = {
      objectClass: [
        PERSON,
        ...(this.#isExtended ? [REACHABLE_CLASS] : []),
        ...(this.#context.isDynamic ? ['dynamicObject'] : []),
      ],
      cn: [user.id],
      [NAME]: [user.name],
      ...this.#details(user),
      ...this.#rightsOf(user, true),
    };
    return [{ dn, attributes: present(attributes) }];
  }

  changedEntries(user: DirectoryUser): readonly EntryValues[] {
    const [dn = ''] = this.dns(user);
    return [{ dn: user.dn ?? dn, attributes: { ...this.#details(user), ...this.#rightsOf(user, false) } }];
  }

  holds(entry: LdapEntry, attributes: LdapAttributes): boolean {
    const rights = this.#rights === undefined ? undefined : attributes[this.#rights]?.[0];
    if (this.#rights === undefined || rights === undefined) return holdsTexts(entry, attributes);
    const { [this.#rights]: _, ...others } = attributes;
    return holdsDomainRights(entry, this.#rights, rights) && holdsTexts(entry, others);
  }

  #rightsOf({ acl, aclChanged: isChanged }: DirectoryUser, isNew: boolean): LdapAttributes {
    return writeDomainRights(this.#rights, acl, { isNew, isChanged });
  }

  #details(user: DirectoryUser): LdapAttributes {
    const { inCall, canAudio, canVideo, listed } = user;
    const flags = Object.entries({ inCall, canAudio, canVideo, unlisted: !listed } as const);
    const isKey = (key: string): key is keyof typeof FLAGS => key in FLAGS;
    const bits = flags.reduce((sum, [key, on]) => sum | (on && isKey(key) ? FLAGS[key] : 0), 0);
    return {
      [ADDRESS]: user.addresses,
      description: one(user.comment),
      flags: [String(bits)],
      ...(this.#isExtended ? extended(user) : {}),
    };
  }
}

function extended(user: DirectoryUser): LdapAttributes {
  return {
    [MORE.email]: one(user.email),
    [MORE.givenName]: one(user.givenName),
    [MORE.surname]: one(user.surname),
    [MORE.location]: one(user.location),
    [PHONE]: user.phones.slice(0, 1),
    [OTHER_PHONES]: user.phones.slice(1),
    [PORT]: one(user.port?.toString()),
  };
}
