import type { LdapConnection } from '../ldap/connection.ts';
import { SERVICE_BINDING, SERVICE_KEYWORD, SERVICE_POINT_CLASS } from '../schema/index.ts';
import { and, equality } from './filters.ts';

/**
 * The container that administrators have published for a domain, see `rendezvous partition`; of several the first by
 * DN, so that everybody takes the same.
 *
 * @throws {DirectoryError} when we may not look
 */
export async function publishedContainer(
  connection: LdapConnection,
  domain: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { entries } = await connection.searchPage(
    {
      base: domain,
      scope: 'sub',
      filter: and(equality('objectClass', SERVICE_POINT_CLASS), equality('keywords', SERVICE_KEYWORD)),
      attributes: [SERVICE_BINDING],
      binaryAttributes: [],
    },
    signal,
  );
  const [first] = entries.toSorted((a, b) => (a.dn < b.dn ? -1 : 1));
  return first?.text(SERVICE_BINDING);
}
