import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { argv, execPath, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { collect } from './namespaces.ts';
import type { LabHost } from './netns.ts';

export interface TrafficOptions {
  readonly group: string;
  readonly port: number;
  /** Default `eth0`. */
  readonly interfaceName?: string;
}

export interface SendOptions extends TrafficOptions {
  readonly count: number;
  /** Milliseconds between two packets, fractions too; default 2. */
  readonly spacingMs?: number;
  /** Bytes of payload, at least 16; default 64. */
  readonly bytes?: number;
  readonly ttl?: number;
}

/** What became of numbered packets. */
export interface Heard {
  /** Different ones. */
  readonly packets: number;
  readonly duplicates: number;
  /** Came after one with a higher number. */
  readonly reordered: number;
  /** Milliseconds under way, sorted: all hosts of a lab have the same clock. */
  readonly delays: readonly number[];
}

/** A member of a group that counts numbered packets. */
export interface Listener extends AsyncDisposable {
  /** What was heard until now. */
  heard(): Promise<Heard>;
}

/** Joins a group on a host, in a process of its own; the switch has seen it when this returns. */
export async function listen(host: LabHost, options: TrafficOptions): Promise<Listener> {
  const child = host.spawn(execPath, [
    fileURLToPath(import.meta.url),
    'listen',
    JSON.stringify(place(host, options)),
  ]);
  const exited = once(child, 'exit');
  const complaint = collect(child.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the listener on ${host.name} ended: ${complaint()}`);
    return value;
  };
  await next(); // it has joined
  await host.forwarded(options.group, options.interfaceName);
  return {
    async heard() {
      child.stdin.write('\n');
      const told: Heard = JSON.parse(await next());
      return told;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}

/** Sends numbered packets from a host; returns once the last has left. */
export async function send(host: LabHost, options: SendOptions): Promise<void> {
  const order = JSON.stringify({ ...options, ...place(host, options) });
  await host.run(execPath, [fileURLToPath(import.meta.url), 'send', order]);
}

interface Place {
  readonly group: string;
  readonly port: number;
  /** As `node:dgram` names interfaces. */
  readonly via: string;
}

function place(host: LabHost, { group, port, interfaceName = 'eth0' }: TrafficOptions): Place {
  const own = host.ipv4[Number(interfaceName.replace('eth', ''))] ?? '';
  return { group, port, via: isIPv6(group) ? `::%${interfaceName}` : own };
}

async function openSocket({ group, via }: Place, port: number): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(group) ? 'udp6' : 'udp4', reuseAddr: true });
  socket.bind(port);
  await once(socket, 'listening');
  socket.setMulticastInterface(via);
  return socket;
}

const now = (): number => performance.timeOrigin + performance.now();

async function listener(options: Place): Promise<void> {
  const socket = await openSocket(options, options.port);
  const numbers = new Set<number>();
  const delays: number[] = [];
  let [duplicates, reordered, highest] = [0, 0, -1];
  socket.on('message', (packet: Buffer) => {
    const number = packet.readUInt32BE(0);
    if (numbers.has(number)) duplicates++;
    else {
      numbers.add(number);
      if (number < highest) reordered++;
      highest = Math.max(highest, number);
      delays.push(now() - packet.readDoubleBE(8));
    }
  });
  socket.addMembership(options.group, options.via);
  stdout.write('joined\n');
  for await (const _ of createInterface({ input: stdin })) {
    delays.sort((a, b) => a - b);
    const heard: Heard = { packets: numbers.size, duplicates, reordered, delays };
    stdout.write(`${JSON.stringify(heard)}\n`);
  }
  socket.close();
}

async function sender(options: Place & SendOptions): Promise<void> {
  const { count, spacingMs = 2, bytes = 64, ttl = 8 } = options;
  const socket = await openSocket(options, 0);
  socket.setMulticastTTL(ttl);
  const began = now();
  for (let number = 0; number < count; number++) {
    const wait = began + number * spacingMs - now(); // by the clock: late ones are made up for
    if (wait > 0.5) await delay(wait);
    const packet = Buffer.alloc(Math.max(16, bytes));
    packet.writeUInt32BE(number, 0);
    packet.writeDoubleBE(now(), 8);
    await new Promise((resolve) => {
      socket.send(packet, options.port, options.group, resolve);
    });
  }
  socket.close();
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const options = JSON.parse(argv[3] ?? '{}');
  await (argv[2] === 'send' ? sender(options) : listener(options));
}
