import dgram from 'node:dgram';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import type { DatagramMachine, TransportAddress } from '../../src/machine.ts';
import {
  type DatagramReceiver,
  drive,
  type Membership,
  openMulticastSocket,
  type SendProblem,
} from '../../src/net/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { bytesOf, text } from './loopback.ts';

/** A `node:dgram` without a network: records calls, and answers sends as the test says. */
function fakeDgram() {
  const calls: string[] = [];
  const record =
    (name: string) =>
    (...args: unknown[]): void => {
      calls.push([name, ...args].join(' '));
    };
  const state = {
    calls,
    sent: [] as string[],
    /** Sends that wait for the test to let them complete, while `hold` is on. */
    pending: [] as (() => void)[],
    hold: false,
    failWith: undefined as Error | undefined,
    arrive(content: string, from: TransportAddress = { address: '10.0.0.9', port: 5004 }): void {
      socket.emit('message', bytesOf(content), from);
    },
  };
  const socket = Object.assign(dgram.createSocket('udp4'), {
    bind(options: { port: number; address: string }) {
      calls.push(`bind ${options.address} ${options.port}`);
      queueMicrotask(() => socket.emit('listening'));
    },
    address: () => ({ address: '239.255.1.1', port: 5004, family: 'IPv4' }),
    send(
      bytes: Uint8Array,
      port: number,
      address: string,
      done: (error: Error | null, sent: number) => void,
    ) {
      state.sent.push(`${text(bytes)}>${address}:${port}`);
      const finish = (): void => done(state.failWith ?? null, bytes.length);
      if (state.hold) state.pending.push(finish);
      else queueMicrotask(finish);
    },
    addMembership: record('join'),
    setMulticastInterface: record('interface'),
    setMulticastTTL: record('ttl'),
    setTTL: () => undefined,
    setMulticastLoopback: record('loopback'),
    setRecvBufferSize(size: number) {
      calls.push(`buffer ${size}`);
      if (size > 1 << 20) throw Object.assign(new Error('ENOBUFS'), { code: 'ENOBUFS' });
    },
    getRecvBufferSize: () => (calls.includes(`buffer ${1 << 20}`) ? 1 << 20 : 8192),
    close() {
      calls.push('close');
      queueMicrotask(() => socket.emit('close'));
    },
  });
  return { state, socket, dgram: { ...dgram, createSocket: () => socket } };
}

async function openFake(options: { queueLimit?: number; receiveBufferBytes?: number } = {}) {
  const fake = fakeDgram();
  const clock = new FakeClock();
  const socket = await openMulticastSocket({
    group: '239.255.1.1',
    port: 5004,
    interface: 'lo',
    dgram: fake.dgram,
    clock,
    dscp: 46,
    ...options,
  });
  return { ...fake, clock, opened: socket };
}

describe('with another dgram', () => {
  test('binds to the group, sets the interface before joining, and halves a buffer that is refused', async () => {
    const { state, opened } = await openFake();
    expect(state.calls).toEqual([
      'bind 239.255.1.1 5004',
      'buffer 4194304',
      'buffer 2097152',
      'buffer 1048576',
      'interface 127.0.0.1',
      'loopback true',
      'ttl 15',
      'join 239.255.1.1 127.0.0.1',
    ]);
    expect(opened.receiveBuffer).toEqual({ asked: 4_194_304, granted: 1_048_576, full: false });
    expect(opened.qos).toEqual({
      requested: 46,
      effective: 0,
      method: 'none',
      reason: 'the socket is not one of the system',
    });
  });

  test('the queue is bounded in number and in bytes', async () => {
    const few = await openFake({ queueLimit: 2 });
    for (const word of ['a', 'b', 'c']) few.state.arrive(word);
    expect(few.opened.stats).toMatchObject({ received: 3, queueDropped: 1 });
    const small = await openFake({ receiveBufferBytes: 10 });
    for (let i = 0; i < 1000; i++) small.state.arrive('12345');
    expect(small.opened.stats).toMatchObject({ received: 1000, receivedBytes: 5000, queueDropped: 998 });
    small.state.arrive('longer than ten bytes');
    expect(text((await small.opened.receive())?.bytes ?? new Uint8Array())).toBe('longer than ten bytes');
  });

  test('datagrams carry the time of their arrival', async () => {
    const { state, opened, clock } = await openFake();
    const at: number[] = [];
    opened.onDatagram((datagram) => at.push(datagram.at));
    const start = clock.now();
    state.arrive('a');
    clock.advance(20);
    state.arrive('b');
    expect(at).toEqual([start, start + 20]);
  });

  test.each([
    { code: 'ENETUNREACH', message: /no route to 239\.255\.1\.1 on lo/ },
    { code: 'EPERM', message: /firewall/ },
    { code: 'ECONNREFUSED', message: /nobody listens/ },
    { code: 'EWEIRD', message: /^it broke$/ },
  ])('$code on sending is weather', async ({ code, message }) => {
    const { state, opened } = await openFake();
    const problems: SendProblem[] = [];
    opened.onSendProblem((problem) => problems.push(problem));
    state.failWith = Object.assign(new Error('it broke'), { code });
    for (let i = 0; i < 10; i++) opened.send(bytesOf('x'));
    await new Promise(setImmediate);
    expect(problems).toEqual([{ code, message: expect.stringMatching(message) }]);
    expect(opened.stats.sendErrors).toBe(10);
    state.failWith = undefined;
    opened.send(bytesOf('better'));
    await new Promise(setImmediate);
    expect(opened.stats.sent).toBe(1);
  });

  test('an error of the socket itself is counted, not thrown, and costs no datagram', async () => {
    const { state, socket, opened } = await openFake();
    socket.emit('error', Object.assign(new Error('recvmsg'), { code: 'ECONNREFUSED' }));
    opened.send(bytesOf('next'));
    await new Promise(setImmediate);
    expect(opened.stats).toMatchObject({ sendErrors: 1, sent: 1 });
    expect(state.sent).toEqual(['next>239.255.1.1:5004']);
  });

  test('close waits for sends in flight, but no longer than it is told', async () => {
    const { state, opened, clock } = await openFake();
    state.hold = true;
    opened.send(bytesOf('a'));
    opened.send(bytesOf('b'));
    const closing = opened.close(300);
    await clock.advanceAsync(200, 50);
    expect(state.calls).not.toContain('close');
    for (const finish of state.pending.splice(0)) finish();
    await closing;
    expect(opened.stats.sent).toBe(2);

    const stuck = await openFake();
    stuck.state.hold = true;
    stuck.opened.send(bytesOf('never'));
    const given = stuck.opened.close(300);
    await stuck.clock.advanceAsync(301, 50);
    await given;
    expect(stuck.state.calls).toContain('close');
  });

  test('another receive path can take the place of the inner loop', async () => {
    const fake = fakeDgram();
    const joined: Membership[] = [];
    let hand: Parameters<DatagramReceiver['start']>[0] | undefined;
    let stopped = false;
    const socket = await openMulticastSocket({
      group: '239.255.1.1',
      port: 5004,
      interface: 'lo',
      dgram: fake.dgram,
      openReceiver: (request) => ({
        join: (membership) => joined.push(membership),
        start: (deliver) => {
          hand = deliver;
        },
        stop: () => {
          stopped = true;
        },
        receiveBufferGranted: () => request.receiveBufferBytes,
        kernelDrops: () => 7,
      }),
    });
    expect(fake.state.calls.filter((call) => call.startsWith('join'))).toEqual([]);
    expect(joined).toEqual([{ group: '239.255.1.1', via: '127.0.0.1', interfaceName: 'lo', sources: [] }]);
    hand?.(bytesOf('in a batch'), { address: '10.0.0.1', port: 1 });
    expect(text((await socket.receive())?.bytes ?? new Uint8Array())).toBe('in a batch');
    expect([socket.kernelDrops(), socket.receiveBuffer.full]).toEqual([7, true]);
    await socket.close();
    expect(stopped).toBe(true);
  });
});

describe('drive', () => {
  /** Echoes what it hears, reports it, and says "tick" every 100 ms. */
  class Echo implements DatagramMachine<Uint8Array, string> {
    readonly #out: Uint8Array[] = [];
    readonly #events: string[] = [];
    #due: number;
    constructor(now: number) {
      this.#due = now + 100;
    }
    handleDatagram(bytes: Uint8Array): void {
      if (text(bytes) === 'bad') throw new DecodeError('ECHO', 'bad');
      if (text(bytes) === 'bug') throw new TypeError('a bug');
      this.#out.push(bytes);
      this.#events.push(`heard ${text(bytes)}`);
    }
    handleTimeout(now: number): void {
      if (now < this.#due) return;
      this.#due += 100;
      this.#events.push('tick');
    }
    pollTransmit = (): Uint8Array | undefined => this.#out.shift();
    pollEvent = (): string | undefined => this.#events.shift();
    pollTimeout = (): number => this.#due;
  }

  test('moves datagrams, time-outs and events; counts what cannot be read; lets bugs through', async () => {
    const { state, opened, clock } = await openFake();
    const events: string[] = [];
    const driven = drive(new Echo(clock.now()), opened, clock, (event) => events.push(event));
    state.arrive('hi');
    clock.advance(250);
    state.arrive('bad');
    expect(events).toEqual(['heard hi', 'tick', 'tick']);
    expect(state.sent).toEqual(['hi>239.255.1.1:5004']);
    expect(opened.stats.malformed).toBe(1);
    expect(() => state.arrive('bug')).toThrow('a bug');
    driven[Symbol.dispose]();
    driven.pump();
    clock.advance(1000);
    state.arrive('later');
    expect(events.length).toBe(3);
    expect(clock.nextDeadline).toBeUndefined();
  });
});
