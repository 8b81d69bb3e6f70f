import { Worker } from 'node:worker_threads';
import { getSystemErrorName } from 'node:util';
import type { IpFamily } from '../../ip/index.ts';
import type { Ms } from '../../machine.ts';
import type { Clock } from '../clock.ts';
import { type NativeSockets, socketAddress } from '../native.ts';
import { PacketRing, RING, RING_START, RING_WAKE } from './packet-ring.ts';
import { sendingThread, type SendingThreadData } from './sending-thread.ts';

/** How long before its time a packet should be handed over: what the event loop may be late. */
export const PACING_LEAD_MS: Ms = 5;

/** What is not to leave any more is dropped as soon as the thread runs; longer than this no processor is away. */
const DROP_WITHIN_MS: Ms = 1000;

/** A socket's way into the sending thread. */
export interface PacedSocket {
  /** Packets handed over and not yet sent. */
  readonly pending: number;
  /**
   * @param due when it is to leave, on the clock of `performance.now`
   * @returns false when there is no room: the caller sends it himself
   */
  send(packet: Uint8Array, due: Ms): boolean;
  /** What has happened since the last call. */
  take(): {
    readonly sent: number;
    readonly failed: number;
    readonly dropped: number;
    readonly errorCode: string;
  };
  /**
   * Waits until all that was handed over has left, at most so long; the rest is dropped. Afterwards the descriptor may be
   * closed, and another socket may have this place.
   */
  close(clock: Clock, withinMs: Ms): Promise<void>;
}

/**
 * Sends packets at their time from a thread of its own, which has nothing else to do: packets of a millisecond leave a
 * millisecond apart, whatever the event loop is busy with, as long as they are handed over {@link PACING_LEAD_MS} before.
 * One thread serves all sockets of the process; it is started with the first and never keeps the process alive.
 */
export class SendPacer {
  readonly #native: NativeSockets;
  readonly #ring = new PacketRing();
  readonly #used = new Set<number>();
  /** What to add to `performance.now()` for the thread's clock. */
  readonly #offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  #thread: Worker | undefined;
  #failed = false;

  constructor(native: NativeSockets) {
    this.#native = native;
  }

  /** @returns undefined when too many sockets are paced already, or the thread cannot be had */
  open(fd: number, family: IpFamily, group: string, port: number, scope: number): PacedSocket | undefined {
    const socket = Array.from({ length: RING.sockets }, (_, index) => index).find(
      (it) => !this.#used.has(it),
    );
    if (socket === undefined || !this.#start()) return undefined;
    this.#used.add(socket);
    const ring = this.#ring;
    ring.clear(socket);
    const address = socketAddress(this.#native.constants, family, group, port, scope);
    let [handed, sent, failed, dropped] = [0, 0, 0, 0];
    const paced: PacedSocket = {
      get pending() {
        return (handed - ring.sent(socket) - ring.failed(socket) - ring.dropped(socket)) | 0;
      },
      send: (packet, due) => {
        if (this.#failed || !ring.push(due + this.#offset, socket, fd, address, packet)) return false;
        handed = (handed + 1) | 0;
        return true;
      },
      take() {
        const before = { sent, failed, dropped };
        [sent, failed, dropped] = [ring.sent(socket), ring.failed(socket), ring.dropped(socket)];
        const errors = (failed - before.failed) | 0;
        return {
          sent: (sent - before.sent) | 0,
          failed: errors,
          dropped: (dropped - before.dropped) | 0,
          errorCode: errors > 0 ? getSystemErrorName(-ring.error(socket)) : '',
        };
      },
      close: async (clock, withinMs) => {
        const isDone = (): boolean => this.#failed || paced.pending === 0;
        await waitUntil(isDone, clock, withinMs);
        ring.end(socket);
        await waitUntil(isDone, clock, DROP_WITHIN_MS, () => ring.wake());
        if (isDone()) this.#used.delete(socket);
      },
    };
    return paced;
  }

  #start(): boolean {
    if (this.#thread !== undefined || this.#failed) return !this.#failed;
    const data: SendingThreadData = {
      memory: this.#ring.memory,
      layout: RING,
      start: RING_START,
      wake: RING_WAKE,
      from: import.meta.url,
    };
    // Not `require`, which is not there when the program was started with --input-type=module.
    const told = `process.getBuiltinModule('node:worker_threads').workerData`;
    const fail = (): void => {
      this.#failed = true;
    };
    try {
      const options = { eval: true, execArgv: [], name: 'sending', workerData: data };
      this.#thread = new Worker(`(${sendingThread.toString()})(${told})`, options);
    } catch {
      fail(); // as under --permission without --allow-worker
      return false;
    }
    this.#thread.on('error', fail).on('exit', fail);
    this.#thread.unref();
    return true;
  }
}

/** Looks every millisecond, at most so long. */
function waitUntil(isDone: () => boolean, clock: Clock, withinMs: Ms, before?: () => void): Promise<void> {
  const end = clock.now() + withinMs;
  return new Promise((resolve) => {
    const look = (): void => {
      before?.();
      if (isDone() || clock.now() >= end) resolve();
      else timer.set(clock.now() + 1);
    };
    const timer = clock.timer(look);
    look();
  });
}

let shared: SendPacer | undefined;

/** The sending thread of this process. */
export function sharedPacer(native: NativeSockets): SendPacer {
  shared ??= new SendPacer(native);
  return shared;
}
