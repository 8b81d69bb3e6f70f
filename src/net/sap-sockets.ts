import { randomBytes } from 'node:crypto';
import { NetworkError } from '../errors.ts';
import type { IpFamily } from '../ip/index.ts';
import type { Ms, RandomSource } from '../machine.ts';
import {
  type AnnounceOptions,
  type OwnAnnouncement,
  SAP_PORT,
  SAP_TTL,
  SapAnnouncer,
  type SapAnnouncerOptions,
  sapGroupsOf,
  sapListenGroups,
  SapListener,
  type SapListenerEvent,
  type SapListenerOptions,
  type SapScope,
  type SapSource,
} from '../sap/index.ts';
import { type Clock, systemClock } from './clock.ts';
import { InterfaceWatch } from './interface-watch.ts';
import { type NetworkView, systemNetwork } from './interfaces.ts';
import { type InterfaceNews, keepOnInterface } from './keep-on-interface.ts';
import { openMulticastSocket } from './open-multicast-socket.ts';
import { SapChannels, type SapChannelSocket } from './sap-channels.ts';
import { deflateSap, inflateSap } from './sap-compression.ts';

export interface SapSocketsOptions {
  /**
   * Interfaces by name, address or index; default `all`: every one that is up, without loopback unless there is no other.
   * With `all` those that come later are taken too.
   */
  readonly interfaces?: readonly string[];
  /** Default both. */
  readonly families?: readonly IpFamily[];
  /** Administrative scopes of this network, besides those of RFC 2365. */
  readonly scopes?: readonly SapScope[];
  /** The groups to listen to, instead of all that are in use. */
  readonly groups?: readonly string[];
  /** Default {@link SAP_PORT}. */
  readonly port?: number;
  /** Default {@link SAP_TTL}, as RFC 2974 §3 wants it: the group bounds how far announcements go. */
  readonly ttl?: number;
  /** Whether other programs on this host hear our announcements; default true. */
  readonly loopback?: boolean;
  readonly listener?: Pick<SapListenerOptions, 'limit' | 'timeoutMs'>;
  readonly announcer?: Pick<SapAnnouncerOptions, 'bandwidth' | 'intervalMs'> & {
    /** Compress what is announced; default false, since few listeners can read that. */
    readonly compress?: boolean;
  };
  readonly random?: RandomSource;
  readonly clock?: Clock;
  readonly network?: NetworkView;
  /** Who watches interfaces; default a watch of its own. */
  readonly watch?: InterfaceWatch;
  readonly openSocket?: typeof openMulticastSocket;
}

const systemRandom: RandomSource = () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48;

/**
 * Listens to SAP in all groups on all chosen interfaces, and announces there (RFC 2974). What cannot be joined is a
 * warning as long as something can.
 *
 * @throws {InterfaceError} for an interface that does not exist
 * @throws {NetworkError} when not a single group could be joined
 */
export async function openSapSockets(options: SapSocketsOptions = {}): Promise<SapSockets> {
  const { network = systemNetwork, clock = systemClock, families = [4, 6], scopes = [] } = options;
  const channels = new SapChannels({
    port: options.port ?? SAP_PORT,
    ttl: options.ttl ?? SAP_TTL,
    loopback: options.loopback ?? true,
    interfaces: options.interfaces ?? [],
    network,
    clock,
    openSocket: options.openSocket ?? openMulticastSocket,
  });
  const groups = options.groups ?? families.flatMap((family) => sapListenGroups(family, scopes));
  await channels.ensure(groups, channels.interfaces());
  if (channels.all.length === 0) {
    const [first = 'no interface is up'] = channels.warnings;
    throw new NetworkError(`Cannot listen to session announcements: ${first}`);
  }
  channels.learnAddresses();
  return new SapSockets(channels, groups, { ...options, network, clock });
}

/** Announcements and sockets together; made by {@link openSapSockets}. */
export class SapSockets implements AsyncDisposable {
  /** What is announced by others. */
  readonly listener: SapListener;
  /** What we announce; change it through {@link announce} and {@link withdraw}, which also send. */
  readonly announcer: SapAnnouncer;
  readonly #channels: SapChannels;
  readonly #options: SapSocketsOptions;
  readonly #clock: Clock;
  readonly #groups: Set<string>;
  readonly #listeners = new Map<symbol, (event: SapListenerEvent) => void>();
  readonly #newsListeners = new Map<symbol, (news: InterfaceNews) => void>();
  readonly #problemListeners = new Map<symbol, (message: string) => void>();
  readonly #sendProblems = new Set<string>();
  readonly #timer: ReturnType<Clock['timer']>;
  readonly #subscriptions: (() => void)[] = [];
  #timerSet: Ms | undefined;
  #opening: Promise<void> = Promise.resolve();
  #whenQuiet: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    channels: SapChannels,
    groups: readonly string[],
    options: SapSocketsOptions & { readonly clock: Clock; readonly network: NetworkView },
  ) {
    const { clock, network, announcer = {}, random = systemRandom } = options;
    this.#channels = channels;
    this.#options = options;
    this.#clock = clock;
    this.#groups = new Set(groups);
    const { compress = false, ...rates } = announcer;
    this.announcer = new SapAnnouncer(
      {
        ...rates,
        random,
        sessionsIn: (group) => this.listener.sessionsIn(group),
        ...(compress ? { deflate: deflateSap } : {}),
      },
      channels.sources(),
    );
    this.listener = new SapListener({
      ...options.listener,
      inflate: inflateSap,
      unixMs: (now) => clock.wall() + now - clock.now(),
      isOwn: (packet, sender) => channels.isLocal(sender) && this.announcer.isOwn(packet),
    });
    this.#timer = clock.timer(() => {
      this.#timerSet = undefined;
      this.listener.handleTimeout(clock.now());
      this.announcer.handleTimeout(clock.now());
      this.#pump();
    });
    for (const channel of channels.all) this.#attach(channel);
    const watch = options.watch ?? new InterfaceWatch({ clock, network });
    const keeper = keepOnInterface(
      watch,
      () => channels.all.map(({ socket }) => socket),
      (news) => this.#onNews(news),
    );
    const unsubscribe = watch.subscribe((changes) => void this.#afterLook(changes.length > 0));
    this.#subscriptions.push(unsubscribe, () => keeper[Symbol.dispose]());
  }

  /** Groups listened to, each with its interface and socket. */
  get channels(): readonly SapChannelSocket[] {
    return this.#channels.all;
  }

  /** What could not be joined or sent, and other things the user should know. */
  get warnings(): readonly string[] {
    return [...this.#channels.warnings, ...this.#sendProblems];
  }

  /** Datagrams that the system threw away since a receive buffer was full; undefined where it does not say. */
  kernelDrops(): number | undefined {
    const drops = this.#channels.all.map(({ socket }) => socket.kernelDrops());
    return drops.reduce((sum, it) => (sum === undefined || it === undefined ? undefined : sum + it), 0);
  }

  /** Called with each event, as it happens. Sessions known before are in `listener.sessions()`. @returns ends it */
  onEvent(listener: (event: SapListenerEvent) => void): () => void {
    const key = Symbol();
    this.#listeners.set(key, listener);
    return () => this.#listeners.delete(key);
  }

  /** Called when announcements cannot be sent, once for each reason. @returns ends it */
  onSendProblem(listener: (message: string) => void): () => void {
    const key = Symbol();
    this.#problemListeners.set(key, listener);
    return () => this.#problemListeners.delete(key);
  }

  /** Called when interfaces are lost and back. @returns ends it */
  onInterfaceNews(listener: (news: InterfaceNews) => void): () => void {
    const key = Symbol();
    this.#newsListeners.set(key, listener);
    return () => this.#newsListeners.delete(key);
  }

  /**
   * Announces a session, or what has become of it (see {@link SapAnnouncer.announce}): by default in the groups that go
   * with its media. Groups that nobody listened to are joined first, to hear how many sessions are announced there.
   *
   * @throws {DecodeError} for what is no description
   * @throws {EncodeError} for a description without `o=` line, or too long for a datagram
   * @throws {InvalidValueError} when there is no group to announce it in
   */
  async announce(description: Uint8Array, options: Partial<AnnounceOptions> = {}): Promise<OwnAnnouncement> {
    const groups = options.groups ?? sapGroupsOf(description, this.#options.scopes);
    const missing = groups.filter((group) => !this.#groups.has(group));
    for (const group of missing) this.#groups.add(group);
    if (missing.length > 0) await this.#openMissing();
    const own = this.announcer.announce(description, this.#clock.now(), { ...options, groups });
    this.#pump();
    return own;
  }

  /** Ends an announcement: deletions are sent. @returns false when it is not announced */
  withdraw(key: string): boolean {
    const known = this.announcer.withdraw(key, this.#clock.now());
    this.#pump();
    return known;
  }

  /** Stops announcing what another host goes on announcing: nothing is deleted. @returns false when it is not announced */
  leave(key: string): boolean {
    const known = this.announcer.leave(key, this.#clock.now());
    this.#pump();
    return known;
  }

  /**
   * Deletes what was announced, and closes. Deletions are sent three times within a second.
   *
   * @param withinMs longest wait for that; default 1.5 s, and more for thousands. 0 sends each once
   */
  close(withinMs: Ms = 1500 + this.announcer.size / 5): Promise<void> {
    this.#closing ??= this.#close(withinMs);
    return this.#closing;
  }

  async #close(withinMs: Ms): Promise<void> {
    for (const end of this.#subscriptions) end();
    await this.#opening;
    const sessions = this.announcer.size;
    this.announcer.withdrawAll(this.#clock.now());
    if (withinMs === 0) this.announcer.handleTimeout(this.#clock.now() + sessions / 5); // all of them once
    this.#pump();
    if (withinMs > 0 && this.announcer.pollTimeout() !== undefined) await this.#quiet(withinMs);
    this.#timer.set(undefined);
    await this.#channels.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #quiet(withinMs: Ms): Promise<void> {
    return new Promise((resolve) => {
      const limit = this.#clock.timer(resolve);
      limit.set(this.#clock.now() + withinMs);
      this.#whenQuiet = () => {
        limit.set(undefined);
        resolve();
      };
    });
  }

  #attach({ socket, group, interface: name }: SapChannelSocket): void {
    const channel = { group, interface: name };
    const end = socket.onDatagram(({ bytes, from, at }) => {
      this.listener.handleDatagram(bytes, from, at, channel);
      this.#pump();
    });
    this.#subscriptions.push(end);
    socket.onSendProblem(({ message }) => {
      const problem = `${name}: ${message}`;
      if (this.#sendProblems.has(problem)) return;
      this.#sendProblems.add(problem);
      for (const tell of this.#problemListeners.values()) tell(problem);
    });
  }

  /** Sends, tells and sets the timer, after anything that may have changed what the machines want. */
  #pump(): void {
    const { listener, announcer } = this;
    for (let out = announcer.pollTransmit(); out !== undefined; out = announcer.pollTransmit()) {
      const to = { address: out.group, port: this.#options.port ?? SAP_PORT };
      this.#channels.sender(out.group, out.interface)?.send(out.bytes, to);
    }
    for (let event = listener.pollEvent(); event !== undefined; event = listener.pollEvent()) {
      for (const tell of this.#listeners.values()) tell(event);
    }
    const announcing = announcer.pollTimeout();
    if (announcing === undefined) this.#whenQuiet?.();
    const next = Math.min(announcing ?? Infinity, listener.pollTimeout() ?? Infinity);
    if (next === (this.#timerSet ?? Infinity)) return; // setting a timer costs more than reading a datagram
    this.#timerSet = next === Infinity ? undefined : next;
    this.#timer.set(this.#timerSet);
  }

  #onNews(news: InterfaceNews): void {
    for (const tell of this.#newsListeners.values()) tell(news);
  }

  /** After interfaces changed: sockets were renewed, by then or at the next look; new interfaces need new ones. */
  async #afterLook(changed: boolean): Promise<void> {
    if (changed) {
      this.#channels.learnAddresses();
      await this.#openMissing();
    }
    this.#updateSources();
  }

  #updateSources(): void {
    if (this.#closing !== undefined) return;
    const sources = this.#channels.sources();
    if (named(sources) === named(this.announcer.sources)) return;
    this.#channels.learnAddresses();
    this.announcer.setSources(sources, this.#clock.now());
    this.#pump();
  }

  /** One after the other: two at once would open the same sockets. */
  #openMissing(): Promise<void> {
    this.#opening = this.#openAfter(this.#opening);
    return this.#opening;
  }

  async #openAfter(before: Promise<void>): Promise<void> {
    await before;
    if (this.#closing !== undefined) return;
    const added = await this.#channels.ensure([...this.#groups], this.#channels.interfaces());
    for (const channel of added) this.#attach(channel);
    if (added.length > 0) this.#updateSources();
  }
}

function named(sources: readonly SapSource[]): string {
  return sources.map((it) => `${it.address} ${it.interface}`).join(',');
}
