import {
  decodeSyncInfo,
  decodeSyncState,
  type LdapMessage,
  RESULT,
  SYNC,
  type SyncInfoValue,
  syncRequestControl,
} from '../../src/ldap/index.ts';
import { ReboundError } from '../ldap/live-search.ts';
import { wholeFilter } from '../object-search.ts';
import { endOf, entryOf, runLive, searchRequest, type WatchSink, type WatchTask } from './source.ts';

/** Where the next search goes on, and at which server that means something. */
export interface SyncPlace {
  cookie: Uint8Array | undefined;
  server: unknown;
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

/**
 * Follows by content synchronisation (RFC 4533 §3.4), from `place` on, which is kept up to date.
 *
 * @throws {DirectoryError} when it ends, always
 */
export async function followSync(task: WatchTask, place: SyncPlace, sink: WatchSink): Promise<never> {
  const { connected, search, signal } = task;
  const connection = await connected.session.read(async (it) => it, signal);
  const { server } = connected.session;
  if (place.server !== server) place.cookie = undefined;
  place.server = server;
  const { cookie } = place;
  const mode = 'refreshAndPersist';
  const control = syncRequestControl({ mode, reloadHint: true, ...(cookie === undefined ? {} : { cookie }) });
  sink.beginReload();
  const request = searchRequest(search, wholeFilter(search));
  const live = runLive(connection, request, control, signal, (message) => take(task, message, place, sink));
  const done = await live.catch((error: unknown) => {
    if (error instanceof ReboundError) place.cookie = undefined; // somebody else may see more, or less
    throw error;
  });
  if (done.resultCode === RESULT.syncRefreshRequired) place.cookie = undefined;
  throw endOf(done);
}

function take(task: WatchTask, { op, controls = [] }: LdapMessage, place: SyncPlace, sink: WatchSink): void {
  if (op.type === 'intermediateResponse' && op.responseName === SYNC.info) {
    takeInfo(decodeSyncInfo(op), place, sink);
    return;
  }
  const control = controls.find(({ controlType }) => controlType === SYNC.state);
  if (op.type !== 'searchResultEntry' || control === undefined) return;
  const { state, entryUuid, cookie } = decodeSyncState(control);
  const uuid = hex(entryUuid);
  if (state === 'delete') sink.goneId(uuid);
  else if (state === 'present') sink.presentId(uuid);
  else sink.present(entryOf(task, op), uuid);
  if (cookie !== undefined) place.cookie = cookie;
}

function takeInfo(info: SyncInfoValue, place: SyncPlace, sink: WatchSink): void {
  switch (info.kind) {
    case 'newCookie':
      break;
    case 'idSet':
      for (const uuid of info.uuids) {
        if (info.refreshDeletes) sink.goneId(hex(uuid));
        else sink.presentId(hex(uuid));
      }
      break;
    case 'refreshDelete':
    case 'refreshPresent':
      // After a present phase what was not mentioned is gone; a delete phase names what is gone (§3.3.1, §3.3.2).
      sink.endReload(info.kind === 'refreshPresent');
      if (info.refreshDone) sink.ready();
  }
  if (info.cookie !== undefined) place.cookie = info.cookie;
}
