import type { PinnedMemory } from './message-slab.ts';

/** Sockets told ready by one call. */
const EVENTS = 512;
/** Memory that they need, however `struct epoll_event` is laid out. */
export const EVENT_BYTES: number = EVENTS * 16;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;

/** The calls of epoll(7). */
export interface EpollCalls {
  create(): number;
  control(epoll: number, operation: number, fd: number, event: Uint8Array): void;
  /** Never waits. */
  wait(epoll: number, events: bigint, count: number): number;
  close(fd: number): void;
}

/** Which of many sockets have something to read, asked with one system call; see epoll(7). */
export class Readiness implements Disposable {
  readonly #calls: EpollCalls;
  readonly #epoll: number;
  readonly #events: PinnedMemory;
  readonly #view: DataView;
  /** `struct epoll_event` is packed on x86_64 only. */
  readonly #data: number;
  readonly #size: number;

  /**
   * @param events room for what a poll tells
   * @throws {NetworkError} when the system has no more descriptors
   */
  constructor(calls: EpollCalls, events: PinnedMemory, packed: boolean) {
    this.#calls = calls;
    this.#data = packed ? 4 : 8;
    this.#size = packed ? 12 : 16;
    this.#events = events;
    this.#view = new DataView(this.#events.memory);
    this.#epoll = calls.create();
  }

  /** @param fd a descriptor, by which it is told again @throws {NetworkError} */
  add(fd: number): void {
    const event = new Uint8Array(this.#size);
    const view = new DataView(event.buffer);
    view.setUint32(0, EPOLLIN, true);
    view.setUint32(this.#data, fd, true);
    this.#calls.control(this.#epoll, EPOLL_CTL_ADD, fd, event);
  }

  /** @throws {NetworkError} when it is not there */
  remove(fd: number): void {
    this.#calls.control(this.#epoll, EPOLL_CTL_DEL, fd, new Uint8Array(this.#size));
  }

  /** @returns how many are ready now, at most 512; each of them is told in turn when there are more */
  poll(): number {
    return Math.max(0, this.#calls.wait(this.#epoll, this.#events.address, EVENTS));
  }
  /** The descriptor of the ready socket with this number. */
  ready(index: number): number {
    return this.#view.getUint32(index * this.#size + this.#data, true);
  }

  [Symbol.dispose](): void {
    this.#calls.close(this.#epoll);
  }
}
