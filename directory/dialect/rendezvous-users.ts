import { escapeDnValue, type Filter } from '../../src/ldap/index.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import { DEFAULT_CALL_PORT, DirectoryUser } from '../user.ts';
import type { EntryValues, UserDialect, UserDialectQuery } from './dialect.ts';
import { and, equality, matching, not } from './filters.ts';
import { writeRights } from './rights-values.ts';
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

/** Object class of the project's own schema. */
export const RENDEZVOUS_USER_CLASS = 'rdvUser';

const NAME = 'rdvUserName';
const MACHINE = 'rdvMachine';
const ADDRESS = 'rdvAddress';
const PORT = 'rdvPort';
const FLAG = 'rdvFlag';

const KNOWN: ReadonlySet<string> = new Set(
  [
    'objectClass',
    'cn',
    NAME,
    MACHINE,
    ADDRESS,
    PORT,
    FLAG,
    'mail',
    'givenName',
    'sn',
    'l',
    'description',
    'telephoneNumber',
    'owner',
    'rdvExpires',
    'entryTtl',
  ].map((name) => name.toLowerCase()),
);

/**
 * Users on a general LDAP server that carries the project's schema: `cn=<user>]<computer>` beside the conferences,
 * the user's name apart. What a user can do and is doing are words in one attribute.
 */
export class RendezvousUsers implements UserDialect {
  readonly base: string;
  readonly attributes: readonly string[];
  readonly binaryAttributes: readonly string[] = [];
  readonly #context: UserMappingContext;
  readonly #alive: (now: Date) => Filter | undefined;

  /** @param alive leaves out what has expired, where the server does not do so by itself */
  constructor(context: UserMappingContext, alive: (now: Date) => Filter | undefined) {
    this.base = context.base;
    this.attributes = ['*', ...context.operational];
    this.#context = context;
    this.#alive = alive;
  }

  filter({ name, machine, listedOnly }: UserDialectQuery, now: Date): Filter {
    return and(
      equality('objectClass', RENDEZVOUS_USER_CLASS),
      this.#alive(now),
      name === undefined ? undefined : matching(NAME, name),
      machine === undefined ? undefined : equality(MACHINE, machine),
      listedOnly === true ? not(equality(FLAG, 'unlisted')) : undefined,
    );
  }

  entryFilter(now: Date): Filter {
    return this.filter({}, now);
  }

  read(entry: LdapEntry, now: Date): DirectoryUser | undefined {
    const name = entry.text(NAME);
    if (name === undefined) return undefined;
    const publication = publicationIn(entry, name, this.#context.ttlOf(entry, now), now);
    if (publication === undefined) return undefined;
    return new DirectoryUser({
      name,
      primaryPhone: entry.text(MACHINE),
      email: entry.text('mail'),
      givenName: entry.text('givenName'),
      surname: entry.text('sn'),
      location: entry.text('l'),
      comment: entry.text('description'),
      phones: texts(entry, 'telephoneNumber'),
      addresses: texts(entry, ADDRESS),
      port: portIn(texts(entry, PORT), DEFAULT_CALL_PORT),
      inCall: entry.has(FLAG, 'in-call'),
      canAudio: entry.has(FLAG, 'audio'),
      canVideo: entry.has(FLAG, 'video'),
      listed: !entry.has(FLAG, 'unlisted'),
      attributes: otherAttributes(entry, KNOWN),
      publication,
    });
  }

  dns({ id }: DirectoryUser): readonly string[] {
    return [`cn=${escapeDnValue(id)},${this.base}`];
  }

  newEntries(user: DirectoryUser, ownerDn: string | undefined): readonly EntryValues[] {
    const [dn = ''] = this.dns(user);
    const attributes: LdapAttributes = {
      objectClass: [RENDEZVOUS_USER_CLASS, ...(this.#context.isDynamic ? ['dynamicObject'] : [])],
      cn: [user.id],
      [NAME]: [user.name],
      [MACHINE]: one(user.primaryPhone),
      ...details(user),
      owner: one(ownerDn),
      ...writeRights(undefined, user.acl),
    };
    return [{ dn, attributes: present(attributes) }];
  }

  changedEntries(user: DirectoryUser): readonly EntryValues[] {
    const [dn = ''] = this.dns(user);
    return [{ dn: user.dn ?? dn, attributes: { ...details(user), ...writeRights(undefined, user.acl) } }];
  }

  holds(entry: LdapEntry, attributes: LdapAttributes): boolean {
    return holdsTexts(entry, attributes);
  }
}

function details(user: DirectoryUser): LdapAttributes {
  const { inCall, canAudio, canVideo, listed } = user;
  const flags = { audio: canAudio, video: canVideo, 'in-call': inCall, unlisted: !listed };
  return {
    [ADDRESS]: user.addresses,
    [PORT]: one(user.port?.toString()),
    [FLAG]: Object.entries(flags).flatMap(([word, on]) => (on ? [word] : [])),
    mail: one(user.email),
    givenName: one(user.givenName),
    sn: one(user.surname),
    l: one(user.location),
    description: one(user.comment),
    telephoneNumber: user.phones,
  };
}
