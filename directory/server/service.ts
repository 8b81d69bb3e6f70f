import { type Duplex, duplexPair } from 'node:stream';
import { encodeNotice } from './notice.ts';
import { type Clock, systemClock, type Timer } from '../../src/net/clock.ts';
import { type AccessPolicy, defaultAccess } from './access.ts';
import { ChangeFeed } from './change-feed.ts';
import { BindDelay } from './bind-delay.ts';
import { LdapConnection } from './connection.ts';
import type { OperationContext } from './context.ts';
import { type ServiceCounters, newCounters } from './counters.ts';
import { legacyProfile } from './legacy.ts';
import { defaultLimits, defaultTtl, type ServiceLimits, type TtlLimits } from './limits.ts';
import { IN_PROCESS, type Peer, type SecuredStream } from './peer.ts';
import { Monitor } from './monitor.ts';
import { MemoryBudget } from './memory-budget.ts';
import { OwnerQuota } from './owner-quota.ts';
import { passwordCheck } from './password.ts';
import { type AdminOptions, Principals } from './principals.ts';
import type { EntryStore } from './store.ts';
import { TroubleWatch } from './store-trouble.ts';
import { driveConnection } from './transport.ts';
import { ensureBaseTree } from './tree.ts';

export interface LocatorServiceOptions {
  /** Stays the caller's: close it after the service. */
  readonly store: EntryStore;
  readonly clock?: Clock;
  readonly ttl?: Partial<TtlLimits>;
  /** Default {@link defaultAccess}: everyone reads, and changes are for those who have bound. */
  readonly access?: AccessPolicy;
  readonly admin?: AdminOptions;
  readonly limits?: Partial<ServiceLimits>;
  /** Whether simple binds are refused on connections that cross a network in the clear. Default false. */
  readonly requireTls?: boolean;
  /** Whether locator clients of the 1990s are understood; see `legacy.ts`. Default true. */
  readonly legacy?: boolean;
  /** Seconds between removals of entries that have ended; 0 for none. Default 60. They are never returned either way. */
  readonly sweepSeconds?: number;
  /** Told once when the store fails, and once when it can be written again. */
  readonly onTrouble?: (text: string) => void;
}

/** Longest wait for clients that were told that the service ends, in milliseconds. */
const GOODBYE_MS = 500;
/** Milliseconds after a sweep that failed in which followers do not ask for another: each waits for the store's lock. */
const SWEEP_RETRY_MS = 5000;
/** Entries removed in one transaction of the sweep, so that nobody waits long for it. */
const SWEEP_BATCH = 500;

/** A client's end of an in-process connection; the two properties are what socket users look at. */
export type InProcessConnection = Duplex & { readonly connecting: false; readonly readyState: 'open' };

/**
 * An LDAP v2 and v3 server over one store, without a socket of its own: `connect()` gives a client of this process a
 * connection, `listen()` offers the service on the network.
 */
export class LocatorService implements Disposable {
  readonly context: OperationContext;
  readonly counters: ServiceCounters = newCounters();
  /** Wakes connections with searches that follow changes. */
  readonly feed: ChangeFeed;
  readonly principals: Principals;
  readonly bindDelay: BindDelay;
  readonly trouble: TroubleWatch;
  readonly requireTls: boolean;
  readonly #memory: MemoryBudget;
  readonly #connections = new Set<Duplex>();
  readonly #goodbyes = new Set<() => void>();
  /** Connections by the address they come from. */
  readonly #addresses = new Map<string, number>();
  readonly #sweepSeconds: number;
  readonly #timer: Timer;
  #sweepAgainAt = 0;
  #isClosed = false;

  constructor(options: LocatorServiceOptions) {
    const { store, clock = systemClock, access = defaultAccess(), admin, sweepSeconds = 60 } = options;
    const limits = { ...defaultLimits, ...options.limits };
    this.context = {
      store,
      clock,
      access,
      ttl: { ...defaultTtl, ...options.ttl },
      limits,
      quota: new OwnerQuota(store, clock, limits.maxEntriesPerOwner),
      monitor: new Monitor({ counters: this.counters, store, clock, service: this }),
      legacy: options.legacy === false ? undefined : legacyProfile,
    };
    if (admin !== undefined) passwordCheck(admin.passwordHash);
    this.principals = new Principals(store, clock, admin);
    this.bindDelay = new BindDelay(clock);
    this.trouble = new TroubleWatch(options.onTrouble ?? (() => {}));
    this.requireTls = options.requireTls ?? false;
    this.#memory = new MemoryBudget(limits.maxBufferedBytes);
    this.#sweepSeconds = sweepSeconds;
    ensureBaseTree(store, clock.wall());
    this.feed = new ChangeFeed(store.changes, clock, () => this.expire());
    this.#timer = clock.timer(() => {
      this.#trySweep();
      this.#setTimer();
    });
    this.#setTimer();
  }

  /** What the service tells about itself. */
  get monitor(): Monitor {
    return this.context.monitor;
  }
  /** Connections open now. */
  get connections(): number {
    return this.#connections.size;
  }
  /** Whether one more connection is within the limit. */
  get hasRoom(): boolean {
    return !this.#isClosed && this.#connections.size < this.context.limits.maxConnections;
  }

  /**
   * A connection within this process, without a port. With ldapts: `createConnection: () => service.connect()`.
   *
   * @param peer whom to take the client for; default the user of this process
   */
  connect(peer: Peer = IN_PROCESS): InProcessConnection {
    const [client, server] = duplexPair();
    this.serve(server, peer);
    // A pair does not pass on that one side was destroyed.
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
    client.on('error', () => {});
    return Object.assign(client, { connecting: false, readyState: 'open' } as const);
  }

  /** Serves a byte stream whose other end speaks LDAP; one too many is told so, and closed. */
  serve(stream: Duplex, peer: Peer): void {
    if (this.admit(stream, peer)) this.drive({ stream, peer });
  }

  /**
   * Counts a stream as a connection, if there is room for it.
   *
   * @returns false when there is not: the stream is closed then
   */
  admit(stream: Duplex, peer: Peer): boolean {
    const { maxConnections, maxConnectionsPerAddress } = this.context.limits;
    const { address = '' } = peer;
    const here = this.#addresses.get(address) ?? 0;
    const tooMany = !this.hasRoom
      ? `this service has ${maxConnections} connections, and takes no more: try again later`
      : address !== '' && here >= maxConnectionsPerAddress
        ? `there are ${here} connections from ${address}, and no more are taken: close some`
        : undefined;
    if (tooMany !== undefined) {
      this.counters.refused++;
      stream.on('error', () => {});
      // TLS has not begun where it is to come first: nothing can be said there.
      if (peer.startsWithTls !== true) stream.write(encodeNotice('unavailable', tooMany));
      stream.end(() => stream.destroy());
      return false;
    }
    this.counters.connections++;
    this.#connections.add(stream);
    this.#addresses.set(address, here + 1);
    stream.once('close', () => {
      this.#connections.delete(stream);
      const left = (this.#addresses.get(address) ?? 1) - 1;
      if (left > 0) this.#addresses.set(address, left);
      else this.#addresses.delete(address);
    });
    return true;
  }

  /** Serves a stream that has been admitted, or TLS on top of one. */
  drive({ stream, peer }: SecuredStream): void {
    const { clock, limits } = this.context;
    driveConnection(stream, { clock, limits, memory: this.#memory, peer }, (wake) => {
      const connection = new LdapConnection(this, peer, wake);
      const sayGoodbye = (): void => {
        connection.disconnect('unavailable', 'the service ends');
        wake();
      };
      this.#goodbyes.add(sayGoodbye);
      stream.once('close', () => this.#goodbyes.delete(sayGoodbye));
      return connection;
    });
  }

  /** Tells every client that the service ends (RFC 4511 §4.4.1), and waits until they have closed, but not for long. */
  async sayGoodbye(): Promise<void> {
    for (const sayGoodbye of this.#goodbyes) sayGoodbye();
    const closed = Array.from(
      this.#connections,
      (stream) => new Promise((resolve) => stream.once('close', resolve)),
    );
    const late = Promise.withResolvers<void>();
    const timer = this.context.clock.timer(() => late.resolve());
    timer.set(this.context.clock.now() + GOODBYE_MS);
    await Promise.race([Promise.all(closed), late.promise]);
    timer.set(undefined);
  }

  /**
   * Removes entries that have ended.
   *
   * @returns how many
   */
  sweep(): number {
    const { store, clock } = this.context;
    let removed = 0;
    for (;;) {
      const batch = store.transaction(() => {
        // An ended entry never has a live one below it: adding or refreshing one extends those above.
        const ended = store.expired(clock.wall(), SWEEP_BATCH);
        for (const entry of ended) store.delete(entry);
        return ended.length;
      });
      removed += batch;
      if (batch < SWEEP_BATCH) break;
    }
    this.counters.expired += removed;
    return removed;
  }

  /** Removes what has ended, unless the service is to leave it to others. */
  expire(): void {
    const { store, clock } = this.context;
    if (this.#sweepSeconds === 0 || clock.now() < this.#sweepAgainAt) return;
    if (store.expired(clock.wall(), 1).length > 0) this.#trySweep();
  }

  /** Ends every connection and the sweep; the store stays open. */
  close(): void {
    this.#isClosed = true;
    this.feed.close();
    this.#timer.set(undefined);
    this.bindDelay.close();
    for (const stream of this.#connections) stream.destroy();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #trySweep(): void {
    try {
      this.sweep();
    } catch {
      this.counters.sweepsFailed++; // another process writes just now: the next turn removes them
      this.#sweepAgainAt = this.context.clock.now() + SWEEP_RETRY_MS;
    }
  }

  #setTimer(): void {
    if (this.#sweepSeconds > 0) this.#timer.set(this.context.clock.now() + this.#sweepSeconds * 1000);
  }
}

/**
 * Makes a locator service and the base tree in its store.
 *
 * @throws {InvalidValueError} when the administrator's password hash is not one
 * @throws {StoreError} when the store cannot be written
 */
export function createLocatorService(options: LocatorServiceOptions): LocatorService {
  return new LocatorService(options);
}
