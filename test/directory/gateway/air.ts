import type { SapPort } from '../../../directory/gateway/index.ts';
import type { Ms, RandomSource } from '../../../src/machine.ts';
import type { Clock, Timer } from '../../../src/net/clock.ts';
import {
  type AnnouncedSession,
  announcementKey,
  parseSapPacket,
  SapAnnouncer,
  SapListener,
  type SapListenerEvent,
  type SapPacket,
} from '../../../src/sap/index.ts';

/** What was sent. */
export interface Sent {
  readonly packet: SapPacket;
  readonly group: string;
  readonly from: string;
  readonly at: Ms;
}

/** Networks in memory, on which SAP packets travel at once. */
export class Air {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly sent: Sent[] = [];
  readonly #hosts = new Map<string, Set<SapHost>>();
  /** Decides on each packet and receiver: false loses it. */
  deliver: (sent: Sent, to: SapHost) => boolean = () => true;

  constructor(clock: Clock, random: RandomSource = Math.random) {
    this.clock = clock;
    this.random = random;
  }

  /** A host on one of the networks, which hears what is sent there. */
  host(address: string, network = 'net'): SapHost {
    const hosts = this.#hosts.get(network) ?? new Set();
    this.#hosts.set(network, hosts);
    const host: SapHost = new SapHost(this, address, (bytes, group) => {
      const sent = { packet: parseSapPacket(bytes), group, from: address, at: this.clock.now() };
      this.sent.push(sent);
      for (const other of hosts) if (this.deliver(sent, other)) other.hear(bytes, address, group);
    });
    hosts.add(host);
    return host;
  }

  /** Nothing comes from or to it any more, as after a crash. */
  remove(host: SapHost): void {
    host.stop();
    for (const hosts of this.#hosts.values()) hosts.delete(host);
  }
}

/** Both machines on one host. */
export class SapHost implements SapPort {
  readonly address: string;
  readonly listener: SapListener;
  readonly announcer: SapAnnouncer;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #send: (bytes: Uint8Array, group: string) => void;
  readonly #listeners = new Set<(event: SapListenerEvent) => void>();

  constructor({ clock, random }: Air, address: string, send: (bytes: Uint8Array, group: string) => void) {
    this.address = address;
    this.#clock = clock;
    this.#send = send;
    this.announcer = new SapAnnouncer({ random, sessionsIn: (group) => this.listener.sessionsIn(group) }, [
      { address },
    ]);
    this.listener = new SapListener({
      isOwn: (packet, sender) => sender === address && this.announcer.isOwn(packet),
      unixMs: (now) => clock.wall() - clock.now() + now,
    });
    this.#timer = clock.timer(() => {
      this.listener.handleTimeout(clock.now());
      this.announcer.handleTimeout(clock.now());
      this.#pump();
    });
  }

  get addresses(): readonly string[] {
    return [this.address];
  }
  sessions(): Iterable<AnnouncedSession> {
    return this.listener.sessions();
  }
  session(key: string): AnnouncedSession | undefined {
    return this.listener.get(key);
  }
  onEvent(listener: (event: SapListenerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  announce(description: Uint8Array, groups: readonly string[]): void {
    this.announcer.announce(description, this.#clock.now(), { groups });
    this.#pump();
  }
  withdraw(description: Uint8Array): void {
    this.announcer.withdraw(announcementKey(description), this.#clock.now());
    this.#pump();
  }
  leave(description: Uint8Array): void {
    this.announcer.leave(announcementKey(description), this.#clock.now());
    this.#pump();
  }

  hear(bytes: Uint8Array, from: string, group: string): void {
    this.listener.handleDatagram(bytes, { address: from, port: 9875 }, this.#clock.now(), { group });
    this.#pump();
  }
  stop(): void {
    this.#timer.set(undefined);
    this.#listeners.clear();
  }

  #pump(): void {
    const { announcer, listener } = this;
    for (let out = announcer.pollTransmit(); out !== undefined; out = announcer.pollTransmit()) {
      this.#send(out.bytes, out.group);
    }
    for (let event = listener.pollEvent(); event !== undefined; event = listener.pollEvent()) {
      for (const tell of this.#listeners) tell(event);
    }
    const next = Math.min(announcer.pollTimeout() ?? Infinity, listener.pollTimeout() ?? Infinity);
    this.#timer.set(next === Infinity ? undefined : next);
  }
}
