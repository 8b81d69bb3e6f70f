import { RendezvousError } from '../errors.ts';
import { type IpFamily, parseIp } from '../ip/index.ts';
import type { SapSource } from '../sap/index.ts';
import type { Clock } from './clock.ts';
import { type InterfaceAddress, InterfaceError, type NetworkView } from './interfaces.ts';
import type { MulticastSocket } from './multicast-socket-options.ts';
import type { openMulticastSocket } from './open-multicast-socket.ts';

/** One group on one interface. */
export interface SapChannelSocket {
  readonly group: string;
  /** Name of the interface. */
  readonly interface: string;
  readonly socket: MulticastSocket;
}

export interface SapChannelsOptions {
  readonly port: number;
  readonly ttl: number;
  readonly loopback: boolean;
  /** Names, addresses or indices; empty or with `all`: every interface but loopback, or that if there is no other. */
  readonly interfaces: readonly string[];
  readonly network: NetworkView;
  readonly clock: Clock;
  readonly openSocket: typeof openMulticastSocket;
}

/**
 * The sockets of SAP: one for each group and interface, bound to the group, so that it is known where a datagram came
 * from, and other programs on the host have their own. What cannot be opened is a warning; the rest works.
 */
export class SapChannels {
  readonly #options: SapChannelsOptions;
  readonly #open = new Map<string, SapChannelSocket>();
  /** Interfaces that were named: an address may be another interface's later. */
  #named: readonly string[] | undefined;
  #localAddresses: ReadonlySet<string> = new Set();
  /** By interface and problem, the groups it befell. */
  readonly #failures = new Map<string, { interface: string; problem: string; groups: string[] }>();

  constructor(options: SapChannelsOptions) {
    this.#options = options;
  }

  get all(): readonly SapChannelSocket[] {
    return [...this.#open.values()];
  }

  /** What could not be opened, and what open sockets warn of: one line for each interface and problem. */
  get warnings(): readonly string[] {
    const failed = [...this.#failures.values()].map(
      ({ interface: name, problem, groups }) => `${name}: not listening to ${groups.join(', ')}: ${problem}`,
    );
    const others = this.all.flatMap((it) =>
      it.socket.warnings.map((warning) => `${it.interface}: ${warning}`),
    );
    return [...new Set([...failed, ...others])];
  }

  /**
   * Names of the interfaces to be used now.
   *
   * @throws {InterfaceError} the first time, for one that does not exist
   */
  interfaces(): readonly string[] {
    const { interfaces, network } = this.#options;
    const all = network.addresses();
    if (interfaces.length > 0 && !interfaces.includes('all')) {
      this.#named ??= [...new Set(interfaces.map((wish) => nameOf(wish, all, network)))];
      return this.#named;
    }
    const outside = all.filter(({ internal }) => !internal);
    return [...new Set((outside.length > 0 ? outside : all).map(({ name }) => name))];
  }

  /** Opens what is missing of these groups on these interfaces. @returns the new ones */
  async ensure(groups: readonly string[], interfaces: readonly string[]): Promise<SapChannelSocket[]> {
    const added: SapChannelSocket[] = [];
    this.#failures.clear();
    for (const name of interfaces) {
      for (const group of groups) {
        if (this.#open.has(`${group} ${name}`) || !this.#hasFamily(name, parseIp(group).family)) continue;
        const channel = await this.#openOne(group, name);
        if (channel !== undefined) added.push(channel);
      }
    }
    return added;
  }

  /** The socket that sends to the group by the interface: the group's own, else one of its family. */
  sender(group: string, name: string | undefined): MulticastSocket | undefined {
    const { family } = parseIp(group);
    const exact = this.#open.get(`${group} ${name}`);
    return (exact ?? this.all.find((it) => it.interface === name && it.socket.family === family))?.socket;
  }

  /** One for each interface and family; of IPv6 addresses one that reaches beyond the link. */
  sources(): SapSource[] {
    const sources = new Map<string, SapSource>();
    for (const { socket, interface: name } of this.all) {
      const key = `${name} ${socket.family}`;
      const address = withoutZone(socket.localAddress);
      const known = sources.get(key);
      if (known === undefined || (isLinkLocal(known.address) && !isLinkLocal(address))) {
        sources.set(key, { address, interface: name });
      }
    }
    return [...sources.values()];
  }

  /** Whether datagrams from this address were sent by this host. */
  isLocal(address: string): boolean {
    return this.#localAddresses.has(withoutZone(address));
  }

  /** Looks up the host's addresses again. */
  learnAddresses(): void {
    const { network } = this.#options;
    this.#localAddresses = new Set(
      [
        ...network.addresses().map(({ address }) => address),
        ...this.all.map((it) => it.socket.localAddress),
      ].map(withoutZone),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map(({ socket }) => socket.close()));
    this.#open.clear();
  }

  async #openOne(group: string, name: string): Promise<SapChannelSocket | undefined> {
    const { port, ttl, loopback, network, clock, openSocket } = this.#options;
    try {
      const socket = await openSocket({ group, port, interface: name, ttl, loopback, network, clock });
      const channel = { group, interface: name, socket };
      this.#open.set(`${group} ${name}`, channel);
      return channel;
    } catch (error) {
      if (!(error instanceof RendezvousError)) throw error;
      const problem = error.message.replaceAll(group, 'the group');
      const key = `${name} ${problem}`;
      const failure = this.#failures.get(key);
      if (failure === undefined) this.#failures.set(key, { interface: name, problem, groups: [group] });
      else failure.groups.push(group);
      return undefined;
    }
  }

  #hasFamily(name: string, family: IpFamily): boolean {
    return this.#options.network.addresses().some((it) => it.name === name && it.family === family);
  }
}

function nameOf(wish: string, all: readonly InterfaceAddress[], network: NetworkView): string {
  const found = all.find(
    ({ name, address, index }) => wish === name || wish === address || wish === String(index),
  );
  if (found !== undefined) return found.name;
  if (network.exists(wish) === true) return wish; // down: it may come up
  throw new InterfaceError(`There is no interface ${JSON.stringify(wish)}`, all);
}

function isLinkLocal(address: string): boolean {
  const [a = 0, b = 0] = parseIp(address).bytes;
  return a === 0xfe && (b & 0xc0) === 0x80;
}

function withoutZone(address: string): string {
  const percent = address.indexOf('%');
  return percent < 0 ? address : address.slice(0, percent);
}
