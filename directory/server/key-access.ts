import { RIGHT } from '../../src/security/index.ts';
import type { Identity } from './access.ts';
import type { Entry } from './entry.ts';
import { DESCRIPTOR, mayDo, rightsOn } from './entry-access.ts';
import { KEY_ATTRIBUTE } from './schema.ts';
import type { AttributeSelection } from './selection.ts';

/**
 * Whether `who` may see the keys of an entry: those whom its descriptor lets join (the right that Active Directory asks for to
 * read confidential attributes, [MS-ADTS] 5.1.3.3.4), without one everybody who has logged in. Nobody does on a connection that
 * others could read: one from another host without TLS.
 */
export function mayReadKeys(who: Identity, entry: Entry): boolean {
  if (who.isInProcess) return true;
  if (!who.isSecure && !who.isLocal) return false;
  if (who.isAdmin) return true;
  if (entry.attributes.get(DESCRIPTOR) === undefined) return who.dn !== '';
  return (rightsOn(who, entry) & RIGHT.controlAccess) !== 0;
}

/** What `who` may see of the entry: neither the descriptor nor keys where they are for others. */
export function visibleSelection(
  who: Identity,
  entry: Entry,
  selection: AttributeSelection,
): AttributeSelection {
  const { attributes } = entry;
  const hidesRights = attributes.get(DESCRIPTOR) !== undefined && !mayDo(who, 'readPermissions', entry);
  const hidesKeys = attributes.get(KEY_ATTRIBUTE) !== undefined && !mayReadKeys(who, entry);
  if (!hidesRights && !hidesKeys) return selection;
  return {
    ...selection,
    without: [...(hidesRights ? [DESCRIPTOR] : []), ...(hidesKeys ? [KEY_ATTRIBUTE] : [])],
  };
}
