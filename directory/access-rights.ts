import { DecodeError, InvalidValueError } from '../src/errors.ts';
import {
  type AccountNames,
  formatAccessList,
  formatSddl,
  parseAccessList,
  parseSddl,
  parseSecurityDescriptor,
  type SecurityDescriptor,
  serializeSecurityDescriptor,
} from '../src/security/index.ts';
import { accountNames, isAccountSid } from './account-sid.ts';

/**
 * Who may do what with an entry: a security descriptor, made from a list for people, from SDDL or from bytes. It never
 * changes; give the entry another one.
 */
export class AccessRights {
  readonly descriptor: SecurityDescriptor;
  readonly #bytes: Uint8Array;
  readonly #names: AccountNames;

  private constructor(descriptor: SecurityDescriptor, bytes: Uint8Array, names: AccountNames) {
    this.descriptor = descriptor;
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
      return AccessRights.#of({ control: 0, dacl: parseAccessList(list, names) }, names);
    });
  }

  /**
   * From the security descriptor definition language (MS-DTYP §2.5.1).
   *
   * @throws {InvalidValueError} saying where it cannot be read
   */
  static fromSddl(sddl: string): AccessRights {
    return readable(() => AccessRights.#of(parseSddl(sddl), accountNames()));
  }

  /**
   * From the bytes of an entry, which are kept as they are.
   *
   * @param known DNs of accounts that it may speak of, so that they are shown by name; looked at when it is shown
   * @throws {DecodeError} when they are no security descriptor
   */
  static fromBytes(bytes: Uint8Array, known: Iterable<string> = []): AccessRights {
    return new AccessRights(parseSecurityDescriptor(bytes), Uint8Array.from(bytes), accountNames(known));
  }

  static #of(descriptor: SecurityDescriptor, names: AccountNames): AccessRights {
    return new AccessRights(descriptor, serializeSecurityDescriptor(descriptor), names);
  }

  /** Whether it speaks of accounts whose names are not known. */
  get hasStrangers(): boolean {
    const { owner, dacl } = this.descriptor;
    const sids = [owner, ...(dacl?.aces ?? []).map((ace) => (ace.kind === 'account' ? ace.sid : undefined))];
    return sids.some(
      (sid) => sid !== undefined && isAccountSid(sid) && this.#names.nameOf(sid) === undefined,
    );
  }
  /** The self-relative security descriptor (MS-DTYP §2.4.6). */
  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
  toSddl(): string {
    return formatSddl(this.descriptor);
  }
  /** The list for people; empty when nothing is allowed to anybody. */
  toString(): string {
    return formatAccessList(this.descriptor, this.#names);
  }
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new InvalidValueError(error.message, { cause: error });
  }
}
