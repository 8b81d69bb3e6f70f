import { DecodeError } from '../../src/errors.ts';
import { decodeCancelRequest, type LdapMessage, type LdapResponse, RESULT } from '../../src/ldap/index.ts';
import { OperationError } from './errors.ts';
import { type AnsweredRequest, ok, RESPONSES } from './requests.ts';

/**
 * The operation that a Cancel request (RFC 3909 §2.1) names.
 *
 * @throws {OperationError} protocolError
 */
function cancelTarget(value: Uint8Array | undefined): number {
  if (value === undefined) {
    throw new OperationError('protocolError', 'a cancel request needs a value (RFC 3909 §2.1)');
  }
  try {
    return decodeCancelRequest(value);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new OperationError('protocolError', `the cancel request value: ${error.message}`);
  }
}

/**
 * The answers to a Cancel request and to what it cancels.
 *
 * @param cancel gives up the operation of that message id, and says of what type it was; undefined when there is none
 * @throws {OperationError} when there is nothing to cancel
 */
export function cancelAnswers(
  messageId: number,
  value: Uint8Array | undefined,
  cancel: (id: number) => AnsweredRequest['type'] | undefined,
  isBind: (id: number) => boolean,
): LdapMessage<LdapResponse>[] {
  const id = cancelTarget(value);
  const canceled = cancel(id);
  if (canceled === undefined) {
    throw isBind(id)
      ? new OperationError('cannotCancel', 'a bind cannot be canceled (RFC 3909 §2.3)')
      : new OperationError('noSuchOperation', `no operation with message id ${id} is under way`);
  }
  const ended = { ...ok, type: RESPONSES[canceled], resultCode: RESULT.canceled };
  return [
    { messageId: id, op: ended },
    { messageId, op: { ...ok, type: 'extendedResponse' } },
  ];
}
