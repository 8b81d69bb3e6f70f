import {
  type Control,
  type LdapMessage,
  resultName,
  type SearchRequest,
  type SearchResultDone,
  type SearchResultEntry,
  utf8Text,
} from '../../src/ldap/index.ts';
import type { Clock } from '../../src/net/clock.ts';
import { DirectoryError, DirectoryUnavailableError, errorForResult } from '../errors.ts';
import type { Connected } from '../entries.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import { LdapEntry } from '../ldap/entry.ts';
import { type ObjectSearch, searchObjects, wholeFilter } from '../object-search.ts';

/** Where a source tells what it learns. */
export interface WatchSink {
  beginReload(): void;
  endReload(isComplete: boolean): boolean;
  present(entry: LdapEntry, uuid?: string): boolean;
  presentId(uuid: string): void;
  gone(dn: string): boolean;
  goneId(uuid: string): boolean;
  /** Everything there is has been told. */
  ready(): void;
}

/** What a source works with. */
export interface WatchTask {
  readonly connected: Connected;
  /** What is watched; `read` is the sink's business. */
  readonly search: ObjectSearch<LdapEntry>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The server does not do it this way after all: another is to be tried. */
export class NotOfferedError extends DirectoryError {}

/** The entry as the rest of the directory knows it. */
export function entryOf({ search }: WatchTask, { objectName, attributes }: SearchResultEntry): LdapEntry {
  const binary = new Set(search.binaryAttributes.map((name) => name.toLowerCase()));
  return new LdapEntry(
    objectName,
    attributes.map(({ type, vals }) => {
      const isBinary = binary.has(type.toLowerCase());
      return [type, vals.map((value) => (isBinary ? value : (utf8Text(value) ?? value)))];
    }),
  );
}

/** The search that is watched. */
export const searchRequest = (
  { base, attributes }: ObjectSearch<unknown>,
  filter: SearchRequest['filter'],
): SearchRequest => ({
  type: 'searchRequest',
  baseObject: base,
  scope: 'one',
  derefAliases: 'never',
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter,
  attributes,
});

/**
 * Runs a search that goes on until the server or the connection ends it.
 *
 * @throws {NotOfferedError} when the server refuses it from the start
 * @throws {DirectoryError} when it ends otherwise
 */
export async function runLive(
  connection: LdapConnection,
  request: SearchRequest,
  control: Control,
  signal: AbortSignal,
  onMessage: (message: LdapMessage) => void,
): Promise<SearchResultDone> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<SearchResultDone>();
  const stop = connection.liveSearch(request, [control], {
    onMessage(message) {
      if (message.op.type === 'searchResultDone') resolve(message.op);
      else {
        try {
          onMessage(message);
        } catch (error) {
          reject(error);
        }
      }
    },
    onEnd: reject,
  });
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    stop();
  }
}

/** Codes by which servers say that they do not do this: critical extension, unwilling, rights, protocol, limits. */
const REFUSED: ReadonlySet<number> = new Set([2, 11, 12, 50, 53]);

/** Why a search that should have gone on has ended. */
export function endOf({ resultCode, diagnosticMessage }: SearchResultDone): DirectoryError {
  if (REFUSED.has(resultCode)) {
    return new NotOfferedError(`The server does not let changes be followed: ${resultName(resultCode)}`);
  }
  if (resultCode === 0) return new DirectoryUnavailableError('The server has ended the watch.');
  return errorForResult('follow changes', resultCode, { diagnostic: diagnosticMessage });
}

/** Tells everything there is. @returns whether any of it is news */
export async function tellAll({ connected, search }: WatchTask, sink: WatchSink): Promise<boolean> {
  sink.beginReload();
  let isNews = false;
  for await (const entry of searchObjects(connected, search)) isNews = sink.present(entry) || isNews;
  return sink.endReload(true) || isNews;
}

/** Looks at one entry again and tells how it is. @returns whether that is news */
export async function tellOne(
  { connected, search, signal }: WatchTask,
  dn: string,
  sink: WatchSink,
): Promise<boolean> {
  const { attributes, binaryAttributes } = search;
  const request = {
    base: dn,
    scope: 'base',
    filter: wholeFilter(search),
    attributes,
    binaryAttributes,
  } as const;
  const entry = await connected.session.read(async (connection) => {
    try {
      return (await connection.searchPage(request, signal)).entries[0];
    } catch (error) {
      if (error instanceof DirectoryError && error.ldapCode === 32) return undefined;
      throw error;
    }
  }, signal);
  return entry === undefined ? sink.gone(dn) : sink.present(entry);
}

/** Waits. @throws the signal's reason when that comes first */
export async function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = clock.timer(() => resolve());
  timer.set(clock.now() + ms);
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
  } finally {
    timer.set(undefined);
    signal.removeEventListener('abort', onAbort);
  }
}
