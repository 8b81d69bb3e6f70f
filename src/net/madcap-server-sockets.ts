import { NetworkError, RendezvousError } from '../errors.ts';
import {
  type IpFamily,
  MADCAP_DISCOVERY,
  parseIp,
  RELATIVE_OFFSETS,
  relativeGroup,
  zoneOfGroup,
} from '../ip/index.ts';
import type { TransportAddress } from '../machine.ts';
import { MADCAP_PORT } from '../madcap/index.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Datagram } from './datagram.ts';
import { InterfaceWatch } from './interface-watch.ts';
import { chooseInterface, type NetworkView, systemNetwork } from './interfaces.ts';
import { type InterfaceNews, keepOnInterface } from './keep-on-interface.ts';
import type { MulticastSocket } from './multicast-socket-options.ts';
import { openMulticastSocket } from './open-multicast-socket.ts';

export interface MadcapServerSocketsOptions {
  /** Interfaces by name, address or index; default all that are up but loopback, or that if there is no other. */
  readonly interfaces?: readonly string[];
  /** Last addresses of the scopes served: their servers' groups are listened to too (RFC 2730 §2.10). */
  readonly scopeLasts?: readonly string[];
  /** Default 2535; 0 takes any free one, the same for all groups of an interface. */
  readonly port?: number;
  /** TTL or hop limit of answers; default 64. */
  readonly ttl?: number;
  readonly clock?: Clock;
  readonly network?: NetworkView;
  readonly openSocket?: typeof openMulticastSocket;
}

/** Where a server can be reached. */
export interface MadcapServerPlace {
  readonly interface: string;
  /** The server's own address there, which it is known by. */
  readonly address: string;
  readonly family: IpFamily;
  readonly port: number;
  readonly groups: readonly string[];
}

/** How a datagram came in. */
export interface MadcapArrival extends Datagram {
  readonly multicast: boolean;
  /** The server's own address there. */
  readonly identifier: string;
}

interface Opened {
  readonly place: MadcapServerPlace;
  readonly own: MulticastSocket;
  readonly groups: readonly MulticastSocket[];
}

/** All groups that servers of these scopes are looked for in; none for a global scope (RFC 2730 §2.11). */
export function madcapServerGroups(scopeLasts: readonly string[]): string[] {
  const relative = scopeLasts
    .filter((last) => zoneOfGroup(last)?.scop !== 14)
    .map((last) => relativeGroup(last, RELATIVE_OFFSETS.madcap));
  return [...new Set([MADCAP_DISCOVERY.ipv4, MADCAP_DISCOVERY.ipv6, ...relative])];
}

/**
 * Opens a server's sockets: for each interface and family one at the interface's own address, which answers come from, and
 * one for each group. What cannot be opened is a warning as long as something can.
 *
 * @throws {InterfaceError} for an interface that does not exist
 * @throws {NetworkError} when the server could not be reached anywhere
 */
export async function openMadcapServerSockets(
  options: MadcapServerSocketsOptions = {},
): Promise<MadcapServerSockets> {
  const { network = systemNetwork, clock = systemClock, openSocket = openMulticastSocket } = options;
  const groups = madcapServerGroups(options.scopeLasts ?? []);
  const common = { ttl: options.ttl ?? 64, network, clock };
  await using all = new AsyncDisposableStack(); // closed when this fails on the way
  const opened: Opened[] = [];
  const warnings: string[] = [];
  for (const name of await interfaceNames(options.interfaces ?? [], network)) {
    for (const family of [4, 6] as const) {
      const address = await ownAddress(name, family, network);
      if (address === undefined) continue;
      try {
        const port = options.port ?? MADCAP_PORT;
        // The port to send to is that of whoever asked.
        const own = all.use(
          await openSocket({
            ...common,
            group: address,
            port: port || 9,
            localPort: port,
            interface: address,
          }),
        );
        const members: MulticastSocket[] = [];
        for (const group of groups.filter((it) => parseIp(it).family === family)) {
          try {
            const member = await openSocket({ ...common, group, port: own.localPort, interface: name });
            members.push(all.use(member));
          } catch (error) {
            if (!(error instanceof RendezvousError)) throw error;
            warnings.push(`${name}: ${error.message}`); // it still can be asked in the others, and by its address
          }
        }
        const listens = members.map((it) => it.group);
        opened.push({
          place: { interface: name, address, family, port: own.localPort, groups: listens },
          own,
          groups: members,
        });
        warnings.push(...[own, ...members].flatMap((it) => it.warnings));
      } catch (error) {
        if (!(error instanceof RendezvousError)) throw error;
        warnings.push(`${name}: ${error.message}`);
      }
    }
  }
  if (opened.length === 0) {
    throw new NetworkError(`Cannot serve MADCAP: ${warnings[0] ?? 'no interface is up'}`);
  }
  all.move();
  return new MadcapServerSockets(opened, [...new Set(warnings)], { network, clock });
}

async function interfaceNames(wanted: readonly string[], network: NetworkView): Promise<string[]> {
  if (wanted.length > 0 && !wanted.includes('all')) {
    const names: string[] = [];
    for (const wish of wanted) {
      const group = wish.includes(':') ? MADCAP_DISCOVERY.ipv6 : MADCAP_DISCOVERY.ipv4;
      names.push((await chooseInterface(wish, group, network)).name);
    }
    return [...new Set(names)];
  }
  const all = network.addresses();
  const outside = all.filter(({ internal }) => !internal);
  return [...new Set((outside.length > 0 ? outside : all).map(({ name }) => name))];
}

async function ownAddress(name: string, family: IpFamily, network: NetworkView): Promise<string | undefined> {
  if (!network.addresses().some((it) => it.name === name && it.family === family)) return undefined;
  const group = family === 4 ? MADCAP_DISCOVERY.ipv4 : MADCAP_DISCOVERY.ipv6;
  return (await chooseInterface(name, group, network)).address;
}

/** A server's sockets; made by {@link openMadcapServerSockets}. They follow interfaces that go and come. */
export class MadcapServerSockets implements AsyncDisposable {
  readonly places: readonly MadcapServerPlace[];
  /** What the operator should know. */
  readonly warnings: readonly string[];
  readonly #opened: readonly Opened[];
  readonly #subscriptions: (() => void)[] = [];
  readonly #clock: Clock;
  readonly #network: NetworkView;

  constructor(
    opened: readonly Opened[],
    warnings: readonly string[],
    { clock, network }: { readonly clock: Clock; readonly network: NetworkView },
  ) {
    this.places = opened.map(({ place }) => place);
    this.warnings = warnings;
    this.#opened = opened;
    this.#clock = clock;
    this.#network = network;
  }

  /** Calls for everything that comes in, and for news of the interfaces. */
  start(onDatagram: (arrival: MadcapArrival) => void, onNews: (news: InterfaceNews) => void): void {
    for (const { place, own, groups } of this.#opened) {
      const identifier = place.address;
      const listen = (socket: MulticastSocket, multicast: boolean): void => {
        this.#subscriptions.push(
          socket.onDatagram((datagram) => onDatagram({ ...datagram, multicast, identifier })),
        );
      };
      listen(own, false);
      for (const socket of groups) listen(socket, true);
    }
    const watch = new InterfaceWatch({ clock: this.#clock, network: this.#network });
    const keeper = keepOnInterface(
      watch,
      () => this.#opened.flatMap(({ own, groups }) => [own, ...groups]),
      onNews,
    );
    this.#subscriptions.push(() => keeper[Symbol.dispose]());
  }

  /** Sends from the server's own address. @returns false when the datagram was dropped here */
  send(bytes: Uint8Array, to: TransportAddress, identifier: string): boolean {
    const from = this.#opened.find(({ place }) => place.address === identifier);
    return from?.own.send(bytes, to) ?? false;
  }

  async close(): Promise<void> {
    for (const end of this.#subscriptions.splice(0)) end();
    await Promise.all(this.#opened.flatMap(({ own, groups }) => [own, ...groups].map((it) => it.close())));
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
