import { type PartialAttribute, type Rdn, rdnValueOctets } from '../../src/ldap/index.ts';
import { type EntryAttributes, EntryAttribute, textValues } from './entry.ts';
import { OperationError } from './errors.ts';
import {
  type AttributeDescription,
  attributeDescription,
  attributeType,
  objectClass,
  withSuperiors,
} from './schema.ts';
import type { ObjectClassData } from './schema-data.ts';

/** @throws {OperationError} undefinedAttributeType */
export function requireDescription(name: string): AttributeDescription {
  const description = attributeDescription(name);
  if (description !== undefined) return description;
  throw new OperationError(
    'undefinedAttributeType',
    `attribute "${name}" is not in the schema; cn=Schema,ou=Admin,o=Intranet lists what is`,
  );
}

/** @throws {OperationError} constraintViolation when the server keeps this attribute itself */
export function requireWritable({ type }: AttributeDescription): void {
  if (type.noUserModification) {
    throw new OperationError(
      'constraintViolation',
      `${type.name} is kept by the server and cannot be written`,
    );
  }
}

/**
 * Checks values as they will be stored together.
 *
 * @throws {OperationError} invalidAttributeSyntax, attributeOrValueExists or constraintViolation
 */
export function checkValues(description: AttributeDescription, vals: readonly Uint8Array[]): void {
  const { type } = description;
  const seen = new Set<string>();
  vals.forEach((value, index) => {
    const key = type.rule.key(value);
    if (key === undefined) {
      throw new OperationError(
        'invalidAttributeSyntax',
        `value ${index + 1} of ${type.name} does not have the syntax that ${type.rule.name} compares`,
      );
    }
    if (seen.has(key)) {
      throw new OperationError(
        'attributeOrValueExists',
        `value ${index + 1} of ${type.name} is there already`,
      );
    }
    seen.add(key);
  });
  if (type.single && vals.length > 1) {
    throw new OperationError('constraintViolation', `${type.name} takes one value, ${vals.length} are given`);
  }
}

/** Adds the values of the RDN that the entry lacks (RFC 4511 §4.7 lets the server do so). */
export function addRdnValues(attributes: Map<string, EntryAttribute>, rdn: Rdn): void {
  for (const { type: name, value } of rdn) {
    const description = requireDescription(name);
    requireWritable(description);
    const octets = rdnValueOctets(value);
    const key = description.type.rule.key(octets);
    if (key === undefined) {
      throw new OperationError('namingViolation', `the value of ${name} in the DN does not have its syntax`);
    }
    const present = attributes.get(description.key);
    if (present?.keys.includes(key)) continue;
    const vals = [...(present?.vals ?? []), octets];
    checkValues(description, vals);
    attributes.set(description.key, new EntryAttribute(description, vals));
  }
}

/** The classes of an entry, superiors included. */
export interface Classes {
  readonly all: readonly ObjectClassData[];
  readonly structural: ObjectClassData;
  readonly isDynamic: boolean;
}

/**
 * Reads objectClass and completes it with the superiors.
 *
 * @throws {OperationError} objectClassViolation
 */
export function resolveClasses(attributes: EntryAttributes): Classes {
  const names = textValues(attributes, 'objectClass');
  if (names.length === 0) {
    throw new OperationError(
      'objectClassViolation',
      'objectClass is missing: give a class such as rtConference or rtPerson, and dynamicObject for an entry that expires',
    );
  }
  for (const name of names) {
    if (objectClass(name) === undefined) {
      throw new OperationError('objectClassViolation', `object class "${name}" is not in the schema`);
    }
  }
  const all = withSuperiors(names);
  const structural = all.filter(({ kind }) => kind === 'STRUCTURAL');
  if (structural.length !== 1) {
    const found = structural.map(({ name }) => name).join(', ') || 'none';
    throw new OperationError('objectClassViolation', `an entry has one structural class, this one: ${found}`);
  }
  return {
    all,
    structural: structural[0]!,
    isDynamic: all.some(({ name }) => name === 'dynamicObject'),
  };
}

/**
 * Checks that every required attribute is there. A conference named by uid need not repeat it as cn.
 *
 * @throws {OperationError} objectClassViolation
 */
export function completeRequired(attributes: Map<string, EntryAttribute>, { all }: Classes): void {
  for (const { name: className, must } of all) {
    for (const name of must) {
      const type = attributeType(name)!;
      if (attributes.has(type.key)) continue;
      const uid = attributes.get('uid');
      if (type.key !== 'cn' || uid === undefined) {
        throw new OperationError('objectClassViolation', `class ${className} requires attribute ${name}`);
      }
      attributes.set('cn', new EntryAttribute(attributeDescription('cn')!, uid.vals));
    }
  }
}

/** Values of objectClass with superiors, each once. */
export function setClasses(attributes: Map<string, EntryAttribute>, { all }: Classes): void {
  const description = attributeDescription('objectClass')!;
  const encoder = new TextEncoder();
  attributes.set(
    description.key,
    new EntryAttribute(
      description,
      all.map(({ name }) => encoder.encode(name)),
    ),
  );
}

/** @throws {OperationError} adminLimitExceeded */
export function checkSize(attributes: EntryAttributes, maxEntryBytes: number): void {
  let bytes = 0;
  for (const { vals } of attributes.values()) for (const value of vals) bytes += value.length;
  if (bytes > maxEntryBytes) {
    throw new OperationError(
      'adminLimitExceeded',
      `the entry has ${bytes} bytes of values, at most ${maxEntryBytes} are kept`,
    );
  }
}

/** One attribute of a request, with its name looked up. */
export function readAttribute({ type, vals }: PartialAttribute): {
  description: AttributeDescription;
  vals: readonly Uint8Array[];
} {
  return { description: requireDescription(type), vals };
}
