import { EXTENDED, type LdapResponse } from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import { add } from './add.ts';
import type { OperationContext } from './context.ts';
import { compare, deleteEntry } from './delete-compare.ts';
import { OperationError } from './errors.ts';
import { extended } from './extended.ts';
import { modify } from './modify.ts';
import { type AnsweredRequest, beginWrite, ok, RESPONSES } from './requests.ts';

/** Requests whose answer is one message, and is known at once. */
export type ImmediateRequest = Exclude<AnsweredRequest, { readonly type: 'searchRequest' | 'bindRequest' }>;

/**
 * Does one operation; changes go into the transaction of this turn.
 *
 * @throws {OperationError} saying why not
 */
export function performNow(context: OperationContext, who: Identity, op: ImmediateRequest): LdapResponse {
  const { store, legacy } = context;
  switch (op.type) {
    case 'extendedRequest':
      if (op.requestName === EXTENDED.refresh) beginWrite(store);
      return extended(context, who, op);
    case 'compareRequest':
      return { ...ok, type: 'compareResponse', resultCode: compare(context, who, op) };
    case 'modDNRequest':
      throw new OperationError(
        'unwillingToPerform',
        'this service does not rename entries: delete the entry and add it under its new name',
      );
    case 'addRequest':
      beginWrite(store);
      add(context, who, op);
      break;
    case 'modifyRequest':
      beginWrite(store);
      (legacy?.modify ?? modify)(context, who, op);
      break;
    case 'delRequest':
      beginWrite(store);
      (legacy?.deleteEntry ?? deleteEntry)(context, who, op);
      break;
  }
  return { ...ok, type: RESPONSES[op.type] };
}
