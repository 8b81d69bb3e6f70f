import { DecodeError } from '../../src/errors.ts';
import { type DistinguishedName, parseDn, serializeDn } from '../../src/ldap/index.ts';
import type { Clock } from '../../src/net/clock.ts';
import type { AccessAction, AccessPolicy, Identity } from './access.ts';
import type { Entry } from './entry.ts';
import { OperationError } from './errors.ts';
import type { LegacyProfile } from './legacy.ts';
import type { ServiceLimits, TtlLimits } from './limits.ts';
import { parentPath, pathOf } from './schema.ts';
import type { EntryStore } from './store.ts';
import { SUFFIX } from './tree.ts';

/** What every operation works with. */
export interface OperationContext {
  readonly store: EntryStore;
  readonly clock: Clock;
  readonly ttl: TtlLimits;
  readonly access: AccessPolicy;
  readonly limits: ServiceLimits;
  /** What is done for locator clients of the 1990s; undefined where that is switched off. */
  readonly legacy?: LegacyProfile | undefined;
}

/** A DN of a request. @throws {OperationError} invalidDNSyntax */
export function readDn(text: string): DistinguishedName {
  try {
    return parseDn(text);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new OperationError('invalidDNSyntax', error.message);
  }
}

/** The live entry of that path, or undefined. An entry whose time is over is gone, swept or not. */
export function liveEntry(context: OperationContext, path: string): Entry | undefined {
  const entry = context.store.get(path);
  return entry !== undefined && isLive(entry, context.clock.wall()) ? entry : undefined;
}

export const isLive = (entry: Entry, wallMs: number): boolean =>
  entry.expires === undefined || entry.expires > wallMs;

/**
 * The live entry a request names.
 *
 * @throws {OperationError} noSuchObject with the deepest entry that exists
 */
export function requireEntry(context: OperationContext, dn: DistinguishedName): Entry {
  if (dn.length === 0) {
    throw new OperationError(
      'unwillingToPerform',
      'the root DSE (empty DN) can only be read, with scope base',
    );
  }
  const path = pathOf(dn);
  return liveEntry(context, path) ?? failNoSuchObject(context, path, serializeDn(dn));
}

/** @throws {OperationError} always */
export function failNoSuchObject(context: OperationContext, path: string, dn: string): never {
  let matched: Entry | undefined;
  for (
    let above = parentPath(path);
    above !== undefined && matched === undefined;
    above = parentPath(above)
  ) {
    matched = liveEntry(context, above);
  }
  const where = matched === undefined ? `; this service holds ${SUFFIX}` : `; ${matched.dn} exists`;
  throw new OperationError('noSuchObject', `there is no entry ${dn}${where}`, matched?.dn ?? '');
}

/** @throws {OperationError} insufficientAccessRights */
export function requireAccess(
  context: OperationContext,
  who: Identity,
  action: AccessAction,
  dn: string,
): void {
  const answer = context.access.allows(who, action, dn);
  if (answer !== true) throw new OperationError('insufficientAccessRights', `${action} of ${dn}: ${answer}`);
}
