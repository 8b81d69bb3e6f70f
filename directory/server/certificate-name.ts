import type { X509Certificate } from 'node:crypto';
import { parseDn, serializeDn } from '../../src/ldap/index.ts';

/**
 * The subject of a certificate as a DN of LDAP, or undefined when it has none that can be one.
 *
 * Node gives one RDN in a line, the first of the name first, each already escaped as in a DN; a DN begins with the
 * last (RFC 4514 §2.1).
 */
export function subjectDn({ subject }: X509Certificate): string | undefined {
  if (typeof subject !== 'string' || subject === '') return undefined;
  const text = subject
    .split('\n')
    .toReversed()
    .map((rdn) => rdn.replaceAll(/ \+ (?=[A-Za-z0-9.]+=)/g, '+'))
    .join(',');
  try {
    return serializeDn(parseDn(text));
  } catch {
    return undefined;
  }
}
