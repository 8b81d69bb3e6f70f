import type { ConnectionOptions } from 'node:tls';
import type { Control, Filter, SearchRequest, SearchScope } from '../../src/ldap/index.ts';
import { orAborted } from '../abort.ts';
import {
  DirectoryError,
  type DirectoryErrorDetails,
  DirectoryTimeoutError,
  DirectoryUnavailableError,
  errorForResult,
  NotPermittedError,
} from '../errors.ts';
import { type Credentials, nameOf } from '../credentials.ts';
import type { LdapAttributes, LdapEntry } from './entry.ts';
import { type LiveSearchEvents, ReboundError } from './live-search.ts';
import { Pipeline } from './pipeline.ts';
import { boundDn, RefusedError, saslBind, ServerNotProvedError } from './sasl.ts';
import { LdapStream } from './stream.ts';
import { displayTarget, type LdapTarget } from './target.ts';
import { openTransport } from './transport.ts';

export interface PageRequest {
  readonly base: string;
  readonly scope: SearchScope;
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** Attributes whose values are wanted as bytes, spelled as the server spells them. */
  readonly binaryAttributes: readonly string[];
  /** Entries in a page; undefined to ask for everything at once. */
  readonly pageSize?: number;
  readonly cookie?: Uint8Array;
  /** For a search without pages. */
  readonly sizeLimit?: number;
}

export interface SearchPage {
  readonly entries: readonly LdapEntry[];
  /** There is more, and this asks for it. */
  readonly cookie?: Uint8Array;
}

/** What a connection wants of a client library. */
export interface LdapClient {
  bind(dn: string, password: string): Promise<void>;
  add(dn: string, attributes: LdapAttributes): Promise<void>;
  /** Replaces whole attributes; an empty list of values removes one. */
  replace(dn: string, attributes: LdapAttributes, assertion?: Filter): Promise<void>;
  delete(dn: string, assertion?: Filter): Promise<void>;
  /** Gives the entry another RDN, and takes the values of the old one away. */
  rename(dn: string, newRdn: string): Promise<void>;
  /** RFC 2589 §4.1; gives the seconds granted when the answer says them. */
  refresh(dn: string, ttlSeconds: number): Promise<number | undefined>;
  searchPage(request: PageRequest): Promise<SearchPage>;
  unbind(): Promise<void>;
  /** Result code and details of an error that is the server's answer. */
  explain(error: unknown): { readonly code: number; readonly details: DirectoryErrorDetails } | undefined;
}

export interface ConnectionSettings {
  readonly tls: 'none' | 'ldaps' | 'starttls';
  readonly tlsOptions?: ConnectionOptions;
  /** Whether keys of encrypted media may be sent where others could read them. */
  readonly insecureKeys?: boolean;
  /** Milliseconds for connecting and for each request. */
  readonly timeoutMs: number;
  /** Milliseconds for connecting, where that shall take less. */
  readonly connectTimeoutMs?: number;
}

/** The connection went away while a request was under way, or before. Whether the server saw it is unknown. */
export class ConnectionLostError extends DirectoryUnavailableError {}

/** Requests that may wait for an answer at once; OpenLDAP drops a connection with more than 1000. */
const PIPELINE = 200;

/**
 * One LDAP connection from its opening to its end; it never comes back, its owner opens another. Each request has a
 * time limit. A request that is too late ends the connection, since LDAP gives no other way to be rid of it for sure.
 */
export class LdapConnection {
  readonly #client: LdapClient;
  readonly #stream: LdapStream;
  readonly #timeoutMs: number;
  readonly #where: string;
  /** Whether nobody on the way can read what is sent. */
  readonly #isSecure: boolean;
  readonly #pipeline = new Pipeline(PIPELINE);
  #holders = 0;
  #retired = false;

  private constructor(
    client: LdapClient,
    stream: LdapStream,
    timeoutMs: number,
    where: string,
    isSecure: boolean,
  ) {
    this.#client = client;
    this.#stream = stream;
    this.#timeoutMs = timeoutMs;
    this.#where = where;
    this.#isSecure = isSecure;
  }

  /**
   * @param onLost called once, as soon as the connection is known to be gone without `close`
   * @throws {DirectoryError} when the server cannot be reached in time
   */
  static async open(
    target: LdapTarget,
    settings: ConnectionSettings,
    onLost: (reason: DirectoryUnavailableError) => void,
    signal?: AbortSignal,
  ): Promise<LdapConnection> {
    const library = import('./ldapts.ts'); // loads while the connection is made
    library.catch(() => {}); // reported below, unless connecting fails first
    const socket = await openTransport(target, {
      ...settings,
      timeoutMs: settings.connectTimeoutMs ?? settings.timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    const stream = new LdapStream(socket, { onLost });
    const { createLdapClient } = await library;
    const client = createLdapClient(stream, settings.timeoutMs * 2);
    const isSecure = target.kind !== 'tcp' || settings.tls !== 'none';
    return new LdapConnection(client, stream, settings.timeoutMs, displayTarget(target), isSecure);
  }

  get alive(): boolean {
    return this.#stream.alive;
  }

  /**
   * Proves who we are, after all requests under way have been answered.
   *
   * @returns the DN that the server knows us by, where it says so
   * @throws {NotPermittedError} when it does not believe us, or we cannot believe it
   */
  async authenticate(credentials: Credentials, signal?: AbortSignal): Promise<string | undefined> {
    const { kind } = credentials;
    if (kind === 'anonymous') {
      await this.bind('', '', signal);
      return undefined;
    }
    if (kind !== 'external' && credentials.password === '') {
      // many servers answer success to a name without a password, and treat it as anonymous (RFC 4513 §5.1.2)
      throw new NotPermittedError(`Binding as ${nameOf(credentials)} needs a password`);
    }
    if (kind === 'simple') {
      await this.bind(credentials.dn, credentials.password, signal);
      return credentials.dn;
    }
    if (kind === 'plain' && !this.#isSecure) {
      throw new NotPermittedError(
        `PLAIN would send the password of ${credentials.user} to ${this.#where} in the clear: use ldaps://, StartTLS or SCRAM`,
      );
    }
    const exchange = this.#stream.exchange.bind(this.#stream);
    this.#endLiveSearches();
    const call = async (): Promise<string | undefined> => {
      try {
        await saslBind(exchange, credentials);
      } catch (error) {
        if (error instanceof ServerNotProvedError) this.#stream.lose(error.message, error);
        throw error;
      }
      return boundDn(exchange);
    };
    return this.#run(`bind as ${nameOf(credentials)}`, call, signal, { isAlone: true });
  }
  bind(dn: string, password: string, signal?: AbortSignal): Promise<void> {
    this.#endLiveSearches();
    return this.#run(
      `bind as ${dn === '' ? 'anonymous' : dn}`,
      () => this.#client.bind(dn, password),
      signal,
    );
  }
  add(dn: string, attributes: LdapAttributes, signal?: AbortSignal): Promise<void> {
    return this.#run(`add ${dn}`, () => this.#client.add(dn, attributes), signal, { writes: true });
  }
  /** RFC 4511 §4.9, within the container; the values of the old RDN go. */
  rename(dn: string, newRdn: string, signal?: AbortSignal): Promise<void> {
    return this.#run(`rename ${dn}`, () => this.#client.rename(dn, newRdn), signal, { writes: true });
  }
  /**
   * Replaces whole attributes; an empty list of values removes one.
   *
   * @param assertion must fit the entry, else the answer is assertionFailed (RFC 4528); for servers that offer it
   */
  replace(dn: string, attributes: LdapAttributes, signal?: AbortSignal, assertion?: Filter): Promise<void> {
    return this.#run(`modify ${dn}`, () => this.#client.replace(dn, attributes, assertion), signal, {
      writes: true,
    });
  }
  /** @param assertion as in {@link replace} */
  delete(dn: string, signal?: AbortSignal, assertion?: Filter): Promise<void> {
    return this.#run(`delete ${dn}`, () => this.#client.delete(dn, assertion), signal, { writes: true });
  }
  /** RFC 2589 §4.1; gives the seconds granted when the answer says them. */
  refresh(dn: string, ttlSeconds: number, signal?: AbortSignal): Promise<number | undefined> {
    return this.#run(`refresh ${dn}`, () => this.#client.refresh(dn, ttlSeconds), signal, { writes: true });
  }
  searchPage(request: PageRequest, signal?: AbortSignal): Promise<SearchPage> {
    return this.#run(`search ${request.base || 'the root'}`, () => this.#client.searchPage(request), signal);
  }

  /**
   * A search whose answers come for as long as the server sends them. It ends with the connection, also when that is
   * bound anew: then the server has given it up (RFC 4511 §4.2.1).
   *
   * @returns gives it up
   * @throws {ConnectionLostError} when the connection is gone already
   */
  liveSearch(op: SearchRequest, controls: readonly Control[], events: LiveSearchEvents): () => void {
    if (!this.alive) throw this.#lost(`search ${op.baseObject}`, false);
    return this.#stream.live.start(op, controls, events);
  }

  #endLiveSearches(): void {
    this.#stream.live.end(new ReboundError('The connection is bound anew.'));
  }

  /** Keeps it open until disposed of, though it be retired: for those who send more than one request on it. */
  hold(): Disposable {
    this.#holders++;
    return {
      [Symbol.dispose]: () => {
        this.#holders--;
        if (this.#retired) this.retire();
      },
    };
  }

  /** Closes as soon as nobody holds it. */
  retire(): void {
    this.#retired = true;
    if (this.#holders === 0) void this.close();
  }

  /** Unbinds; requests still under way fail. */
  async close(): Promise<void> {
    if (!this.#stream.alive) return;
    this.#stream.finish();
    await this.#client.unbind().catch(() => {}); // it is gone either way
    this.#stream.destroy();
  }

  async #run<T>(
    doing: string,
    call: () => Promise<T>,
    signal?: AbortSignal,
    { writes = false, isAlone = false }: { readonly writes?: boolean; readonly isAlone?: boolean } = {},
  ): Promise<T> {
    signal?.throwIfAborted();
    using _place = await (isAlone ? this.#pipeline.enterAlone() : this.#pipeline.enter());
    signal?.throwIfAborted();
    if (!this.alive) throw this.#lost(doing, false);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#stream.lose(`no answer within ${this.#timeoutMs / 1000} s`);
    }, this.#timeoutMs);
    const answer = call();
    try {
      return await orAborted(answer, signal);
    } catch (error) {
      if (signal?.aborted === true && error === signal.reason) throw error;
      if (error instanceof ServerNotProvedError) throw error;
      if (error instanceof RefusedError) {
        throw errorForResult(doing, error.resultCode, { diagnostic: error.diagnostic, cause: error });
      }
      const result = this.#client.explain(error);
      if (result !== undefined) throw errorForResult(doing, result.code, result.details);
      if (late) {
        const unsure = writes ? ' Whether it took effect is not known.' : '';
        throw new DirectoryTimeoutError(
          `Could not ${doing}: the directory ${this.#where} did not answer within ${this.#timeoutMs / 1000} s.${unsure}`,
          { outcomeUnknown: writes, cause: error },
        );
      }
      if (!this.alive) throw this.#lost(doing, writes, error);
      throw new DirectoryError(
        `Could not ${doing}: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      );
    } finally {
      clearTimeout(timer);
    }
  }

  #lost(doing: string, outcomeUnknown: boolean, cause?: unknown): ConnectionLostError {
    const why = this.#stream.reason?.message ?? 'the connection is closed';
    return new ConnectionLostError(`Could not ${doing}: ${why}`, { outcomeUnknown, cause });
  }
}
