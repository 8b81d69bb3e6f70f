import { EventEmitter } from 'node:events';
import { InvalidValueError } from '../src/errors.ts';
import type { RandomSource } from '../src/machine.ts';
import type { Clock } from '../src/net/clock.ts';
import { unixMsToNtpSeconds } from '../src/sdp/index.ts';
import type { Conference } from './conference.ts';
import {
  AlreadyConnectedError,
  DirectoryError,
  NotConnectedError,
  NotFoundError,
  NotPermittedError,
} from './errors.ts';
import { withAccountNames, withAccountSids } from './accounts.ts';
import { checkTimeout } from './connect-options.ts';
import type { Credentials } from './credentials.ts';
import { searchConferences } from './conference-search.ts';
import type { Entries } from './entries.ts';
import { detectDialect } from './dialect/detect.ts';
import { type DialectName, directoryTypeOf, type EntryValues } from './dialect/dialect.ts';
import { withOldOnes } from './ldap/entry.ts';
import { displayTarget, type LdapTarget } from './ldap/target.ts';
import type { SrvResolver } from './locate.ts';
import { addEntries, deleteEntries, refreshEntries, replaceEntries } from './object-entries.ts';
import { keyOf, OwnedObjects, publishedName } from './owned.ts';
import { resultsBelow } from './object-search.ts';
import { renameEntry } from './rename.ts';
import { publicationOf, setPublication } from './publication.ts';
import type { Results } from './results.ts';
import { DirectoryServers, type ServerList } from './servers.ts';
import { LdapSession } from './session.ts';
import { type SweepOptions, type SweptEntry, sweepEntries } from './sweep.ts';
import { checkTtl, DEFAULT_TTL_SECONDS } from './ttl.ts';
import type {
  AddOptions,
  CloseOptions,
  ConferenceQuery,
  ConnectOptions,
  Directory,
  DirectoryEvents,
  DirectoryObject,
  DirectoryType,
  TtlOptions,
  UserQuery,
} from './types.ts';
import { type Use, useOf } from './use.ts';
import type { DirectoryUser } from './user.ts';
import { latestOf, sameText, searchUsers } from './user-search.ts';
import type { Watch } from './watch/types.ts';
import { Watches } from './watch/watches.ts';

export interface LdapDirectoryOptions {
  /** How the server keeps what it has, instead of finding out. */
  readonly dialect?: DialectName;
  /** Who ends the life of entries. Default the server, where it can and nothing is replicated. */
  readonly expiry?: 'own' | 'server';
  readonly displayName?: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** What is asked for servers that a domain publishes. Default the system's. */
  readonly resolver?: SrvResolver;
  /** Runs after the connection is closed; an embedded service ends with its directory. */
  readonly onClose?: () => Promise<void> | void;
}

/** A {@link Directory} on one or more LDAP servers that hold the same, whatever its dialect. */
export class LdapDirectory implements Directory {
  readonly url: string;
  autoRefresh = false;
  readonly #servers: DirectoryServers;
  readonly #options: LdapDirectoryOptions;
  readonly #events = new EventEmitter();
  readonly #owned: OwnedObjects;
  readonly #watches: Watches;
  #connected: Use | undefined;
  #state: 'new' | 'connecting' | 'connected' | 'closed' = 'new';
  #defaultTtlSeconds = DEFAULT_TTL_SECONDS;

  constructor(servers: LdapTarget | ServerList, options: LdapDirectoryOptions) {
    this.#servers = new DirectoryServers(servers);
    this.#options = options;
    this.#watches = new Watches(options);
    this.url = servers.url;
    this.#owned = new OwnedObjects(options.clock, options.random, {
      entriesOf: ({ kind }) => (kind === 'user' ? this.#useUsers().entries : this.#use().entries),
      granted: (object, dn, ttlSeconds) => this.#granted(object, dn, ttlSeconds),
      emit: (event, ...args) => this.#emit(event, ...args),
    });
  }

  get type(): DirectoryType {
    return directoryTypeOf(this.dialect ?? (this.#servers.isInside ? 'ils' : 'rendezvous'));
  }
  get dialect(): DialectName | undefined {
    return this.#connected?.dialect.name ?? this.#options.dialect ?? this.#servers.hints.dialect;
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

  /** What is behind it, for diagnosis. */
  get connected(): Use {
    return this.#use();
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
      this.#connected = await this.#detect(session, options.signal);
      this.#state = 'connected';
    } catch (error) {
      this.#state = 'new'; // may be tried again
      await session?.close();
      throw error;
    }
  }

  async bind(credentials: Credentials, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { session, incomplete } = this.#use();
    await session.bind(credentials, options.signal);
    if (incomplete) this.#connected = await this.#detect(session, options.signal);
  }

  async add(object: DirectoryObject, options: AddOptions = {}): Promise<void> {
    const { dialect, session } = this.#useForWriting();
    const ttlSeconds = checkTtl(options.ttlSeconds ?? this.#defaultTtlSeconds, options.allowShortTtl);
    const owner = session.boundDn;
    await withAccountSids(object, true, this.#use(), options.signal);
    let entries: readonly EntryValues[];
    if (object.kind === 'user') {
      entries = this.#useUsers().dialect.newEntries(object, owner);
    } else {
      this.#commit(object);
      entries = [{ dn: dialect.dn(object.name), attributes: dialect.newAttributes(object, owner) }];
    }
    const granted = await addEntries(this.#entriesOf(object), entries, ttlSeconds, options.signal);
    setPublication(object, this.#publication(dnOf(entries), object.name, granted));
    object.aclPublished();
    if (this.autoRefresh) this.#owned.keep(object, entries, granted);
    else this.#owned.changed(keyOf(object), entries);
  }

  async modify(object: DirectoryObject, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { dialect } = this.#useForWriting();
    const { signal } = options;
    const published = publicationOf(object);
    await withAccountSids(object, false, this.#use(), signal);
    let changes: readonly EntryValues[];
    if (object.kind === 'user') {
      changes = this.#useUsers().dialect.changedEntries(object);
    } else {
      if (published !== undefined && published.name !== object.name) {
        return this.#rename(object, published.name, published.dn, signal);
      }
      this.#commit(object);
      const dn = published?.dn ?? dialect.dn(object.name);
      changes = [{ dn, attributes: dialect.changedAttributes(object) }];
    }
    await replaceEntries(this.#entriesOf(object), changes, signal);
    object.aclPublished();
    this.#owned.changed(keyOf(object), changes);
  }

  async refresh(
    target: DirectoryObject | string,
    ttlSeconds?: number,
    options: TtlOptions = {},
  ): Promise<number> {
    const ttl = checkTtl(ttlSeconds ?? this.#defaultTtlSeconds, options.allowShortTtl);
    this.#useForWriting();
    const dns = this.#dnsOf(target);
    const entries = this.#entriesOf(target);
    const granted = await refreshEntries(entries, dns, ttl, false, options.signal);
    if (typeof target !== 'string') this.#granted(target, dns.at(-1) ?? '', granted);
    this.#owned.granted(keyOf(target), granted);
    return granted;
  }

  async delete(
    target: DirectoryObject | string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    this.#useForWriting();
    const dns = this.#dnsOf(target);
    const key = keyOf(target);
    const owned = this.#owned.get(key);
    this.#owned.forget(key); // first, lest the keeper finds it gone and brings it back
    try {
      await deleteEntries(this.#entriesOf(target), dns, options.signal);
    } catch (error) {
      if (owned !== undefined && !(error instanceof NotFoundError)) this.#owned.resume(key, owned);
      throw error;
    }
    if (typeof target !== 'string') setPublication(target, undefined);
  }

  search(query: ConferenceQuery = {}): Results<Conference> {
    const connected = this.#use();
    return resultsBelow(connected.dialect.base, () => searchConferences(connected, query, () => this.#now()));
  }

  watch(query: ConferenceQuery = {}): Watch<Conference> {
    return this.#watches.conferences(this.#use(), query);
  }

  async get(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<Conference | undefined> {
    const { dialect, entries } = this.#use();
    if (dialect.readOnly !== undefined) {
      const found = await this.search({ ...options, name }).toArray(); // what names an entry there is not known
      return found.find((conference) => sameText(conference.name, name));
    }
    const entry = await entries.read(dialect.dn(name), options.signal);
    const found = entry === undefined ? undefined : dialect.read(entry, this.#now());
    return withAccountNames(found, this.#use(), options.signal);
  }

  searchUsers(query: UserQuery = {}): Results<DirectoryUser> {
    const connected = this.#use();
    const { dialect } = this.#useUsers();
    return resultsBelow(dialect.base, () => searchUsers(connected, dialect, query, () => this.#now()));
  }

  async getUser(
    name: string,
    options: { readonly machine?: string; readonly signal?: AbortSignal } = {},
  ): Promise<DirectoryUser | undefined> {
    const found = await this.searchUsers({ ...options, name, unlisted: true }).toArray();
    const user = latestOf(found.filter((each) => sameText(each.name, name))); // not those that a * in it finds
    return withAccountNames(user, this.#use(), options.signal);
  }

  sweep(options: SweepOptions = {}): Results<SweptEntry> {
    const connected = this.#use();
    return resultsBelow(connected.dialect.base, () => sweepEntries(connected, options, () => this.#now()));
  }

  async close({ withdraw = false }: CloseOptions = {}): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#watches.close();
    try {
      await this.#owned.stop(withdraw);
    } finally {
      const connected = this.#connected;
      this.#connected = undefined;
      await connected?.session.close();
      await this.#options.onClose?.();
    }
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

  #use(): Use {
    if (this.#connected !== undefined) return this.#connected;
    throw new NotConnectedError(
      this.#state === 'closed'
        ? 'The directory has been closed'
        : `Not connected to ${this.displayName}; call connect`,
    );
  }

  /** @throws {NotPermittedError} when nothing in it is ever altered */
  #useForWriting(): Use {
    const use = this.#use();
    if (use.dialect.readOnly !== undefined) throw new NotPermittedError(`${use.dialect.readOnly}.`);
    return use;
  }

  async #detect(session: LdapSession, signal: AbortSignal | undefined): Promise<Use> {
    const onOmitted = (dn: string, names: readonly string[]) => this.#emit('omitted', dn, names);
    const [{ hints, base }, { carriesKeys }] = [this.#servers, session];
    const options = { ...hints, ...this.#options, base, carriesKeys, onOmitted };
    const detected = await session.read((connection) => detectDialect(connection, options, signal), signal);
    return useOf({ ...detected, session }, () => this.#now());
  }

  #useUsers(): NonNullable<Use['users']> {
    const { users } = this.#use();
    if (users !== undefined) return users;
    throw new DirectoryError(
      `${this.displayName} has no place for users: load the schema that "rendezvous schema" prints into it`,
    );
  }

  #entriesOf(target: DirectoryObject | string): Entries {
    return typeof target !== 'string' && target.kind === 'user'
      ? this.#useUsers().entries
      : this.#use().entries;
  }

  /** DNs of all entries of an object, the object's own last. */
  #dnsOf(target: DirectoryObject | string): readonly string[] {
    const { dialect } = this.#use();
    if (typeof target === 'string') return [dialect.dn(target)];
    if (target.kind === 'user') return this.#useUsers().dialect.dns(target);
    return [publicationOf(target)?.dn ?? dialect.dn(target.name)];
  }

  #emit<E extends keyof DirectoryEvents>(event: E, ...args: DirectoryEvents[E]): void {
    this.#events.emit(event, ...args);
  }

  #now(): Date {
    return new Date(this.#options.clock.wall());
  }

  async #rename(conference: Conference, oldName: string, oldDn: string, signal?: AbortSignal): Promise<void> {
    const { dialect, session, entries } = this.#use();
    if (keyOf(oldName) === keyOf(conference.name)) {
      throw new InvalidValueError(
        `"${oldName}" and "${conference.name}" are the same name to a directory; rename it to something else first`,
      );
    }
    const old = await entries.read(oldDn, signal);
    if (old === undefined) throw new NotFoundError(`There is no conference "${oldName}" to rename`);
    this.#commit(conference);
    const dn = dialect.dn(conference.name);
    const fresh = dialect.newAttributes(conference, session.boundDn);
    const attributes = withOldOnes(fresh, conference.attributes, old.all('objectClass'));
    const ttlSeconds = dialect.ttlOf(old, this.#now()) ?? this.#defaultTtlSeconds;
    const oldKey = keyOf(oldName);
    const owned = this.#owned.get(oldKey);
    this.#owned.forget(oldKey); // first, lest the keeper finds it gone and brings it back
    let granted: number;
    try {
      const changes = dialect.changedAttributes(conference);
      granted = await renameEntry(entries, { oldDn, dn, changes, attributes, ttlSeconds }, signal);
    } catch (error) {
      if (owned !== undefined) this.#owned.resume(oldKey, owned);
      throw error;
    }
    setPublication(conference, this.#publication(dn, conference.name, granted));
    conference.aclPublished();
    if (owned !== undefined) this.#owned.keep(conference, [{ dn, attributes }], granted);
  }

  #publication(dn: string, name: string, ttlSeconds: number) {
    const expiresAt = new Date(this.#options.clock.wall() + ttlSeconds * 1000);
    return { dn, name, ttlSeconds, expiresAt };
  }

  #granted(object: DirectoryObject, dn: string, ttlSeconds: number): void {
    setPublication(object, this.#publication(dn, publishedName(object), ttlSeconds));
  }
  /** A changed description gets a new version. */
  #commit({ sdp }: Conference): void {
    sdp?.commit(unixMsToNtpSeconds(this.#options.clock.wall()));
  }
}

const dnOf = (entries: readonly EntryValues[]): string => entries.at(-1)?.dn ?? '';
