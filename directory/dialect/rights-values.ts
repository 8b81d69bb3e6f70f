import { DecodeError } from '../../src/errors.ts';
import { AccessRights } from '../access-rights.ts';
import { DirectoryError } from '../errors.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';

// How access rights stand in entries, where a directory keeps them.

/** Whoever made the entry: its owner in the words of access rights. */
export const CREATOR = 'creatorsName';

/**
 * The rights in an entry.
 *
 * @param attribute undefined where the directory keeps none
 * @param accounts  DNs that are known; whoever made the entry is added
 * @returns undefined when there are none, or none that can be read
 */
export function readRights(
  entry: LdapEntry,
  attribute: string | undefined,
  accounts: Set<string>,
): AccessRights | undefined {
  const bytes = attribute === undefined ? undefined : entry.bytes(attribute);
  if (bytes === undefined) return undefined;
  const creator = entry.text(CREATOR);
  if (creator !== undefined && creator !== '') accounts.add(creator);
  try {
    return AccessRights.fromBytes(bytes, accounts);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/**
 * @param removes whether no rights are written as none, instead of left out
 * @throws {DirectoryError} when there are rights and the directory keeps none
 */
export function writeRights(
  attribute: string | undefined,
  rights: AccessRights | undefined,
  removes = false,
): LdapAttributes {
  if (rights === undefined) return attribute === undefined || !removes ? {} : { [attribute]: [] };
  if (attribute !== undefined) return { [attribute]: [rights.bytes] };
  throw new DirectoryError(
    'This directory keeps no access rights of entries: leave them out, and set them on the server',
  );
}
