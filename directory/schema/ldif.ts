import { ldifLine } from '../../src/ldap/index.ts';

/** A record of LDIF; an attribute may be there several times. */
export function ldifRecord(lines: readonly (readonly [name: string, value: string | Uint8Array])[]): string {
  return lines.map(([name, value]) => ldifLine(name, value)).join('');
}
