import { isLoopback, tryParseIp } from '../src/ip/index.ts';
import type { RandomSource } from '../src/machine.ts';
import type { Clock } from '../src/net/clock.ts';
import { orAborted } from './abort.ts';
import {
  ConflictError,
  DirectoryError,
  DirectoryTimeoutError,
  DirectoryUnavailableError,
  NotConnectedError,
  NotPermittedError,
  ReferralError,
} from './errors.ts';
import { ConnectionLostError, type ConnectionSettings, LdapConnection } from './ldap/connection.ts';
import { isAt, type LdapTarget } from './ldap/target.ts';
import { checkMayKnowPassword } from './located-server.ts';
import { noneReached } from './none-reached.ts';
import { ServerChoice } from './server-choice.ts';
import type { Credentials } from './credentials.ts';

/** One of the servers of a directory, and how it is spoken to. */
export interface SessionServer {
  readonly target: LdapTarget;
  readonly settings: ConnectionSettings;
}

export interface SessionEvents {
  onLost(reason: DirectoryError): void;
  /** There is a connection again, to this server; also when one that is preferred took over. */
  onRestored(server: LdapTarget): void;
}

/** Rounds over all servers to get a lost connection back before giving up, and the first pause between them (ms). */
const RECONNECT_ATTEMPTS = 4;
const RECONNECT_PAUSE_MS = 100;
/** Longest wait for a connection while there are other servers to try, in milliseconds. */
const HASTY_CONNECT_MS = 3000;
/** Times a request is sent again because the connection went. */
const RESEND_LIMIT = 2;

/**
 * A lasting relation to the servers of one directory, over connections that come and go. A lost connection is opened and
 * bound anew when the next request needs it, a few times with growing random pauses, to the first server that takes it;
 * and when a server that is preferred is back, it takes over. Reading is repeated; a change is repeated only after a
 * look has shown that it did not take effect.
 */
export class LdapSession {
  readonly #servers: readonly SessionServer[];
  readonly #choice: ServerChoice;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #random: RandomSource;
  readonly #events: SessionEvents;
  #connection: LdapConnection | undefined;
  #current = 0;
  #opening: Promise<LdapConnection> | undefined;
  #returning = false;
  #credentials: Credentials = { kind: 'anonymous' };
  #boundDn: string | undefined;
  #closed = false;

  private constructor(
    servers: readonly SessionServer[],
    clock: Pick<Clock, 'now'>,
    random: RandomSource,
    events: SessionEvents,
  ) {
    this.#servers = servers;
    this.#choice = new ServerChoice(servers.length);
    this.#clock = clock;
    this.#random = random;
    this.#events = events;
  }

  /**
   * @param servers of one and the same directory, the preferred one first
   * @throws {DirectoryError} when the first connection can be made to none of them; that one is not tried again
   */
  static async open(
    servers: readonly SessionServer[],
    clock: Pick<Clock, 'now'>,
    random: RandomSource,
    events: SessionEvents,
    signal?: AbortSignal,
  ): Promise<LdapSession> {
    const session = new LdapSession(servers, clock, random, events);
    session.#connection = await session.#connect(signal);
    return session;
  }

  /** Whether keys of encrypted media may be sent to every server that it may come to. */
  get carriesKeys(): boolean {
    return this.#servers.every(({ target, settings }) => mayCarryKeys(target, settings));
  }
  /** The server in use, or used last. */
  get server(): LdapTarget {
    const server = this.#servers[this.#current] ?? this.#servers[0];
    if (server === undefined) throw new NotConnectedError('The directory has no server');
    return server.target;
  }

  /** The DN bound as, for entries that name their owner. */
  get boundDn(): string | undefined {
    return this.#boundDn;
  }

  async bind(credentials: Credentials, signal?: AbortSignal): Promise<void> {
    let used: LdapConnection | undefined;
    do {
      this.#boundDn = await this.read((connection) => {
        checkMayKnowPassword(this.server, credentials);
        used = connection;
        return connection.authenticate(credentials, signal);
      }, signal);
      this.#credentials = credentials;
      // a preferred server may have taken over meanwhile, bound as before
    } while (this.#connection?.alive === true && this.#connection !== used);
  }

  /** Runs a request that changes nothing, again if the connection goes while it is under way. */
  async read<T>(request: (connection: LdapConnection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let resends = 0; ; resends++) {
      const connection = await this.#ready(signal);
      using _hold = connection.hold();
      try {
        return await request(connection);
      } catch (error) {
        if (resends >= RESEND_LIMIT || this.#closed || !this.#isTrouble(error)) throw error;
        this.#avoid(connection);
      }
    }
  }

  /**
   * Runs a change. When its answer is lost with the connection, `tookEffect` looks whether it was done; only when it
   * was not is it sent again. A change that a server still may be working on is never sent again.
   *
   * @throws {DirectoryError} with `outcomeUnknown` when nobody could tell
   */
  async write<T>(
    request: (connection: LdapConnection, again: boolean) => Promise<T>,
    tookEffect: (connection: LdapConnection) => Promise<{ readonly value: T } | undefined>,
    signal?: AbortSignal,
  ): Promise<T> {
    for (let resends = 0; ; resends++) {
      const connection = await this.#ready(signal);
      using _hold = connection.hold();
      try {
        return await request(connection, resends > 0);
      } catch (error) {
        const elsewhere = this.#referredTo(error);
        if (elsewhere !== undefined) return await this.#writeAt(elsewhere, request, signal);
        if (this.#closed || !this.#isTrouble(error)) throw error;
        this.#avoid(connection);
        if (error.outcomeUnknown) {
          const done = await this.#settle(error, tookEffect, signal);
          if (done !== undefined) return done.value;
          if (error instanceof DirectoryTimeoutError) throw error; // it may yet be done
        }
        if (resends >= RESEND_LIMIT) throw error;
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = this.#connection ?? (await this.#opening?.catch(() => undefined));
    this.#connection = undefined;
    await connection?.close();
  }

  /** A reason to try again: the connection went, or, where there is another server, this one does not do its work. */
  #isTrouble(error: unknown): error is DirectoryError {
    if (error instanceof ConnectionLostError) return true;
    return this.#choice.size > 1 && isServersFault(error);
  }

  /** What is asked next goes to another server, if there is one. */
  #avoid(connection: LdapConnection): void {
    if (connection !== this.#connection || this.#choice.size === 1) return;
    this.#choice.failed(this.#current, this.#clock.now());
    this.#connection = undefined;
    connection.retire();
  }

  /** A server of this directory that a read-only copy of it refers to. Other referrals are not followed. */
  #referredTo(error: unknown): number | undefined {
    if (!(error instanceof ReferralError)) return undefined;
    const index = this.#servers.findIndex(({ target }) => error.referrals.some((url) => isAt(target, url)));
    return index === -1 || index === this.#current ? undefined : index;
  }

  /** One change at a server that reading does not go to. */
  async #writeAt<T>(
    index: number,
    request: (connection: LdapConnection, again: boolean) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const connection = await this.#connectTo(index, signal);
    try {
      return await request(connection, false);
    } finally {
      await connection.close();
    }
  }

  async #settle<T>(
    lost: DirectoryError,
    tookEffect: (connection: LdapConnection) => Promise<{ readonly value: T } | undefined>,
    signal?: AbortSignal,
  ): Promise<{ readonly value: T } | undefined> {
    try {
      return await this.read(tookEffect, signal);
    } catch (cause) {
      if (signal?.aborted === true || cause instanceof ConflictError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DirectoryUnavailableError(
        `${lost.message} Whether it took effect is not known, since looking failed too: ${why}`,
        { outcomeUnknown: true, cause },
      );
    }
  }

  async #ready(signal?: AbortSignal): Promise<LdapConnection> {
    if (this.#closed) throw new NotConnectedError('The directory has been closed');
    if (this.#connection?.alive === true) {
      this.#goBack();
      return this.#connection;
    }
    this.#opening ??= this.#reconnect().finally(() => {
      this.#opening = undefined;
    });
    return orAborted(this.#opening, signal);
  }

  /** Tries a preferred server that may be back, while requests go on where they are. */
  #goBack(): void {
    const better = this.#choice.better(this.#current, this.#clock.now());
    if (better === undefined || this.#returning) return;
    this.#returning = true;
    const credentials = this.#credentials;
    this.#connectTo(better)
      .then(
        (connection) => {
          // bound as somebody else meanwhile, closed, or moved by itself: then it is not wanted
          if (this.#closed || this.#credentials !== credentials || this.#current <= better) {
            return connection.close();
          }
          const old = this.#connection;
          this.#adopt(connection, better);
          old?.retire();
          return undefined;
        },
        () => this.#choice.failed(better, this.#clock.now()),
      )
      .finally(() => {
        this.#returning = false;
      });
  }

  #adopt(connection: LdapConnection, index: number): void {
    this.#connection = connection;
    this.#current = index;
    this.#events.onRestored(this.server);
  }

  /** Shared by all who wait, so nobody's signal ends it. */
  async #reconnect(): Promise<LdapConnection> {
    for (let attempt = 1; ; attempt++) {
      try {
        const connection = await this.#connect();
        if (this.#closed) {
          await connection.close();
          throw new NotConnectedError('The directory has been closed');
        }
        this.#adopt(connection, this.#current);
        return connection;
      } catch (error) {
        const hopeless =
          this.#closed ||
          error instanceof NotPermittedError ||
          error instanceof DirectoryTimeoutError ||
          !(error instanceof DirectoryError);
        if (hopeless || attempt >= RECONNECT_ATTEMPTS) throw error;
        const pause = RECONNECT_PAUSE_MS * 2 ** (attempt - 1);
        await sleep(pause * (0.5 + this.#random() / 2));
      }
    }
  }

  /** The first server that takes a connection. None is waited for long while there are others to try. */
  async #connect(signal?: AbortSignal): Promise<LdapConnection> {
    const problems = new Map<number, DirectoryError>();
    const order = this.#choice.order(this.#clock.now());
    const inHaste = order.slice(0, -1).map((index) => ({ index, limitMs: HASTY_CONNECT_MS }));
    const slow = new Set<number>();
    const attempts = [...inHaste, ...order.slice(-1).map((index) => ({ index, limitMs: undefined }))];
    for (let next = attempts.shift(); next !== undefined; next = attempts.shift()) {
      const { index, limitMs } = next;
      try {
        const connection = await this.#connectTo(index, signal, limitMs);
        this.#current = index;
        return connection;
      } catch (error) {
        if (this.#closed || signal?.aborted === true || !isServersFault(error)) throw error;
        this.#choice.failed(index, this.#clock.now());
        problems.set(index, error);
        if (error instanceof DirectoryTimeoutError && this.#isCut(index, limitMs)) slow.add(index);
      }
      // nobody else is left: those who were only slow get all their time
      if (attempts.length === 0)
        attempts.push(...Array.from(slow, (it) => ({ index: it, limitMs: undefined })));
      if (limitMs === undefined) slow.clear();
    }
    throw noneReached([...problems.values()]);
  }

  /** Whether a limit is less than what the server would be given otherwise. */
  #isCut(index: number, limitMs = Number.POSITIVE_INFINITY): boolean {
    const { timeoutMs, connectTimeoutMs = timeoutMs } = this.#servers[index]?.settings ?? { timeoutMs: 0 };
    return limitMs < connectTimeoutMs;
  }

  /** @param limitMs longest time for connecting, where that is less than the server's own */
  async #connectTo(index: number, signal?: AbortSignal, limitMs?: number): Promise<LdapConnection> {
    const server = this.#servers[index];
    if (server === undefined) throw new NotConnectedError('The directory has no server');
    const onLost = (reason: DirectoryError): void => this.#events.onLost(reason);
    const { timeoutMs, connectTimeoutMs = timeoutMs } = server.settings;
    const settings = {
      ...server.settings,
      connectTimeoutMs: Math.min(connectTimeoutMs, limitMs ?? connectTimeoutMs),
    };
    const connection = await LdapConnection.open(server.target, settings, onLost, signal);
    try {
      // anonymous is how every connection begins (RFC 4513 §4)
      if (this.#credentials.kind !== 'anonymous') {
        checkMayKnowPassword(server.target, this.#credentials);
        await connection.authenticate(this.#credentials, signal);
      }
    } catch (error) {
      await connection.close();
      throw error;
    }
    this.#choice.worked(index);
    this.#settlePort(index);
    return connection;
  }

  /** Once one of several ports of a host has answered, the others are no longer asked. */
  #settlePort(index: number): void {
    const host = probedHost(this.#servers[index]);
    if (host === undefined) return;
    for (const [other, server] of this.#servers.entries()) {
      if (other !== index && probedHost(server) === host) this.#choice.exclude(other);
    }
  }
}

const probedHost = (server: SessionServer | undefined): string | undefined =>
  server?.target.kind === 'tcp' && server.target.probed === true ? server.target.host : undefined;

/** Another server of the same directory may do better: not reached, no answer, busy or out of service. */
function isServersFault(error: unknown): error is DirectoryError {
  return error instanceof DirectoryUnavailableError || error instanceof DirectoryTimeoutError;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Not where others on the network could read them. */
function mayCarryKeys(target: LdapTarget, { tls, insecureKeys }: ConnectionSettings): boolean {
  if (target.kind !== 'tcp' || tls !== 'none' || insecureKeys === true) return true;
  return (
    target.host.toLowerCase() === 'localhost' ||
    (tryParseIp(target.host) !== undefined && isLoopback(target.host))
  );
}
