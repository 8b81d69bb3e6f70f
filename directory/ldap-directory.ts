import { EventEmitter } from 'node:events';
import { InvalidValueError } from '../src/errors.ts';
import type { RandomSource } from '../src/machine.ts';
import type { Clock } from '../src/net/clock.ts';
import { unixMsToNtpSeconds } from '../src/sdp/index.ts';
import { type Conference, publicationOf, setPublication } from './conference.ts';
import { AlreadyConnectedError, type DirectoryError, NotConnectedError, NotFoundError } from './errors.ts';
import { Keeper } from './keeper.ts';
import { checkTimeout } from './connect-options.ts';
import { searchConferences } from './conference-search.ts';
import { type Connected, Entries, missingContainer } from './entries.ts';
import { detectDialect } from './dialect/detect.ts';
import type { LdapAttributes } from './ldap/entry.ts';
import { displayTarget, type LdapTarget } from './ldap/target.ts';
import type { SrvResolver } from './locate.ts';
import { Results } from './results.ts';
import { DirectoryServers, type ServerList } from './servers.ts';
import { LdapSession } from './session.ts';
import { checkTtl, DEFAULT_TTL_SECONDS } from './ttl.ts';
import type {
  AddOptions,
  ConferenceQuery,
  ConnectOptions,
  Credentials,
  Directory,
  DirectoryEvents,
  DirectoryType,
  TtlOptions,
} from './types.ts';

export interface LdapDirectoryOptions {
  /** The kind of server, instead of finding out. */
  readonly type?: DirectoryType;
  readonly displayName?: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** What is asked for servers that a domain publishes. Default the system's. */
  readonly resolver?: SrvResolver;
  /** Runs after the connection is closed; an embedded service ends with its directory. */
  readonly onClose?: () => Promise<void> | void;
}

/** What is needed to bring back an entry that we keep alive. */
interface Owned {
  readonly conference: Conference;
  readonly dn: string;
  attributes: LdapAttributes;
  /** As granted when it was added. */
  readonly ttlSeconds: number;
}

/** A {@link Directory} on one or more LDAP servers that hold the same, whatever its dialect. */
export class LdapDirectory implements Directory {
  readonly url: string;
  autoRefresh = false;
  readonly #servers: DirectoryServers;
  readonly #options: LdapDirectoryOptions;
  readonly #events = new EventEmitter();
  readonly #keeper: Keeper;
  readonly #owned = new Map<string, Owned>();
  #connected: (Connected & { readonly entries: Entries }) | undefined;
  #state: 'new' | 'connecting' | 'connected' | 'closed' = 'new';
  #defaultTtlSeconds = DEFAULT_TTL_SECONDS;

  constructor(servers: LdapTarget | ServerList, options: LdapDirectoryOptions) {
    this.#servers = new DirectoryServers(servers);
    this.#options = options;
    this.url = servers.url;
    this.#keeper = new Keeper(options.clock, options.random, {
      refresh: (key, ttlSeconds) => this.#refreshOwned(key, ttlSeconds),
      readd: (key, ttlSeconds) => this.#readd(key, ttlSeconds),
      onRefreshed: (key, ttlSeconds) => this.#emit('refreshed', this.#nameOf(key), ttlSeconds),
      onReadded: (key) => this.#emit('readded', this.#nameOf(key)),
      onFailed: (key, reason, retryInMs) => this.#emit('refreshFailed', this.#nameOf(key), reason, retryInMs),
    });
  }

  get type(): DirectoryType {
    return this.#connected?.dialect.type ?? this.#options.type ?? (this.#servers.isInside ? 'ils' : 'ldap');
  }
  get displayName(): string {
    if (this.#options.displayName !== undefined) return this.#options.displayName;
    const server = this.#connected?.session.server;
    return server === undefined ? this.#servers.displayName : displayTarget(server);
  }
  get port(): number | undefined {
    const server = this.#connected?.session.server;
    if (server === undefined) return this.#servers.port;
    return server.kind === 'tcp' ? server.port : undefined;
  }
  set port(port: number | undefined) {
    if (this.#state !== 'new') {
      throw new AlreadyConnectedError(`The port of ${this.displayName} is chosen before connecting only`);
    }
    if (port !== undefined) this.#servers.choosePort(port);
  }
  get isDynamic(): boolean {
    return this.#use().dialect.isDynamic;
  }
  get defaultTtlSeconds(): number {
    return this.#defaultTtlSeconds;
  }
  set defaultTtlSeconds(seconds: number) {
    this.#defaultTtlSeconds = checkTtl(seconds);
  }

  async connect(options: ConnectOptions = {}): Promise<void> {
    if (this.#state === 'closed') throw new NotConnectedError('The directory has been closed; open another');
    if (this.#state !== 'new') throw new AlreadyConnectedError(`Already connected to ${this.displayName}`);
    const timeoutMs = checkTimeout(options.timeoutMs);
    this.#state = 'connecting';
    let session: LdapSession | undefined;
    try {
      const events = {
        onLost: (reason: DirectoryError) => this.#emit('disconnected', reason),
        onRestored: (server: LdapTarget) => this.#emit('reconnected', displayTarget(server)),
      };
      const { clock, random, resolver } = this.#options;
      const { signal } = options;
      const servers = await this.#servers.find(options, timeoutMs, {
        random,
        ...(resolver === undefined ? {} : { resolver }),
        ...(signal === undefined ? {} : { signal }),
      });
      session = await LdapSession.open(servers, clock, random, events, signal);
      const detected = await session.read(
        (connection) => detectDialect(connection, this.#servers.base, this.#options.type, options.signal),
        options.signal,
      );
      const connected = { ...detected, session };
      this.#connected = { ...connected, entries: new Entries(connected, () => this.#now()) };
      this.#state = 'connected';
    } catch (error) {
      this.#state = 'new'; // may be tried again
      await session?.close();
      throw error;
    }
  }

  async bind(credentials: Credentials, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#use().session.bind(credentials, options.signal);
  }

  async add(conference: Conference, options: AddOptions = {}): Promise<void> {
    const { dialect, session, entries } = this.#use();
    const ttlSeconds = checkTtl(options.ttlSeconds ?? this.#defaultTtlSeconds, options.allowShortTtl);
    conference.sdp?.commit(unixMsToNtpSeconds(this.#options.clock.wall()));
    const dn = dialect.dn(conference.name);
    const attributes = dialect.newAttributes(conference, session.boundDn);
    const granted = await entries.add(dn, attributes, ttlSeconds, options.signal);
    this.#published(conference, dn, granted, attributes);
    if (this.autoRefresh) this.#keep(conference, dn, attributes, granted);
  }

  async modify(conference: Conference, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { dialect, entries } = this.#use();
    const { signal } = options;
    const published = publicationOf(conference);
    if (published !== undefined && published.name !== conference.name) {
      return this.#rename(conference, published.name, published.dn, signal);
    }
    conference.sdp?.commit(unixMsToNtpSeconds(this.#options.clock.wall()));
    const dn = published?.dn ?? dialect.dn(conference.name);
    const attributes = dialect.changedAttributes(conference);
    await entries.replace(dn, attributes, signal);
    const owned = this.#owned.get(keyOf(conference.name));
    if (owned !== undefined) owned.attributes = withChanges(owned.attributes, attributes);
  }

  async refresh(target: Conference | string, ttlSeconds?: number, options: TtlOptions = {}): Promise<number> {
    const { dialect, entries } = this.#use();
    const ttl = checkTtl(ttlSeconds ?? this.#defaultTtlSeconds, options.allowShortTtl);
    const name = nameOf(target);
    const published = typeof target === 'string' ? undefined : publicationOf(target);
    const dn = published?.dn ?? dialect.dn(name);
    const granted = await entries.refresh(dn, ttl, options.signal);
    if (typeof target !== 'string') setPublication(target, this.#publication(dn, name, granted));
    this.#keeper.granted(keyOf(name), granted);
    return granted;
  }

  async delete(target: Conference | string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { dialect, entries } = this.#use();
    const name = nameOf(target);
    const dn = (typeof target === 'string' ? undefined : publicationOf(target)?.dn) ?? dialect.dn(name);
    const key = keyOf(name);
    const owned = this.#owned.get(key);
    this.#forget(key); // first, lest the keeper finds it gone and brings it back
    try {
      await entries.delete(dn, options.signal);
    } catch (error) {
      if (owned !== undefined && !(error instanceof NotFoundError)) {
        this.#resume(key, owned);
      }
      throw error;
    }
    if (typeof target !== 'string') setPublication(target, undefined);
  }

  search(query: ConferenceQuery = {}): Results<Conference> {
    const connected = this.#use();
    const now = (): Date => this.#now();
    return new Results(async function* () {
      try {
        yield* searchConferences(connected, query, now);
      } catch (error) {
        throw missingContainer(error, connected.dialect.base);
      }
    });
  }

  async get(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<Conference | undefined> {
    const { dialect, entries } = this.#use();
    const entry = await entries.read(dialect.dn(name), options.signal);
    return entry === undefined ? undefined : dialect.read(entry, this.#now());
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#keeper.stop();
    this.#owned.clear();
    const connected = this.#connected;
    this.#connected = undefined;
    await connected?.session.close();
    await this.#options.onClose?.();
  }

  on<E extends keyof DirectoryEvents>(event: E, listener: (...args: DirectoryEvents[E]) => void): this {
    this.#events.on(event, listener);
    return this;
  }
  off<E extends keyof DirectoryEvents>(event: E, listener: (...args: DirectoryEvents[E]) => void): this {
    this.#events.off(event, listener);
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #use(): Connected & { readonly entries: Entries } {
    if (this.#connected !== undefined) return this.#connected;
    throw new NotConnectedError(
      this.#state === 'closed'
        ? 'The directory has been closed'
        : `Not connected to ${this.displayName}; call connect`,
    );
  }

  #emit<E extends keyof DirectoryEvents>(event: E, ...args: DirectoryEvents[E]): void {
    this.#events.emit(event, ...args);
  }

  #now(): Date {
    return new Date(this.#options.clock.wall());
  }

  /** There is no rename in locator services: the new entry is added first, then the old one deleted. */
  async #rename(conference: Conference, oldName: string, oldDn: string, signal?: AbortSignal): Promise<void> {
    const { dialect, session, entries } = this.#use();
    if (keyOf(oldName) === keyOf(conference.name)) {
      throw new InvalidValueError(
        `"${oldName}" and "${conference.name}" are the same name to a directory; rename it to something else first`,
      );
    }
    const old = await entries.read(oldDn, signal);
    if (old === undefined) throw new NotFoundError(`There is no conference "${oldName}" to rename`);
    conference.sdp?.commit(unixMsToNtpSeconds(this.#options.clock.wall()));
    const dn = dialect.dn(conference.name);
    const fresh = dialect.newAttributes(conference, session.boundDn);
    const attributes = {
      ...Object.fromEntries(conference.attributes), // what we do not understand goes along
      ...fresh,
      objectClass: distinct([...(fresh['objectClass'] ?? []), ...old.all('objectClass')]),
    };
    const left = dialect.ttlOf(old, this.#now());
    const granted = await entries.add(dn, attributes, Math.max(1, left ?? this.#defaultTtlSeconds), signal);
    const owned = this.#owned.get(keyOf(oldName));
    this.#forget(keyOf(oldName));
    try {
      await entries.delete(oldDn, signal);
    } catch (error) {
      if (!(error instanceof NotFoundError)) {
        await entries.delete(dn).catch(() => {}); // better one under the old name than two
        if (owned !== undefined) this.#resume(keyOf(oldName), owned);
        throw error;
      }
    }
    this.#published(conference, dn, granted, attributes);
    if (owned !== undefined) this.#keep(conference, dn, attributes, granted);
  }

  #publication(dn: string, name: string, ttlSeconds: number) {
    const expiresAt = new Date(this.#options.clock.wall() + ttlSeconds * 1000);
    return { dn, name, ttlSeconds, expiresAt };
  }

  #published(conference: Conference, dn: string, ttlSeconds: number, attributes: LdapAttributes): void {
    setPublication(conference, this.#publication(dn, conference.name, ttlSeconds));
    const owned = this.#owned.get(keyOf(conference.name));
    if (owned !== undefined) owned.attributes = attributes;
  }

  #keep(conference: Conference, dn: string, attributes: LdapAttributes, ttlSeconds: number): void {
    const key = keyOf(conference.name);
    this.#owned.set(key, { conference, dn, attributes, ttlSeconds });
    this.#keeper.keep(key, ttlSeconds);
  }

  /** Keeps again what was forgotten before a change that has failed. */
  #resume(key: string, owned: Owned): void {
    this.#owned.set(key, owned);
    this.#keeper.resume(key, owned.ttlSeconds);
  }

  #forget(key: string): void {
    this.#owned.delete(key);
    this.#keeper.forget(key);
  }

  async #refreshOwned(key: string, ttlSeconds: number): Promise<number> {
    const owned = this.#mine(key);
    const granted = await this.#use().entries.refresh(owned.dn, ttlSeconds);
    setPublication(owned.conference, this.#publication(owned.dn, this.#nameOf(key), granted));
    return granted;
  }

  async #readd(key: string, ttlSeconds: number): Promise<number> {
    const owned = this.#mine(key);
    const granted = await this.#use().entries.add(owned.dn, owned.attributes, ttlSeconds);
    setPublication(owned.conference, this.#publication(owned.dn, this.#nameOf(key), granted));
    return granted;
  }

  #mine(key: string): Owned {
    const owned = this.#owned.get(key);
    if (owned === undefined) throw new NotFoundError(`"${key}" is not kept alive any more`);
    return owned;
  }

  #nameOf(key: string): string {
    const conference = this.#owned.get(key)?.conference;
    return (conference === undefined ? undefined : publicationOf(conference)?.name) ?? key;
  }
}

const keyOf = (name: string): string => name.toLowerCase();
const nameOf = (target: Conference | string): string =>
  typeof target === 'string' ? target : (publicationOf(target)?.name ?? target.name);
/** Without those that are the same but for case. */
const distinct = (values: readonly (string | Uint8Array)[]): (string | Uint8Array)[] => [
  ...new Map(values.map((value) => [String(value).toLowerCase(), value])).values(),
];
function withChanges(old: LdapAttributes, changed: LdapAttributes): LdapAttributes {
  return Object.fromEntries(Object.entries({ ...old, ...changed }).filter(([, values]) => values.length > 0));
}
