import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Ms, RandomSource } from '../../src/machine.ts';
import { tryParseIp } from '../../src/ip/index.ts';
import {
  type Clock,
  hostWatch,
  type InterfaceNews,
  type InterfaceWish,
  keepOnInterface,
  observeDscp,
  openMulticastSocket,
  systemClock,
} from '../../src/net/index.ts';
import { SocketBatches } from '../rtp/index.ts';
import type { ConferenceWatch, WatchSubject } from './conference-watch.ts';
import type { ConferenceFigures } from './figures.ts';
import { MarkRounds } from './mark-rounds.ts';
import { Monitor, type MonitorEvent } from './monitor.ts';
import { WatchedSockets } from './watched-sockets.ts';

export interface WatcherOptions {
  /** As for `openMulticastSocket`. */
  readonly interface?: InterfaceWish;
  /** DSCP that packets should arrive with, 0 to 63; by default any but 0. */
  readonly dscp?: number | undefined;
  /** Send RTCP receiver reports, as one who takes part does. Default: nothing at all is sent. */
  readonly report?: boolean;
  /** CNAME in reports. */
  readonly cname?: string;
  readonly clock?: Clock;
  readonly random: RandomSource;
  /** Another network, such as a simulated one; marks are not looked at there unless `observe` says how. */
  readonly openSocket?: typeof openMulticastSocket;
  readonly observe?: typeof observeDscp;
  readonly onEvent?: (event: MonitorEvent) => void;
  readonly onInterface?: (news: InterfaceNews) => void;
}

const TICK_MS: Ms = 1000;
/** Sockets that are opened at one time: a join of hundreds at once is a burst of reports to the network. */
const OPEN_AT_ONCE = 8;
const RETRY_MS: Ms = 30_000;
/** Nobody listens to it: datagrams may wait, since the kernel stamps them with the time at which they came. */
const LATENCY_MS: Ms = 50;
/** What is near is looked up this often. */
const NEAR_MS: Ms = 60_000;

/** Watches conferences on the network of this host until it is closed. */
export class Watcher implements AsyncDisposable {
  readonly #options: WatcherOptions;
  readonly #clock: Clock;
  readonly #monitor: Monitor;
  readonly #open = new Map<ConferenceWatch, readonly WatchedSockets[]>();
  readonly #waiting: WatchedSockets[] = [];
  readonly #retries: { readonly at: Ms; readonly sockets: WatchedSockets }[] = [];
  readonly #resources = new DisposableStack();
  readonly #marks: MarkRounds | undefined;
  readonly #batches = new SocketBatches(openMulticastSocket, LATENCY_MS);
  #opening = 0;
  #near = new BlockList();
  #nearUntil: Ms = -Infinity;
  #nextTick: Ms;

  constructor(options: WatcherOptions) {
    const { clock = systemClock, dscp, random, cname = 'monitor', openSocket, observe } = options;
    this.#options = options;
    this.#clock = clock;
    this.#monitor = new Monitor({ random, cname, dscp, isNear: (address) => this.#isNear(address) });
    this.#nextTick = clock.now() + TICK_MS;
    const timer = clock.timer(() => {
      this.#tick();
      // an absolute beat; what was missed is not made up for
      this.#nextTick = Math.max(this.#nextTick + TICK_MS, clock.now());
      timer.set(this.#nextTick);
    });
    timer.set(this.#nextTick);
    this.#resources.defer(() => timer.set(undefined));
    const isReal = openSocket === undefined;
    if (isReal) {
      const sockets = () => this.#all().flatMap((it) => it.sockets);
      this.#resources.use(keepOnInterface(hostWatch(clock), sockets, (it) => options.onInterface?.(it)));
    }
    if (isReal || observe !== undefined) {
      this.#marks = new MarkRounds(observe ?? observeDscp, clock, () => this.#alive());
      this.#resources.use(this.#marks);
      void this.#marks.run();
    }
  }

  /** Begins to watch, or goes on with what has changed; the same description again changes nothing. */
  set(key: string, subject: WatchSubject): void {
    const known = this.#monitor.watches.get(key);
    if (known !== undefined && known.subject.description.toString() === subject.description.toString()) {
      known.subject = subject;
      return;
    }
    if (known !== undefined) this.#close(known);
    const watch = this.#monitor.set(key, subject, this.#clock.now(), this.#clock.wall());
    const { openSocket = this.#batches.open, interface: wanted, random, report = false } = this.#options;
    const options = { clock: this.#clock, random, interface: wanted, openSocket, report };
    const sockets = watch.media.map((medium) => new WatchedSockets(medium, options));
    this.#open.set(watch, sockets);
    this.#waiting.push(...sockets);
    this.#openNext();
  }

  delete(key: string): void {
    const watch = this.#monitor.delete(key);
    if (watch !== undefined) this.#close(watch);
  }

  /** Its entry is gone: it is watched for as long as somebody sends, and no longer. */
  withdraw(key: string): void {
    const watch = this.#monitor.watches.get(key);
    if (watch === undefined) return;
    if (watch.state === 'alive') watch.subject = { ...watch.subject, withdrawn: true };
    else this.delete(key);
  }

  get keys(): string[] {
    return [...this.#monitor.watches.keys()];
  }
  get figures(): ConferenceFigures[] {
    return this.#monitor.figures(this.#clock.now(), this.#clock.wall());
  }
  watch(key: string): ConferenceWatch | undefined {
    return this.#monitor.watches.get(key);
  }
  /** Sockets that are still to be opened. */
  get pending(): number {
    return this.#waiting.length + this.#opening;
  }
  /** Why DSCP and TTL cannot be seen here; undefined where they can. */
  get marksUnavailable(): string | undefined {
    return this.#marks === undefined ? 'the network is a simulated one' : this.#marks.unavailable;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#resources.dispose();
    this.#waiting.length = 0;
    await Promise.all(this.#all().map((it) => it[Symbol.asyncDispose]()));
    this.#open.clear();
  }

  #all(): WatchedSockets[] {
    return [...this.#open.values()].flat();
  }
  #alive() {
    const now = this.#clock.now();
    return this.#all().flatMap(({ medium }) => (medium.senders(now).length > 0 ? [medium] : []));
  }

  #close(watch: ConferenceWatch): void {
    const sockets = this.#open.get(watch) ?? [];
    this.#open.delete(watch);
    for (const it of sockets) void it[Symbol.asyncDispose]();
  }

  /** A few at a time. */
  #openNext(): void {
    while (this.#opening < OPEN_AT_ONCE) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#opening++;
      void this.#openOne(next).finally(() => {
        this.#opening--;
        this.#openNext();
      });
    }
  }

  async #openOne(sockets: WatchedSockets): Promise<void> {
    try {
      await sockets.open();
      sockets.medium.failure = undefined;
    } catch (error) {
      sockets.medium.failure = error instanceof Error ? error.message : String(error);
      this.#retries.push({ at: this.#clock.now() + RETRY_MS, sockets });
    }
  }

  #tick(): void {
    const now = this.#clock.now();
    const all = this.#all();
    for (const it of all) it.look();
    for (let [first] = this.#retries; first !== undefined && first.at <= now; [first] = this.#retries) {
      this.#retries.shift();
      if (all.includes(first.sockets)) this.#waiting.push(first.sockets);
    }
    this.#openNext();
    this.#monitor.tick(now, this.#clock.wall());
    for (const it of all) it.report();
    for (const { key, subject, state } of this.#monitor.watches.values()) {
      if (subject.withdrawn === true && state !== 'alive') this.delete(key);
    }
    const { onEvent } = this.#options;
    for (let event = this.#monitor.pollEvent(); event !== undefined; event = this.#monitor.pollEvent()) {
      onEvent?.(event);
    }
  }

  /** Whether an address is in a network that an interface of this host is in. */
  #isNear(address: string): boolean {
    const now = this.#clock.now();
    if (now >= this.#nearUntil) {
      this.#nearUntil = now + NEAR_MS;
      this.#near = new BlockList();
      for (const { address: own, cidr, family } of Object.values(networkInterfaces()).flatMap(
        (it) => it ?? [],
      )) {
        const bits = Number(cidr?.split('/')[1]);
        if (Number.isInteger(bits)) this.#near.addSubnet(own, bits, family === 'IPv4' ? 'ipv4' : 'ipv6');
      }
    }
    const family = tryParseIp(address)?.family;
    return family !== undefined && this.#near.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }
}
