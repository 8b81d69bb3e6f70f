import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { NetworkError } from '../errors.ts';
import { isMulticast, tryParseIp } from '../ip/index.ts';
import type { TransportAddress } from '../machine.ts';

/** Sends datagrams to one host or group, and hears nothing. */
export interface DatagramSender extends AsyncDisposable {
  /** Its own port, by which datagrams of it are known when they come back. */
  readonly localPort: number;
  /** Datagrams that the system refused. */
  readonly errors: number;
  /** @param portOffset added to the port, such as 1 for RTCP */
  send(bytes: Uint8Array, portOffset?: number): void;
}

export interface DatagramSenderOptions {
  readonly to: TransportAddress;
  /** Of datagrams to a group, 0 to 255; default 1. */
  readonly ttl?: number;
  /** Address of the interface that datagrams to a group leave by; default the route's. */
  readonly interfaceAddress?: string;
}

/** @throws {NetworkError} when the address is none, or there is no way to send from here */
export async function openDatagramSender(options: DatagramSenderOptions): Promise<DatagramSender> {
  const { to, ttl = 1, interfaceAddress } = options;
  const family = tryParseIp(to.address)?.family;
  if (family === undefined) throw new NetworkError(`${to.address} is no IP address`);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    socket.on('error', () => {}); // told by send
    socket.bind(0);
    await once(socket, 'listening');
    if (isMulticast(to.address)) {
      socket.setMulticastTTL(ttl);
      if (interfaceAddress !== undefined) socket.setMulticastInterface(interfaceAddress);
    }
  } catch (error) {
    socket.close();
    const why = error instanceof Error ? error.message : String(error);
    throw new NetworkError(`Cannot send to ${to.address}: ${why}`, { cause: error });
  }
  let errors = 0;
  let closed = false;
  return {
    localPort: socket.address().port,
    get errors() {
      return errors;
    },
    send(bytes, portOffset = 0) {
      if (closed) return;
      socket.send(bytes, to.port + portOffset, to.address, (error) => {
        if (error !== null) errors++;
      });
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      const gone = once(socket, 'close');
      socket.close();
      await gone;
    },
  };
}
