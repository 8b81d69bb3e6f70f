import type { Clock } from '../../src/net/clock.ts';
import type { Conference } from '../conference.ts';
import {
  AlreadyExistsError,
  DirectoryError,
  DirectoryTimeoutError,
  DirectoryUnavailableError,
  NotFoundError,
} from '../errors.ts';
import { publicationOf } from '../publication.ts';
import type { Directory } from '../types.ts';
import { copyOf, entryView } from './session.ts';
import type { EntryView, ImportAction, ImportOutcome } from './types.ts';

/** Does to a directory what an importer wants. Never rejects for the directory's sake. */
export async function perform(
  directory: Directory,
  action: ImportAction,
  gateway: string,
  clock: Clock,
): Promise<ImportOutcome> {
  try {
    return await attempt(directory, action, gateway, clock);
  } catch (error) {
    if (error instanceof NotFoundError) return { kind: 'done', entry: undefined };
    const problem = error instanceof Error ? error.message : String(error);
    const isPassing =
      error instanceof DirectoryUnavailableError ||
      error instanceof DirectoryTimeoutError ||
      (error instanceof DirectoryError && error.outcomeUnknown);
    return isPassing ? { kind: 'failed', problem } : { kind: 'refused', problem };
  }
}

async function attempt(
  directory: Directory,
  action: ImportAction,
  gateway: string,
  clock: Clock,
): Promise<ImportOutcome> {
  const viewOf = (conference: Conference | undefined): EntryView | undefined =>
    conference === undefined ? undefined : entryView(conference, clock);
  if (action.kind === 'add') {
    const { name, session, ttlSeconds } = action;
    const copy = copyOf(session, name, gateway);
    try {
      await directory.add(copy, { ttlSeconds, allowShortTtl: true });
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
      return { kind: 'taken', entry: viewOf(await directory.get(name)) };
    }
    return { kind: 'done', entry: viewOf(copy) };
  }
  const { entry } = action;
  const now = await directory.get(entry.name);
  const view = viewOf(now);
  // Only what is still a copy of that session may be touched: the name may be somebody else's by now.
  const isStill = view?.dn === entry.dn && view.origin !== undefined && view.key === entry.key;
  if (now === undefined || !isStill) return { kind: 'done', entry: view };
  if (action.kind === 'look') return { kind: 'done', entry: view };
  if (action.kind === 'delete') {
    await directory.delete(now);
    return { kind: 'done', entry: undefined };
  }
  let copy = now;
  if (action.kind === 'replace') {
    copy = copyOf(action.session, now.name, gateway, publicationOf(now));
    await directory.modify(copy);
  }
  await directory.refresh(copy, action.ttlSeconds, { allowShortTtl: true });
  return { kind: 'done', entry: viewOf(copy) };
}
