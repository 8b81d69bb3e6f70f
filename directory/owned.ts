import type { RandomSource } from '../src/machine.ts';
import type { Clock } from '../src/net/clock.ts';
import type { EntryValues } from './dialect/dialect.ts';
import type { Entries } from './entries.ts';
import { AlreadyExistsError, NotFoundError } from './errors.ts';
import { Keeper } from './keeper.ts';
import type { LdapAttributes } from './ldap/entry.ts';
import { deleteEntries, readdEntries, refreshEntries } from './object-entries.ts';
import { publicationOf } from './publication.ts';
import type { DirectoryEvents, DirectoryObject } from './types.ts';
import { userId } from './user.ts';

/** What is needed to bring back an object that we keep alive. */
export interface Owned {
  readonly object: DirectoryObject;
  entries: readonly EntryValues[];
  /** As granted when it was added. */
  readonly ttlSeconds: number;
}

export interface OwnedActions {
  /** Where entries of such objects are read and written. */
  entriesOf(object: DirectoryObject): Entries;
  /** Notes on the object what the server granted. */
  granted(object: DirectoryObject, dn: string, ttlSeconds: number): void;
  emit<E extends keyof DirectoryEvents>(event: E, ...args: DirectoryEvents[E]): void;
}

/** The objects that a directory keeps alive: refreshes them in time, and registers again those that went. */
export class OwnedObjects {
  readonly #owned = new Map<string, Owned>();
  readonly #keeper: Keeper;
  readonly #actions: OwnedActions;
  readonly #clock: Clock;

  constructor(clock: Clock, random: RandomSource, actions: OwnedActions) {
    this.#actions = actions;
    this.#keeper = new Keeper(clock, random, {
      refresh: (key, ttlSeconds) => this.#refresh(key, ttlSeconds),
      readd: (key, ttlSeconds) => this.#readd(key, ttlSeconds),
      onRefreshed: (key, ttlSeconds) => actions.emit('refreshed', this.#nameOf(key), ttlSeconds),
      onReadded: (key) => actions.emit('readded', this.#nameOf(key)),
      onFailed: (key, reason, ms) => actions.emit('refreshFailed', this.#nameOf(key), reason, ms),
      onTaken: (key, reason) => {
        const name = this.#nameOf(key);
        this.#owned.delete(key);
        actions.emit('taken', name, reason);
      },
    });
    this.#clock = clock;
  }

  get(key: string): Owned | undefined {
    return this.#owned.get(key);
  }

  keep(object: DirectoryObject, entries: readonly EntryValues[], ttlSeconds: number): void {
    const key = keyOf(object);
    this.#owned.set(key, { object, entries, ttlSeconds });
    this.#keeper.keep(key, ttlSeconds);
  }

  /** Keeps again what was forgotten before a change that has failed. */
  resume(key: string, owned: Owned): void {
    this.#owned.set(key, owned);
    this.#keeper.resume(key, owned.ttlSeconds);
  }

  forget(key: string): void {
    this.#owned.delete(key);
    this.#keeper.forget(key);
  }

  /** A refresh by hand counts too. */
  granted(key: string, ttlSeconds: number): void {
    this.#keeper.granted(key, ttlSeconds);
  }

  /** What was committed is what is brought back. @param changes in the order of the entries */
  changed(key: string, changes: readonly EntryValues[]): void {
    const owned = this.#owned.get(key);
    if (owned === undefined) return;
    owned.entries = owned.entries.map(({ dn, attributes }, i) => ({
      dn,
      attributes: withChanges(attributes, changes[i]?.attributes ?? {}),
    }));
  }

  /**
   * @param withdraw whether to delete what was kept, as far as nobody else changed it
   * @throws {DirectoryError} when an entry could not be deleted
   */
  async stop(withdraw: boolean): Promise<void> {
    this.#keeper.stop();
    const kept = withdraw ? [...this.#owned.values()] : [];
    this.#owned.clear();
    const outcomes = await Promise.allSettled(kept.map((owned) => this.#withdraw(owned)));
    const failed = outcomes.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  async #withdraw({ object, entries }: Owned): Promise<void> {
    const at = this.#actions.entriesOf(object);
    const main = entries.at(-1);
    if (main === undefined || (await at.holds(main.dn, main.attributes)) !== true) return;
    const dns = entries.map(({ dn }) => dn);
    await deleteEntries(at, dns).catch((error: unknown) => {
      if (!(error instanceof NotFoundError)) throw error;
    });
  }

  async #refresh(key: string, ttlSeconds: number): Promise<number> {
    const { object, entries } = this.#mine(key);
    await this.#checkOurs(object, entries);
    const dns = entries.map(({ dn }) => dn);
    const granted = await refreshEntries(this.#actions.entriesOf(object), dns, ttlSeconds, true);
    this.#actions.granted(object, dns.at(-1) ?? '', granted);
    return granted;
  }

  async #readd(key: string, ttlSeconds: number): Promise<number> {
    const { object, entries } = this.#mine(key);
    const granted = await readdEntries(this.#actions.entriesOf(object), entries, ttlSeconds);
    this.#actions.granted(object, entries.at(-1)?.dn ?? '', granted);
    return granted;
  }

  /** After the time of an object was over, as after a sleep, anybody may have taken its name. */
  async #checkOurs(object: DirectoryObject, entries: readonly EntryValues[]): Promise<void> {
    const expiresAt = publicationOf(object)?.expiresAt;
    const main = entries.at(-1);
    if (main === undefined || expiresAt === undefined || expiresAt.getTime() > this.#clock.wall()) return;
    if ((await this.#actions.entriesOf(object).holds(main.dn, main.attributes)) !== false) return;
    throw new AlreadyExistsError(
      `"${publishedName(object)}" expired while nobody could refresh it, and somebody else has the name now`,
    );
  }

  #mine(key: string): Owned {
    const owned = this.#owned.get(key);
    if (owned === undefined) throw new NotFoundError(`"${key}" is not kept alive any more`);
    return owned;
  }

  #nameOf(key: string): string {
    const object = this.#owned.get(key)?.object;
    return object === undefined ? key : publishedName(object);
  }
}

/** The name an object is published under, whatever it is called now. */
export function publishedName(object: DirectoryObject): string {
  return publicationOf(object)?.name ?? object.name;
}

/** Tells objects apart as a directory does; a text is the name of a conference. */
export function keyOf(target: DirectoryObject | string): string {
  if (typeof target === 'string') return `conference\n${target.toLowerCase()}`; // no name has a line break
  if (target.kind === 'conference') return `conference\n${publishedName(target).toLowerCase()}`;
  return `user\n${userId(target.name, target.primaryPhone).toLowerCase()}`;
}

function withChanges(old: LdapAttributes, changed: LdapAttributes): LdapAttributes {
  return Object.fromEntries(Object.entries({ ...old, ...changed }).filter(([, values]) => values.length > 0));
}
