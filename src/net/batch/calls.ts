import { arch } from 'node:process';
import type { SocketConstants } from '../socket-constants.ts';
import { MessageSlab, type PinnedMemory } from './message-slab.ts';
import { EVENT_BYTES, Readiness } from './readiness.ts';

/** The system calls that receive many datagrams at once. */
export interface BatchCalls {
  /** Its memory is that of all others: look at what one poll told before the next. */
  newReadiness(): Readiness;
  /** The one of this process, since what it takes lives as long as that. */
  slab(): MessageSlab;
  /** The wall clock that datagrams are stamped with, in milliseconds since 1970. */
  wall(): number;
  /** 0 when there is no such interface. */
  interfaceIndex(name: string): number;
  /** The number as text when there is no such interface any more. */
  interfaceName(index: number): string;
}

type Koffi = typeof import('koffi')['default'];
type Check = (call: string, result: number) => number;

/**
 * @param check throws for a negative result, with the system's error
 */
export function bindBatchCalls(koffi: Koffi, constants: SocketConstants, check: Check): BatchCalls {
  const libc = koffi.load(null);
  const recvmmsg = libc.func('int recvmmsg(int fd, void *headers, uint32_t count, int flags, void *timeout)');
  const epollCreate = libc.func('int epoll_create1(int flags)');
  const epollControl = libc.func('int epoll_ctl(int epoll, int operation, int fd, void *event)');
  const epollWait = libc.func('int epoll_wait(int epoll, void *events, int count, int timeout)');
  const close = libc.func('int close(int fd)');
  const clockGettime = libc.func('int clock_gettime(int clock, void *time)');
  const ifNametoindex = libc.func('uint32_t if_nametoindex(const char *name)');
  const ifIndextoname = libc.func('void *if_indextoname(uint32_t index, _Out_ void *name)');

  const allocate = (length: number): PinnedMemory => {
    const pointer: unknown = koffi.alloc('uint8_t', length);
    const memory = koffi.view(pointer, length);
    new Uint8Array(memory).fill(0);
    return { address: koffi.address(pointer), memory };
  };
  let slab: MessageSlab | undefined;
  let events: PinnedMemory | undefined;
  let time: { readonly address: bigint; readonly view: DataView } | undefined;
  return {
    newReadiness: () =>
      new Readiness(
        {
          create: () => check('epoll_create1', epollCreate(constants.SOCK_CLOEXEC)),
          control: (epoll, operation, fd, event) => {
            check('epoll_ctl', epollControl(epoll, operation, fd, event));
          },
          wait: (epoll, events, count) => epollWait(epoll, events, count, 0),
          close: (fd) => {
            close(fd);
          },
        },
        (events ??= allocate(EVENT_BYTES)),
        arch === 'x64',
      ),
    // A timeout of zero would end after one datagram, hence none; and nothing waits with MSG_DONTWAIT.
    slab() {
      slab ??= new MessageSlab(allocate, (fd, headers, slots) =>
        recvmmsg(fd, headers, slots, constants.MSG_DONTWAIT, null),
      );
      return slab;
    },
    wall() {
      if (time === undefined) {
        const { address, memory } = allocate(16);
        time = { address, view: new DataView(memory) };
      }
      clockGettime(0, time.address);
      const { view } = time;
      return Number(view.getBigInt64(0, true)) * 1000 + view.getUint32(8, true) / 1e6;
    },
    interfaceIndex: (name) => ifNametoindex(name),
    interfaceName(index) {
      const name = new Uint8Array(16);
      if (ifIndextoname(index, name) === null) return String(index);
      return new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
    },
  };
}
