import type { BindRequest, BindResponse } from '../../src/ldap/index.ts';
import type { Authentication } from './authentication.ts';
import type { OperationContext } from './context.ts';
import { OperationError } from './errors.ts';

/**
 * Authenticates (RFC 4511 §4.2, RFC 4513 §5; in version 2 RFC 1777 §4.1).
 *
 * @throws {OperationError} saying why not
 */
export async function bind(
  context: OperationContext,
  authentication: Authentication,
  request: BindRequest,
): Promise<BindResponse> {
  const { version } = request;
  if (version !== 2 && version !== 3) {
    throw new OperationError('protocolError', `LDAP version ${version} is not spoken here, only 2 and 3`);
  }
  if (context.legacy?.isSicily(request) === true) {
    throw new OperationError(
      'inappropriateAuthentication',
      'this server does not authenticate by NTLM: bind anonymously or with a simple password',
    );
  }
  if (version === 2 && request.authentication.kind === 'sasl') {
    throw new OperationError('protocolError', 'LDAP version 2 has no SASL: bind with version 3');
  }
  return authentication.bind(request);
}
