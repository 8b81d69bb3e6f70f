import { type AddRequest, type DistinguishedName, serializeDn } from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import {
  failNoSuchObject,
  isLive,
  type OperationContext,
  readDn,
  requireAccess,
  requireService,
  visibleEntry,
} from './context.ts';
import { type Entry, EntryAttribute } from './entry.ts';
import { checkDescriptor } from './entry-access.ts';
import {
  addRdnValues,
  checkSize,
  checkValues,
  type Classes,
  completeRequired,
  requireDescription,
  requireWritable,
  resolveClasses,
  setClasses,
} from './entry-rules.ts';
import { OperationError } from './errors.ts';
import { authorOf } from './peer.ts';
import { parentPath, pathOf, STTL } from './schema.ts';
import { withOperational } from './tree.ts';
import { clampTtl, extendAbove, ttlFromValues } from './ttl.ts';

/** An entry to be, checked as far as it can be by itself. */
export interface NewEntry {
  readonly dn: DistinguishedName;
  readonly path: string;
  /** Without those that the server adds. */
  readonly attributes: Map<string, EntryAttribute>;
  readonly classes: Classes;
  /** Undefined for a static entry. */
  readonly ttlSeconds: number | undefined;
}

/**
 * Reads what an add request asks for.
 *
 * @throws {OperationError} saying what is wrong with it
 */
export function readNewEntry(context: OperationContext, who: Identity, request: AddRequest): NewEntry {
  const { limits, ttl } = context;
  const dn = readDn(request.entry);
  if (dn.length === 0)
    throw new OperationError('unwillingToPerform', 'the root DSE (empty DN) cannot be added');
  const path = pathOf(dn);
  requireService(context, who, 'add', request.entry);

  const attributes = new Map<string, EntryAttribute>();
  let requestTtl: number | undefined;
  for (const { type, vals } of request.attributes) {
    if (type.toLowerCase() === STTL) {
      requestTtl = ttlFromValues(type, vals, 60);
      continue;
    }
    const description = requireDescription(type);
    if (description.type.key === 'entryttl') {
      requestTtl = ttlFromValues(type, vals, 1);
      continue;
    }
    requireWritable(description);
    if (attributes.has(description.key)) {
      throw new OperationError('attributeOrValueExists', `attribute ${type} is given twice`);
    }
    checkValues(description, vals);
    attributes.set(description.key, new EntryAttribute(description, vals));
  }
  addRdnValues(attributes, dn[0]!);
  const classes = resolveClasses(attributes);
  setClasses(attributes, classes);
  completeRequired(attributes, classes);
  checkSize(attributes, limits.maxEntryBytes);
  checkDescriptor(who, undefined, attributes);
  if (requestTtl !== undefined && !classes.isDynamic) {
    throw new OperationError(
      'objectClassViolation',
      `a time to live is for dynamic entries: add objectClass dynamicObject to ${request.entry}`,
    );
  }
  const ttlSeconds = classes.isDynamic ? clampTtl(requestTtl ?? ttl.defaultSeconds, ttl) : undefined;
  return { dn, path, attributes, classes, ttlSeconds };
}

/**
 * Adds an entry (RFC 4511 §4.7).
 *
 * @param kept operational attributes that are not made anew: those of an entry that comes from elsewhere
 * @throws {OperationError} saying why not
 */
export function add(
  context: OperationContext,
  who: Identity,
  request: AddRequest,
  kept: ReadonlyMap<string, EntryAttribute> = new Map(),
): void {
  const { store, clock } = context;
  const { dn, path, attributes, classes, ttlSeconds } = readNewEntry(context, who, request);
  store.transaction(() => {
    const now = clock.wall();
    const above = parentPath(path);
    const parent = above === undefined ? undefined : visibleEntry(context, above, who);
    if (parent === undefined) {
      const top = visibleEntry(context, path, who);
      if (top !== undefined) failExists(top);
      failNoSuchObject(context, path, serializeDn(dn.slice(1)), who);
    }
    requireAccess(context, who, 'add', parent);
    context.quota.take(who);
    if (parent.expires !== undefined && !classes.isDynamic) {
      throw new OperationError(
        'objectClassViolation',
        `${parent.dn} is dynamic, and below it everything is (RFC 2589 §3.1): add objectClass dynamicObject`,
      );
    }
    const old = store.get(path);
    if (old !== undefined) {
      if (isLive(old, now)) failExists(old);
      for (const ended of store.descendants(path)) store.delete(ended);
      store.delete(old);
    }
    const expires = ttlSeconds === undefined ? undefined : now + ttlSeconds * 1000;
    withOperational(attributes, {
      structuralObjectClass: classes.structural.name,
      who: authorOf(who),
      wallMs: now,
    });
    for (const [key, attribute] of kept) attributes.set(key, attribute);
    store.insert({ parent: parent.id, path, dn: serializeDn(dn), attributes, expires });
    if (expires !== undefined && parent.expires !== undefined) extendAbove(context, parent.id, expires);
  });
}

function failExists({ dn }: Entry): never {
  throw new OperationError('entryAlreadyExists', `${dn} exists: modify it, or delete it first`);
}
