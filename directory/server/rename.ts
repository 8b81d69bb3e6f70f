import {
  type DistinguishedName,
  type ModifyDNRequest,
  parseDn,
  type Rdn,
  rdnValueOctets,
  serializeDn,
} from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { failNoSuchObject, isLive, type OperationContext, readDn, visibleEntry } from './context.ts';
import { requireAccess, requireEntry, requireService } from './context.ts';
import { requireDelete } from './delete-compare.ts';
import { type Entry, EntryAttribute } from './entry.ts';
import {
  addRdnValues,
  checkSize,
  completeRequired,
  requireDescription,
  requireWritable,
  resolveClasses,
} from './entry-rules.ts';
import { OperationError } from './errors.ts';
import { generalizedTime } from './matching.ts';
import { authorOf } from './peer.ts';
import { pathOf } from './schema.ts';
import { isBaseTree, setText } from './tree.ts';
import { extendAbove } from './ttl.ts';

/** What the entry is to be called. @throws {OperationError} invalidDNSyntax */
export function newName({ entry, newRDN, newSuperior }: ModifyDNRequest): DistinguishedName {
  const rdn = readDn(newRDN);
  if (rdn.length !== 1) throw new OperationError('invalidDNSyntax', `"${newRDN}" is not one RDN`);
  return [...rdn, ...(newSuperior === undefined ? readDn(entry).slice(1) : readDn(newSuperior))];
}

/**
 * Renames or moves an entry that has nothing below it (RFC 4511 §4.9). It stays the same entry: its entryUUID, its
 * owner, its access rights and its time to live go along.
 *
 * @throws {OperationError} saying why not
 */
export function rename(context: OperationContext, who: Identity, request: ModifyDNRequest): void {
  const { store, clock, limits } = context;
  const dn = newName(request);
  requireService(context, who, 'add', serializeDn(dn));
  store.transaction(() => {
    const entry = requireEntry(context, readDn(request.entry), who);
    const path = pathOf(dn);
    const parent = requirePlace(context, who, entry, dn);
    const taken = store.get(path);
    if (taken !== undefined && taken.id !== entry.id && isLive(taken, clock.wall())) {
      throw new OperationError(
        'entryAlreadyExists',
        `${taken.dn} exists: choose another name, or delete it first`,
      );
    }
    const attributes = new Map(entry.attributes);
    const oldRdn = parseDn(entry.dn)[0]!;
    if (request.deleteOldRDN) removeRdnValues(attributes, oldRdn);
    addRdnValues(attributes, dn[0]!);
    followName(entry, attributes, oldRdn);
    completeRequired(attributes, resolveClasses(attributes));
    for (const { description, vals } of attributes.values()) {
      if (description.type.single && vals.length > 1) {
        throw new OperationError(
          'constraintViolation',
          `${description.type.name} takes one value: rename with deleteoldrdn`,
        );
      }
    }
    checkSize(attributes, limits.maxEntryBytes);
    for (const ended of store.descendants(entry.path)) store.delete(ended);
    if (taken !== undefined && taken.id !== entry.id) {
      for (const ended of store.descendants(taken.path)) store.delete(ended);
      store.delete(taken);
    }
    setText(attributes, 'modifiersName', authorOf(who));
    setText(attributes, 'modifyTimestamp', generalizedTime(clock.wall()));
    store.update(entry, attributes, entry.expires, { parent: parent.id, path, dn: serializeDn(dn) });
    if (entry.expires !== undefined) extendAbove(context, parent.id, entry.expires);
  });
}

/** The entry that will be above. @throws {OperationError} when `who` may not put this one there */
function requirePlace(context: OperationContext, who: Identity, entry: Entry, dn: DistinguishedName): Entry {
  const { store, clock } = context;
  if (isBaseTree(entry.path)) {
    throw new OperationError(
      'unwillingToPerform',
      `${entry.dn} belongs to the tree of every locator service`,
    );
  }
  if (store.hasChildren(entry.id, clock.wall())) {
    throw new OperationError(
      'notAllowedOnNonLeaf',
      `${entry.dn} has entries below it: move or delete those first`,
    );
  }
  const above = pathOf(dn.slice(1));
  const parent = visibleEntry(context, above, who);
  if (parent === undefined) failNoSuchObject(context, pathOf(dn), serializeDn(dn.slice(1)), who);
  if (parent.id === entry.id) {
    throw new OperationError('unwillingToPerform', `${entry.dn} cannot be moved below itself`);
  }
  if (parent.id === entry.parent) requireAccess(context, who, 'modify', entry);
  else {
    requireDelete(context, who, entry);
    requireAccess(context, who, 'add', parent);
  }
  if (parent.expires !== undefined && entry.expires === undefined) {
    throw new OperationError(
      'objectClassViolation',
      `${parent.dn} is dynamic, and below it everything is (RFC 2589 §3.1): this entry is static`,
    );
  }
  return parent;
}

function removeRdnValues(attributes: Map<string, EntryAttribute>, rdn: Rdn): void {
  for (const { type, value } of rdn) {
    const description = requireDescription(type);
    requireWritable(description);
    const key = description.type.rule.key(rdnValueOctets(value));
    const left = (attributes.get(description.key)?.vals ?? []).filter(
      (other) => description.type.rule.key(other) !== key,
    );
    if (left.length === 0) attributes.delete(description.key);
    else attributes.set(description.key, new EntryAttribute(description, left));
  }
}

/** A conference that has its cn from its uid keeps it so. */
function followName(before: Entry, attributes: Map<string, EntryAttribute>, oldRdn: Rdn): void {
  const cn = before.attributes.get('cn');
  const uid = before.attributes.get('uid');
  const isNamedByUid = oldRdn.length === 1 && requireDescription(oldRdn[0]!.type).key === 'uid';
  if (!isNamedByUid || cn === undefined || cn.keys.join('\n') !== uid?.keys.join('\n')) return;
  const now = attributes.get('uid');
  if (now !== undefined) attributes.set('cn', new EntryAttribute(cn.description, now.vals));
}
