import { setTimeout as delay } from 'node:timers/promises';
import { type IpFamily, randomGroup } from '../../src/ip/index.ts';
import {
  type MulticastSocket,
  type MulticastSocketOptions,
  openMulticastSocket,
  systemNetwork,
} from '../../src/net/index.ts';

/** A group and port that tests running at the same time will hardly draw too. */
export function drawGroup(): { group: string; port: number } {
  return { group: randomGroup('local', Math.random), port: drawPort() };
}

export function drawPort(): number {
  return 20_000 + 2 * Math.floor(Math.random() * 6000); // below the range the system draws from
}

/** IPv4 on `lo`; IPv6 with a group of interface-local scope, which never leaves the host whatever the interface. */
export function hostOnly(family: IpFamily): { group: string; port: number; interface?: string } {
  if (family === 4) return { ...drawGroup(), interface: 'lo' };
  const word = (): string => Math.floor(Math.random() * 0xffff).toString(16);
  return { group: `ff11::${word()}:${word()}`, port: drawPort() };
}

/** IPv6 only where an interface has it; the namespace tests, which make their own interfaces, cover it everywhere. */
export const familiesHere: readonly IpFamily[] =
  (await systemNetwork.sourceAddressFor('ff11::1')) === undefined ? [4] : [4, 6];

/** An open socket that keeps what it hears as text. */
export interface Ear extends AsyncDisposable {
  readonly socket: MulticastSocket;
  readonly heard: string[];
}

export async function openEar(options: MulticastSocketOptions): Promise<Ear> {
  const socket = await openMulticastSocket(options);
  const heard: string[] = [];
  socket.onDatagram(({ bytes }) => heard.push(text(bytes)));
  return { socket, heard, [Symbol.asyncDispose]: () => socket.close() };
}

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const bytesOf = (content: string): Uint8Array => new TextEncoder().encode(content);

/** Waits until the condition holds, at most two seconds; the assertion after it says what is missing. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !condition(); tries++) await delay(5);
}
