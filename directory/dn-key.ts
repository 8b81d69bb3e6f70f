import { normalizeDn, parseDn } from '../src/ldap/index.ts';

/** One spelling of a DN: servers do not give it back as it was written. */
export function dnKey(dn: string): string {
  try {
    return normalizeDn(parseDn(dn));
  } catch {
    return dn.toLowerCase();
  }
}
