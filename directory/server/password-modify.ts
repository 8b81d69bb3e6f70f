import { InvalidValueError } from '../../src/errors.ts';
import {
  decodePasswordModifyRequest,
  encodeGeneratedPassword,
  type ExtendedResponse,
  RESULT,
  utf8Bytes,
  utf8Text,
} from '../../src/ldap/index.ts';
import type { Authentication, AuthenticationService } from './authentication.ts';
import type { OperationContext } from './context.ts';
import { OperationError } from './errors.ts';
import { makeSecret, passwordCheck, randomPassword } from './password.ts';
import type { Principal } from './principals.ts';
import { ACCOUNTS } from './tree.ts';

/**
 * Password Modify (RFC 3062): one's own password, or as the administrator anybody's. A password that is left out is
 * made up and told.
 *
 * @throws {OperationError} saying why not
 */
export async function modifyPassword(
  { store }: OperationContext,
  service: AuthenticationService,
  { who, peer }: Authentication,
  requestValue: Uint8Array | undefined,
): Promise<ExtendedResponse> {
  const { userIdentity, oldPassword, newPassword } = decodePasswordModifyRequest(requestValue);
  if (!peer.isSecure && !peer.isLocal) {
    throw new OperationError(
      'confidentialityRequired',
      'a new password is not taken in the clear: use ldaps:// or StartTLS',
    );
  }
  if (who.dn === '' && !who.isInProcess) {
    throw new OperationError('strongerAuthRequired', 'bind first: nobody has no password to change');
  }
  const target = userIdentity ?? who.dn;
  const own = service.principals.byDn(who.dn);
  const principal = service.principals.byName(target);
  if (principal?.dn !== own?.dn && !who.isAdmin && !who.isInProcess) {
    throw new OperationError('insufficientAccessRights', 'only the administrator sets passwords of others');
  }
  const entry = principal?.entry ?? service.principals.entryOf(target);
  if (entry === undefined) throw new OperationError('unwillingToPerform', noAccount(target, principal));
  if (oldPassword !== undefined) await requireOld(principal, oldPassword, service, peer.address);
  const password = newPassword === undefined ? randomPassword() : utf8Text(newPassword);
  if (password === undefined) throw new OperationError('constraintViolation', 'a password is UTF-8');
  let secret;
  try {
    secret = await makeSecret(password);
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error;
    throw new OperationError('constraintViolation', error.message);
  }
  if (store.byId(entry.id) === undefined) throw new OperationError('noSuchObject', `${target} is gone`);
  store.secrets.set(entry.id, secret);
  return {
    type: 'extendedResponse',
    resultCode: RESULT.success,
    matchedDN: '',
    diagnosticMessage: '',
    ...(newPassword === undefined ? { responseValue: encodeGeneratedPassword(utf8Bytes(password)) } : {}),
  };
}

async function requireOld(
  principal: Principal | undefined,
  oldPassword: Uint8Array,
  { bindDelay }: AuthenticationService,
  address: string | undefined,
): Promise<void> {
  if (address !== undefined) await bindDelay.turn(address);
  if (principal !== undefined && (await passwordCheck(principal.secret.password)(oldPassword))) return;
  if (address !== undefined) bindDelay.failed(address);
  throw new OperationError('invalidCredentials', 'the old password is wrong');
}

const noAccount = (target: string, principal: Principal | undefined): string =>
  principal?.isAdmin === true
    ? 'the administrator’s password is in the configuration of this service: change it there'
    : `"${target}" has no password here: accounts are entries below ${ACCOUNTS}`;
