import { type Filter, utf8Bytes, utf8Text } from '../../src/ldap/index.ts';
import { Conference, SDP_PROTOCOL } from '../conference.ts';
import { NotPermittedError } from '../errors.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';
import type { Dialect, DialectQuery } from './dialect.ts';
import { and, equality, matching, or, present } from './filters.ts';
import { otherAttributes, texts } from './user-values.ts';

/** Object class of everything that can be called, in ITU-T H.350 (RFC 3944 §2). */
export const H350_CLASS = 'commObject';

/** Where the name for people may be, best first. */
const NAMES = ['cn', 'displayName', 'name', 'uid', 'commUniqueId', 'ou'] as const;

/** What can be dialled, with the protocol it says: H.350.4 (SIP), H.350.1 (H.323), H.350.3 and H.350 itself. */
const ADDRESS_ATTRIBUTES: readonly (readonly [attribute: string, protocol: string])[] = [
  ['SIPIdentitySIPURI', 'SIP'],
  ['SIPIdentityAddress', 'SIP'],
  ['h323IdentityURL-ID', 'H.323'],
  ['h323Identityh323-ID', 'H.323'],
  ['h323IdentitydialedDigits', 'H.323'],
  ['h323Identityemail-ID', 'H.323'],
  ['h320IdentityExtension', 'H.320'],
  ['callPreferenceURI', 'URI'],
  ['commURI', 'URI'],
  ['labeledURI', 'URI'],
];

const SDP_START = /^v=0\r?\n/;
/** H.350.2 and H.350.4 keep passwords beside addresses; a server that shows them is no reason to. */
const SECRET = /password|secret|privatekey/i;

/**
 * Entries that other programs keep: those of ITU-T H.350, or of any class when the schema has none of it. They are
 * shown as far as they can be, and never altered. One that carries a session description somewhere can be joined; of
 * others the protocol and what can be dialled are shown.
 */
export class H350Dialect implements Dialect {
  readonly name = 'h350';
  readonly readOnly: string;
  readonly isDynamic = false;
  readonly expiry = undefined;
  readonly users = undefined;
  readonly base: string;
  readonly attributes: readonly string[] = ['*'];
  readonly binaryAttributes: readonly string[] = [];
  readonly #class: Filter;

  /** @param isKnown whether the server's schema has the classes of H.350; else every entry is shown */
  constructor(base: string, isKnown: boolean) {
    this.base = base;
    const whose = isKnown ? 'of ITU-T H.350' : 'of other programs';
    this.readOnly = `The entries below ${base} are ${whose}: they are shown, and never altered`;
    this.#class = isKnown ? equality('objectClass', H350_CLASS) : present('objectClass');
  }

  filter({ name }: DialectQuery): Filter {
    const byName = name === undefined ? [] : NAMES.map((attribute) => matching(attribute, name));
    const wanted = byName.filter((filter) => filter !== undefined);
    return and(this.#class, wanted.length === 0 ? undefined : or(...wanted));
  }

  read(entry: LdapEntry): Conference | undefined {
    const name = NAMES.map((attribute) => entry.text(attribute)).find((text) => text !== undefined);
    if (name === undefined) return undefined;
    const secrets = entry.names.filter((attribute) => SECRET.test(attribute));
    const hidden = new Set(['objectclass', ...secrets.map((attribute) => attribute.toLowerCase())]);
    const shared = {
      name,
      attributes: otherAttributes(entry, hidden),
      publication: { dn: entry.dn, name, ttlSeconds: undefined, expiresAt: undefined },
    };
    const described = [...shared.attributes.values()].flat().map(bytesOf).find(isSdp);
    if (described !== undefined)
      return new Conference({ ...shared, protocol: SDP_PROTOCOL, blob: described });
    const all = ADDRESS_ATTRIBUTES.flatMap(([attribute, protocol]) =>
      texts(entry, attribute).map((address) => ({ protocol, address })),
    );
    const blob = bytesOf(all.map(({ address }) => address).join('\r\n'));
    return new Conference({ ...shared, protocol: all[0]?.protocol ?? 'unknown', blob });
  }

  dn(): string {
    throw this.#refusal();
  }
  newAttributes(): LdapAttributes {
    throw this.#refusal();
  }
  changedAttributes(): LdapAttributes {
    throw this.#refusal();
  }
  holds(): boolean {
    throw this.#refusal();
  }
  async add(): Promise<void> {
    throw this.#refusal();
  }
  async replace(): Promise<void> {
    throw this.#refusal();
  }
  async refresh(): Promise<undefined> {
    throw this.#refusal();
  }
  ttlOf(): undefined {}

  #refusal(): NotPermittedError {
    return new NotPermittedError(this.readOnly);
  }
}

const bytesOf = (value: string | Uint8Array): Uint8Array =>
  typeof value === 'string' ? utf8Bytes(value) : value;
const isSdp = (bytes: Uint8Array): boolean => SDP_START.test(utf8Text(bytes.subarray(0, 6)) ?? '');
