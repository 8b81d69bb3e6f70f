import {
  type GrantedLease,
  type LeaseStore,
  MadcapClient,
  type MadcapClientEvent,
  MadcapServer,
  type MadcapServerOptions,
  MemoryLeaseStore,
  type ServedScope,
} from '../../src/madcap/index.ts';
import { isMulticast } from '../../src/ip/index.ts';
import type { TransportAddress } from '../../src/machine.ts';
import { EPOCH } from './rig.ts';

/** What the network does to each datagram. */
export interface Weather {
  /** Probabilities. */
  readonly loss: number;
  readonly duplication: number;
  /** Each copy takes between these, ms: later ones overtake earlier ones. */
  readonly delay: readonly [number, number];
}

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A random source that a seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What happens, first things first: a binary heap. */
class Agenda {
  readonly #heap: Happening[] = [];
  #order = 0;

  add(at: number, run: () => void): void {
    const it = { at, order: this.#order++, run };
    let i = this.#heap.push(it) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = this.#heap[up];
      if (parent === undefined || !before(it, parent)) break;
      this.#heap[i] = parent;
      i = up;
    }
    this.#heap[i] = it;
  }

  take(until: number): Happening | undefined {
    const [first] = this.#heap;
    if (first === undefined || first.at > until) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(it: Happening): void {
    const heap = this.#heap;
    let i = 0;
    for (;;) {
      const left = heap[2 * i + 1];
      if (left === undefined) break;
      const right = heap[2 * i + 2];
      const less = right !== undefined && before(right, left) ? right : left;
      if (!before(less, it)) break;
      heap[i] = less;
      i = less === left ? 2 * i + 1 : 2 * i + 2;
    }
    heap[i] = it;
  }
}

function before(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

interface Served {
  readonly server: MadcapServer;
  readonly address: TransportAddress;
  readonly store: LeaseStore;
}

export interface SimulatedClient {
  readonly client: MadcapClient;
  readonly address: TransportAddress;
  readonly events: MadcapClientEvent[];
  /** Call after asking the client for something. */
  poll(): void;
}

/** Clients and servers on a network with weather, on time of its own. */
export class Simulation {
  now = 0;
  datagrams = 0;
  readonly servers: Served[] = [];
  readonly clients: SimulatedClient[] = [];
  onClientEvent: (client: SimulatedClient, event: MadcapClientEvent) => void = () => {};
  onServerLease: (lease: GrantedLease) => void = () => {};
  readonly #agenda = new Agenda();
  readonly #byAddress = new Map<string, SimulatedClient>();
  readonly #random: () => number;
  readonly #weather: Weather;

  constructor(seed: number, weather: Weather) {
    this.#random = seeded(seed);
    this.#weather = weather;
  }

  get unix(): number {
    return EPOCH + Math.floor(this.now / 1000);
  }
  get random(): () => number {
    return this.#random;
  }

  addServer(
    scopes: readonly ServedScope[],
    more: Partial<MadcapServerOptions> & { readonly skewSeconds?: number } = {},
  ): Served {
    const { store = new MemoryLeaseStore(), skewSeconds = 0, ...rest } = more;
    const address = { address: `192.0.2.${this.servers.length + 1}`, port: 2535 };
    const server = new MadcapServer({
      scopes,
      store,
      random: this.#random,
      unixSeconds: () => this.unix + skewSeconds,
      ...rest,
    });
    server.addIdentifier(address.address);
    const served = { server, address, store };
    this.servers.push(served);
    return served;
  }

  addClient(skewSeconds = 0): SimulatedClient {
    const n = this.clients.length;
    const client = new MadcapClient({
      random: this.#random,
      randomOctets: (count) => Uint8Array.from({ length: count }, () => this.#random() * 256),
      unixSeconds: () => this.unix + skewSeconds,
    });
    const address = { address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, port: 40_000 };
    const simulated: SimulatedClient = {
      client,
      address,
      events: [],
      poll: () => this.#pollClient(simulated),
    };
    this.clients.push(simulated);
    this.#byAddress.set(address.address, simulated);
    return simulated;
  }

  /** Does something later. */
  at(ms: number, run: () => void): void {
    this.#agenda.add(ms, run);
  }

  /** Runs until then. */
  run(until: number): void {
    for (let next = this.#agenda.take(until); next !== undefined; next = this.#agenda.take(until)) {
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = until;
  }

  #send(bytes: Uint8Array, deliver: (copy: Uint8Array) => void): void {
    const { loss, duplication, delay } = this.#weather;
    const copies = this.#random() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.datagrams++;
      if (this.#random() < loss) continue;
      const takes = delay[0] + this.#random() * (delay[1] - delay[0]);
      this.at(this.now + takes, () => deliver(bytes));
    }
  }

  #pollClient(it: SimulatedClient): void {
    for (let out = it.client.pollTransmit(); out !== undefined; out = it.client.pollTransmit()) {
      const { bytes, to } = out;
      const multicast = isMulticast(to.address);
      for (const served of this.servers) {
        if (!multicast && served.address.address !== to.address) continue;
        this.#send(bytes, (copy) => {
          const identifier = served.address.address;
          served.server.handleDatagram(copy, it.address, this.now, { multicast, identifier });
          this.#pollServer(served);
        });
      }
    }
    for (let event = it.client.pollEvent(); event !== undefined; event = it.client.pollEvent()) {
      it.events.push(event);
      this.onClientEvent(it, event);
    }
    const due = it.client.pollTimeout();
    if (due === undefined) return;
    this.at(due, () => {
      if ((it.client.pollTimeout() ?? Infinity) > this.now) return;
      it.client.handleTimeout(this.now);
      this.#pollClient(it);
    });
  }

  #pollServer(served: Served): void {
    const { server } = served;
    for (let event = server.pollEvent(); event !== undefined; event = server.pollEvent()) {
      if (event.type !== 'granted' && event.type !== 'renewed') continue;
      this.onServerLease(event.lease);
    }
    for (let out = server.pollTransmit(); out !== undefined; out = server.pollTransmit()) {
      const { bytes, to } = out;
      const client = this.#byAddress.get(to.address);
      if (client === undefined) continue;
      this.#send(bytes, (copy) => {
        client.client.handleDatagram(copy, served.address, this.now);
        this.#pollClient(client);
      });
    }
    const due = server.pollTimeout();
    if (due === undefined || due === Infinity) return;
    this.at(due, () => {
      if ((server.pollTimeout() ?? Infinity) > this.now) return;
      server.handleTimeout(this.now);
      this.#pollServer(served);
    });
  }
}

/** The same address granted to two leases in times that overlap, with the hour on both sides: there shall be none. */
export function doubleGrants(leases: Iterable<GrantedLease>, extra = 3600): string[] {
  const byAddress = new Map<string, GrantedLease[]>();
  for (const lease of leases) {
    for (const address of lease.addresses) byAddress.set(address, [...(byAddress.get(address) ?? []), lease]);
  }
  return [...byAddress].flatMap(([address, all]) => {
    const sorted = all.sort((a, b) => a.start - b.start);
    return sorted.slice(1).flatMap((lease, i) => {
      const previous = sorted[i];
      const overlaps = previous !== undefined && lease.start - extra < previous.stop + extra;
      return overlaps ? [`${address}: ${previous.id} and ${lease.id}`] : [];
    });
  });
}
