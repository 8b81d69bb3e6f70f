import { platform } from 'node:process';
import type { SocketAsPromised } from 'dgram-as-promised';
import { InvalidValueError, NetworkError } from '../errors.ts';
import { formatIp, type IpFamily, isMulticast, isSourceSpecific, parseIp, tryParseIp } from '../ip/index.ts';
import { bindSocket, nativeSocket } from './bind-socket.ts';
import { systemClock } from './clock.ts';
import { explainJoin } from './explain.ts';
import {
  type ChosenInterface,
  chooseInterface,
  chooseInterfaceAgain,
  multicastInterfaceArgument,
  systemNetwork,
} from './interfaces.ts';
import { type OpenedSocket, type SocketSettings, UdpMulticastSocket } from './multicast-socket.ts';
import type { BufferGrant, MulticastSocket, MulticastSocketOptions } from './multicast-socket-options.ts';
import { loadNativeSockets, type NativeSockets, type NativeUnavailable } from './native.ts';
import { type PacedSocket, sharedPacer } from './pacing/send-pacer.ts';
import { DSCP, noMarker, setsockoptMarker } from './qos.ts';
import { type DatagramReceiver, dgramReceiver } from './receiver.ts';
import { requireTtl, socketControls } from './socket-controls.ts';
import { sourceFilter } from './source-filter.ts';

const RECEIVE_BUFFER = 4 * 1024 * 1024; // 100 ms of 5000 packets/s need 1 MB of the kernel's book-keeping

/** Everything about the destination that does not depend on this host. */
interface Target {
  readonly group: string;
  readonly zone: string | undefined;
  readonly family: IpFamily;
  readonly multicast: boolean;
  readonly join: boolean;
  readonly sources: readonly string[];
}

/**
 * Opens the UDP socket for one group and port: chooses the interface, binds, joins, and sets TTL, loopback, buffer
 * and DSCP. The same socket sends and receives, and a sender joins its own group. Also for a unicast peer.
 *
 * On Linux and macOS it binds to the group address, so that conferences on one port do not hear each other; elsewhere
 * groups cannot be bound, and the system delivers to members only.
 *
 * @throws {InvalidValueError} for options that cannot be meant
 * @throws {InterfaceError} when the interface asked for cannot be used
 * @throws {NetworkError} when the system refuses to bind or join, with the reason and what to do
 */
export async function openMulticastSocket(options: MulticastSocketOptions): Promise<MulticastSocket> {
  const target = readTarget(options);
  const ttl = options.ttl ?? 15;
  requireTtl(ttl);
  const initial = { ttl, loopback: options.loopback ?? true, dscp: options.dscp ?? DSCP.DF };
  const { network = systemNetwork, interface: wanted, sendInterface } = options;
  const zoned = target.zone === undefined ? target.group : `${target.group}%${target.zone}`;
  const chosen = await chooseInterface(wanted, zoned, network, sendInterface);
  const opened = await openOn(chosen, target, options, initial);
  try {
    return new UdpMulticastSocket(opened, {
      choose: (before) => chooseInterfaceAgain(wanted, zoned, network, sendInterface, before),
      open: (again, settings) => openOn(again, target, options, settings),
    });
  } catch (error) {
    // A receive path may need one more descriptor to begin.
    opened.receiver.stop();
    await opened.udp.close();
    throw error;
  }
}

async function openOn(
  chosen: ChosenInterface,
  target: Target,
  options: MulticastSocketOptions,
  { ttl, loopback, dscp }: SocketSettings,
): Promise<OpenedSocket> {
  const { group, zone, family, multicast } = target;
  const { native, unavailable } = await reachNative(options);
  const bindAddress = addressToBind(target, chosen, options);
  const localPort = options.localPort ?? (multicast && !target.join ? 0 : options.port);
  const { dgram } = options;
  const binding = { family, multicast, chosen, bindAddress, localPort, native, dgram };
  const bound = await bindSocket(binding);
  const { udp, fd } = bound;
  const descriptor = { fd, native };
  const controls = socketControls(udp, descriptor, family);
  let receiver: DatagramReceiver | undefined;
  try {
    const { socket } = udp;
    const receiveBuffer = growReceiveBuffer(udp, options.receiveBufferBytes ?? RECEIVE_BUFFER);
    receiver = (options.openReceiver ?? dgramReceiver)({
      socket,
      family,
      bindAddress,
      port: localPort,
      receiveBufferBytes: receiveBuffer.asked,
      ...(native === undefined ? {} : { openTwin: () => nativeSocket(native, binding, []) }),
    });
    if (multicast) {
      udp.setMulticastInterface(multicastInterfaceArgument(chosen));
      controls.setLoopback(loopback);
    }
    controls.setTtl(ttl);
    const warnings = [...bound.warnings];
    const joined = target.join ? joinAll(receiver, target, chosen, warnings) : [];
    const marker =
      fd === undefined || native === undefined
        ? noMarker(unavailable, options.labels)
        : setsockoptMarker(native, () => descriptor.fd, family, options.labels);
    const qos = marker.mark(dscp);
    if (qos.reason !== undefined) {
      warnings.push(`packets leave with DSCP ${qos.effective}, not ${qos.requested}: ${qos.reason}`);
    }
    warnings.push(...(qos.problems ?? []));
    const granted = receiver.receiveBufferGranted();
    return {
      udp,
      receiver,
      group,
      destination: multicast || zone === undefined ? group : `${group}%${zone}`,
      port: options.port,
      family,
      multicast,
      interface: chosen,
      joined,
      localPort: socket.address().port,
      localAddress: await sourceAddress(target, chosen, options),
      receiveBuffer: { ...receiveBuffer, granted, full: granted >= receiveBuffer.asked },
      marker,
      qos,
      ttl,
      loopback,
      warnings,
      filter: sourceFilter(target.sources, options.excludedSources ?? []),
      queueLimit: options.queueLimit ?? 1024,
      sendLimit: options.sendLimit ?? 1024,
      clock: options.clock ?? systemClock,
      controls,
      descriptor,
      paced: openPaced(options, target, chosen, native, fd),
    };
  } catch (error) {
    receiver?.stop();
    await udp.close();
    throw error;
  }
}

function openPaced(
  { paced = false, clock = systemClock, port }: MulticastSocketOptions,
  { family, group }: Target,
  chosen: ChosenInterface,
  native: NativeSockets | undefined,
  fd: number | undefined,
): PacedSocket | undefined {
  if (!paced || clock !== systemClock || native === undefined || fd === undefined) return undefined;
  return sharedPacer(native).open(fd, family, group, port, family === 6 ? (chosen.index ?? 0) : 0);
}

function readTarget(options: MulticastSocketOptions): Target {
  const { group: text, port, sources = [], excludedSources = [] } = options;
  const address = tryParseIp(text);
  if (address === undefined) {
    throw new InvalidValueError(`${JSON.stringify(text)} is not an IP address; resolve host names first`);
  }
  requirePort('port', port, 1);
  const group = formatIp({ bytes: address.bytes });
  const multicast = isMulticast(group);
  if (options.localPort !== undefined) {
    requirePort('localPort', options.localPort, 0);
    if (multicast && (options.join ?? true) && options.localPort !== port) {
      throw new InvalidValueError(`a member of ${group} listens on the group's port ${port}, not on another`);
    }
  }
  if (sources.length > 0 && excludedSources.length > 0) {
    throw new InvalidValueError('sources and excludedSources exclude each other: one socket has one filter');
  }
  for (const source of [...sources, ...excludedSources]) {
    if (tryParseIp(source)?.family !== address.family || isMulticast(source)) {
      throw new InvalidValueError(
        `source ${JSON.stringify(source)} is not an IPv${address.family} host address`,
      );
    }
  }
  const join = multicast && (options.join ?? true);
  if (join && isSourceSpecific(group) && sources.length + excludedSources.length === 0) {
    throw new InvalidValueError(
      `${group} is a source-specific group (RFC 4607): name the sources to listen to, or do not join`,
    );
  }
  return { group, zone: address.zone, family: address.family, multicast, join, sources };
}

function requirePort(name: string, port: number, lowest: number): void {
  if (!Number.isInteger(port) || port < lowest || port > 65535) {
    throw new InvalidValueError(`${name} ${port} is not an integer from ${lowest} to 65535`);
  }
}

async function reachNative({
  native,
  dgram,
}: MulticastSocketOptions): Promise<{ native: NativeSockets | undefined; unavailable: string }> {
  if (dgram !== undefined) return { native: undefined, unavailable: 'the socket is not one of the system' };
  const found: NativeSockets | NativeUnavailable | false = native ?? (await loadNativeSockets());
  if (found === false)
    return { native: undefined, unavailable: 'system calls beyond node:dgram are switched off' };
  return found.available
    ? { native: found, unavailable: '' }
    : { native: undefined, unavailable: found.reason };
}

function addressToBind(target: Target, chosen: ChosenInterface, options: MulticastSocketOptions): string {
  const { family, multicast, join, group } = target;
  const wildcard = family === 4 ? '0.0.0.0' : '::';
  if (!multicast) return options.interface === undefined ? wildcard : chosen.address;
  const groupsCanBeBound = platform === 'linux' || platform === 'darwin';
  return join && groupsCanBeBound ? group : wildcard;
}

/** Among several IPv6 addresses of an interface the system takes the one that suits the group's scope (RFC 6724 §5). */
async function sourceAddress(
  { family, group, multicast }: Target,
  chosen: ChosenInterface,
  { network = systemNetwork }: MulticastSocketOptions,
): Promise<string> {
  if (family === 4 || !multicast) return chosen.address;
  const source = await network.sourceAddressFor(`${group}${multicastInterfaceArgument(chosen).slice(2)}`);
  return source === undefined ? chosen.address : formatIp({ bytes: parseIp(source).bytes });
}

/** Some systems refuse a size above their limit instead of capping it; then half of it is asked for. */
function growReceiveBuffer(udp: SocketAsPromised, asked: number): BufferGrant {
  for (let size = asked; size > udp.getRecvBufferSize(); size = Math.floor(size / 2)) {
    try {
      udp.setRecvBufferSize(size);
      break;
    } catch (error) {
      if (size / 2 < udp.getRecvBufferSize()) throw error;
    }
  }
  const granted = udp.getRecvBufferSize();
  return { asked, granted, full: granted >= asked };
}

function joinAll(
  receiver: DatagramReceiver,
  { group, sources, family }: Target,
  chosen: ChosenInterface,
  warnings: string[],
): string[] {
  const joined: string[] = [];
  let failure: NetworkError | undefined;
  for (const it of chosen.listenOn) {
    try {
      receiver.join({ group, via: multicastInterfaceArgument(it), interfaceName: it.name, sources });
      joined.push(it.name);
    } catch (error) {
      failure = explainJoin(error, group, it.name, family, sources.length);
      warnings.push(failure.message);
    }
  }
  if (joined.length === 0 && failure !== undefined) throw failure;
  return joined;
}
