import type { SapEntry } from './entry.ts';

/** A host's part of the cache. */
export class SapHost {
  readonly address: string;
  /** Its own sessions, the one not heard longest first. */
  readonly entries = new Set<SapEntry>();
  /** Sessions that it announces, its own or others', by message identifier hash. */
  readonly byHash = new Map<number, SapEntry>();
  weight = 0;
  settled = 0;

  constructor(address: string) {
    this.address = address;
  }
}

/** Sessions that a host keeps whatever others do, once they have settled; less in a cache of less than ten times that. */
const GUARANTEED = 100;

/**
 * Who has how much of a cache that is full, so that nobody pushes out others by announcing more:
 *
 * - A host above its share (the cache divided by the hosts with settled sessions, but at least 100) loses the session
 *   that was not heard longest to a host that has less, and gets nothing more itself.
 * - A host with less than 100 may push out what was heard a single time, the oldest first; a session settles when it is heard again. So
 *   made-up addresses, each with its share, cannot push out those who were there before.
 * - If that does not help, the newcomer is refused.
 *
 * A session takes one place for each 1024 bytes begun, which bounds the memory too.
 */
export class FairShares {
  readonly #limit: number;
  readonly #guaranteed: number;
  readonly #hosts = new Map<string, SapHost>();
  /** Hosts by weight, to find the heaviest without looking at all of them. */
  readonly #byWeight = new Map<number, Set<SapHost>>();
  readonly #unsettled = new Set<SapEntry>();
  #heaviest = 0;
  #total = 0;
  #settledHosts = 0;

  /** @param limit places in the cache */
  constructor(limit: number) {
    this.#limit = limit;
    this.#guaranteed = Math.min(GUARANTEED, Math.ceil(limit / 10));
  }

  /** Places taken. */
  get total(): number {
    return this.#total;
  }
  get hosts(): number {
    return this.#hosts.size;
  }

  host(address: string): SapHost | undefined {
    return this.#hosts.get(address);
  }

  /** The host, new if need be; {@link tidy} lets it go again. */
  ensure(address: string): SapHost {
    let host = this.#hosts.get(address);
    if (host === undefined) {
      host = new SapHost(address);
      this.#hosts.set(address, host);
    }
    return host;
  }

  /** Forgets the host if nothing is known of it. */
  tidy(host: SapHost): void {
    if (host.entries.size === 0 && host.byHash.size === 0) this.#hosts.delete(host.address);
  }

  add(host: SapHost, entry: SapEntry, weight: number): void {
    host.entries.add(entry);
    if (entry.settled) this.#countSettled(host, 1);
    else this.#unsettled.add(entry);
    this.reweigh(host, weight);
  }

  remove(host: SapHost, entry: SapEntry, weight: number): void {
    if (!host.entries.delete(entry)) return;
    if (entry.settled) this.#countSettled(host, -1);
    this.#unsettled.delete(entry);
    this.reweigh(host, -weight);
  }

  /** An entry became heavier or, below 0, lighter. */
  reweigh(host: SapHost, difference: number): void {
    if (difference === 0) return;
    this.#byWeight.get(host.weight)?.delete(host);
    if (this.#byWeight.get(host.weight)?.size === 0) this.#byWeight.delete(host.weight);
    host.weight += difference;
    this.#total += difference;
    if (host.weight > 0) {
      const peers = this.#byWeight.get(host.weight);
      if (peers === undefined) this.#byWeight.set(host.weight, new Set([host]));
      else peers.add(host);
    }
    this.#heaviest = Math.max(this.#heaviest, host.weight);
    while (this.#heaviest > 0 && !this.#byWeight.has(this.#heaviest)) this.#heaviest--;
  }

  /** The entry was heard: it is the last of its host to go. */
  refreshed(host: SapHost, entry: SapEntry): void {
    if (!host.entries.delete(entry)) return;
    host.entries.add(entry);
  }

  settle(host: SapHost, entry: SapEntry): void {
    if (entry.settled) return;
    entry.settled = true;
    this.#unsettled.delete(entry);
    this.#countSettled(host, 1);
  }

  /**
   * What has to go so that `host` gets `weight` more places.
   *
   * @param keep an entry that is to stay: the one that grows
   * @returns undefined when there is room; 'refused' when there is none to be had
   */
  victim(host: SapHost, weight: number, keep?: SapEntry): SapEntry | 'refused' | undefined {
    if (this.#total + weight <= this.#limit) return undefined;
    if (weight > this.#limit) return 'refused';
    const sharers = this.#settledHosts + (host.settled > 0 ? 0 : 1);
    const share = Math.max(this.#guaranteed, Math.floor(this.#limit / sharers));
    if (host.weight + weight > share) return 'refused';
    const [heaviest] = this.#byWeight.get(this.#heaviest) ?? [];
    const [silentLongest] = heaviest?.entries ?? [];
    if (heaviest !== undefined && heaviest !== host && silentLongest !== undefined) {
      const more = heaviest.weight > host.weight + weight;
      if (heaviest.weight > share || (more && !silentLongest.settled)) return silentLongest;
    }
    if (host.weight + weight > this.#guaranteed) return 'refused';
    for (const entry of this.#unsettled) if (entry !== keep && entry.owner !== host.address) return entry;
    return 'refused';
  }

  #countSettled(host: SapHost, difference: 1 | -1): void {
    const before = host.settled;
    host.settled += difference;
    if (before === 0) this.#settledHosts++;
    if (host.settled === 0) this.#settledHosts--;
  }
}
