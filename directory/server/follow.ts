import { DecodeError } from '../../src/errors.ts';
import {
  type Control,
  MANAGE_DSA_IT,
  PERSISTENT_SEARCH,
  type SearchRequest,
  SYNC,
} from '../../src/ldap/index.ts';
import type { Identity } from './access.ts';
import type { OperationContext } from './context.ts';
import { OperationError } from './errors.ts';
import type { Following } from './following.ts';
import { PersistentSearch } from './persistent-search.ts';
import { SyncSearch } from './sync-search.ts';

/** Controls that make a search go on. */
export const FOLLOWING_CONTROLS: readonly string[] = [SYNC.request, PERSISTENT_SEARCH];

/**
 * The search that a control makes of a request: content synchronisation or a persistent search.
 *
 * @returns undefined for an ordinary search
 * @throws {OperationError} when it cannot be begun
 */
export function startFollowing(
  context: OperationContext,
  who: Identity,
  messageId: number,
  request: SearchRequest,
  controls: readonly Control[],
): Following | undefined {
  const control = controls.find(({ controlType }) => FOLLOWING_CONTROLS.includes(controlType));
  if (control === undefined) return undefined;
  const isInTheWay = (other: Control): boolean =>
    other !== control && other.criticality && other.controlType !== MANAGE_DSA_IT;
  if (controls.some(isInTheWay)) {
    throw new OperationError(
      'unavailableCriticalExtension',
      'a search that follows changes cannot be paged, sorted or otherwise controlled as well',
    );
  }
  try {
    const Run = control.controlType === SYNC.request ? SyncSearch : PersistentSearch;
    return new Run(context, who, messageId, request, control);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new OperationError('protocolError', `control ${control.controlType}: ${error.message}`);
  }
}
