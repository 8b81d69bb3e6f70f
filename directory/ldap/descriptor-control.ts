import { type Control, SD_PART, sdFlagsControl } from '../../src/ldap/index.ts';
import { parseSecurityDescriptor } from '../../src/security/index.ts';
import type { LdapAttributes } from './entry.ts';

/** As Active Directory spells it; a locator service has another spelling and no such control. */
const ATTRIBUTE = 'nTSecurityDescriptor';

/**
 * For a search that wants descriptors: only owner and access list. Without it a domain controller gives nothing at all
 * to whoever may not read the audit list.
 */
export function readDescriptorControls(attributes: readonly string[]): Control[] {
  return attributes.includes(ATTRIBUTE) ? [sdFlagsControl(SD_PART.owner | SD_PART.dacl)] : [];
}

/** For an add or a modify with a descriptor: only the parts that it has are set. */
export function writeDescriptorControls(attributes: LdapAttributes): Control[] {
  const value = attributes[ATTRIBUTE]?.[0];
  if (!(value instanceof Uint8Array)) return [];
  const descriptor = parseSecurityDescriptor(value);
  const parts = Object.entries(SD_PART).filter(([part]) => part in descriptor);
  return [sdFlagsControl(parts.reduce((flags, [, bit]) => flags | bit, 0))];
}
