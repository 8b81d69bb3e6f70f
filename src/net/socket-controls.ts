import type { SocketAsPromised } from 'dgram-as-promised';
import { InvalidValueError } from '../errors.ts';
import type { IpFamily } from '../ip/index.ts';
import type { NativeSockets } from './native.ts';

/** The descriptor of an open socket, where system calls beyond `node:dgram` can reach it. */
export interface SocketDescriptor {
  readonly native: NativeSockets | undefined;
  /** Cleared before the socket is closed: from then on the number may belong to another file. */
  fd: number | undefined;
}

/** How far what is sent travels, and whether this host hears it. */
export interface SocketControls {
  /** TTL, or hop limit, of what is sent to groups, and to single hosts, where 0 is not allowed. */
  setTtl(ttl: number): void;
  /** Whether groups on this host hear what this socket sends. */
  setLoopback(loopback: boolean): void;
}

/**
 * An IPv6 socket that `node:dgram` adopted is taken for IPv4 by its TTL and loopback calls, which then change nothing
 * and say nothing; so these go to the system directly wherever it can be reached.
 */
export function socketControls(
  udp: SocketAsPromised,
  descriptor: SocketDescriptor,
  family: IpFamily,
): SocketControls {
  const { native } = descriptor;
  if (family === 4 || native === undefined) {
    return {
      setTtl(ttl) {
        udp.setMulticastTTL(ttl);
        udp.setTTL(Math.max(1, ttl));
      },
      setLoopback(loopback) {
        udp.setMulticastLoopback(loopback);
      },
    };
  }
  const { constants: c } = native;
  const set = (option: number, value: number): void => {
    if (descriptor.fd !== undefined) native.setInt(descriptor.fd, c.IPPROTO_IPV6, option, value);
  };
  return {
    setTtl(ttl) {
      set(c.IPV6_MULTICAST_HOPS, ttl);
      set(c.IPV6_UNICAST_HOPS, Math.max(1, ttl));
    },
    setLoopback(loopback) {
      set(c.IPV6_MULTICAST_LOOP, loopback ? 1 : 0);
    },
  };
}

/** @throws {InvalidValueError} unless 0 to 255 */
export function requireTtl(ttl: number): void {
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > 255) {
    throw new InvalidValueError(`TTL ${ttl} is not an integer from 0 to 255`);
  }
}
