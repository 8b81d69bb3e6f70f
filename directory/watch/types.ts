import type { DirectoryError } from '../errors.ts';

/**
 * How changes are learnt of: content synchronisation (RFC 4533), persistent search, by looking again and again, or by
 * listening to announcements (RFC 2974).
 */
export type WatchMethod = 'sync' | 'persistentSearch' | 'polling' | 'listening';

/** How a watch is doing. */
export type WatchState =
  | {
      /** Everything that there is has been told; from now on it is changes. Also after each interruption. */
      readonly type: 'ready';
      readonly method: WatchMethod;
    }
  | {
      /** The server cannot be reached. What was told so far may be out of date; it goes on by itself. */
      readonly type: 'interrupted';
      readonly reason: DirectoryError;
      /** Milliseconds until it is tried again. */
      readonly retryInMs: number;
    };

/** What a watch tells. */
export type WatchEvent<T> =
  | { readonly type: 'added'; readonly object: T }
  | { readonly type: 'changed'; readonly object: T; readonly previous: T }
  | {
      /** Deleted, ended, or not what was asked for any more. */
      readonly type: 'removed';
      /** As it was known last. */
      readonly object: T;
    }
  | WatchState;

/**
 * Objects as they come and go. Take it from a `for await`; leaving the loop ends it, and so do the query's signal and
 * closing the directory.
 */
export interface Watch<T>
  extends AsyncIterableIterator<WatchEvent<T>, undefined, undefined>,
    AsyncDisposable {}
