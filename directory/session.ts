import type { RandomSource } from '../src/machine.ts';
import { orAborted } from './abort.ts';
import {
  DirectoryError,
  DirectoryTimeoutError,
  DirectoryUnavailableError,
  NotConnectedError,
  NotPermittedError,
} from './errors.ts';
import { ConnectionLostError, type ConnectionSettings, LdapConnection } from './ldap/connection.ts';
import type { LdapTarget } from './ldap/target.ts';
import type { Credentials } from './types.ts';

export interface SessionEvents {
  onLost(reason: DirectoryError): void;
  onRestored(): void;
}

/** Attempts to get a lost connection back before giving up, and the first pause between them, in milliseconds. */
const RECONNECT_ATTEMPTS = 4;
const RECONNECT_PAUSE_MS = 100;
/** Times a request is sent again because the connection went. */
const RESEND_LIMIT = 2;

/**
 * A lasting relation to one server over connections that come and go. A lost connection is opened and bound anew when
 * the next request needs it, a few times with growing random pauses. Reading is repeated; a change is repeated only
 * after a look has shown that it did not take effect.
 */
export class LdapSession {
  readonly #target: LdapTarget;
  readonly #settings: ConnectionSettings;
  readonly #random: RandomSource;
  readonly #events: SessionEvents;
  #connection: LdapConnection | undefined;
  #opening: Promise<LdapConnection> | undefined;
  #credentials: Credentials = { kind: 'anonymous' };
  #closed = false;

  private constructor(
    target: LdapTarget,
    settings: ConnectionSettings,
    random: RandomSource,
    events: SessionEvents,
  ) {
    this.#target = target;
    this.#settings = settings;
    this.#random = random;
    this.#events = events;
  }

  /** @throws {DirectoryError} when the first connection cannot be made; that one is not tried again */
  static async open(
    target: LdapTarget,
    settings: ConnectionSettings,
    random: RandomSource,
    events: SessionEvents,
    signal?: AbortSignal,
  ): Promise<LdapSession> {
    const session = new LdapSession(target, settings, random, events);
    session.#connection = await session.#connect(signal);
    return session;
  }

  /** The DN bound as, for entries that name their owner. */
  get boundDn(): string | undefined {
    return this.#credentials.kind === 'simple' ? this.#credentials.dn : undefined;
  }

  async bind(credentials: Credentials, signal?: AbortSignal): Promise<void> {
    await this.read((connection) => bindOn(connection, credentials, signal), signal);
    this.#credentials = credentials;
  }

  /** Runs a request that changes nothing, again if the connection goes while it is under way. */
  async read<T>(request: (connection: LdapConnection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let resends = 0; ; resends++) {
      const connection = await this.#ready(signal);
      try {
        return await request(connection);
      } catch (error) {
        if (!(error instanceof ConnectionLostError) || resends >= RESEND_LIMIT || this.#closed) throw error;
      }
    }
  }

  /**
   * Runs a change. When its answer is lost with the connection, `tookEffect` looks whether it was done; only when it
   * was not is it sent again.
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
      try {
        return await request(connection, resends > 0);
      } catch (error) {
        if (!(error instanceof ConnectionLostError) || this.#closed) throw error;
        if (error.outcomeUnknown) {
          const done = await this.#settle(error, tookEffect, signal);
          if (done !== undefined) return done.value;
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

  async #settle<T>(
    lost: ConnectionLostError,
    tookEffect: (connection: LdapConnection) => Promise<{ readonly value: T } | undefined>,
    signal?: AbortSignal,
  ): Promise<{ readonly value: T } | undefined> {
    try {
      return await this.read(tookEffect, signal);
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DirectoryUnavailableError(
        `${lost.message} Whether it took effect is not known, since looking failed too: ${why}`,
        { outcomeUnknown: true, cause },
      );
    }
  }

  async #ready(signal?: AbortSignal): Promise<LdapConnection> {
    if (this.#closed) throw new NotConnectedError('The directory has been closed');
    if (this.#connection?.alive === true) return this.#connection;
    this.#opening ??= this.#reconnect().finally(() => {
      this.#opening = undefined;
    });
    return orAborted(this.#opening, signal);
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
        this.#connection = connection;
        this.#events.onRestored();
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

  async #connect(signal?: AbortSignal): Promise<LdapConnection> {
    const connection = await LdapConnection.open(
      this.#target,
      this.#settings,
      (reason) => this.#events.onLost(reason),
      signal,
    );
    if (this.#credentials.kind === 'anonymous') return connection; // as every connection begins (RFC 4513 §4)
    try {
      await bindOn(connection, this.#credentials, signal);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }
}

async function bindOn(
  connection: LdapConnection,
  credentials: Credentials,
  signal?: AbortSignal,
): Promise<void> {
  if (credentials.kind === 'anonymous') return connection.bind('', '', signal);
  if (credentials.password === '') {
    // many servers answer success to a name without a password, and treat it as anonymous (RFC 4513 §5.1.2)
    throw new NotPermittedError(`Binding as ${credentials.dn} needs a password`);
  }
  await connection.bind(credentials.dn, credentials.password, signal);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
