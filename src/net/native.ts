import { arch, platform } from 'node:process';
import { getSystemErrorName } from 'node:util';
import { NetworkError } from '../errors.ts';
import { type IpFamily, parseIp } from '../ip/index.ts';
import { type BatchCalls, bindBatchCalls } from './batch/calls.ts';
import { constantsFor, type SocketConstants } from './socket-constants.ts';

/** One datagram with its control messages, as recvmsg gives it. */
export interface NativeMessage {
  readonly bytes: Uint8Array;
  readonly name: Uint8Array;
  readonly control: Uint8Array;
}

/** A process of this computer, as it was when it connected. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The socket calls that `node:dgram` does not offer. A descriptor made here is either closed here or handed to
 * `dgram`'s `bind({ fd })`, which then owns it.
 */
export interface NativeSockets {
  readonly available: true;
  readonly constants: SocketConstants;
  /** A new non-blocking UDP socket. @throws {NetworkError} */
  socket(family: IpFamily): number;
  /**
   * A new non-blocking socket that hears IP packets on one interface, also those for groups that nobody joined, as far as
   * the filter lets them through. Needs CAP_NET_RAW. @throws {NetworkError}
   *
   * @param filter instructions of the classic packet filter, 8 bytes each (`struct sock_filter`)
   */
  packetSocket(family: IpFamily, interfaceIndex: number, filter: Uint8Array): number;
  /** Binds to an address of the socket's family; `scope` is the interface index that link-local scopes need. */
  bind(fd: number, family: IpFamily, address: string, port: number, scope?: number): void;
  close(fd: number): void;
  /** @throws {NetworkError} with the system's code */
  setInt(fd: number, level: number, option: number, value: number): void;
  setBytes(fd: number, level: number, option: number, value: Uint8Array): void;
  getInt(fd: number, level: number, option: number): number;
  /** Datagrams dropped because the socket's receive buffer was full (SO_MEMINFO). */
  drops(fd: number): number;
  /** Who is at the other end of a connected local socket (SO_PEERCRED, unix(7)). @throws {NetworkError} */
  peerCredentials(fd: number): PeerCredentials;
  /** The next datagram, or undefined when none waits. @throws {NetworkError} */
  receive(fd: number): NativeMessage | undefined;
  /** Many at once. */
  readonly batches: BatchCalls;
}

export interface NativeUnavailable {
  readonly available: false;
  /** A phrase that can stand after "because". */
  readonly reason: string;
}

type Koffi = typeof import('koffi')['default'];

let loading: Promise<NativeSockets | NativeUnavailable> | undefined;

/** Loads koffi on first use (about 10 ms); later calls share the outcome. Never fails: says why there is none. */
export function loadNativeSockets(): Promise<NativeSockets | NativeUnavailable> {
  loading ??= load();
  return loading;
}

async function load(): Promise<NativeSockets | NativeUnavailable> {
  const constants = constantsFor(platform, arch);
  if (constants === undefined) {
    return { available: false, reason: `the socket options of ${platform} on ${arch} are not known here` };
  }
  let koffi: Koffi;
  try {
    koffi = (await import('koffi')).default;
  } catch (error) {
    const detail = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return { available: false, reason: `the optional package koffi could not be loaded${detail}` };
  }
  try {
    return bindLibc(koffi, constants);
  } catch (error) {
    return { available: false, reason: `the C library could not be reached: ${String(error)}` };
  }
}

function bindLibc(koffi: Koffi, constants: SocketConstants): NativeSockets {
  const libc = koffi.load(null); // the running program, which has the C library in it, glibc or musl
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
  const close = libc.func('int close(int fd)');
  const setsockopt = libc.func(
    'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
  );
  const getsockopt = libc.func(
    'int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)',
  );
  const recvmsg = libc.func('int64_t recvmsg(int fd, void *message, int flags)');

  const check = (call: string, result: number): number => {
    if (result >= 0) return result;
    const errno = koffi.errno();
    const code = getSystemErrorName(-errno);
    throw Object.assign(new NetworkError(`${call}: ${code}`), { errno, systemCode: code });
  };
  const setBytes = (fd: number, level: number, option: number, value: Uint8Array): void => {
    check(`setsockopt(${level}, ${option})`, setsockopt(fd, level, option, value, value.length));
  };
  const getBytes = (fd: number, level: number, option: number, length: number): DataView => {
    const value = new Uint8Array(length);
    check(`getsockopt(${level}, ${option})`, getsockopt(fd, level, option, value, [length]));
    return new DataView(value.buffer);
  };

  let inbox: Inbox | undefined;
  return {
    available: true,
    constants,
    batches: bindBatchCalls(koffi, constants, check),
    socket(family) {
      const { AF_INET, AF_INET6, SOCK_DGRAM, SOCK_CLOEXEC, SOCK_NONBLOCK } = constants;
      const type = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
      return check('socket', socket(family === 4 ? AF_INET : AF_INET6, type, 0));
    },
    packetSocket(family, interfaceIndex, filter) {
      const { AF_PACKET, SOCK_DGRAM, SOCK_CLOEXEC, SOCK_NONBLOCK, SOL_SOCKET, SO_ATTACH_FILTER } = constants;
      const { SOL_PACKET, PACKET_ADD_MEMBERSHIP } = constants;
      const fd = check('socket', socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      try {
        setBytes(fd, SOL_SOCKET, SO_ATTACH_FILTER, filterProgram(koffi, filter));
        setBytes(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, allGroupsRequest(interfaceIndex));
        const name = linkAddress(constants, family, interfaceIndex);
        check('bind', bind(fd, name, name.length));
      } catch (error) {
        close(fd);
        throw error;
      }
      return fd;
    },
    bind(fd, family, address, port, scope = 0) {
      const name = socketAddress(constants, family, address, port, scope);
      check(`bind ${address} port ${port}`, bind(fd, name, name.length));
    },
    close(fd) {
      close(fd);
    },
    setBytes,
    setInt(fd, level, option, value) {
      setBytes(fd, level, option, int32(value));
    },
    getInt: (fd, level, option) => getBytes(fd, level, option, 4).getInt32(0, true),
    drops(fd) {
      const words = constants.SK_MEMINFO_DROPS + 1;
      const info = getBytes(fd, constants.SOL_SOCKET, constants.SO_MEMINFO, 4 * words);
      return info.getUint32(4 * constants.SK_MEMINFO_DROPS, true);
    },
    peerCredentials(fd) {
      const words = getBytes(fd, constants.SOL_SOCKET, constants.SO_PEERCRED, 12);
      return { pid: words.getInt32(0, true), uid: words.getUint32(4, true), gid: words.getUint32(8, true) };
    },
    receive(fd) {
      inbox ??= newInbox(koffi);
      const length = recvmsg(fd, inbox.rearm(), constants.MSG_DONTWAIT);
      if (length < 0 && getSystemErrorName(-koffi.errno()) === 'EAGAIN') return undefined;
      return inbox.take(check('recvmsg', length));
    },
  };
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

/** A `struct sock_fprog`: a count and a pointer, whose memory lives as long as the process. */
function filterProgram(koffi: Koffi, filter: Uint8Array): Uint8Array {
  const pointer: unknown = koffi.alloc('uint8_t', filter.length);
  new Uint8Array(koffi.view(pointer, filter.length)).set(filter);
  const view = new DataView(new ArrayBuffer(16));
  view.setUint16(0, filter.length / 8, true);
  view.setBigUint64(8, koffi.address(pointer), true);
  return new Uint8Array(view.buffer);
}

/** A `struct packet_mreq` for PACKET_MR_ALLMULTI. */
function allGroupsRequest(interfaceIndex: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setInt32(0, interfaceIndex, true);
  view.setUint16(4, 2, true);
  return new Uint8Array(view.buffer);
}

/** A `struct sockaddr_ll` for one kind of packets on one interface. */
function linkAddress({ AF_PACKET }: SocketConstants, family: IpFamily, interfaceIndex: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(20));
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, family === 4 ? 0x0800 : 0x86dd);
  view.setInt32(4, interfaceIndex, true);
  return new Uint8Array(view.buffer);
}

/** A `sockaddr_in` or `sockaddr_in6`. */
export function socketAddress(
  constants: SocketConstants,
  family: IpFamily,
  address: string,
  port: number,
  scope: number,
): Uint8Array {
  const out = new Uint8Array(family === 4 ? 16 : 28);
  const view = new DataView(out.buffer);
  view.setUint16(0, family === 4 ? constants.AF_INET : constants.AF_INET6, true);
  view.setUint16(2, port);
  out.set(parseIp(address).bytes, family === 4 ? 4 : 8);
  if (family === 6) view.setUint32(24, scope, true);
  return out;
}

interface Inbox {
  /** Resets the lengths that recvmsg overwrites. @returns the msghdr to pass */
  rearm(): bigint;
  take(length: number): NativeMessage;
}

/** One msghdr with room for a whole datagram, its sender and its control messages, outside the garbage collector. */
function newInbox(koffi: Koffi): Inbox {
  const layout = { header: 0, vector: 64, name: 80, control: 112, data: 368, end: 368 + 65536 };
  const pointer: unknown = koffi.alloc('uint8_t', layout.end);
  const base = koffi.address(pointer);
  const memory = koffi.view(pointer, layout.end);
  const view = new DataView(memory);
  view.setBigUint64(layout.vector, base + BigInt(layout.data), true);
  view.setBigUint64(layout.vector + 8, BigInt(layout.end - layout.data), true);
  view.setBigUint64(0, base + BigInt(layout.name), true);
  view.setBigUint64(16, base + BigInt(layout.vector), true);
  view.setBigUint64(24, 1n, true);
  view.setBigUint64(32, base + BigInt(layout.control), true);
  return {
    rearm() {
      view.setUint32(8, layout.control - layout.name, true);
      view.setBigUint64(40, BigInt(layout.data - layout.control), true);
      view.setUint32(48, 0, true);
      return base;
    },
    take: (length) => ({
      bytes: new Uint8Array(memory, layout.data, length).slice(),
      name: new Uint8Array(memory, layout.name, view.getUint32(8, true)).slice(),
      control: new Uint8Array(memory, layout.control, Number(view.getBigUint64(40, true))).slice(),
    }),
  };
}
