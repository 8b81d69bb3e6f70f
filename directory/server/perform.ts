import {
  ASSERTION,
  BerReader,
  BerWriter,
  type Control,
  decodeAssertion,
  decodeReadEntryRequest,
  EXTENDED,
  type LdapResponse,
  READ_ENTRY,
  type ReadEntryOid,
  readAttributeList,
  readEntryResponseControl,
  serializeDn,
} from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { add } from './add.ts';
import { computedAttributes } from './computed.ts';
import { type OperationContext, readDn, requireEntry } from './context.ts';
import { compare, deleteEntry } from './delete-compare.ts';
import type { Entry } from './entry.ts';
import { visibleSelection } from './key-access.ts';
import { OperationError } from './errors.ts';
import { extended } from './extended.ts';
import { compileFilter } from './filter-match.ts';
import { modify } from './modify.ts';
import { newName, rename } from './rename.ts';
import { type AnsweredRequest, beginWrite, ok, RESPONSES } from './requests.ts';
import { findControl, readControl } from './request-controls.ts';
import { selectAttributes, writeSelected } from './selection.ts';

/** Requests whose answer is one message, and is known at once. */
export type ImmediateRequest = Exclude<AnsweredRequest, { readonly type: 'searchRequest' | 'bindRequest' }>;
type UpdateRequest = Exclude<ImmediateRequest, { readonly type: 'compareRequest' | 'extendedRequest' }>;

export interface Performed {
  readonly op: LdapResponse;
  readonly controls: readonly Control[];
}

/**
 * Does one operation, with the assertion control (RFC 4528) and those that read the entry before and after (RFC 4527).
 * Changes go into the transaction of this turn.
 *
 * @throws {OperationError} saying why not; nothing of the request is done then
 */
export function perform(
  context: OperationContext,
  who: Identity,
  op: ImmediateRequest,
  controls: readonly Control[],
): Performed {
  if (op.type === 'extendedRequest') {
    if (op.requestName === EXTENDED.refresh) beginWrite(context.store);
    return { op: extended(context, who, op), controls: [] };
  }
  if (op.type === 'compareRequest') {
    requireAssertion(context, who, op.entry, controls);
    return { op: { ...ok, type: 'compareResponse', resultCode: compare(context, who, op) }, controls: [] };
  }
  beginWrite(context.store);
  const done = { ...ok, type: RESPONSES[op.type] };
  if (controls.length === 0) {
    update(context, who, op);
    return { op: done, controls: [] };
  }
  return context.store.atomic(() => {
    const answers: Control[] = [];
    const target = op.type === 'modifyRequest' ? op.object : op.entry;
    if (op.type !== 'addRequest') {
      requireAssertion(context, who, target, controls);
      answers.push(...read(context, who, target, controls, READ_ENTRY.before));
    }
    update(context, who, op);
    const name = op.type === 'modDNRequest' ? serializeDn(newName(op)) : target;
    // There is nothing to assert of a new entry before it is there.
    if (op.type === 'addRequest') requireAssertion(context, who, name, controls);
    if (op.type !== 'delRequest') answers.push(...read(context, who, name, controls, READ_ENTRY.after));
    return { op: done, controls: answers };
  });
}

function update(context: OperationContext, who: Identity, op: UpdateRequest): void {
  const { legacy } = context;
  switch (op.type) {
    case 'addRequest':
      return add(context, who, op);
    case 'modifyRequest':
      return (legacy?.modify ?? modify)(context, who, op);
    case 'delRequest':
      return (legacy?.deleteEntry ?? deleteEntry)(context, who, op);
    case 'modDNRequest':
      return (legacy?.rename ?? rename)(context, who, op);
  }
}

/**
 * Holds the entry against the assertion control, if there is one (RFC 4528 §3).
 *
 * @throws {OperationError} assertionFailed
 */
export function requireAssertion(
  context: OperationContext,
  who: Identity,
  dn: string,
  controls: readonly Control[],
): void {
  const control = findControl(controls, ASSERTION);
  if (control === undefined) return;
  const filter = readControl(control, 'assertion', decodeAssertion);
  const entry = requireEntry(context, readDn(dn), who);
  if (compileFilter(filter, computedAttributes(context))(entry) === true) return;
  throw new OperationError('assertionFailed', `${entry.dn} is not as the assertion control says it is`);
}

/** The response to a control that reads the entry, if there is one (RFC 4527 §3). */
function read(
  context: OperationContext,
  who: Identity,
  dn: string,
  controls: readonly Control[],
  oid: ReadEntryOid,
): Control[] {
  const control = findControl(controls, oid);
  if (control === undefined) return [];
  const names = readControl(
    control,
    oid === READ_ENTRY.before ? 'pre-read' : 'post-read',
    decodeReadEntryRequest,
  );
  return [
    readEntryResponseControl(oid, resultEntry(context, who, requireEntry(context, readDn(dn), who), names)),
  ];
}

function resultEntry(context: OperationContext, who: Identity, entry: Entry, names: readonly string[]) {
  const w = new BerWriter(512).begin();
  const selection = visibleSelection(who, entry, selectAttributes(names, false));
  writeSelected(w, entry, selection, computedAttributes(context));
  const attributes = readAttributeList(new BerReader(w.end().finish()).constructed(), 0);
  return { type: 'searchResultEntry', objectName: entry.dn, attributes } as const;
}
