import { InvalidValueError } from '../src/errors.ts';
import type { LdapTarget } from './ldap/target.ts';
import type { ConnectOptions } from './types.ts';

/** Milliseconds a request may take unless told otherwise. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** @throws {InvalidValueError} outside 1 to 3 600 000 ms */
export function checkTimeout(timeoutMs = DEFAULT_TIMEOUT_MS): number {
  if (!Number.isFinite(timeoutMs) || timeoutMs < 1 || timeoutMs > 3_600_000) {
    throw new InvalidValueError(`A time limit of ${timeoutMs} ms is not possible; it is 1 to 3600000`);
  }
  return timeoutMs;
}

/**
 * The TLS to use on a target, from its URL and the caller's wish.
 *
 * @throws {InvalidValueError} when the two do not go together
 */
export function tlsOf(target: LdapTarget, wanted: ConnectOptions['tls']): 'none' | 'ldaps' | 'starttls' {
  const own = target.kind === 'tcp' && target.tls ? 'ldaps' : 'none';
  if (wanted === undefined || wanted === own) return own;
  if (own === 'ldaps') throw new InvalidValueError(`${target.url} is TLS already; it cannot be "${wanted}"`);
  if (target.kind !== 'tcp') throw new InvalidValueError(`TLS is for network servers, not for ${target.url}`);
  return wanted;
}
