import { NetworkError } from '../../src/errors.ts';
import { isMulticast } from '../../src/ip/index.ts';
import type { TransportAddress } from '../../src/machine.ts';
import {
  type Clock,
  type Datagram,
  type MulticastSocket,
  type MulticastSocketOptions,
  newSocketStats,
  type openMulticastSocket,
  type QosResult,
} from '../../src/net/index.ts';

/** What travelled, for those who look at the wire. */
export interface Travelled {
  readonly bytes: Uint8Array;
  readonly from: TransportAddress;
  readonly group: string;
  readonly port: number;
  readonly at: number;
}

/** Hosts and groups in memory; datagrams arrive at once, unless {@link deliver} says otherwise. */
export class MemoryNetwork {
  readonly sockets = new Set<MemorySocket>();
  readonly wire: Travelled[] = [];
  /** Decides on each datagram and receiver: false loses it. */
  deliver: (datagram: Travelled, to: MemorySocket) => boolean = () => true;
  /** Whether marking works. */
  marking = true;
  /** Whether a unicast port of a host is in use. */
  taken: (address: string, port: number) => boolean = () => false;
  /** Set to hold up every opening of a socket. */
  stalled: Promise<void> | undefined;
  readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Opens sockets for one host. */
  host(address: string): typeof openMulticastSocket {
    return async (options) => {
      await this.stalled;
      if (!isMulticast(options.group) && this.taken(options.group, options.port)) {
        throw new NetworkError(`${options.group} port ${options.port} is taken`);
      }
      const socket = new MemorySocket(this, address, options);
      this.sockets.add(socket);
      return socket;
    };
  }
}

export class MemorySocket implements MulticastSocket {
  readonly stats = newSocketStats();
  readonly group: string;
  readonly port: number;
  readonly family = 4;
  readonly multicast: boolean;
  readonly joined = ['mem0'];
  readonly localPort: number;
  readonly localAddress: string;
  readonly receiveBuffer = { asked: 1, granted: 1, full: true };
  readonly warnings: readonly string[] = [];
  readonly refusedSources: readonly string[] = [];
  readonly away = false;
  readonly interface: MulticastSocket['interface'];
  qos: QosResult;
  ttl: number;
  loopback: boolean;
  readonly #network: MemoryNetwork;
  readonly #options: MulticastSocketOptions;
  readonly #listeners = new Set<(datagram: Datagram) => void>();

  constructor(network: MemoryNetwork, address: string, options: MulticastSocketOptions) {
    this.#network = network;
    this.#options = options;
    this.group = options.group;
    this.port = options.port;
    this.multicast = isMulticast(options.group);
    this.localPort = options.port;
    this.localAddress = address;
    this.ttl = options.ttl ?? 15;
    this.loopback = options.loopback ?? true;
    const own = { name: 'mem0', address, family: 4, internal: false } as const;
    this.interface = { ...own, reason: 'named', sentence: `mem0 (${address})`, listenOn: [own] };
    this.qos = this.setDscp(options.dscp ?? 0);
  }

  sendAt(bytes: Uint8Array): boolean {
    return this.send(bytes);
  }
  send(bytes: Uint8Array, to?: TransportAddress): boolean {
    const { clock, wire, sockets, deliver } = this.#network;
    const from = { address: this.localAddress, port: this.localPort };
    const [group, port] = [to?.address ?? this.group, to?.port ?? this.port];
    const travelled = { bytes: Uint8Array.from(bytes), from, group, port, at: clock.now() };
    wire.push(travelled);
    this.stats.sent++;
    for (const socket of sockets) {
      if (socket.group !== group || socket.port !== port) continue;
      if (!this.loopback && socket.localAddress === this.localAddress) continue;
      if (!deliver(travelled, socket)) continue;
      if (!socket.admits(from.address)) {
        socket.stats.filtered++;
        continue;
      }
      socket.stats.received++;
      const own = Uint8Array.from(bytes); // receivers decrypt where it lies
      for (const listener of socket.#listeners) listener({ bytes: own, from, at: clock.now() });
    }
    return true;
  }
  /** A datagram comes in, from somewhere beyond this network. */
  arrive(bytes: Uint8Array, from: TransportAddress): void {
    this.stats.received++;
    for (const listener of this.#listeners) listener({ bytes, from, at: this.#network.clock.now() });
  }
  admits(address: string): boolean {
    const { sources = [], excludedSources = [] } = this.#options;
    return (sources.length === 0 || sources.includes(address)) && !excludedSources.includes(address);
  }
  onDatagram(listener: (datagram: Datagram) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  setDscp(dscp: number): QosResult {
    this.qos = this.#network.marking
      ? { requested: dscp, effective: dscp, method: 'setsockopt' }
      : { requested: dscp, effective: 0, method: 'none', reason: 'no system calls here' };
    return this.qos;
  }
  renew(): Promise<boolean> {
    return Promise.resolve(false);
  }
  setTtl(ttl: number): void {
    this.ttl = ttl;
  }
  setLoopback(loopback: boolean): void {
    this.loopback = loopback;
  }
  onSendProblem(): () => void {
    return () => {};
  }
  kernelDrops(): number {
    return 0;
  }
  receive(): Promise<Datagram | undefined> {
    return Promise.resolve(undefined);
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram, void, void> {}
  close(): Promise<void> {
    this.#network.sockets.delete(this);
    return Promise.resolve();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
