import { DecodeError } from '../../src/errors.ts';
import { decodeCancelRequest } from '../../src/ldap/index.ts';
import { OperationError } from './errors.ts';

/**
 * The operation that a Cancel request (RFC 3909 §2.1) names.
 *
 * @throws {OperationError} protocolError
 */
export function cancelTarget(value: Uint8Array | undefined): number {
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
