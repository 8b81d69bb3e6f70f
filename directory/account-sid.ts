import { createHash } from 'node:crypto';
import { escapeDnValue, normalizeDn, parseDn } from '../src/ldap/index.ts';
import { type AccountNames, type Sid, sidOf } from '../src/security/index.ts';

/**
 * Identifier authority of accounts that have a DN and no SID of their own: the bytes `RDV1`. It is nobody's: the
 * authorities in use are small numbers.
 */
const AUTHORITY = 0x5244_5631;
/** Words of the hash that become sub-authorities: 128 bits, so that no two accounts meet. */
const WORDS = 4;

/**
 * The SID of the account with this DN: `S-1-1380210225-` and the first 128 bits of the SHA-256 of the DN, which is
 * normalised with types in small letters and values without regard to case. It is the same for everyone who works it
 * out, and does not tell the DN; to name it, compare with the SIDs of known accounts (see {@link accountNames}).
 *
 * @throws {DecodeError} when `dn` is none
 */
export function accountSid(dn: string): Sid {
  const digest = createHash('sha256')
    .update(normalizeDn(parseDn(dn)))
    .digest();
  return sidOf(
    AUTHORITY,
    Array.from({ length: WORDS }, (_, i) => digest.readUInt32BE(4 * i)),
  );
}

/** Whether `sid` is one that {@link accountSid} gives. */
export const isAccountSid = (sid: Sid): boolean => sid.startsWith(`S-1-${AUTHORITY}-`);

/** Where the embedded service keeps the accounts that can bind, `cn=<name>`. */
export const ACCOUNTS = 'ou=Accounts,ou=Admin,o=Intranet';
const ACCOUNT = new RegExp(`^cn=([^=,+\\\\"<>;#]+),${ACCOUNTS}$`, 'i');

/** How SIDs of accounts of a domain begin (MS-DTYP §2.4.2.4). */
export const DOMAIN_ACCOUNT = 'S-1-5-21-';

/** Accounts of a domain, which has SIDs of its own for them. */
export interface DomainAccounts {
  /** DN of the domain; undefined where no rights are kept. */
  readonly domain: string | undefined;
  /** Names that are known so far. */
  readonly names: Map<Sid, string>;
  /** SIDs of those that we are bound as, by how we are bound. */
  readonly selves: Map<string, Sid>;
}

/** What a directory knows its accounts by: DNs, from which SIDs follow, or SIDs of their own. */
export type Accounts = Set<string> | DomainAccounts;

/**
 * What is known of accounts: their DNs, from which their SIDs follow, or their names by SID where the directory has
 * given them SIDs of its own.
 */
export type KnownAccounts = Iterable<string> | Map<Sid, string>;

/**
 * Accounts by their DN, and those of the embedded service by their name alone.
 *
 * @param known what SIDs are traced back to, beside what was asked for; looked at when it is needed
 */
export function accountNames(known: KnownAccounts = []): AccountNames {
  const asked = new Map<Sid, string>();
  return {
    sidOf(name) {
      const sid = accountSid(isDn(name) ? name : `cn=${escapeDnValue(name)},${ACCOUNTS}`);
      asked.set(sid, isDn(name) ? (ACCOUNT.exec(name)?.[1] ?? name) : name);
      return sid;
    },
    nameOf(sid) {
      const name = asked.get(sid);
      if (name !== undefined) return name;
      if (known instanceof Map) return known.get(sid);
      for (const dn of known) if (accountSid(dn) === sid) return ACCOUNT.exec(dn)?.[1] ?? dn;
      return undefined;
    },
  };
}

/** Whether an account is named by a DN; all others are names alone. */
export const isDn = (name: string): boolean => /^[^=]+=/.test(name);
