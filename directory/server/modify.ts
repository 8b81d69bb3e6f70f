import { type ModifyChange, type ModifyRequest, parseDn, utf8Bytes, utf8Text } from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { type OperationContext, readDn, requireAccess, requireEntry } from './context.ts';
import { type Entry, EntryAttribute, type EntryAttributes } from './entry.ts';
import { checkDescriptor, DESCRIPTOR } from './entry-access.ts';
import {
  addRdnValues,
  checkSize,
  checkValues,
  completeRequired,
  requireDescription,
  requireWritable,
  resolveClasses,
  setClasses,
} from './entry-rules.ts';
import { OperationError } from './errors.ts';
import { authorOf } from './peer.ts';
import { generalizedTime } from './matching.ts';
import { type AttributeDescription, STTL } from './schema.ts';
import { setText } from './tree.ts';
import { clampTtl, extendAbove, ttlFromValues } from './ttl.ts';

const ENTRY_TTL = 'entryttl';

/**
 * Changes an entry: all changes or none (RFC 4511 §4.6). `entryTtl` (seconds) and `sTTL` (minutes) may be replaced,
 * which starts the time to live anew, as locator clients refresh.
 *
 * @throws {OperationError} saying why not
 */
export function modify(context: OperationContext, who: Identity, request: ModifyRequest): void {
  const dn = readDn(request.object);
  context.store.transaction(() => {
    const entry = requireEntry(context, dn, who);
    requireAttempt(context, who, entry, request.changes);
    const attributes = new Map(entry.attributes);
    let requestTtl: number | undefined;
    let changed = false;
    for (const change of request.changes) {
      const seconds = ttlOf(change, entry);
      if (seconds !== undefined) requestTtl = seconds;
      else {
        apply(attributes, change);
        changed = true;
      }
    }
    requireChanges(context, who, entry, attributes, changed);
    const now = context.clock.wall();
    let { expires } = entry;
    if (requestTtl !== undefined) expires = now + clampTtl(requestTtl, context.ttl) * 1000;
    // Everything is checked before the first write: the transaction may be shared with other requests.
    if (changed) finish(context, entry, attributes);
    if (expires !== undefined && expires !== entry.expires) {
      context.store.setExpires(entry.id, expires);
      extendAbove(context, entry.parent, expires);
    }
    if (!changed) return;
    setText(attributes, 'modifiersName', authorOf(who));
    setText(attributes, 'modifyTimestamp', generalizedTime(now));
    context.store.update(entry, attributes, expires);
  });
}

/** Whether the changes work out tells of values that are there: those who may change nothing are not to try. */
function requireAttempt(
  context: OperationContext,
  who: Identity,
  entry: Entry,
  changes: readonly ModifyChange[],
): void {
  const types = changes.map(({ modification: { type } }) => type.toLowerCase());
  const keys = types.map((type) => (type === STTL ? ENTRY_TTL : requireDescription(type).type.key));
  if (keys.some((key) => key !== ENTRY_TTL && key !== DESCRIPTOR)) {
    requireAccess(context, who, 'modify', entry);
  } else if (keys.includes(DESCRIPTOR)) requireAccess(context, who, 'permissions', entry);
}

/** A new time to live, a change, and a change of who may do what are three different rights. */
function requireChanges(
  context: OperationContext,
  who: Identity,
  entry: Entry,
  attributes: EntryAttributes,
  changed: boolean,
): void {
  if (!changed) {
    requireAccess(context, who, 'refresh', entry);
    return;
  }
  const isPermission = attributes.get(DESCRIPTOR) !== entry.attributes.get(DESCRIPTOR);
  if (isPermission) {
    requireAccess(context, who, 'permissions', entry);
    checkDescriptor(who, entry, attributes);
  }
  const keys = new Set([...attributes, ...entry.attributes].map(([key]) => key));
  keys.delete(DESCRIPTOR);
  const others = [...keys].some((key) => attributes.get(key) !== entry.attributes.get(key));
  if (others || !isPermission) requireAccess(context, who, 'modify', entry);
}

/** Seconds to live when the change is about that. */
function ttlOf({ operation, modification: { type, vals } }: ModifyChange, entry: Entry): number | undefined {
  const isMinutes = type.toLowerCase() === STTL;
  if (!isMinutes && requireDescription(type).type.key !== ENTRY_TTL) return undefined;
  if (operation !== 'replace' && operation !== 'add') {
    throw new OperationError('constraintViolation', `${type} can only be replaced by a new time to live`);
  }
  if (entry.expires === undefined) {
    throw new OperationError(
      'objectClassViolation',
      `${entry.dn} is not a dynamicObject and has no time to live`,
    );
  }
  return ttlFromValues(type, vals, isMinutes ? 60 : 1);
}

function apply(attributes: Map<string, EntryAttribute>, { operation, modification }: ModifyChange): void {
  const description = requireDescription(modification.type);
  requireWritable(description);
  const { vals } = modification;
  switch (operation) {
    case 'replace':
      set(attributes, description, vals);
      return;
    case 'add': {
      if (vals.length === 0) {
        throw new OperationError('protocolError', `add to ${modification.type} has no value (RFC 4511 §4.6)`);
      }
      set(attributes, description, [...(attributes.get(description.key)?.vals ?? []), ...vals]);
      return;
    }
    case 'delete':
      remove(attributes, description, vals);
      return;
    case 'increment':
      increment(attributes, description, vals);
  }
}

function set(
  attributes: Map<string, EntryAttribute>,
  description: AttributeDescription,
  vals: readonly Uint8Array[],
): void {
  if (vals.length === 0) {
    attributes.delete(description.key);
    return;
  }
  // Whether one value is enough is seen at the end: a later change may take the other away.
  checkValues({ ...description, type: { ...description.type, single: false } }, vals);
  attributes.set(description.key, new EntryAttribute(description, vals));
}

function remove(
  attributes: Map<string, EntryAttribute>,
  description: AttributeDescription,
  vals: readonly Uint8Array[],
): void {
  const { rule, name } = description.type;
  const present = attributes.get(description.key);
  if (present === undefined) throw new OperationError('noSuchAttribute', `the entry has no ${name}`);
  if (vals.length === 0) {
    attributes.delete(description.key);
    return;
  }
  let left = present.vals;
  for (const value of vals) {
    const key = rule.key(value);
    const kept = left.filter((other) => rule.key(other) !== key);
    if (key === undefined || kept.length === left.length) {
      throw new OperationError(
        'noSuchAttribute',
        `${name} has no such value: ${utf8Text(value) ?? 'binary'}`,
      );
    }
    left = kept;
  }
  set(attributes, description, left);
}

/** RFC 4525. */
function increment(
  attributes: Map<string, EntryAttribute>,
  description: AttributeDescription,
  vals: readonly Uint8Array[],
): void {
  const { name } = description.type;
  // Nothing of the value in the error: it may be a key, which who writes it need not see.
  const integer = (value: Uint8Array): bigint => {
    const text = utf8Text(value) ?? '';
    if (!/^-?\d{1,40}$/.test(text)) {
      throw new OperationError('constraintViolation', `increment of ${name}: it is not an integer`);
    }
    return BigInt(text);
  };
  if (vals.length !== 1) {
    throw new OperationError('protocolError', `increment of ${name} takes exactly one value (RFC 4525 §3)`);
  }
  const present = attributes.get(description.key);
  if (present === undefined)
    throw new OperationError('noSuchAttribute', `the entry has no ${name} to increment`);
  const by = integer(vals[0]!);
  set(
    attributes,
    description,
    present.vals.map((value) => utf8Bytes(String(integer(value) + by))),
  );
}

/** Checks the entry as a whole after all changes. */
function finish(context: OperationContext, entry: Entry, attributes: Map<string, EntryAttribute>): void {
  const rdn = parseDn(entry.dn)[0]!;
  for (const attribute of attributes.values()) {
    if (attribute !== entry.attributes.get(attribute.description.key)) {
      checkValues(attribute.description, attribute.vals);
    }
  }
  const before = attributes.size;
  const named = new Map(attributes);
  addRdnValues(named, rdn);
  const lost = [...named].some(([key, attribute]) => attributes.get(key) !== attribute);
  if (lost || named.size !== before) {
    throw new OperationError(
      'notAllowedOnRDN',
      `${entry.dn} is named by a value that the change removes: rename the entry instead`,
    );
  }
  const was = resolveClasses(entry.attributes);
  const is = resolveClasses(attributes);
  if (was.structural !== is.structural) {
    throw new OperationError(
      'objectClassModsProhibited',
      `the structural class is ${was.structural.name} and stays so: rename it instead`,
    );
  }
  if (was.isDynamic !== is.isDynamic) {
    throw new OperationError(
      'objectClassModsProhibited',
      'an entry cannot become dynamic or static later (RFC 2589 §3.1): delete it and add it again',
    );
  }
  if (attributes.get('objectclass') !== entry.attributes.get('objectclass')) setClasses(attributes, is);
  completeRequired(attributes, is);
  checkSize(attributes, context.limits.maxEntryBytes);
}
