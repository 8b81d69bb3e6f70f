/** Numbers that each system gives to the socket options used here. */
export interface SocketConstants {
  readonly AF_INET: number;
  readonly AF_INET6: number;
  readonly AF_PACKET: number;
  readonly SOCK_DGRAM: number;
  readonly SOCK_CLOEXEC: number;
  readonly SOCK_NONBLOCK: number;
  readonly SOL_SOCKET: number;
  readonly SO_REUSEADDR: number;
  readonly SO_RCVBUF: number;
  readonly SO_PRIORITY: number;
  readonly SO_TIMESTAMPNS: number;
  readonly SO_BINDTODEVICE: number;
  readonly SO_MARK: number;
  readonly SO_ATTACH_FILTER: number;
  readonly SOL_PACKET: number;
  readonly PACKET_ADD_MEMBERSHIP: number;
  readonly SO_PEERCRED: number;
  readonly SO_MEMINFO: number;
  readonly SK_MEMINFO_DROPS: number;
  readonly IPPROTO_IP: number;
  readonly IP_TOS: number;
  readonly IP_PKTINFO: number;
  readonly IP_RECVTTL: number;
  readonly IP_TTL: number;
  readonly IP_RECVTOS: number;
  readonly IP_MULTICAST_ALL: number;
  readonly IPPROTO_IPV6: number;
  readonly IPV6_V6ONLY: number;
  readonly IPV6_TCLASS: number;
  readonly IPV6_RECVTCLASS: number;
  readonly IPV6_UNICAST_HOPS: number;
  readonly IPV6_MULTICAST_HOPS: number;
  readonly IPV6_MULTICAST_LOOP: number;
  readonly IPV6_HOPLIMIT: number;
  readonly IPV6_RECVHOPLIMIT: number;
  readonly IPV6_MULTICAST_ALL: number;
  readonly MCAST_JOIN_GROUP: number;
  readonly MCAST_JOIN_SOURCE_GROUP: number;
  readonly MSG_DONTWAIT: number;
}

// include/uapi/asm-generic/socket.h, linux/in.h and linux/in6.h: the same on every architecture listed below.
const LINUX: SocketConstants = {
  AF_INET: 2,
  AF_INET6: 10,
  AF_PACKET: 17,
  SOCK_DGRAM: 2,
  SOCK_CLOEXEC: 0o2000000,
  SOCK_NONBLOCK: 0o4000,
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_RCVBUF: 8,
  SO_PRIORITY: 12,
  SO_TIMESTAMPNS: 35,
  SO_BINDTODEVICE: 25,
  SO_MARK: 36,
  SO_ATTACH_FILTER: 26,
  SOL_PACKET: 263,
  PACKET_ADD_MEMBERSHIP: 1,
  SO_PEERCRED: 17,
  SO_MEMINFO: 55,
  SK_MEMINFO_DROPS: 8,
  IPPROTO_IP: 0,
  IP_TOS: 1,
  IP_PKTINFO: 8,
  IP_RECVTTL: 12,
  IP_TTL: 2,
  IP_RECVTOS: 13,
  IP_MULTICAST_ALL: 49,
  IPPROTO_IPV6: 41,
  IPV6_V6ONLY: 26,
  IPV6_TCLASS: 67,
  IPV6_RECVTCLASS: 66,
  IPV6_UNICAST_HOPS: 16,
  IPV6_MULTICAST_HOPS: 18,
  IPV6_MULTICAST_LOOP: 19,
  IPV6_HOPLIMIT: 52,
  IPV6_RECVHOPLIMIT: 51,
  IPV6_MULTICAST_ALL: 29,
  MCAST_JOIN_GROUP: 42,
  MCAST_JOIN_SOURCE_GROUP: 46,
  MSG_DONTWAIT: 0x40,
};

const LINUX_ARCHITECTURES = ['x64', 'arm64', 'riscv64', 'loong64'];

/** Where the constants are known, and the layouts below (64 bits, little endian) hold. */
export function constantsFor(os: string, cpu: string): SocketConstants | undefined {
  return os === 'linux' && LINUX_ARCHITECTURES.includes(cpu) ? LINUX : undefined;
}
