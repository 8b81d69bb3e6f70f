import type { RingLayout } from './packet-ring.ts';

/** What the thread is given. */
export interface SendingThreadData {
  readonly memory: SharedArrayBuffer;
  readonly layout: RingLayout;
  readonly start: number;
  readonly wake: number;
  /** Path of the module that asks, from where koffi is found: the thread has no file of its own. */
  readonly from: string;
}

/**
 * The sending thread: sends each packet of the ring at its time, for ever. It sleeps in `Atomics.wait`, which wakes to
 * within some 50 µs where a timer of the event loop has a millisecond.
 *
 * Its source text is what runs in the thread, so that it needs no file of its own in a bundled program: it must refer to
 * nothing outside of itself.
 */
export function sendingThread({ memory, layout, start, wake, from }: SendingThreadData): void {
  // Not an import, in whose place a bundler or a test runner would put something of its own.
  const koffi: typeof import('koffi') = process.getBuiltinModule('node:module').createRequire(from)('koffi');
  const sendto = koffi
    .load(null)
    .func(
      'int64_t sendto(int fd, const void *data, size_t length, int flags, const void *to, uint32_t size)',
    );
  const words = new Int32Array(memory, 0, wake / 4);
  const view = new DataView(memory);
  const bytes = new Uint8Array(memory);
  const now = (): number => Number(process.hrtime.bigint()) / 1e6;
  interface Packet {
    due: number;
    counters: number;
    fd: number;
    length: number;
    size: number;
    /** Foreign calls take no shared memory, and a slot is free for the next packet as soon as it was copied. */
    readonly bytes: Uint8Array;
    readonly address: Uint8Array;
  }
  /** The earliest last. */
  const waiting: Packet[] = [];
  const spare: Packet[] = [];
  let taken = Atomics.load(words, layout.tail);
  let endings = 0;
  /** A descriptor that is closed may be another socket's at once: nothing must be left for it. */
  const dropEnded = (): void => {
    for (let at = waiting.length - 1; at >= 0; at--) {
      const packet = waiting[at];
      if (packet === undefined || Atomics.load(words, packet.counters + layout.ended) === 0) continue;
      waiting.splice(at, 1);
      spare.push(packet);
      Atomics.add(words, packet.counters + layout.dropped, 1);
    }
  };
  for (;;) {
    const ended = Atomics.load(words, layout.endings);
    const head = Atomics.load(words, layout.head);
    for (; taken !== head && waiting.length < 4 * layout.slots; taken = (taken + 1) | 0) {
      const at = start + (taken & (layout.slots - 1)) * layout.stride;
      const counters = layout.counters + layout.kinds * view.getInt32(at + 8, true);
      if (Atomics.load(words, counters + layout.ended) !== 0) {
        Atomics.add(words, counters + layout.dropped, 1);
        continue;
      }
      const packet = spare.pop() ?? {
        due: 0,
        counters: 0,
        fd: 0,
        length: 0,
        size: 0,
        bytes: new Uint8Array(layout.longest),
        address: new Uint8Array(32),
      };
      packet.due = view.getFloat64(at, true);
      packet.counters = counters;
      packet.fd = view.getInt32(at + 12, true);
      packet.length = view.getInt32(at + 16, true);
      packet.size = view.getInt32(at + 20, true);
      packet.bytes.set(bytes.subarray(at + layout.packet, at + layout.packet + packet.length));
      packet.address.set(bytes.subarray(at + layout.address, at + layout.address + packet.size));
      let place = waiting.length;
      while (place > 0 && (waiting[place - 1]?.due ?? 0) <= packet.due) place--;
      waiting.splice(place, 0, packet);
    }
    Atomics.store(words, layout.tail, taken);
    if (ended !== endings) {
      endings = ended;
      dropEnded();
    }
    const next = waiting.at(-1);
    view.setFloat64(wake, next?.due ?? Number.POSITIVE_INFINITY, true);
    const wait = next === undefined ? undefined : next.due - now();
    if (next === undefined || (wait !== undefined && wait > 0.02)) {
      Atomics.wait(words, layout.head, head, wait);
      continue;
    }
    waiting.pop();
    if (Number(sendto(next.fd, next.bytes, next.length, 0x40, next.address, next.size)) < 0) {
      Atomics.store(words, next.counters + layout.error, koffi.errno());
      Atomics.add(words, next.counters + layout.failed, 1);
    } else Atomics.add(words, next.counters + layout.sent, 1);
    spare.push(next);
  }
}
