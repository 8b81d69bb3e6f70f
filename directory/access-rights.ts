import { DecodeError, InvalidValueError } from '../src/errors.ts';
import {
  type AccountNames,
  type Ace,
  formatAccessList,
  formatSddl,
  parseAccessList,
  parseSddl,
  parseSecurityDescriptor,
  type SecurityDescriptor,
  type Sid,
  serializeSecurityDescriptor,
  WELL_KNOWN,
  withoutInherited,
} from '../src/security/index.ts';
import { accountNames, DOMAIN_ACCOUNT, isAccountSid, type KnownAccounts } from './account-sid.ts';

/**
 * Who may do what with an entry: a security descriptor, made from a list for people, from SDDL or from bytes. It never
 * changes; give the entry another one.
 */
export class AccessRights {
  readonly descriptor: SecurityDescriptor;
  /** What they were made from. */
  readonly origin: 'list' | 'sddl' | 'bytes';
  readonly #bytes: Uint8Array;
  readonly #names: AccountNames;

  /** Whether what is inherited goes without saying. */
  readonly #isDomain: boolean;

  private constructor(
    descriptor: SecurityDescriptor,
    bytes: Uint8Array,
    names: AccountNames,
    origin: AccessRights['origin'],
    isDomain = false,
  ) {
    this.descriptor = descriptor;
    this.origin = origin;
    this.#isDomain = isDomain;
    this.#bytes = bytes;
    this.#names = names;
  }

  /**
   * From a list such as `everyone:read,owner:all,uid=ann,o=Example:read+write+delete`. Accounts are named by DN or SID, those of the
   * embedded service by their name alone;
   * `everyone`, `owner`, `authenticated`, `anonymous` and `administrators` are words; a `!` before the rights denies them.
   *
   * @throws {InvalidValueError} naming the item that cannot be read
   */
  static parse(list: string): AccessRights {
    return readable(() => {
      const names = accountNames();
      return AccessRights.#of({ control: 0, dacl: parseAccessList(list, names) }, names, 'list');
    });
  }

  /**
   * From the security descriptor definition language (MS-DTYP §2.5.1).
   *
   * @throws {InvalidValueError} saying where it cannot be read
   */
  static fromSddl(sddl: string): AccessRights {
    return readable(() => AccessRights.#of(parseSddl(sddl), accountNames(), 'sddl'));
  }

  /**
   * From the bytes of an entry, which are kept as they are.
   *
   * @param known accounts that it may speak of, so that they are shown by name; looked at when it is shown
   * @throws {DecodeError} when they are no security descriptor
   */
  static fromBytes(bytes: Uint8Array, known: KnownAccounts = []): AccessRights {
    const descriptor = parseSecurityDescriptor(bytes);
    const isDomain = known instanceof Map;
    return new AccessRights(descriptor, Uint8Array.from(bytes), accountNames(known), 'bytes', isDomain);
  }

  static #of(
    descriptor: SecurityDescriptor,
    names: AccountNames,
    origin: AccessRights['origin'],
  ): AccessRights {
    return new AccessRights(descriptor, serializeSecurityDescriptor(descriptor), names, origin);
  }

  /** Accounts that it speaks of and whose names are not known; what has a word of its own is none. */
  get strangers(): readonly Sid[] {
    return this.#accounts.filter((sid) => this.#names.nameOf(sid) === undefined);
  }
  /** Accounts that were named, and have none but the SID that follows from their name. */
  get named(): ReadonlyMap<Sid, string> {
    const found = this.#accounts.map((sid) => [sid, this.#names.nameOf(sid)] as const);
    return new Map(found.filter((it): it is [Sid, string] => isAccountSid(it[0]) && it[1] !== undefined));
  }
  get #accounts(): readonly Sid[] {
    const { owner, group, dacl } = this.descriptor;
    const aces = (dacl?.aces ?? []).map((ace) => (ace.kind === 'account' ? ace.sid : undefined));
    const all = [owner, group, ...aces].filter((sid) => sid !== undefined);
    return [...new Set(all)].filter((sid) => isAccountSid(sid) || sid.startsWith(DOMAIN_ACCOUNT));
  }
  /** Whether it speaks of the owner, whoever that is. */
  get hasOwner(): boolean {
    return (this.descriptor.dacl?.aces ?? []).some(isOwners);
  }
  /**
   * The same rights, with other SIDs for some accounts.
   *
   * @param owner who is meant by the owner; undefined to leave it open
   */
  withSids(others: ReadonlyMap<Sid, Sid>, owner: Sid | undefined): AccessRights {
    const { dacl } = this.descriptor;
    if (!dacl) return this;
    const all = new Map(owner === undefined ? others : [...others, [WELL_KNOWN.ownerRights, owner]]);
    const other = (sid: Sid): Sid => all.get(sid) ?? sid;
    const names = new Map(Array.from(this.named, ([sid, name]) => [other(sid), name]));
    if (owner !== undefined) names.set(owner, 'owner');
    const aces = dacl.aces.map((ace) => (ace.kind === 'account' ? { ...ace, sid: other(ace.sid) } : ace));
    const descriptor = { ...this.descriptor, dacl: { ...dacl, aces } };
    return AccessRights.#of(descriptor, accountNames(names), this.origin);
  }
  /** The self-relative security descriptor (MS-DTYP §2.4.6). */
  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
  toSddl(): string {
    return formatSddl(this.descriptor);
  }
  /**
   * The list for people; empty when nothing is allowed to anybody. In Active Directory without what the folder hands
   * down to every entry in it, as that comes by itself; {@link toSddl} has it all.
   */
  toString(): string {
    const { dacl } = this.descriptor;
    if (!this.#isDomain || !dacl) return formatAccessList(this.descriptor, this.#names);
    return formatAccessList({ ...this.descriptor, dacl: withoutInherited(dacl) }, this.#names);
  }
}

const isOwners = (ace: Ace): boolean => ace.kind === 'account' && ace.sid === WELL_KNOWN.ownerRights;

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new InvalidValueError(error.message, { cause: error });
  }
}
