import { ACE_FLAG, ACE_TYPE, type AccountAce } from './ace.ts';
import type { SecurityDescriptor } from './descriptor.ts';
import { GENERIC_MAPPING, mapGeneric, RIGHT } from './rights.ts';
import { type Sid, WELL_KNOWN } from './sid.ts';

/**
 * Rights that a descriptor gives to somebody, generic ones replaced by what they stand for. ACEs are taken in their
 * order, and the first that speaks about a right decides it. What depends on a condition or on a property is not
 * weighed: such an ACE allows nothing, and denies all it names.
 *
 * @param sids all that the asker is: the account itself, its groups, everyone
 * @returns an access mask
 * @see MS-DTYP §2.5.3.2
 */
export function grantedRights(sd: SecurityDescriptor, sids: ReadonlySet<Sid>): number {
  const { dacl, owner } = sd;
  if (dacl === undefined || dacl === null) return GENERIC_MAPPING.all;
  const isOwner = owner !== undefined && sids.has(owner);
  let allowed = 0;
  let denied = 0;
  let ownerIsRuled = false;
  for (const ace of dacl.aces) {
    if (ace.kind === 'opaque' || (ace.flags & ACE_FLAG.inheritOnly) !== 0) continue;
    const isOwnerAce = ace.sid === WELL_KNOWN.ownerRights;
    if (isOwnerAce) ownerIsRuled = true;
    if (isOwnerAce ? !isOwner : !sids.has(ace.sid)) continue;
    const mask = mapGeneric(ace.mask);
    if (allows(ace)) allowed |= mask & ~denied;
    else if (DENYING.has(ace.type)) denied |= mask & ~allowed;
  }
  // The owner can always mend a list that shuts everybody out, unless the list itself speaks of the owner.
  if (isOwner && !ownerIsRuled) allowed |= RIGHT.readControl | RIGHT.writeDac;
  return allowed >>> 0;
}

const DENYING: ReadonlySet<number> = new Set([
  ACE_TYPE.accessDenied,
  ACE_TYPE.accessDeniedObject,
  ACE_TYPE.accessDeniedCallback,
  ACE_TYPE.accessDeniedCallbackObject,
]);

const allows = ({ type, objectType }: AccountAce): boolean =>
  type === ACE_TYPE.accessAllowed || (type === ACE_TYPE.accessAllowedObject && objectType === undefined);
