import { parseDn, serializeRdn } from '../src/ldap/index.ts';
import type { Entries } from './entries.ts';
import { NotFoundError } from './errors.ts';
import type { LdapAttributes } from './ldap/entry.ts';

/** What a rename within one container comes to. */
export interface Rename {
  readonly oldDn: string;
  readonly dn: string;
  /** What is different besides the name. */
  readonly changes: LdapAttributes;
  /** All of the entry under its new name, for servers that cannot rename. */
  readonly attributes: LdapAttributes;
  /** Seconds that the entry has left. */
  readonly ttlSeconds: number;
}

/**
 * Renames an entry: by modify DN, under which it stays the same entry with its owner, its rights and its time to live;
 * where the server has no such operation, as locator services of old, the new entry is added and then the old one
 * deleted. Either way there is never none.
 *
 * @returns seconds that the entry has left
 */
export async function renameEntry(entries: Entries, rename: Rename, signal?: AbortSignal): Promise<number> {
  const { oldDn, dn, changes, attributes, ttlSeconds } = rename;
  if (await entries.rename(oldDn, dn, signal)) {
    try {
      await entries.replace(dn, changes, signal);
    } catch (error) {
      await entries.rename(dn, oldDn).catch(() => {}); // rather the old entry than half a new one
      throw error;
    }
    return ttlSeconds;
  }
  const granted = await entries.add(dn, attributes, Math.max(1, ttlSeconds), signal);
  try {
    await entries.delete(oldDn, signal);
  } catch (error) {
    if (!(error instanceof NotFoundError)) {
      await entries.delete(dn).catch(() => {}); // better one under the old name than two
      throw error;
    }
  }
  return granted;
}

/** The first part of a DN as text. */
export const rdnOf = (dn: string): string => serializeRdn(parseDn(dn)[0] ?? []);
