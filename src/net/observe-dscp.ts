import { NetworkError } from '../errors.ts';
import { formatIp, type IpFamily, isMulticast, parseIp } from '../ip/index.ts';
import type { Ms } from '../machine.ts';
import { type Clock, systemClock } from './clock.ts';
import { chooseInterface, type NetworkView } from './interfaces.ts';
import {
  loadNativeSockets,
  type NativeMessage,
  type NativeSockets,
  type NativeUnavailable,
  socketAddress,
} from './native.ts';

/** The marks that one sender's datagrams arrived with. */
export interface DscpObservation {
  readonly address: string;
  readonly port: number;
  /** 0 to 63. */
  readonly dscp: number;
  /** Explicit congestion notification, 0 to 3 (RFC 3168 §5). */
  readonly ecn: number;
  /** TTL or hop limit left on arrival. */
  readonly ttl: number | undefined;
  /** Datagrams that arrived just so. */
  readonly count: number;
}

export interface ObserveDscpOptions {
  readonly group: string;
  readonly port: number;
  /** As for {@link openMulticastSocket}. */
  readonly interface?: string;
  /** How long to listen, ms; default 2000. */
  readonly durationMs?: Ms;
  /** Stop as soon as this many datagrams have been seen; default: only when the time is over. */
  readonly enough?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly network?: NetworkView;
  readonly native?: NativeSockets | NativeUnavailable;
}

/** What came of watching; `unavailable` says why it could not be done on this system. */
export type DscpReport =
  | { readonly observations: readonly DscpObservation[]; readonly unavailable?: undefined }
  | { readonly observations: readonly []; readonly unavailable: string };

const POLL_MS = 10; // a probe, not a media path: the receive buffer holds a second of audio

/**
 * Joins a group as one more listener and reports the DSCP that datagrams carry when they arrive, for each sender:
 * proof that a mark survived the path, or that something rewrites it. Needs no privilege; sends nothing but the join.
 *
 * @throws {InterfaceError | NetworkError} when the group cannot be joined
 * @see RFC 3542 §6.5 and ip(7), IP_RECVTOS
 */
export async function observeDscp(options: ObserveDscpOptions): Promise<DscpReport> {
  const native = options.native ?? (await loadNativeSockets());
  if (!native.available) return { observations: [], unavailable: native.reason };
  const { clock = systemClock, durationMs = 2000, enough = Number.POSITIVE_INFINITY } = options;
  const chosen = await chooseInterface(options.interface, options.group, options.network);
  const fd = openProbe(native, options, chosen.family, chosen.index ?? 0);
  const seen = new Map<string, DscpObservation>();
  let total = 0;
  const end = clock.now() + durationMs;
  try {
    while (clock.now() < end && total < enough && options.signal?.aborted !== true) {
      const message = native.receive(fd);
      if (message === undefined) {
        await sleep(clock, POLL_MS);
        continue;
      }
      total++;
      const one = readMarks(native, chosen.family, message);
      const key = `${one.address} ${one.port} ${one.dscp} ${one.ecn} ${one.ttl}`;
      seen.set(key, { ...one, count: (seen.get(key)?.count ?? 0) + 1 });
    }
  } finally {
    native.close(fd);
  }
  return { observations: [...seen.values()] };
}

function openProbe(
  native: NativeSockets,
  { group, port }: ObserveDscpOptions,
  family: IpFamily,
  index: number,
): number {
  const { constants: c } = native;
  const fd = native.socket(family);
  try {
    native.setInt(fd, c.SOL_SOCKET, c.SO_REUSEADDR, 1);
    if (family === 4) {
      native.setInt(fd, c.IPPROTO_IP, c.IP_RECVTOS, 1);
      native.setInt(fd, c.IPPROTO_IP, c.IP_RECVTTL, 1);
    } else {
      native.setInt(fd, c.IPPROTO_IPV6, c.IPV6_RECVTCLASS, 1);
      native.setInt(fd, c.IPPROTO_IPV6, c.IPV6_RECVHOPLIMIT, 1);
    }
    const address = formatIp({ bytes: parseIp(group).bytes });
    native.bind(fd, family, address, port, index);
    if (isMulticast(address)) {
      const level = family === 4 ? c.IPPROTO_IP : c.IPPROTO_IPV6;
      native.setBytes(fd, level, c.MCAST_JOIN_GROUP, groupRequest(native, family, address, index));
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
  { name, control }: NativeMessage,
): DscpObservation {
  let trafficClass = 0;
  let ttl: number | undefined;
  for (const { level, type, data } of controlMessages(control)) {
    if (level === c.IPPROTO_IP && type === c.IP_TOS) trafficClass = data.getUint8(0);
    else if (level === c.IPPROTO_IPV6 && type === c.IPV6_TCLASS) trafficClass = data.getInt32(0, true);
    else if (level === c.IPPROTO_IP && type === c.IP_TTL) ttl = data.getInt32(0, true);
    else if (level === c.IPPROTO_IPV6 && type === c.IPV6_HOPLIMIT) ttl = data.getInt32(0, true);
  }
  return {
    address: formatIp({ bytes: family === 4 ? name.slice(4, 8) : name.slice(8, 24) }),
    port: new DataView(name.buffer, name.byteOffset).getUint16(2),
    dscp: trafficClass >> 2,
    ecn: trafficClass & 3,
    ttl,
    count: 1,
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

function sleep(clock: Clock, ms: Ms): Promise<void> {
  return new Promise((resolve) => {
    clock.timer(resolve).set(clock.now() + ms);
  });
}
