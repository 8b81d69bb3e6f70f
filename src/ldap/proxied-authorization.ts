import { DecodeError } from '../errors.ts';
import { utf8Bytes, utf8Text } from './ber.ts';
import type { Control } from './control.ts';

/** Control that asks for an operation to be done as somebody else (RFC 4370 §3). */
export const PROXIED_AUTHORIZATION = '2.16.840.1.113730.3.4.18';

/**
 * The authorization identity: `dn:` and a DN, `u:` and a user name, or nothing for anonymous (RFC 4513 §5.2.1.8).
 *
 * @throws {DecodeError} when the control has no value, or one that is no text
 */
export function decodeProxiedAuthorization({ controlValue }: Control): string {
  const authzId = controlValue === undefined ? undefined : utf8Text(controlValue);
  if (authzId !== undefined) return authzId;
  throw new DecodeError('LDAP', 'the proxied authorization control has no authorization identity', {
    rule: 'RFC 4370 §3',
  });
}

/** @param authzId as {@link decodeProxiedAuthorization} gives it */
export const proxiedAuthorizationControl = (authzId: string): Control => ({
  controlType: PROXIED_AUTHORIZATION,
  criticality: true, // RFC 4370 §3: never otherwise
  controlValue: utf8Bytes(authzId),
});
