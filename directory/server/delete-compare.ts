import { type CompareRequest, type DelRequest, RESULT } from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { computedAttributes } from './computed.ts';
import { type OperationContext, readDn, requireAccess, requireEntry } from './context.ts';
import { requireDescription } from './entry-rules.ts';
import { OperationError } from './errors.ts';
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
    const entry = requireEntry(context, dn);
    requireAccess(context, who, 'delete', entry.dn);
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

/**
 * Compares one value (RFC 4511 §4.10).
 *
 * @returns compareTrue or compareFalse
 * @throws {OperationError} saying why it cannot be told
 */
export function compare(context: OperationContext, who: Identity, request: CompareRequest): number {
  const entry = requireEntry(context, readDn(request.entry));
  requireAccess(context, who, 'compare', entry.dn);
  const wanted = requireDescription(request.attribute);
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
