import type { PartialAttribute } from './attribute.ts';
import { readAttribute, readAttributeList, writeAttribute } from './attribute.ts';
import type { BerReader, BerWriter } from './ber.ts';
import { context } from './ber.ts';

/** RFC 4511 §4.7. */
export interface AddRequest {
  readonly type: 'addRequest';
  readonly entry: string;
  readonly attributes: readonly PartialAttribute[];
}

/** RFC 4511 §4.6 in wire order; `increment` is RFC 4525. */
export const MODIFY_OPERATIONS = ['add', 'delete', 'replace', 'increment'] as const;
export type ModifyOperation = (typeof MODIFY_OPERATIONS)[number];

export interface ModifyChange {
  readonly operation: ModifyOperation;
  readonly modification: PartialAttribute;
}

/** RFC 4511 §4.6. */
export interface ModifyRequest {
  readonly type: 'modifyRequest';
  readonly object: string;
  readonly changes: readonly ModifyChange[];
}

/** RFC 4511 §4.8. */
export interface DelRequest {
  readonly type: 'delRequest';
  readonly entry: string;
}

/** RFC 4511 §4.9. */
export interface ModifyDNRequest {
  readonly type: 'modDNRequest';
  readonly entry: string;
  readonly newRDN: string;
  readonly deleteOldRDN: boolean;
  readonly newSuperior?: string;
}

/** RFC 4511 §4.10. */
export interface CompareRequest {
  readonly type: 'compareRequest';
  readonly entry: string;
  readonly attribute: string;
  readonly value: Uint8Array;
}

const NEW_SUPERIOR = context(0);

export function readAddRequest(r: BerReader): AddRequest {
  const entry = r.text();
  const attributes = readAttributeList(r.constructed(), 1);
  r.expectEnd('an add request');
  return { type: 'addRequest', entry, attributes };
}

export function writeAddRequest(w: BerWriter, { entry, attributes }: AddRequest): void {
  w.text(entry).begin();
  for (const attribute of attributes) writeAttribute(w, attribute);
  w.end();
}

export function readModifyRequest(r: BerReader): ModifyRequest {
  const object = r.text();
  const list = r.constructed();
  const changes: ModifyChange[] = [];
  while (!list.done) {
    const change = list.constructed();
    const operation = MODIFY_OPERATIONS[change.enumerated(0, 3)]!;
    const modification = readAttribute(change, 0);
    change.skipRest();
    changes.push({ operation, modification });
  }
  r.expectEnd('a modify request');
  return { type: 'modifyRequest', object, changes };
}

export function writeModifyRequest(w: BerWriter, { object, changes }: ModifyRequest): void {
  w.text(object).begin();
  for (const { operation, modification } of changes) {
    w.begin().enumerated(MODIFY_OPERATIONS.indexOf(operation));
    writeAttribute(w, modification);
    w.end();
  }
  w.end();
}

export function readModifyDNRequest(r: BerReader): ModifyDNRequest {
  const entry = r.text();
  const newRDN = r.text();
  const deleteOldRDN = r.boolean();
  const newSuperior = r.nextTag === NEW_SUPERIOR ? r.text(NEW_SUPERIOR) : undefined;
  r.expectEnd('a modify DN request');
  return {
    type: 'modDNRequest',
    entry,
    newRDN,
    deleteOldRDN,
    ...(newSuperior === undefined ? {} : { newSuperior }),
  };
}

export function writeModifyDNRequest(w: BerWriter, q: ModifyDNRequest): void {
  w.text(q.entry).text(q.newRDN).boolean(q.deleteOldRDN);
  if (q.newSuperior !== undefined) w.text(q.newSuperior, NEW_SUPERIOR);
}

export function readCompareRequest(r: BerReader): CompareRequest {
  const entry = r.text();
  const ava = r.constructed();
  const attribute = ava.text();
  const value = ava.octets();
  ava.expectEnd('an attribute value assertion');
  r.expectEnd('a compare request');
  return { type: 'compareRequest', entry, attribute, value };
}

export function writeCompareRequest(w: BerWriter, { entry, attribute, value }: CompareRequest): void {
  w.text(entry).begin().text(attribute).octets(value).end();
}
