import koffi from 'koffi';

// linux/if_packet.h, linux/if_ether.h
const [AF_PACKET, SOCK_RAW, SOCK_NONBLOCK, ETH_P_ALL, SOL_PACKET] = [17, 3, 0o4000, 0x0003, 263];
const [PACKET_ADD_MEMBERSHIP, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING, PACKET_MR_PROMISC] = [1, 15, 23, 1];
const [SOL_SOCKET, SO_RCVBUFFORCE, EAGAIN] = [1, 33, 11];

/** `struct virtio_net_hdr` before each frame: carries checksums that the hardware was to fill in, and oversized frames. */
export const FRAME_OFFSET = 10;

/** Every frame that arrives at one interface, and frames to send by it. Needs CAP_NET_RAW. */
export interface PacketSocket extends Disposable {
  /** Calls back with each frame that arrives, {@link FRAME_OFFSET} bytes in. The buffer is the callback's own. */
  listen(onFrame: (frame: Uint8Array) => void): void;
  /** @param frame as it was received @returns false when the interface is down or its queue full */
  send(frame: Uint8Array): boolean;
}

/** @throws when there is no such interface, or no right to do this */
export function openPacketSocket(interfaceName: string): PacketSocket {
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const bind = libc.func('int bind(int fd, const void *address, uint32_t length)');
  const setsockopt = libc.func(
    'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
  );
  const recv = libc.func('int64_t recv(int fd, _Out_ void *buffer, size_t length, int flags)');
  const send = libc.func('int64_t send(int fd, const void *buffer, size_t length, int flags)');
  const close = libc.func('int close(int fd)');
  const index: number = libc.func('unsigned int if_nametoindex(const char *name)')(interfaceName);
  if (index === 0) throw new Error(`there is no interface ${interfaceName}`);

  const check = (what: string, result: number): number => {
    if (result < 0) throw new Error(`${what} on ${interfaceName}: errno ${koffi.errno()}`);
    return result;
  };
  const fd = check('AF_PACKET socket', socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0));
  const setInt = (level: number, option: number, value: number): number =>
    setsockopt(
      fd,
      level,
      option,
      Uint8Array.of(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >> 24),
      4,
    );
  check('PACKET_VNET_HDR', setInt(SOL_PACKET, PACKET_VNET_HDR, 1));
  check('PACKET_IGNORE_OUTGOING', setInt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1));
  setInt(SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20); // root only; without, a burst may overflow it
  const membership = new DataView(new ArrayBuffer(16)); // struct packet_mreq
  membership.setInt32(0, index, true);
  membership.setUint16(4, PACKET_MR_PROMISC, true);
  check(
    'promiscuous mode',
    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, new Uint8Array(membership.buffer), 16),
  );
  const name = new DataView(new ArrayBuffer(20)); // struct sockaddr_ll
  name.setUint16(0, AF_PACKET, true);
  name.setUint16(2, ETH_P_ALL);
  name.setInt32(4, index, true);
  check('bind', bind(fd, new Uint8Array(name.buffer), 20));

  const buffer = new Uint8Array(FRAME_OFFSET + 65_536);
  let polling: { close(): void } | undefined;
  let closed = false;
  return {
    listen(onFrame) {
      const drain = (): void => {
        for (;;) {
          const length = Number(recv(fd, buffer, buffer.length, 0));
          if (length < 0 && koffi.errno() === EAGAIN) return;
          if (length < 0) return; // the interface went down: it comes back, or the socket is closed
          if (length > FRAME_OFFSET) onFrame(buffer.slice(0, length));
        }
      };
      polling = koffi.node.poll(fd, { readable: true }, drain);
    },
    send: (frame) => !closed && Number(send(fd, frame, frame.length, 0)) === frame.length,
    [Symbol.dispose]() {
      closed = true;
      polling?.close();
      close(fd);
    },
  };
}
