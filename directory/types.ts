import type { ConnectionOptions } from 'node:tls';
import type { AdvertisingScope } from '../src/ip/index.ts';
import type { Conference } from './conference.ts';
import type { DialectName } from './dialect/dialect.ts';
import type { Credentials } from './credentials.ts';
import type { DirectoryError } from './errors.ts';
import type { Results } from './results.ts';
import type { SweepOptions, SweptEntry } from './sweep.ts';
import type { Watch } from './watch/types.ts';
import type { DirectoryUser } from './user.ts';

/**
 * What is behind a directory: an Internet Locator Service (our own embedded service is one), Active Directory, any other
 * LDAP server that carries the project's schema, or what is announced on the network (SAP), which can only be read.
 */
export type DirectoryType = 'ils' | 'ad' | 'ldap' | 'sap';

export interface ConnectOptions {
  /** Transport security: the URL's own by default, so `ldaps://` is TLS from the first byte and `ldap://` is none. */
  readonly tls?: 'none' | 'ldaps' | 'starttls';
  /** TLS details such as `ca`, for `ldaps` and `starttls`. */
  readonly tlsOptions?: ConnectionOptions;
  /**
   * Whether keys of encrypted media may cross a network where others can read them. Default false: they are neither asked for nor
   * written without TLS, but for this computer's own servers.
   */
  readonly insecureKeys?: boolean;
  /** Milliseconds that one request, or the connecting, may take; 1 to 3 600 000, default 10 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ConferenceQuery {
  /** Conference name; `*` stands for any text, case does not matter. Default every name. */
  readonly name?: string;
  /** An LDAP filter (RFC 4515) that must hold too. Attribute names are those of the server's schema. */
  readonly filter?: string;
  readonly scope?: AdvertisingScope;
  /** Only conferences that one of their time lines makes active at this moment. */
  readonly activeAt?: Date;
  /** Only conferences that take place at some time from `from` up to, not including, `to`; repeats count. */
  readonly takesPlace?: { readonly from: Date; readonly to: Date };
  /** Only conferences that begin at some time after this moment; repeats count. */
  readonly startsAfter?: Date;
  /** Only conferences with a medium on this multicast group, and on this port if there is one. */
  readonly group?: { readonly address: string; readonly port?: number };
  /** Stop after this many conferences. Default no limit but the server's. */
  readonly sizeLimit?: number;
  readonly signal?: AbortSignal;
}

/** What a directory holds; `kind` tells them apart. */
export type DirectoryObject = Conference | DirectoryUser;

export interface UserQuery {
  /** User name; `*` stands for any text, case does not matter. Default every name. */
  readonly name?: string;
  /** Name or address of the user's computer, as the entry has it; case does not matter. */
  readonly machine?: string;
  /** An LDAP filter (RFC 4515) that must hold too. Attribute names are those of the server's schema. */
  readonly filter?: string;
  /** Also users who are not to be listed. A name without `*` finds them anyway. Default false. */
  readonly unlisted?: boolean;
  /** Stop after this many users. Default no limit but the server's. */
  readonly sizeLimit?: number;
  readonly signal?: AbortSignal;
}

export interface TtlOptions {
  /** Allows a time to live under 300 s, which is refused otherwise. */
  readonly allowShortTtl?: boolean;
  readonly signal?: AbortSignal;
}

export interface AddOptions extends TtlOptions {
  /** Seconds the server keeps the entry without a refresh; 300 to 31 557 600, default the directory's own default. */
  readonly ttlSeconds?: number;
}

export interface CloseOptions {
  /** Removes the entries that were kept alive by {@link Directory.autoRefresh}. Default false. */
  readonly withdraw?: boolean;
}

/** What a directory tells of itself; arguments of `directory.on(event, …)`. */
export interface DirectoryEvents {
  /** The connection is gone. The next request opens a new one. */
  disconnected: [reason: DirectoryError];
  /**
   * A new connection stands, bound as the old one was: after one was lost, or because a server that is preferred is back.
   * `server` is its host and port.
   */
  reconnected: [server: string];
  /** An automatic refresh was granted. */
  refreshed: [name: string, ttlSeconds: number];
  /** The entry was gone, and has been added again. */
  readded: [name: string];
  /** An automatic refresh failed; it is tried again at `retryInMs`. */
  refreshFailed: [name: string, reason: Error, retryInMs: number];
  /** The server does not know these attributes: the entry was written without them. */
  omitted: [dn: string, attributes: readonly string[]];
  /** The entry was gone, and somebody else has its name by now: it is not kept alive any more. */
  taken: [name: string, reason: DirectoryError];
}

/**
 * A place where conferences and users are published and found. Every method but `connect` and `close` rejects with
 * `NotConnectedError` before `connect` has succeeded, and with a `DirectoryError` when the server refuses.
 */
export interface Directory extends AsyncDisposable {
  /** The one thing known before {@link connect}: what was asked for; afterwards what was found. */
  readonly type: DirectoryType;
  /** LDAP URL, or what else it was named by, or `embedded:` and the data directory. */
  readonly url: string;
  /** How it keeps what it has: what was asked for, afterwards what was found; undefined when neither is known yet. */
  readonly dialect: DialectName | undefined;
  /** For people: host and port of the server in use, or where the embedded store is. */
  readonly displayName: string;
  /**
   * TCP port: the one in use, and before {@link connect} the one that is tried first; undefined for what has none. It can
   * be chosen before `connect`.
   * @throws {AlreadyConnectedError} when set afterwards
   * @throws {InvalidValueError} when set outside 1 to 65535, or where there is no port to choose
   */
  port: number | undefined;
  /**
   * Whether entries live only as long as they are refreshed (RFC 2589).
   * @throws {NotConnectedError} before {@link connect}
   */
  readonly isDynamic: boolean;
  /**
   * Seconds given to entries that are added without one of their own.
   * @throws {InvalidValueError} when set below 300 or above 31 557 600
   */
  defaultTtlSeconds: number;
  /** Whether entries added from now on are refreshed for as long as this directory is open. Default false. */
  autoRefresh: boolean;
  /**
   * Opens the connection and finds out what the server is.
   * @throws {AlreadyConnectedError} on the second call
   * @throws {NoServerError} when there is no server name
   */
  connect(options?: ConnectOptions): Promise<void>;
  /** Authenticates; done again by itself after a reconnect. */
  bind(credentials: Credentials): Promise<void>;
  /**
   * Publishes a conference or a user.
   * @throws {AlreadyExistsError} when the name is taken, or the user registered at that computer already
   * @throws {DirectoryError} when it is a user and the directory has no place for users
   */
  add(object: DirectoryObject, options?: AddOptions): Promise<void>;
  /**
   * Commits local edits. A changed name of a conference becomes a new entry, after which the old one is deleted.
   * @throws {NotFoundError} when the entry is gone
   */
  modify(object: DirectoryObject, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Starts the entry's time to live anew.
   * @param target a text is the name of a conference
   * @param ttlSeconds default the directory's own default
   * @returns seconds granted by the server
   * @throws {NotFoundError} when the entry is gone: add it again
   */
  refresh(target: DirectoryObject | string, ttlSeconds?: number, options?: TtlOptions): Promise<number>;
  /**
   * @param target a text is the name of a conference
   * @throws {NotFoundError} when there is no such entry
   */
  delete(target: DirectoryObject | string, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Conferences in no particular order, page by page as the server gives them; expired ones are left out. */
  search(query?: ConferenceQuery): Results<Conference>;
  get(name: string, options?: { readonly signal?: AbortSignal }): Promise<Conference | undefined>;
  /**
   * Conferences as they come and go: first those that there are, then `ready`, then every change. The server tells of
   * them where it can (RFC 4533, persistent search); else it is asked again and again. Lost connections come back by
   * themselves. A `sizeLimit` is ignored.
   */
  watch(query?: ConferenceQuery): Watch<Conference>;
  /** Users in no particular order, page by page as the server gives them; expired ones are left out. */
  searchUsers(query?: UserQuery): Results<DirectoryUser>;
  /**
   * A user by the whole name, also one who is not listed.
   * @param machine which of the user's computers; default the one that was registered or refreshed last
   */
  getUser(
    name: string,
    options?: { readonly machine?: string; readonly signal?: AbortSignal },
  ): Promise<DirectoryUser | undefined>;
  /**
   * Entries whose time has passed, removed one by one as they are taken; nothing where the server removes them itself.
   * @throws {NotPermittedError} when nothing in the directory is ever altered
   */
  sweep(options?: SweepOptions): Results<SweptEntry>;
  /**
   * Stops refreshing and disconnects. Entries stay until their time runs out, unless they are to be withdrawn.
   * @throws {DirectoryError} when one could not be withdrawn; closed it is all the same
   */
  close(options?: CloseOptions): Promise<void>;
  on<E extends keyof DirectoryEvents>(event: E, listener: (...args: DirectoryEvents[E]) => void): this;
  off<E extends keyof DirectoryEvents>(event: E, listener: (...args: DirectoryEvents[E]) => void): this;
}
