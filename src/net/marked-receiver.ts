import { NetworkError } from '../errors.ts';
import { formatIp, type IpFamily, isMulticast, parseIp } from '../ip/index.ts';
import { type NativeMessage, type NativeSockets, socketAddress } from './native.ts';

/** A datagram with the marks that it arrived with. */
export interface MarkedDatagram {
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly port: number;
  /** 0 to 63. */
  readonly dscp: number;
  /** Explicit congestion notification, 0 to 3 (RFC 3168 §5). */
  readonly ecn: number;
  /** TTL or hop limit left on arrival. */
  readonly ttl: number | undefined;
}

/** A member of a group that sees TTL and DSCP of what arrives. It is asked, and never waits. */
export interface MarkedReceiver extends Disposable {
  /** The next datagram, or undefined when none waits. */
  receive(): MarkedDatagram | undefined;
}

export interface MarkedReceiverOptions {
  /** Group or, to hear what is sent to this host, an address of its own. */
  readonly group: string;
  readonly port: number;
  /** Index of the interface to join on; 0 lets the system choose. */
  readonly interfaceIndex: number;
}

/**
 * Joins a group as one more listener, with TTL and DSCP told for each datagram. Needs no privilege.
 *
 * @throws {NetworkError} when the group cannot be joined
 * @see RFC 3542 §6.5 and ip(7), IP_RECVTOS
 */
export function openMarkedReceiver(native: NativeSockets, options: MarkedReceiverOptions): MarkedReceiver {
  const { family } = parseIp(options.group);
  const fd = openProbe(native, family, options);
  return {
    receive() {
      const message = native.receive(fd);
      return message === undefined ? undefined : readMarks(native, family, message);
    },
    [Symbol.dispose]() {
      native.close(fd);
    },
  };
}

function openProbe(
  native: NativeSockets,
  family: IpFamily,
  { group, port, interfaceIndex }: MarkedReceiverOptions,
): number {
  const { constants: c } = native;
  const fd = native.socket(family);
  try {
    native.setInt(fd, c.SOL_SOCKET, c.SO_REUSEADDR, 1);
    if (family === 4) {
      native.setInt(fd, c.IPPROTO_IP, c.IP_RECVTOS, 1);
      native.setInt(fd, c.IPPROTO_IP, c.IP_RECVTTL, 1);
      native.setInt(fd, c.IPPROTO_IP, c.IP_MULTICAST_ALL, 0); // what others joined elsewhere is not ours
    } else {
      native.setInt(fd, c.IPPROTO_IPV6, c.IPV6_RECVTCLASS, 1);
      native.setInt(fd, c.IPPROTO_IPV6, c.IPV6_RECVHOPLIMIT, 1);
      native.setInt(fd, c.IPPROTO_IPV6, c.IPV6_MULTICAST_ALL, 0);
    }
    const address = formatIp({ bytes: parseIp(group).bytes });
    native.bind(fd, family, address, port, interfaceIndex);
    if (isMulticast(address)) {
      const level = family === 4 ? c.IPPROTO_IP : c.IPPROTO_IPV6;
      native.setBytes(fd, level, c.MCAST_JOIN_GROUP, groupRequest(native, family, address, interfaceIndex));
    }
    return fd;
  } catch (error) {
    native.close(fd);
    const detail = error instanceof Error ? error.message : String(error);
    throw new NetworkError(`Cannot listen to ${group} port ${port} for its DSCP: ${detail}`, {
      cause: error,
    });
  }
}

/** A `struct group_req` (RFC 3678 §5.1.1): interface index, padding, and a sockaddr_storage of 128 bytes. */
function groupRequest(native: NativeSockets, family: IpFamily, group: string, index: number): Uint8Array {
  const request = new Uint8Array(136);
  new DataView(request.buffer).setUint32(0, index, true);
  request.set(socketAddress(native.constants, family, group, 0, 0), 8);
  return request;
}

function readMarks(
  { constants: c }: NativeSockets,
  family: IpFamily,
  { bytes, name, control }: NativeMessage,
): MarkedDatagram {
  let trafficClass = 0;
  let ttl: number | undefined;
  for (const { level, type, data } of controlMessages(control)) {
    if (level === c.IPPROTO_IP && type === c.IP_TOS) trafficClass = data.getUint8(0);
    else if (level === c.IPPROTO_IPV6 && type === c.IPV6_TCLASS) trafficClass = data.getInt32(0, true);
    else if (level === c.IPPROTO_IP && type === c.IP_TTL) ttl = data.getInt32(0, true);
    else if (level === c.IPPROTO_IPV6 && type === c.IPV6_HOPLIMIT) ttl = data.getInt32(0, true);
  }
  return {
    bytes,
    address: formatIp({ bytes: family === 4 ? name.slice(4, 8) : name.slice(8, 24) }),
    port: new DataView(name.buffer, name.byteOffset).getUint16(2),
    dscp: trafficClass >> 2,
    ecn: trafficClass & 3,
    ttl,
  };
}

/** Walks `struct cmsghdr`s: a 64-bit length that counts the header, level, type, data, padding to 8 bytes. */
function* controlMessages(control: Uint8Array): Generator<{ level: number; type: number; data: DataView }> {
  const view = new DataView(control.buffer, control.byteOffset, control.byteLength);
  for (let at = 0; at + 16 <= control.length; ) {
    const length = view.getUint32(at, true);
    if (length < 16 || at + length > control.length) return;
    const data = new DataView(control.buffer, control.byteOffset + at + 16, length - 16);
    yield { level: view.getInt32(at + 8, true), type: view.getInt32(at + 12, true), data };
    at += (length + 7) & ~7;
  }
}
