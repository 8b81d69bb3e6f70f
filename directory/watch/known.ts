import { createHash } from 'node:crypto';
import { dnKey } from '../dn-key.ts';
import type { LdapEntry } from '../ldap/entry.ts';
import { publicationOf } from '../publication.ts';
import type { EventQueue } from './event-queue.ts';

interface Known<T> {
  readonly dn: string;
  readonly object: T;
  /** Of the entry's attributes, but those that only say how long it lives. */
  readonly digest: string;
  /** Milliseconds since 1970; undefined when it does not end. */
  readonly expires: number | undefined;
  readonly uuid: string | undefined;
}

/** Attributes that change without anything having changed, in lower case. */
const VOLATILE: ReadonlySet<string> = new Set([
  'entryttl',
  'entryexpiretimestamp',
  'modifytimestamp',
  'entrycsn',
  'whenchanged',
  'usnchanged',
]);

/**
 * What a watch knows of the directory. Told what there is, it tells what has changed. Entries are known by name, and by
 * entryUUID where the server says it.
 */
export class KnownObjects<T extends object> {
  readonly #read: (entry: LdapEntry) => T | undefined;
  readonly #queue: EventQueue<T>;
  readonly #volatile: ReadonlySet<string>;
  readonly #known = new Map<string, Known<T>>();
  readonly #keys = new Map<string, string>();
  /** While everything is told anew: what was not mentioned yet. */
  #unseen: Set<string> | undefined;
  #nextEnd: number | undefined;

  /**
   * @param read   the object in an entry; undefined when it is none that is watched
   * @param expiry name of the attribute by which entries end, where the server does not end them
   */
  constructor(read: (entry: LdapEntry) => T | undefined, queue: EventQueue<T>, expiry: string | undefined) {
    this.#read = read;
    this.#queue = queue;
    this.#volatile = expiry === undefined ? VOLATILE : new Set([...VOLATILE, expiry.toLowerCase()]);
  }

  /** The server begins to tell everything. */
  beginReload(): void {
    this.#unseen = new Set(this.#known.keys());
  }
  /** @param isComplete whether what was not mentioned is gone. @returns whether anything was */
  endReload(isComplete: boolean): boolean {
    const gone = isComplete ? [...(this.#unseen ?? [])] : [];
    this.#unseen = undefined;
    for (const key of gone) this.#remove(key);
    return gone.length > 0;
  }

  /** An entry as it is now. @returns whether that is news */
  present(entry: LdapEntry, uuid?: string): boolean {
    const key = dnKey(entry.dn);
    this.#unseen?.delete(key);
    const renamed = uuid === undefined ? undefined : this.#keys.get(uuid);
    if (renamed !== undefined && renamed !== key) this.#remove(renamed);
    const object = this.#read(entry);
    if (object === undefined) return this.#remove(key);
    const digest = this.#digest(entry);
    const expires = publicationOf(object)?.expiresAt?.getTime();
    const before = this.#known.get(key);
    this.#known.set(key, { dn: entry.dn, object, digest, expires, uuid });
    if (uuid !== undefined) this.#keys.set(uuid, key);
    if (expires !== undefined) this.#nextEnd = Math.min(this.#nextEnd ?? expires, expires);
    if (before?.digest === digest) return false;
    this.#queue.push(key, before?.object, object);
    return true;
  }
  /** The entry of that UUID is there as it was. */
  presentId(uuid: string): void {
    const key = this.#keys.get(uuid);
    if (key !== undefined) this.#unseen?.delete(key);
  }
  /** @returns whether that is news */
  gone(dn: string): boolean {
    return this.#remove(dnKey(dn));
  }
  /** @returns whether that is news */
  goneId(uuid: string): boolean {
    const key = this.#keys.get(uuid);
    return key !== undefined && this.#remove(key);
  }

  /** When the next of them ends, or earlier, in milliseconds since 1970. */
  get nextEnd(): number | undefined {
    return this.#nextEnd;
  }
  /** Names of those that have ended, as far as is known here: they may have been refreshed. */
  ended(now: number): string[] {
    const ended: string[] = [];
    this.#nextEnd = undefined;
    for (const { dn, expires } of this.#known.values()) {
      if (expires === undefined) continue;
      if (expires <= now) ended.push(dn);
      else this.#nextEnd = Math.min(this.#nextEnd ?? expires, expires);
    }
    return ended;
  }

  #remove(key: string): boolean {
    this.#unseen?.delete(key);
    const known = this.#known.get(key);
    if (known === undefined) return false;
    this.#known.delete(key);
    if (known.uuid !== undefined) this.#keys.delete(known.uuid);
    this.#queue.push(key, known.object, undefined);
    return true;
  }

  #digest(entry: LdapEntry): string {
    const hash = createHash('sha1');
    const names = entry.names.map((name) => name.toLowerCase()).filter((name) => !this.#volatile.has(name));
    for (const name of names.sort()) {
      hash.update(`\n${name}`);
      for (const value of entry.all(name)) hash.update('\0').update(value);
    }
    return hash.digest('base64');
  }
}
