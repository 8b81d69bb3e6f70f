import { DecodeError } from '../../src/errors.ts';
import { type DistinguishedName, parseDn, serializeDn } from '../../src/ldap/index.ts';
import type { Clock } from '../../src/net/clock.ts';
import type { AccessAction, AccessPolicy, Identity } from './access.ts';
import type { Entry } from './entry.ts';
import { type EntryAction, mayDo } from './entry-access.ts';
import { OperationError } from './errors.ts';
import type { LegacyProfile } from './legacy.ts';
import type { ServiceLimits, TtlLimits } from './limits.ts';
import type { Monitor } from './monitor.ts';
import type { OwnerQuota } from './owner-quota.ts';
import { guardAccounts } from './principals.ts';
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
  /** What the service tells about itself. */
  readonly monitor: Monitor;
  /** How many entries one client may add. */
  readonly quota: OwnerQuota;
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
 * The live entry a request names, if `who` may see it: to others it is not there.
 *
 * @throws {OperationError} noSuchObject with the deepest entry that exists
 */
export function requireEntry(context: OperationContext, dn: DistinguishedName, who: Identity): Entry {
  if (dn.length === 0) {
    throw new OperationError(
      'unwillingToPerform',
      'the root DSE (empty DN) can only be read, with scope base',
    );
  }
  const path = pathOf(dn);
  return visibleEntry(context, path, who) ?? failNoSuchObject(context, path, serializeDn(dn), who);
}

/** The live entry of that path if `who` may see it. */
export function visibleEntry(context: OperationContext, path: string, who: Identity): Entry | undefined {
  const entry = liveEntry(context, path);
  return entry !== undefined && mayRead(context, who, entry) ? entry : undefined;
}

/** Whether a search by `who` returns the entry. */
export const mayRead = (context: OperationContext, who: Identity, entry: Entry): boolean =>
  mayDo(who, 'read', entry) && context.access.allows(who, 'read', entry.dn) === true;

/** @throws {OperationError} always */
export function failNoSuchObject(context: OperationContext, path: string, dn: string, who: Identity): never {
  let matched: Entry | undefined;
  for (
    let above = parentPath(path);
    above !== undefined && matched === undefined;
    above = parentPath(above)
  ) {
    matched = visibleEntry(context, above, who);
  }
  const where = matched === undefined ? `; this service holds ${SUFFIX}` : `; ${matched.dn} exists`;
  throw new OperationError('noSuchObject', `there is no entry ${dn}${where}`, matched?.dn ?? '');
}

/**
 * Whether the service takes this from `who` at all.
 *
 * @throws {OperationError} insufficientAccessRights
 */
export function requireService(
  context: OperationContext,
  who: Identity,
  action: AccessAction,
  dn: string,
): void {
  if (action !== 'read' && action !== 'compare') guardAccounts(who, dn);
  const answer = context.access.allows(who, action, dn);
  if (answer !== true) throw new OperationError('insufficientAccessRights', `${action} of ${dn}: ${answer}`);
}

/**
 * Whether the service takes this from `who`, and the entry itself allows it. To add is asked of the entry above.
 *
 * @throws {OperationError} insufficientAccessRights
 */
export function requireAccess(
  context: OperationContext,
  who: Identity,
  action: EntryAction,
  entry: Entry,
): void {
  requireService(context, who, SERVICE_ACTION[action], entry.dn);
  if (mayDo(who, action, entry)) return;
  throw new OperationError(
    'insufficientAccessRights',
    `${who.dn === '' ? 'anonymous clients' : who.dn} may not ${WORDS[action]} ${entry.dn}: its owner or an administrator can change that`,
  );
}

const SERVICE_ACTION: Readonly<Record<EntryAction, AccessAction>> = {
  read: 'read',
  readPermissions: 'read',
  compare: 'compare',
  add: 'add',
  modify: 'modify',
  permissions: 'modify',
  delete: 'delete',
  refresh: 'refresh',
};
const WORDS: Readonly<Record<EntryAction, string>> = {
  read: 'read',
  readPermissions: 'read who may do what with',
  compare: 'compare',
  add: 'add below',
  modify: 'modify',
  permissions: 'say who may do what with',
  delete: 'delete',
  refresh: 'refresh',
};
