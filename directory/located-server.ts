import type { Credentials } from './credentials.ts';
import { NotPermittedError } from './errors.ts';
import type { LdapTarget } from './ldap/target.ts';

/**
 * The DNS can be forged, and a certificate only says that a server has the name that the DNS gave it. So a password that
 * is sent as it is goes to servers below the domain that was asked for alone (RFC 2782, "Security Considerations").
 *
 * @throws {NotPermittedError} when the server is elsewhere
 */
export function checkMayKnowPassword(target: LdapTarget, credentials: Credentials): void {
  if (credentials.kind !== 'simple' && credentials.kind !== 'plain') return;
  if (target.kind !== 'tcp' || target.domain === undefined) return;
  const host = plain(target.host);
  const domain = plain(target.domain);
  if (host === domain || host.endsWith(`.${domain}`)) return;
  throw new NotPermittedError(
    `The DNS says that ${target.host} has the directory of ${target.domain}, to which it does not belong. The DNS can be forged, so no password is sent there: name that server by its URL, or authenticate by SCRAM-SHA-256.`,
  );
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
