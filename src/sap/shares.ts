import type { SapEntry } from './entry.ts';

/** A host's part of the cache. */
export class SapHost {
  readonly address: string;
  /** Its own sessions, the longest known first. */
  readonly entries = new Set<SapEntry>();
  /** Those of them that were heard a single time. */
  readonly unsettled = new Set<SapEntry>();
  /** Sessions that it announces, its own or others', by message identifier hash. */
  readonly byHash = new Map<number, SapEntry>();
  weight = 0;

  /** Whether any of its sessions was heard again. */
  get hasSettled(): boolean {
    return this.entries.size > this.unsettled.size;
  }

  constructor(address: string) {
    this.address = address;
  }
}

/** Sessions that a host keeps whatever others do, once they have settled; less in a cache of less than ten times that. */
const GUARANTEED = 100;

/**
 * Who has how much of a cache that is full, so that nobody pushes out others by announcing more:
 *
 * - A host above its share (the cache divided by the hosts with settled sessions, but at least 100) loses a session to a
 *   host that has less, and gets nothing more itself: one that was heard a single time, else of the longest known the one
 *   that is silent longest.
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
    const before = host.hasSettled;
    host.entries.add(entry);
    if (!entry.settled) {
      host.unsettled.add(entry);
      this.#unsettled.add(entry);
    }
    this.#settledChanged(host, before);
    this.reweigh(host, weight);
  }

  remove(host: SapHost, entry: SapEntry, weight: number): void {
    const before = host.hasSettled;
    if (!host.entries.delete(entry)) return;
    host.unsettled.delete(entry);
    this.#unsettled.delete(entry);
    this.#settledChanged(host, before);
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

  settle(host: SapHost, entry: SapEntry): void {
    if (entry.settled) return;
    const before = host.hasSettled;
    entry.settled = true;
    host.unsettled.delete(entry);
    this.#unsettled.delete(entry);
    this.#settledChanged(host, before);
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
    const sharers = this.#settledHosts + (host.hasSettled ? 0 : 1);
    const share = Math.max(this.#guaranteed, Math.floor(this.#limit / sharers));
    if (host.weight + weight > share) return 'refused';
    const [heaviest] = this.#byWeight.get(this.#heaviest) ?? [];
    if (heaviest !== undefined && heaviest !== host) {
      const [unsettled] = heaviest.unsettled;
      if (heaviest.weight > share) return unsettled ?? stalest(heaviest.entries);
      if (heaviest.weight > host.weight + weight && unsettled !== undefined) return unsettled;
    }
    if (host.weight + weight > this.#guaranteed) return 'refused';
    for (const entry of this.#unsettled) if (entry !== keep && entry.owner !== host.address) return entry;
    return 'refused';
  }

  #settledChanged(host: SapHost, before: boolean): void {
    if (before === host.hasSettled) return;
    this.#settledHosts += before ? -1 : 1;
  }
}

/** Of the first few the one not heard longest; looking at all of them each time would take too long in a flood. */
function stalest(entries: Iterable<SapEntry>): SapEntry | 'refused' {
  let found: SapEntry | undefined;
  let looked = 0;
  for (const entry of entries) {
    if (found === undefined || entry.lastHeard < found.lastHeard) found = entry;
    if (++looked === 16) break;
  }
  return found ?? 'refused';
}
