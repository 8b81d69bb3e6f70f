import { createHash } from 'node:crypto';
import { normalizeDn, parseDn } from '../src/ldap/index.ts';
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

/**
 * Accounts by their DN; a name that is no DN is nobody's.
 *
 * @param known DNs that SIDs are traced back to, and those that were asked for
 */
export function accountNames(known: Iterable<string> = []): AccountNames {
  const bySid = new Map(Array.from(known, (dn) => [accountSid(dn), dn]));
  return {
    sidOf(name) {
      if (!/^[^=]+=/.test(name)) return undefined;
      const sid = accountSid(name);
      bySid.set(sid, name);
      return sid;
    },
    nameOf: (sid) => bySid.get(sid),
  };
}
