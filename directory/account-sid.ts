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

/**
 * Accounts by their DN, and those of the embedded service by their name alone.
 *
 * @param known DNs that SIDs are traced back to, beside those that were asked for; looked at when it is needed
 */
export function accountNames(known: Iterable<string> = []): AccountNames {
  const asked = new Set<string>();
  return {
    sidOf(name) {
      const dn = /^[^=]+=/.test(name) ? name : `cn=${escapeDnValue(name)},${ACCOUNTS}`;
      asked.add(dn);
      return accountSid(dn);
    },
    nameOf(sid) {
      for (const dns of [asked, known]) {
        for (const dn of dns) if (accountSid(dn) === sid) return ACCOUNT.exec(dn)?.[1] ?? dn;
      }
      return undefined;
    },
  };
}
