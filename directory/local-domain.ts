import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { NoServerError } from './errors.ts';

/** Where this computer says what domain it belongs to. */
export interface DomainSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostname: string;
  /** Contents of the Kerberos configuration; undefined when there is none. */
  readonly kerberos: () => Promise<string | undefined>;
}

const SYSTEM: DomainSources = {
  env: process.env,
  hostname: hostname(),
  kerberos: () => readFile(process.env['KRB5_CONFIG'] ?? '/etc/krb5.conf', 'utf8').catch(() => undefined),
};

/**
 * The domain that this computer belongs to: of the session in Windows, the realm that it was joined to, or what stands
 * behind the first dot of its name. The search list of the name service is not asked: whoever runs the network can set
 * that, and a password may follow.
 *
 * @throws {NoServerError} when it belongs to none
 */
export async function localDomain({
  env,
  hostname: name,
  kerberos,
}: DomainSources = SYSTEM): Promise<string> {
  const session = env['USERDNSDOMAIN'] ?? '';
  const realm = /^\s*default_realm\s*=\s*(\S+)/m.exec((await kerberos()) ?? '')?.[1] ?? '';
  const behind = /^[^.]+\.(.*[^.])\.?$/.exec(name)?.[1] ?? '';
  const domain = [session, realm, behind].find((it) => it !== '' && !NO_DOMAIN.test(it));
  if (domain !== undefined) return domain.toLowerCase();
  throw new NoServerError(
    'This computer belongs to no domain whose directory could be asked. Name the domain or a server: dns:example.org, or ldap://host',
  );
}

/** Names that every computer may have, or that are asked on the link alone (RFC 6761, RFC 6762). */
const NO_DOMAIN = /^(?:localhost|localdomain|local|invalid|example)$/i;
