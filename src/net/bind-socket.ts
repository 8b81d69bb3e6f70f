import { DgramAsPromised, type SocketAsPromised } from 'dgram-as-promised';
import { type IpFamily, tryParseIp } from '../ip/index.ts';
import { explainBind } from './explain.ts';
import { type ChosenInterface, multicastInterfaceArgument } from './interfaces.ts';
import type { MulticastSocketOptions } from './multicast-socket-options.ts';
import type { NativeSockets } from './native.ts';

/** What to bind, and how. */
export interface BindRequest {
  readonly family: IpFamily;
  readonly multicast: boolean;
  readonly chosen: ChosenInterface;
  readonly bindAddress: string;
  readonly localPort: number;
  readonly native: NativeSockets | undefined;
  readonly dgram: MulticastSocketOptions['dgram'];
}

export interface BoundSocket {
  readonly udp: SocketAsPromised;
  /** The descriptor, when system calls made the socket. */
  readonly fd: number | undefined;
  readonly warnings: readonly string[];
}

/**
 * With system calls at hand the socket is made by them and given to `node:dgram` through its public `bind({ fd })`:
 * the one way to reach its options that no release of Node has broken. Otherwise `node:dgram` makes it.
 */
export async function bindSocket(request: BindRequest): Promise<BoundSocket> {
  const { dgram, family, multicast, chosen, bindAddress, localPort, native } = request;
  const warnings: string[] = [];
  const udp = DgramAsPromised.createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    reuseAddr: multicast, // several members on one host; two unicast sockets on one port would steal from each other
    ipv6Only: family === 6,
    // Addresses are numeric: answered at once, send() reaches the kernel before it returns.
    lookup: (host, _options, answer) => answer(null, host, family),
    ...(dgram === undefined ? {} : { dgram }),
  });
  let fd: number | undefined;
  try {
    if (native === undefined) {
      await udp.bind({ port: localPort, address: withZone(bindAddress, chosen), exclusive: true });
    } else {
      fd = nativeSocket(native, request, warnings);
      await udp.bind({ fd, exclusive: true });
    }
    return { udp, fd, warnings };
  } catch (error) {
    if (fd !== undefined) native?.close(fd);
    await udp.close();
    throw explainBind(error, bindAddress, localPort);
  }
}

/** A bound socket that has its group's options. @throws {NetworkError} */
export function nativeSocket(native: NativeSockets, request: BindRequest, warnings: string[]): number {
  const { family, multicast, chosen, bindAddress, localPort } = request;
  const { constants: c } = native;
  const fd = native.socket(family);
  try {
    if (multicast) native.setInt(fd, c.SOL_SOCKET, c.SO_REUSEADDR, 1);
    if (family === 6) {
      native.setInt(fd, c.IPPROTO_IPV6, c.IPV6_V6ONLY, 1);
      native.setInt(fd, c.IPPROTO_IPV6, c.IPV6_MULTICAST_ALL, 0); // hear what this socket joined, not what others did
      // IPv6 asks only whether the group was joined, not where: the device keeps other interfaces out.
      if (multicast && chosen.listenOn.length === 1) {
        try {
          native.setBytes(fd, c.SOL_SOCKET, c.SO_BINDTODEVICE, new TextEncoder().encode(`${chosen.name}\0`));
        } catch (error) {
          // Before Linux 5.7 that is a privilege.
          warnings.push(
            `the group may be heard on other interfaces than ${chosen.name} too: ${String(error)}`,
          );
        }
      }
    } else {
      native.setInt(fd, c.IPPROTO_IP, c.IP_MULTICAST_ALL, 0);
    }
    const scope = needsZone(bindAddress) ? chosen.index : undefined;
    native.bind(fd, family, bindAddress, localPort, scope);
    return fd;
  } catch (error) {
    native.close(fd);
    throw error;
  }
}

/** Link-local addresses and groups mean nothing without an interface (RFC 4007 §6). */
function needsZone(address: string): boolean {
  const [a = 0, b = 0] = tryParseIp(address)?.bytes ?? [];
  return (a === 0xff && (b & 0x0f) <= 2) || (a === 0xfe && (b & 0xc0) === 0x80);
}

function withZone(address: string, chosen: ChosenInterface): string {
  return address.includes(':') && needsZone(address)
    ? `${address}${multicastInterfaceArgument(chosen).slice(2)}`
    : address;
}
