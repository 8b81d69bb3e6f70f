import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import {
  type GrantedLease,
  MadcapServer,
  type MadcapServerLimits,
  MemoryLeaseStore,
  type ServedScope,
} from '../../src/madcap/index.ts';
import { type Clock, systemClock } from '../../src/net/index.ts';

const scope = (first: string, last: string, ttl: number, en: string, de: string): ServedScope => ({
  first,
  last,
  ttl,
  names: [
    { language: 'en', name: en, isDefault: true },
    { language: 'de', name: de, isDefault: false },
  ],
  exclusions: [],
  maximumSeconds: 30 * 86_400,
});

export const SERVED: readonly ServedScope[] = [
  scope('239.255.0.0', '239.255.255.255', 12, 'Campus', 'Gelände'),
  scope('239.192.0.0', '239.195.255.255', 63, 'Company', 'Firma'),
];

export interface MadcapHostOptions {
  readonly scopes?: readonly ServedScope[];
  readonly limits?: MadcapServerLimits;
  readonly clock?: Clock;
}

/** The server machine behind a port on loopback, with leases that a test can look into and take away. */
export class MadcapHost implements AsyncDisposable {
  readonly store = new MemoryLeaseStore();
  readonly server: MadcapServer;
  /** Hears nothing, as when it is down. */
  isDown = false;
  /** GETINFO messages that it has answered. */
  get asked(): number {
    return this.server.stats.received.getinfo;
  }
  readonly #socket = createSocket('udp4');
  readonly #clock: Clock;

  private constructor({ scopes = SERVED, limits = {}, clock = systemClock }: MadcapHostOptions) {
    this.#clock = clock;
    this.server = new MadcapServer({
      scopes,
      store: this.store,
      random: () => randomBytes(4).readUInt32BE() / 2 ** 32,
      unixSeconds: () => Math.floor(clock.wall() / 1000),
      limits,
    });
  }

  static async open(options: MadcapHostOptions = {}): Promise<MadcapHost> {
    const host = new MadcapHost(options);
    host.#socket.on('message', (bytes, from) => host.#handle(bytes, from));
    host.#socket.bind(0, '127.0.0.1');
    await once(host.#socket, 'listening');
    return host;
  }

  get port(): number {
    return this.#socket.address().port;
  }
  /** As `--madcap` takes it. */
  get name(): string {
    return `127.0.0.1:${this.port}`;
  }
  get leases(): GrantedLease[] {
    return [...this.store.all()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #handle(bytes: Uint8Array, from: { address: string; port: number }): void {
    if (this.isDown) return;
    this.server.handleDatagram(bytes, from, this.#clock.now());
    for (let out = this.server.pollTransmit(); out !== undefined; out = this.server.pollTransmit()) {
      this.#socket.send(out.bytes, out.to.port, out.to.address);
    }
    while (this.server.pollEvent() !== undefined); // nobody listens
  }
}
