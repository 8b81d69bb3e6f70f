import { persistentSearchControl } from '../../src/ldap/index.ts';
import { endOf, runLive, searchRequest, tellAll, tellOne, type WatchSink, type WatchTask } from './source.ts';

const CHANGES = new Set(['add', 'delete', 'modify', 'modDN'] as const);

/**
 * Follows by persistent search (draft-ietf-ldapext-psearch-03). It tells which entries have changed, but not that one
 * has ceased to fit a filter: so all changes are asked for, and each changed entry is looked at.
 *
 * @throws {DirectoryError} when it ends, always
 */
export async function followPersistentSearch(task: WatchTask, sink: WatchSink): Promise<never> {
  const { connected, search, clock, signal } = task;
  const connection = await connected.session.read(async (it) => it, signal);
  const changed = new Set<string>();
  let isLooking = true;
  const ended = new AbortController();
  const whole = AbortSignal.any([signal, ended.signal]);
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => {});
  const look = async (): Promise<void> => {
    for (const dn of changed) {
      changed.delete(dn);
      await tellOne({ ...task, signal: whole }, dn, sink);
    }
    isLooking = false;
  };
  // Whatever the query says: an entry that does not fit it any more has changed as well.
  const anything = connected.dialect.filter({}, new Date(clock.wall()));
  const request = { ...searchRequest(search, anything), attributes: ['1.1'] };
  const control = persistentSearchControl({ changeTypes: CHANGES, changesOnly: true, returnChanges: true });
  const live = runLive(connection, request, control, whole, ({ op }) => {
    if (op.type !== 'searchResultEntry') return;
    changed.add(op.objectName);
    if (isLooking) return;
    isLooking = true;
    look().catch(fail);
  });
  live.catch(() => {}); // awaited below
  try {
    await Promise.race([tellAll(task, sink), live, failed]);
    sink.ready();
    look().catch(fail);
    throw endOf(await Promise.race([live, failed]));
  } finally {
    ended.abort();
  }
}
