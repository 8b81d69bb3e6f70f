import type { SocketAsPromised } from 'dgram-as-promised';
import { StateError } from '../errors.ts';
import type { IpFamily } from '../ip/index.ts';
import type { Ms, TransportAddress } from '../machine.ts';
import type { Clock } from './clock.ts';
import { type Datagram, newSocketStats } from './datagram.ts';
import { DatagramQueue } from './datagram-queue.ts';
import type { ChosenInterface } from './interfaces.ts';
import type { BufferGrant, MulticastSocket, SendProblem } from './multicast-socket-options.ts';
import type { PacedSocket } from './pacing/send-pacer.ts';
import type { QosMarker, QosResult } from './qos.ts';
import type { DatagramReceiver } from './receiver.ts';
import { SendProblems } from './send-problems.ts';
import { requireTtl, type SocketControls, type SocketDescriptor } from './socket-controls.ts';
import type { SourceFilter } from './source-filter.ts';

/** What {@link openMulticastSocket} has set up by the time the socket exists. */
export interface OpenedSocket {
  readonly udp: SocketAsPromised;
  readonly receiver: DatagramReceiver;
  readonly group: string;
  /** Where `send` sends: the group, or the peer with the zone that a link-local address needs. */
  readonly destination: string;
  readonly port: number;
  readonly family: IpFamily;
  readonly multicast: boolean;
  readonly interface: ChosenInterface;
  readonly joined: readonly string[];
  readonly localPort: number;
  readonly localAddress: string;
  readonly receiveBuffer: BufferGrant;
  readonly marker: QosMarker;
  readonly qos: QosResult;
  readonly ttl: number;
  readonly loopback: boolean;
  readonly warnings: readonly string[];
  readonly filter: SourceFilter | undefined;
  readonly queueLimit: number;
  readonly sendLimit: number;
  readonly clock: Clock;
  readonly controls: SocketControls;
  readonly descriptor: SocketDescriptor;
  /** The way into the sending thread. */
  readonly paced: PacedSocket | undefined;
}

/** What can be changed while a socket is open, and outlasts a renewal. */
export interface SocketSettings {
  readonly ttl: number;
  readonly loopback: boolean;
  readonly dscp: number;
}

/** How a socket is opened anew. */
export interface Renewal {
  choose(before: ChosenInterface): Promise<ChosenInterface>;
  open(chosen: ChosenInterface, settings: SocketSettings): Promise<OpenedSocket>;
}

/** Refused sources that are remembered. */
const MAX_REFUSED = 8;
/** Before a renewal, datagrams on their way to the kernel are waited for. */
const RENEW_DRAIN_MS: Ms = 100;

/** The one implementation of {@link MulticastSocket}; made by {@link openMulticastSocket} only. */
export class UdpMulticastSocket implements MulticastSocket {
  readonly stats = newSocketStats();
  #opened: OpenedSocket;
  readonly #renewal: Renewal;
  /** Two of {@link OpenedSocket}, kept here for the receive path: with many sockets every look elsewhere is a cache miss. */
  readonly #filter: SourceFilter | undefined;
  readonly #clock: Clock;
  readonly #queue: DatagramQueue;
  /** By subscription: the same function may subscribe twice. */
  readonly #listeners = new Map<symbol, (datagram: Datagram) => void>();
  /** The listener when there is exactly one: the usual case, without a loop. */
  #only: ((datagram: Datagram) => void) | undefined;
  readonly #waiting: ((datagram: Datagram | undefined) => void)[] = [];
  readonly #problems = new SendProblems();
  #inFlight = 0;
  #allSent: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  #renewing: Promise<boolean> | undefined;
  /** Between the end of one system socket and the beginning of the next. */
  #away = false;
  /** Counted by system sockets that are closed. */
  #dropsBefore = 0;
  readonly #refused = new Set<string>();
  #qos: QosResult;
  #ttl: number;
  #loopback: boolean;

  constructor(opened: OpenedSocket, renewal: Renewal) {
    this.#opened = opened;
    this.#renewal = renewal;
    this.#filter = opened.filter;
    this.#clock = opened.clock;
    this.#qos = opened.qos;
    this.#ttl = opened.ttl;
    this.#loopback = opened.loopback;
    this.#queue = new DatagramQueue(opened.queueLimit, opened.receiveBuffer.asked);
    this.#begin(opened);
  }

  #begin(opened: OpenedSocket): void {
    // dgram-as-promised's own listener keeps the error to fail the next send with, which had no part in it.
    opened.udp.socket.removeAllListeners('error');
    opened.udp.socket.on('error', (error) => this.#failed(error));
    opened.receiver.start(this.#deliver);
  }

  get group(): string {
    return this.#opened.group;
  }
  get port(): number {
    return this.#opened.port;
  }
  get family(): IpFamily {
    return this.#opened.family;
  }
  get multicast(): boolean {
    return this.#opened.multicast;
  }
  get interface(): ChosenInterface {
    return this.#opened.interface;
  }
  get joined(): readonly string[] {
    return this.#opened.joined;
  }
  get localPort(): number {
    return this.#opened.localPort;
  }
  get localAddress(): string {
    return this.#opened.localAddress;
  }
  get receiveBuffer(): BufferGrant {
    return this.#opened.receiveBuffer;
  }
  get warnings(): readonly string[] {
    return this.#opened.warnings;
  }
  get refusedSources(): readonly string[] {
    return [...this.#refused];
  }
  get qos(): QosResult {
    return this.#qos;
  }
  get ttl(): number {
    return this.#ttl;
  }
  get loopback(): boolean {
    return this.#loopback;
  }
  get away(): boolean {
    return this.#away;
  }

  send(bytes: Uint8Array, to?: TransportAddress): boolean {
    const { udp, destination, port, sendLimit } = this.#opened;
    if (this.#away || this.#closing !== undefined || this.#inFlight >= sendLimit) {
      this.stats.sendDropped++;
      return false;
    }
    this.#inFlight++;
    udp.send(bytes, to?.port ?? port, to?.address ?? destination).then(this.#sent, this.#notSent);
    return true;
  }

  sendAt(bytes: Uint8Array, due: Ms): boolean {
    const { paced, sendLimit } = this.#opened;
    const inTime = paced !== undefined && !this.#away && this.#closing === undefined;
    if (!inTime || paced.pending >= sendLimit || !paced.send(bytes, due)) return this.send(bytes);
    this.stats.sentBytes += bytes.length;
    this.#takePaced(paced);
    return true;
  }

  #takePaced(paced: PacedSocket): void {
    const { sent, failed, dropped, errorCode } = paced.take();
    this.stats.sent += sent;
    this.stats.sendDropped += dropped;
    if (failed === 0) return;
    this.stats.sendErrors += failed - 1;
    this.#failed(Object.assign(new Error(errorCode), { code: errorCode }));
  }

  readonly #sent = (length: number): void => {
    this.stats.sent++;
    this.stats.sentBytes += length;
    this.#landed();
  };

  readonly #notSent = (error: unknown): void => {
    this.#failed(error);
    this.#landed();
  };

  #landed(): void {
    // What a renewed socket left behind may still come in.
    if (this.#inFlight > 0 && --this.#inFlight === 0) this.#allSent?.();
  }

  #failed(error: unknown): void {
    this.stats.sendErrors++;
    const { group, interface: chosen } = this.#opened;
    this.#problems.note(error, group, chosen);
  }

  onSendProblem(listener: (problem: SendProblem) => void): () => void {
    return this.#problems.listen(listener);
  }

  readonly #deliver = (bytes: Uint8Array, from: TransportAddress, at?: Ms): void => {
    const { stats } = this;
    const filter = this.#filter;
    if (filter !== undefined && !filter(from.address)) {
      stats.filtered++;
      if (this.#refused.size < MAX_REFUSED) this.#refused.add(from.address);
      return;
    }
    stats.received++;
    stats.receivedBytes += bytes.length;
    const datagram = { bytes, from, at: at ?? this.#clock.now() };
    if (this.#only !== undefined) this.#only(datagram);
    else if (this.#listeners.size > 0) for (const listener of this.#listeners.values()) listener(datagram);
    else this.#keep(datagram);
  };

  #keep(datagram: Datagram): void {
    const kept =
      this.#opened.receiver.lends === true ? { ...datagram, bytes: datagram.bytes.slice() } : datagram;
    if (this.#waiting.length > 0) this.#waiting.shift()?.(kept);
    else this.stats.queueDropped += this.#queue.push(kept);
  }

  onDatagram(listener: (datagram: Datagram) => void): () => void {
    const subscription = Symbol();
    this.#listeners.set(subscription, listener);
    this.#listenersChanged();
    for (let waiting = this.#queue.shift(); waiting !== undefined; waiting = this.#queue.shift()) {
      listener(waiting);
    }
    return () => {
      this.#listeners.delete(subscription);
      this.#listenersChanged();
    };
  }

  #listenersChanged(): void {
    const [first, second] = this.#listeners.values();
    this.#only = second === undefined ? first : undefined;
  }

  receive(): Promise<Datagram | undefined> {
    if (this.#listeners.size > 0) {
      throw new StateError('receive() would wait for ever: a listener takes the datagrams of this socket');
    }
    const first = this.#queue.shift();
    if (first !== undefined) return Promise.resolve(first);
    if (this.#closing !== undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram, void, void> {
    for (let next = await this.receive(); next !== undefined; next = await this.receive()) yield next;
  }

  async renew({ onlyIfElsewhere = false }: { readonly onlyIfElsewhere?: boolean } = {}): Promise<boolean> {
    if (this.#closing !== undefined) return false;
    this.#renewing ??= this.#renew(onlyIfElsewhere).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renew(onlyIfElsewhere: boolean): Promise<boolean> {
    const before = this.#opened;
    let chosen: ChosenInterface;
    try {
      chosen = await this.#renewal.choose(before.interface);
    } catch (error) {
      await this.#suspend();
      throw error;
    }
    if (onlyIfElsewhere && !this.#away && samePlace(before.interface, chosen)) return false;
    // Closed first: as long as anybody on this host is a member, a join is not reported to the network.
    await this.#suspend();
    if (this.#closing !== undefined) return false;
    const settings = { ttl: this.#ttl, loopback: this.#loopback, dscp: this.#qos.requested };
    const opened = await this.#renewal.open(chosen, settings);
    this.#opened = opened;
    this.#qos = opened.qos;
    this.#problems.begin();
    try {
      this.#begin(opened);
    } catch (error) {
      opened.receiver.stop();
      await opened.udp.close();
      throw error;
    }
    this.#away = false;
    // what was changed while it was opened
    if (this.#ttl !== settings.ttl) opened.controls.setTtl(this.#ttl);
    if (this.multicast && this.#loopback !== settings.loopback) opened.controls.setLoopback(this.#loopback);
    return true;
  }

  /** Off the network until renewed. */
  async #suspend(): Promise<void> {
    if (this.#away) return;
    this.#away = true;
    this.#dropsBefore = this.kernelDrops() ?? 0;
    await this.#end(RENEW_DRAIN_MS);
    this.#inFlight = 0;
  }

  setDscp(dscp: number): QosResult {
    // While away it is only noted.
    this.#qos = this.#away ? { ...this.#qos, requested: dscp } : this.#opened.marker.mark(dscp);
    return this.#qos;
  }

  setTtl(ttl: number): void {
    this.#requireOpen();
    requireTtl(ttl);
    if (!this.#away) this.#opened.controls.setTtl(ttl);
    this.#ttl = ttl;
  }

  setLoopback(loopback: boolean): void {
    this.#requireOpen();
    if (this.multicast && !this.#away) this.#opened.controls.setLoopback(loopback);
    this.#loopback = loopback;
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new StateError(`the socket for ${this.group} is closed`);
  }

  kernelDrops(): number | undefined {
    const { receiver, descriptor } = this.#opened;
    const now =
      receiver.kernelDrops?.() ??
      (descriptor.fd === undefined ? undefined : descriptor.native?.drops(descriptor.fd));
    return now === undefined ? now : now + this.#dropsBefore;
  }

  close(withinMs: Ms = 500): Promise<void> {
    this.#closing ??= this.#close(withinMs);
    return this.#closing;
  }

  async #close(withinMs: Ms): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    if (this.#renewing !== undefined) await this.#renewing.catch(() => false);
    if (!this.#away) await this.#end(withinMs);
  }

  async #end(withinMs: Ms): Promise<void> {
    const { udp, receiver, descriptor, paced } = this.#opened;
    receiver.stop();
    if (this.#inFlight > 0) await this.#drained(withinMs);
    if (paced !== undefined) {
      await paced.close(this.#opened.clock, withinMs);
      this.#takePaced(paced);
    }
    descriptor.fd = undefined;
    await udp.close(); // the kernel leaves the group
  }

  #drained(withinMs: Ms): Promise<void> {
    const { clock } = this.#opened;
    return new Promise((resolve) => {
      const done = (): void => {
        timer.set(undefined);
        resolve();
      };
      const timer = clock.timer(done);
      timer.set(clock.now() + withinMs);
      this.#allSent = done;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function samePlace(a: ChosenInterface, b: ChosenInterface): boolean {
  const key = (it: ChosenInterface): string =>
    [it, ...it.listenOn].map(({ name, address, index }) => `${name} ${address} ${index}`).join();
  return key(a) === key(b);
}
