import { createSocket } from 'node:dgram';
import { existsSync, readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { platform } from 'node:process';
import { NetworkError } from '../errors.ts';
import { formatIp, type IpFamily, isLinkLocal, parseIp, sameIp, tryParseIp } from '../ip/index.ts';

/** One address of one interface that is up. */
export interface InterfaceAddress {
  readonly name: string;
  readonly address: string;
  readonly family: IpFamily;
  /** The system's number for the interface, where it can be known. */
  readonly index?: number;
  /** Loopback. */
  readonly internal: boolean;
}

export type InterfaceReason = 'named' | 'address' | 'index' | 'route' | 'loopback' | 'all' | 'several';

/** The interface in use for one group, and why. */
export interface ChosenInterface extends InterfaceAddress {
  readonly reason: InterfaceReason;
  /** One line for people: which interface, which address, why, and what speaks against it. */
  readonly sentence: string;
  /** With reason `all` and `several`: every interface to listen on. Otherwise the chosen one alone. */
  readonly listenOn: readonly InterfaceAddress[];
}

/** What the rule below must know of this host; tests pass their own. */
export interface NetworkView {
  /** Addresses of the interfaces that are up, in the system's order. */
  addresses(): readonly InterfaceAddress[];
  /** Whether an interface of that name exists at all, up or down; undefined where it cannot be known. */
  exists(name: string): boolean | undefined;
  /** How often the interface's carrier has come and gone, where the system counts it. */
  carrierChanges?(name: string): number | undefined;
  /** The local address that datagrams to `destination` would leave from, or undefined when there is no route. */
  sourceAddressFor(destination: string): Promise<string | undefined>;
}

/** The interface asked for cannot be used. */
export class InterfaceError extends NetworkError {
  override readonly code = 'ERR_INTERFACE';
  /** What could have been asked for. */
  readonly available: readonly InterfaceAddress[];
  constructor(problem: string, available: readonly InterfaceAddress[]) {
    super(`${problem}. ${listing(available)}`);
    this.available = available;
  }
}

/** What the user said: one interface by name, address or index; several; `all`; undefined for nothing. */
export type InterfaceWish = string | readonly string[] | undefined;

/**
 * The interface for a group: the one asked for by name, address or index; else the one that the route to the group
 * leaves by; else loopback. Of several it listens on each and sends by the first; `all` listens on every interface
 * and sends by the route's.
 *
 * @param group   the group or the unicast peer, an IP literal; a `%zone` counts as a wish for that interface
 * @param sending the one to send by, of several or of all
 * @throws {InterfaceError} when there is no such interface, it is down, or has no address of the group's family
 */
export async function chooseInterface(
  wanted: InterfaceWish,
  group: string,
  network: NetworkView = systemNetwork,
  sending?: string,
): Promise<ChosenInterface> {
  const { family, zone } = parseIp(group);
  const all = network.addresses();
  const usable = all.filter((it) => it.family === family);
  const wishes = wanted === undefined ? [] : typeof wanted === 'string' ? [wanted] : wanted;
  const [wish = sending ?? zone, ...others] = sending === undefined ? wishes : [sending, ...wishes];
  if (wishes.includes('all')) {
    const sender =
      sending === undefined ? await byRoute(group, usable, network) : byWish(sending, family, all, network);
    return everyInterface(group, usable, sender, all);
  }
  if (wish === undefined) return byRoute(group, usable, network, all);
  const first = byWish(wish, family, all, network);
  return withOthers(
    first,
    others.map((it) => byWish(it, family, all, network)),
  );
}

/**
 * As {@link chooseInterface}, for a group that was joined before: makes do with those of several that are there, and
 * where there is no route any more, stays on the interface that it led to.
 *
 * @throws {InterfaceError} when none of them can be used now
 */
export async function chooseInterfaceAgain(
  wanted: InterfaceWish,
  group: string,
  network: NetworkView,
  sending: string | undefined,
  before: ChosenInterface,
): Promise<ChosenInterface> {
  const { family } = parseIp(group);
  const all = network.addresses();
  const isThere = (wish: string): boolean => {
    try {
      return wish === 'all' || byWish(wish, family, all, network).family === family;
    } catch (error) {
      if (error instanceof InterfaceError) return false;
      throw error;
    }
  };
  const wishes = typeof wanted === 'string' ? [wanted] : (wanted ?? []);
  const there = wishes.filter(isThere);
  const sender = sending !== undefined && isThere(sending) ? sending : undefined;
  const found = await chooseInterface(there.length > 0 ? there : wishes, group, network, sender);
  if (found.reason !== 'loopback' || before.reason === 'loopback') return found;
  const same = byWish(before.name, family, all, network);
  return chosen(same, 'route', `where the route to ${group} led before`);
}

function byWish(
  wanted: string,
  family: IpFamily,
  all: readonly InterfaceAddress[],
  network: NetworkView,
): ChosenInterface {
  if (tryParseIp(wanted) !== undefined) {
    const owner = all.find((it) => sameIp(it.address, wanted));
    if (owner === undefined)
      throw new InterfaceError(`No interface of this host has the address ${wanted}`, all);
    if (owner.family === family) return chosen(owner, 'address', 'because you gave its address');
    const sibling = preferred(all.filter((it) => it.name === owner.name && it.family === family));
    if (sibling !== undefined) {
      return chosen(sibling, 'address', `because you gave ${wanted}, an address of the same interface`);
    }
    throw new InterfaceError(
      `${owner.name} (${wanted}) has no IPv${family} address, which the group needs`,
      all,
    );
  }
  const named = all.filter((it) => it.name === wanted);
  const byIndex = named.length === 0 && /^\d+$/.test(wanted);
  const same = byIndex ? all.filter((it) => it.index === Number(wanted)) : named;
  const fit = preferred(same.filter((it) => it.family === family));
  if (fit !== undefined) {
    return byIndex
      ? chosen(fit, 'index', `because you gave its index ${wanted}`)
      : chosen(fit, 'named', 'because you named it');
  }
  if (same.length > 0) {
    throw new InterfaceError(`${same[0]?.name} has no IPv${family} address, which the group needs`, all);
  }
  if (network.exists(wanted) === true) {
    throw new InterfaceError(`The interface ${wanted} is down or has no address`, all);
  }
  throw new InterfaceError(`There is no interface ${JSON.stringify(wanted)}`, all);
}

async function byRoute(
  group: string,
  usable: readonly InterfaceAddress[],
  network: NetworkView,
  all: readonly InterfaceAddress[] = usable,
): Promise<ChosenInterface> {
  const source = await network.sourceAddressFor(group);
  const owner = source === undefined ? undefined : usable.find((it) => sameIp(it.address, source));
  if (owner !== undefined) {
    return chosen(owner, 'route', `because the route to ${group} leaves there`);
  }
  const loopback = usable.find((it) => it.internal);
  if (loopback === undefined) {
    throw new InterfaceError(`There is no route to ${group} and no loopback interface for its family`, all);
  }
  const others = [...new Set(usable.filter((it) => !it.internal).map((it) => it.name))];
  const advice =
    others.length === 0
      ? 'no other interface is up: only this host will be heard'
      : `only this host will be heard; name an interface to use another: ${others.join(', ')}`;
  return chosen(loopback, 'loopback', `because there is no route to ${group}; ${advice}`);
}

function everyInterface(
  group: string,
  usable: readonly InterfaceAddress[],
  route: ChosenInterface,
  all: readonly InterfaceAddress[],
): ChosenInterface {
  const names = [...new Set(usable.map((it) => it.name))];
  const listenOn = names.flatMap((name) => preferred(usable.filter((it) => it.name === name)) ?? []);
  if (listenOn.length === 0) throw new InterfaceError(`No interface has an address that fits ${group}`, all);
  const sentence = `listening on all interfaces (${names.join(', ')}), sending on ${route.sentence}`;
  return { ...route, reason: 'all', sentence, listenOn };
}

/** The first one sends. */
function withOthers(first: ChosenInterface, others: readonly ChosenInterface[]): ChosenInterface {
  const listenOn = [first, ...others]
    .flatMap((it) => it.listenOn)
    .filter((it, i, list) => list.findIndex(({ name }) => name === it.name) === i);
  if (listenOn.length === 1) return first;
  const names = listenOn.map(({ name }) => name).join(', ');
  return {
    ...first,
    reason: 'several',
    sentence: `listening on ${names}, sending on ${first.sentence}`,
    listenOn,
  };
}

function chosen(it: InterfaceAddress, reason: InterfaceReason, why: string): ChosenInterface {
  return { ...it, reason, sentence: `${it.name} (${it.address}), ${why}`, listenOn: [it] };
}

/** Of several addresses of one interface the first that reaches beyond the link, else the first. */
function preferred(addresses: readonly InterfaceAddress[]): InterfaceAddress | undefined {
  return addresses.find((it) => !isLinkLocal(it.address)) ?? addresses[0];
}

function listing(available: readonly InterfaceAddress[]): string {
  const names = [...new Set(available.map((it) => it.name))];
  if (names.length === 0) return 'No interface of this host is up with an address';
  const each = names.map((name) => {
    const addresses = available.filter((it) => it.name === name).map((it) => it.address);
    return `${name} (${addresses.join(', ')})`;
  });
  return `Available: ${each.join('; ')}`;
}

/** The interface as `node:dgram` wants it in its multicast calls: an IPv4 address, or `::%eth0`. */
export function multicastInterfaceArgument({ family, address, name, index }: InterfaceAddress): string {
  if (family === 4) return address;
  return `::%${platform === 'win32' && index !== undefined ? index : name}`;
}

/** This host, through `node:os` and a UDP socket that is connected and never sends. */
export const systemNetwork: NetworkView = {
  addresses() {
    return Object.entries(networkInterfaces()).flatMap(([name, infos]) =>
      (infos ?? []).map((info) => fromSystem(name, info)),
    );
  },
  exists(name) {
    if (platform !== 'linux' || name.includes('/')) return undefined;
    return existsSync(`/sys/class/net/${name}`);
  },
  carrierChanges(name) {
    return platform === 'linux' ? interfaceNumber(name, 'carrier_changes') : undefined;
  },
  async sourceAddressFor(destination) {
    return (await connectedSource(destination)) ?? (await connectedSource(widerGroup(destination)));
  },
};

function fromSystem(name: string, info: NetworkInterfaceInfo): InterfaceAddress {
  const index = interfaceIndex(name) ?? (info.family === 'IPv6' && info.scopeid ? info.scopeid : undefined);
  return {
    name,
    address: info.address,
    family: info.family === 'IPv6' ? 6 : 4,
    ...(index === undefined ? {} : { index }),
    internal: info.internal,
  };
}

function interfaceIndex(name: string): number | undefined {
  return platform === 'linux' ? interfaceNumber(name, 'ifindex') : undefined;
}

function interfaceNumber(name: string, file: string): number | undefined {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/${file}`, 'utf8'));
  } catch {
    return undefined; // an alias such as eth0:1, or no /sys
  }
}

/** A link-local IPv6 group has a route only with a zone; without one, ask by where wider groups go. */
function widerGroup(destination: string): string | undefined {
  const { family, bytes, zone } = parseIp(destination);
  const scope = (bytes[1] ?? 0) & 0x0f;
  if (family === 4 || bytes[0] !== 0xff || zone !== undefined || scope > 2) return undefined;
  const wider = bytes.slice();
  wider[1] = 0x0e; // RFC 4291 §2.7: global scope
  return formatIp({ bytes: wider });
}

/** connect() on a UDP socket sends nothing: it makes the system choose a route and with it a source address. */
function connectedSource(destination: string | undefined): Promise<string | undefined> {
  if (destination === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = createSocket(parseIp(destination).family === 4 ? 'udp4' : 'udp6');
    const finish = (source: string | undefined): void => {
      socket.close();
      resolve(source);
    };
    // Not by callback: that one gets the error too, of which the types do not speak.
    socket.once('error', () => finish(undefined));
    socket.once('connect', () => finish(socket.address().address));
    socket.connect(9, destination); // any port will do
  });
}
