/** Security descriptors: the bytes of MS-DTYP §2.4, SDDL (§2.5.1), lists for people, and the access check (§2.5.3). */
export { grantedRights } from './access-check.ts';
export type { AccountAce, Ace, OpaqueAce } from './ace.ts';
export { ACE_FLAG, ACE_TYPE } from './ace.ts';
export type { Acl, SecurityDescriptor } from './descriptor.ts';
export {
  aclOf,
  CONTROL,
  parseSecurityDescriptor,
  serializeSecurityDescriptor,
  withoutInherited,
} from './descriptor.ts';
export type { AccountNames } from './readable.ts';
export { defaultDescriptor, formatAccessList, parseAccessList } from './readable.ts';
export { GENERIC_MAPPING, mapGeneric, RIGHT } from './rights.ts';
export type { SddlOptions } from './sddl-format.ts';
export { formatSddl } from './sddl-format.ts';
export { parseSddl } from './sddl-parse.ts';
export type { Sid } from './sid.ts';
export { decodeSid, encodeSid, parseSid, sidOf, tryParseSid, WELL_KNOWN } from './sid.ts';
