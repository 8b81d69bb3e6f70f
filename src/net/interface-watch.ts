import type { Ms } from '../machine.ts';
import { type Clock, systemClock } from './clock.ts';
import { type InterfaceAddress, type NetworkView, systemNetwork } from './interfaces.ts';

/**
 * What became of one interface. `lost`: it is down, without a cable, without an address, or gone. `back`: it is there
 * again, or for the first time. `interrupted`: it is another device under the same name, or was away between two looks.
 * `readdressed`: it has other addresses than before.
 */
export interface InterfaceChange {
  readonly type: 'lost' | 'back' | 'interrupted' | 'readdressed';
  readonly name: string;
  /** Its addresses now. */
  readonly addresses: readonly string[];
}

interface Sighting {
  readonly index: number | undefined;
  readonly addresses: readonly string[];
  readonly carrierChanges: number | undefined;
}

/** How often the interfaces are looked at. A look takes some ten microseconds for each of them. */
const LOOK_MS: Ms = 1000;

/** Compares each look at the interfaces with the one before. */
export class InterfaceTracker {
  #seen: ReadonlyMap<string, Sighting>;

  constructor(network: NetworkView) {
    this.#seen = sightings(network);
  }

  look(network: NetworkView): InterfaceChange[] {
    const before = this.#seen;
    const now = sightings(network);
    this.#seen = now;
    const changes: InterfaceChange[] = [];
    for (const name of before.keys()) if (!now.has(name)) changes.push({ type: 'lost', name, addresses: [] });
    for (const [name, sighting] of now) {
      const last = before.get(name);
      const type = last === undefined ? 'back' : difference(last, sighting);
      if (type !== undefined) changes.push({ type, name, addresses: sighting.addresses });
    }
    return changes;
  }
}

function sightings(network: NetworkView): Map<string, Sighting> {
  const byName = new Map<string, InterfaceAddress[]>();
  for (const it of network.addresses()) byName.set(it.name, [...(byName.get(it.name) ?? []), it]);
  return new Map(
    [...byName].map(([name, addresses]) => [
      name,
      {
        index: addresses.find(({ index }) => index !== undefined)?.index,
        addresses: addresses.map(({ address }) => address).sort(),
        carrierChanges: network.carrierChanges?.(name),
      },
    ]),
  );
}

function difference(a: Sighting, b: Sighting): 'interrupted' | 'readdressed' | undefined {
  if (a.index !== b.index || a.carrierChanges !== b.carrierChanges) return 'interrupted';
  const same =
    a.addresses.length === b.addresses.length && a.addresses.every((it, i) => it === b.addresses[i]);
  return same ? undefined : 'readdressed';
}

export interface InterfaceWatchOptions {
  readonly clock?: Clock;
  readonly network?: NetworkView;
  /** Milliseconds between two looks; default 1000. */
  readonly intervalMs?: Ms;
}

/** The watches of this host's own interfaces that {@link hostWatch} gives out. */
const hostWatches = new WeakMap<Clock, InterfaceWatch>();

/** The one watch of this host's interfaces on a clock: however many look on, they are looked at once a second. */
export function hostWatch(clock: Clock): InterfaceWatch {
  let watch = hostWatches.get(clock);
  if (watch === undefined) {
    watch = new InterfaceWatch({ clock });
    hostWatches.set(clock, watch);
  }
  return watch;
}

/**
 * Tells when interfaces of this host go, come and change: a cable, a wireless network, a VPN, a new lease. One watch serves
 * any number of subscribers, and looks only while there are any; its timer keeps the process alive as long.
 *
 * It asks again and again, since that works alike on every system and in every container, where news of the kernel do
 * not; what happens between two looks is noticed by the count of carrier changes.
 */
export class InterfaceWatch {
  readonly #clock: Clock;
  readonly #network: NetworkView;
  readonly #intervalMs: Ms;
  readonly #listeners = new Map<symbol, (changes: readonly InterfaceChange[]) => void>();
  readonly #timer: ReturnType<Clock['timer']>;
  #tracker: InterfaceTracker | undefined;

  constructor({
    clock = systemClock,
    network = systemNetwork,
    intervalMs = LOOK_MS,
  }: InterfaceWatchOptions = {}) {
    this.#clock = clock;
    this.#network = network;
    this.#intervalMs = intervalMs;
    this.#timer = clock.timer(() => this.#look());
  }

  /** Calls after each look, also with no change at all, so that what failed can be tried again. @returns ends it */
  subscribe(listener: (changes: readonly InterfaceChange[]) => void): () => void {
    const key = Symbol();
    this.#listeners.set(key, listener);
    if (this.#tracker === undefined) {
      this.#tracker = new InterfaceTracker(this.#network);
      this.#timer.set(this.#clock.now() + this.#intervalMs);
    }
    return () => {
      this.#listeners.delete(key);
      if (this.#listeners.size > 0) return;
      this.#timer.set(undefined);
      this.#tracker = undefined;
    };
  }

  #look(): void {
    const changes = this.#tracker?.look(this.#network) ?? [];
    this.#timer.set(this.#clock.now() + this.#intervalMs);
    for (const listener of this.#listeners.values()) listener(changes);
  }
}
