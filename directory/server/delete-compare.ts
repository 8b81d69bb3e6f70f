import { type CompareRequest, type DelRequest, RESULT } from '../../src/ldap/index.ts';
import { RIGHT } from '../../src/security/index.ts';
import type { Identity } from './access.ts';
import { computedAttributes } from './computed.ts';
import { type OperationContext, readDn, requireAccess, requireEntry, requireService } from './context.ts';
import type { Entry } from './entry.ts';
import { DESCRIPTOR, mayDo, rightsOn } from './entry-access.ts';
import { requireDescription } from './entry-rules.ts';
import { OperationError } from './errors.ts';
import { KEY_ATTRIBUTE } from './schema.ts';
import { mayReadKeys } from './key-access.ts';
import { attributesOf } from './filter-match.ts';
import { isBaseTree } from './tree.ts';

/**
 * Deletes an entry that has nothing live below it (RFC 4511 §4.8).
 *
 * @throws {OperationError} saying why not
 */
export function deleteEntry(context: OperationContext, who: Identity, request: DelRequest): void {
  const { store, clock } = context;
  const dn = readDn(request.entry);
  store.transaction(() => {
    const entry = requireEntry(context, dn, who);
    requireDelete(context, who, entry);
    if (isBaseTree(entry.path)) {
      throw new OperationError(
        'unwillingToPerform',
        `${entry.dn} belongs to the tree of every locator service`,
      );
    }
    if (store.hasChildren(entry.id, clock.wall())) {
      throw new OperationError('notAllowedOnNonLeaf', `${entry.dn} has entries below it: delete those first`);
    }
    for (const ended of store.descendants(entry.path)) store.delete(ended);
    store.delete(entry);
  });
}

/** Who may delete what is below an entry may delete this one too (MS-ADTS §3.1.1.5.5.4). */
export function requireDelete(context: OperationContext, who: Identity, entry: Entry): void {
  const parent = mayDo(who, 'delete', entry) ? undefined : context.store.byId(entry.parent);
  if (parent !== undefined && (rightsOn(who, parent) & RIGHT.deleteChild) !== 0) {
    requireService(context, who, 'delete', entry.dn);
    return;
  }
  requireAccess(context, who, 'delete', entry);
}

/**
 * Compares one value (RFC 4511 §4.10).
 *
 * @returns compareTrue or compareFalse
 * @throws {OperationError} saying why it cannot be told
 */
export function compare(context: OperationContext, who: Identity, request: CompareRequest): number {
  const entry = requireEntry(context, readDn(request.entry), who);
  requireAccess(context, who, 'compare', entry);
  const wanted = requireDescription(request.attribute);
  if (wanted.type.key === KEY_ATTRIBUTE && !mayReadKeys(who, entry)) {
    throw new OperationError(
      'insufficientAccessRights',
      'keys are for those who may join, on a connection that nobody else can read',
    );
  }
  if (wanted.type.key === DESCRIPTOR) requireAccess(context, who, 'readPermissions', entry);
  const key = wanted.type.rule.key(request.value);
  if (key === undefined) {
    throw new OperationError('invalidAttributeSyntax', `the value is none that ${wanted.type.name} can have`);
  }
  let found = false;
  for (const { keys } of attributesOf(entry, wanted, computedAttributes(context))) {
    if (keys.includes(key)) return RESULT.compareTrue;
    found = true;
  }
  if (!found) throw new OperationError('noSuchAttribute', `${entry.dn} has no ${wanted.type.name}`);
  return RESULT.compareFalse;
}
