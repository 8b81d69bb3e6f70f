import { EXTENDED, type ExtendedResponse, RESULT } from '../../src/ldap/index.ts';
import { OperationError } from './errors.ts';
import type { Peer } from './peer.ts';

/**
 * The answer to StartTLS; the handshake follows it (RFC 4511 §4.14).
 *
 * @throws {OperationError} where there is no TLS to start
 */
export function startTls(peer: Peer): ExtendedResponse {
  if (peer.startTls === undefined) {
    throw peer.isSecure
      ? new OperationError('operationsError', 'this connection is safe already')
      : new OperationError('protocolError', 'StartTLS is not offered: this service has no certificate');
  }
  return {
    type: 'extendedResponse',
    resultCode: RESULT.success,
    matchedDN: '',
    diagnosticMessage: '',
    responseName: EXTENDED.startTls,
  };
}

/** RFC 4511 §4.14.1: nothing else may be under way, a bind of several steps neither. */
export const startTlsTooLate = (): OperationError =>
  new OperationError('operationsError', 'StartTLS must wait until all other requests have been answered');
