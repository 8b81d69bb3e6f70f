import { DecodeError } from '../../src/errors.ts';
import {
  aclOf,
  mapGeneric,
  formatSddl,
  parseSecurityDescriptor,
  type SecurityDescriptor,
  serializeSecurityDescriptor,
  withoutInherited,
} from '../../src/security/index.ts';
import { AccessRights } from '../access-rights.ts';
import type { Accounts } from '../account-sid.ts';
import { DirectoryError } from '../errors.ts';
import type { LdapAttributes, LdapEntry } from '../ldap/entry.ts';

// How access rights stand in entries, where a directory keeps them.

/** Whoever made the entry: its owner in the words of access rights. */
export const CREATOR = 'creatorsName';

/**
 * The rights in an entry.
 *
 * @param attribute undefined where the directory keeps none
 * @param accounts  those that are known; whoever made the entry is added
 * @returns undefined when there are none, or none that can be read
 */
export function readRights(
  entry: LdapEntry,
  attribute: string | undefined,
  accounts: Accounts,
): AccessRights | undefined {
  const bytes = attribute === undefined ? undefined : entry.bytes(attribute);
  if (bytes === undefined) return undefined;
  const creator = entry.text(CREATOR);
  const isDomain = !(accounts instanceof Set);
  if (!isDomain && creator !== undefined && creator !== '') accounts.add(creator);
  try {
    return AccessRights.fromBytes(bytes, isDomain ? accounts.names : accounts);
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

/** As Active Directory spells it ([MS-ADA3] 2.37). */
export const DOMAIN_RIGHTS = 'nTSecurityDescriptor';

/**
 * Rights for a domain controller. What is inherited it adds by itself; who owns an entry that was read is not changed.
 *
 * @param isChanged whether they are others than the entry has
 * @throws {DirectoryError} when there are rights and the server keeps none, or there are to be none
 */
export function writeDomainRights(
  attribute: string | undefined,
  rights: AccessRights | undefined,
  { isNew, isChanged }: { readonly isNew: boolean; readonly isChanged: boolean },
): LdapAttributes {
  if (!isNew && !isChanged) return {};
  if (rights === undefined && attribute !== undefined && !isNew) {
    throw new DirectoryError('In Active Directory every entry has access rights: give others, not none');
  }
  if (rights === undefined || attribute === undefined) return writeRights(attribute, rights);
  const { owner, group, dacl, sacl, ...rest } = rights.descriptor;
  const own = dacl ? withoutInherited(dacl) : dacl;
  const others = {
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(sacl === undefined ? {} : { sacl }),
  };
  const descriptor = {
    ...rest,
    ...(rights.origin === 'bytes' ? {} : others),
    ...(own === undefined ? {} : { dacl: own }),
  };
  return { [attribute]: [serializeSecurityDescriptor(descriptor)] };
}

/** Whether the entry has the rights that were written: the server spells generic rights out and adds what is inherited. */
export function holdsDomainRights(entry: LdapEntry, attribute: string, wanted: string | Uint8Array): boolean {
  const stored = entry.bytes(attribute);
  if (stored === undefined || typeof wanted === 'string') return false;
  const [has, asked] = [stored, wanted].map((bytes) => listed(parseSecurityDescriptor(bytes)));
  return has === asked;
}

/** The ACEs of its own, in no order. */
function listed({ dacl }: SecurityDescriptor): string {
  const aces = dacl ? withoutInherited(dacl).aces : [];
  return aces
    .map((ace) => (ace.kind === 'account' ? { ...ace, mask: mapGeneric(ace.mask) } : ace))
    .map((ace) => formatSddl({ control: 0, dacl: aclOf([ace]) }))
    .sort()
    .join('');
}
