import type { BindRequest } from '../../src/ldap/index.ts';
import { readDn } from './context.ts';
import { OperationError } from './errors.ts';
import type { LocatorService } from './service.ts';

/**
 * Authenticates (RFC 4511 §4.2, RFC 4513 §5.1).
 *
 * @returns the DN bound as, empty for anonymous
 * @throws {OperationError} saying why not
 */
export async function bind(service: LocatorService, request: BindRequest): Promise<string> {
  const { version, name, authentication } = request;
  if (version !== 2 && version !== 3) {
    throw new OperationError('protocolError', `LDAP version ${version} is not spoken here, only 2 and 3`);
  }
  if (service.context.legacy?.isSicily(request) === true) {
    throw new OperationError(
      'inappropriateAuthentication',
      'this server does not authenticate by NTLM: bind anonymously or with a simple password',
    );
  }
  if (authentication.kind !== 'simple') {
    const method =
      authentication.kind === 'sasl'
        ? `SASL ${authentication.mechanism}`
        : `method ${authentication.tag & 0x1f}`;
    throw new OperationError(
      'authMethodNotSupported',
      `${method} is not supported: bind anonymously or with a simple password`,
    );
  }
  readDn(name);
  if (authentication.password.length === 0) {
    if (name === '') return '';
    // RFC 4513 §5.1.2: a client that forgot the password must not think it is somebody.
    throw new OperationError(
      'unwillingToPerform',
      'a name without a password proves nothing: give both or neither',
    );
  }
  if (!(await service.authenticate(name, authentication.password))) {
    throw new OperationError('invalidCredentials', 'name or password is wrong');
  }
  return name;
}
