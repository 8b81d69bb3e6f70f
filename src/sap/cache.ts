import type { Ms } from '../machine.ts';
import type { SapChannel, SapHearing } from './announced-session.ts';
import { type EntryContent, entryWeight, SapEntry } from './entry.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { MultiMap } from './multi-map.ts';
import { FairShares } from './shares.ts';

/** A session heard again this long after the first time has settled: the copies of one announcement come together. */
const SETTLED_AFTER_MS = 1000;

/** The sessions, by key, by host and hash, and by expiry; with the counts that depend on them. */
export class SapCache {
  readonly entries = new Map<string, SapEntry>();
  readonly expiry = new ExpiryQueue<SapEntry>();
  readonly #shares: FairShares;
  readonly #limit: number;
  /** By host and origin, where the origin says nothing. */
  readonly #vague = new MultiMap<string, SapEntry>();
  /** By the key that another host's session has. */
  readonly #separate = new MultiMap<string, SapEntry>();
  readonly #perGroup = new Map<string, number>();
  /** Hearings of others than the owner: bounded, since anybody can repeat anything. */
  #repeats = 0;

  /** @param limit places, of 1024 bytes each */
  constructor(limit: number) {
    this.#limit = limit;
    this.#shares = new FairShares(limit);
  }

  /** Places taken. */
  get weight(): number {
    return this.#shares.total;
  }
  /** Hosts that announce something. */
  get hosts(): number {
    return this.#shares.hosts;
  }

  /** Sessions heard in the group. */
  sessionsIn(group: string): number {
    return this.#perGroup.get(group) ?? 0;
  }

  /** The address as it is kept already, so that not every session has a text of its own. */
  known(sender: string): string {
    return this.#shares.host(sender)?.address ?? sender;
  }

  /** The session that the host announced last with this hash. */
  byHash(sender: string, hash: number): SapEntry | undefined {
    return this.#shares.host(sender)?.byHash.get(hash);
  }

  /** The host's sessions whose origin is no more than `base`, which says nothing; see {@link DescriptionFacts.unique}. */
  vague(sender: string, base: string): SapEntry[] {
    return [...this.#vague.get(`${sender} ${base}`)];
  }

  /** The host's own session, where the key is another host's already. */
  separate(key: string, sender: string): SapEntry | undefined {
    return this.#separate.has(key) ? this.entries.get(separateKey(key, sender)) : undefined;
  }

  /** Sessions of other hosts that have the same origin as this one. */
  separateFrom(entry: SapEntry): SapEntry[] {
    return [...this.#separate.get(entry.key)];
  }

  /** @returns what has to go first, or 'refused'; undefined when there is room */
  victim(sender: string, weight: number, keep?: SapEntry): SapEntry | 'refused' | undefined {
    const host = this.#shares.ensure(sender);
    const victim = this.#shares.victim(host, weight, keep);
    this.#shares.tidy(host);
    return victim;
  }

  add(entry: SapEntry): void {
    this.entries.set(entry.key, entry);
    this.#shares.add(this.#shares.ensure(entry.owner), entry, entry.weight);
    const { unique, base, key } = entry.content;
    if (!unique) this.#vague.add(`${entry.owner} ${base}`, entry);
    if (entry.key !== key) this.#separate.add(key, entry);
  }

  /** Notes that the entry was heard. */
  heard(entry: SapEntry, sender: string, channel: SapChannel, now: Ms): void {
    const own = sender === entry.owner;
    const newGroup = !entry.isHeardIn(channel.group);
    const { added, dropped } = entry.heard(sender, channel, now, own || this.#repeats < this.#limit);
    if (dropped !== undefined) this.#unhear(entry, [dropped]);
    if (added !== undefined) {
      if (!own) this.#repeats++;
      if (newGroup) this.#count(channel.group, 1);
    }
    const host = added === undefined ? this.#shares.host(sender) : this.#shares.ensure(sender);
    if (host === undefined) return;
    host.byHash.set(entry.content.hash, entry);
    if (!own) return;
    if (now - entry.firstHeard >= SETTLED_AFTER_MS) this.#shares.settle(host, entry);
  }

  /** The entry has other content now. */
  replaceContent(entry: SapEntry, content: EntryContent): void {
    const before = entry.weight;
    for (const sender of new Set(entry.hearings.map((it) => it.sender))) this.#forgetHash(entry, sender);
    entry.content = content;
    const host = this.#shares.host(entry.owner);
    if (host !== undefined) this.#shares.reweigh(host, entryWeight(content) - before);
  }

  /** Another host takes the session over. */
  giveTo(entry: SapEntry, owner: string): void {
    const from = this.#shares.ensure(entry.owner);
    const to = this.#shares.ensure(owner);
    this.#shares.remove(from, entry, entry.weight);
    this.#repeats += entry.hearings.filter((it) => it.sender === entry.owner).length;
    this.#repeats -= entry.hearings.filter((it) => it.sender === owner).length;
    entry.owner = owner;
    this.#shares.add(to, entry, entry.weight);
    this.#shares.tidy(from);
  }

  /** The host does not announce the session any more, though others do. */
  unhear(entry: SapEntry, sender: string): void {
    const gone = entry.hearings.filter((it) => it.sender === sender);
    entry.hearings = entry.hearings.filter((it) => it.sender !== sender);
    this.#unhear(entry, gone);
  }

  remove(entry: SapEntry): void {
    entry.gone = true;
    this.entries.delete(entry.key);
    const hearings = entry.hearings;
    entry.hearings = [];
    this.#unhear(entry, hearings);
    const { unique, base, key } = entry.content;
    if (!unique) this.#vague.delete(`${entry.owner} ${base}`, entry);
    if (entry.key !== key) this.#separate.delete(key, entry);
    const host = this.#shares.host(entry.owner);
    if (host === undefined) return;
    this.#forgetHash(entry, entry.owner);
    this.#shares.remove(host, entry, entry.weight);
    this.#shares.tidy(host);
  }

  /** After the hearings were taken off the entry. */
  #unhear(entry: SapEntry, gone: readonly SapHearing[]): void {
    for (const group of new Set(gone.map((it) => it.group)))
      if (!entry.isHeardIn(group)) this.#count(group, -1);
    for (const { sender } of gone) if (sender !== entry.owner) this.#repeats--;
    for (const sender of new Set(gone.map((it) => it.sender))) {
      if (entry.isHeardFrom(sender)) continue;
      this.#forgetHash(entry, sender);
      const host = this.#shares.host(sender);
      if (host !== undefined) this.#shares.tidy(host);
    }
  }

  #forgetHash(entry: SapEntry, sender: string): void {
    const host = this.#shares.host(sender);
    const { hash } = entry.content;
    if (host?.byHash.get(hash) === entry) host.byHash.delete(hash);
  }

  #count(group: string, difference: number): void {
    const count = this.sessionsIn(group) + difference;
    if (count > 0) this.#perGroup.set(group, count);
    else this.#perGroup.delete(group);
  }
}

/** The key of a session whose own one is another host's already. */
export function separateKey(key: string, sender: string): string {
  return `${key} ${sender}`;
}
