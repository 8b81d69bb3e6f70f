import type { AccessRights } from './access-rights.ts';
import { ACCOUNTS } from './account-sid.ts';
import type { Connected } from './entries.ts';
import { present } from './dialect/filters.ts';
import { DirectoryError } from './errors.ts';

/** Accounts whose names are looked up at most. */
const MAX_ACCOUNTS = 10_000;

/**
 * Asks the directory for its accounts when the rights of `object` speak of some that are not known, so that they are
 * shown by name. A directory that has none, or does not tell, is no error: they are shown as SIDs then.
 *
 * @returns `object`
 */
export async function withAccountNames<T extends { readonly acl: AccessRights | undefined } | undefined>(
  object: T,
  { dialect, session }: Connected,
  signal?: AbortSignal,
): Promise<T> {
  const { accounts } = dialect;
  if (accounts === undefined || object?.acl?.hasStrangers !== true) return object;
  const request = {
    base: ACCOUNTS,
    scope: 'one' as const,
    filter: present('cn'),
    attributes: ['1.1'],
    binaryAttributes: [],
    sizeLimit: MAX_ACCOUNTS,
  };
  try {
    const { entries } = await session.read((connection) => connection.searchPage(request, signal), signal);
    for (const { dn } of entries) accounts.add(dn);
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
  }
  return object;
}
