import type { RemoteInfo, Socket } from 'node:dgram';
import type { IpFamily } from '../ip/index.ts';
import type { Ms, TransportAddress } from '../machine.ts';

/** One membership to hold: a group on an interface, from any source or from the listed ones. */
export interface Membership {
  readonly group: string;
  /** Interface as `node:dgram` wants it: an IPv4 address, or `::%eth0`. */
  readonly via: string;
  /** Name, for messages. */
  readonly interfaceName: string;
  readonly sources: readonly string[];
}

export interface ReceiverRequest {
  /** The bound socket. It belongs to the caller, who closes it after {@link DatagramReceiver.stop}. */
  readonly socket: Socket;
  readonly family: IpFamily;
  /** Address bound: the group itself, or the wildcard where groups cannot be bound. */
  readonly bindAddress: string;
  readonly port: number;
  readonly receiveBufferBytes: number;
  /** Another socket with the same options, bound alike; the caller's to close. Undefined without system calls. */
  readonly openTwin?: () => number;
}

/** @param at when it arrived, on the clock of the socket; without it, now */
export type Deliver = (bytes: Uint8Array, from: TransportAddress, at?: Ms) => void;

/**
 * The inner loop that takes datagrams from the system. The default one is fed by the socket's 'message' events; one
 * that takes them in batches can open a socket of its own from the request: the caller's socket then joins nothing
 * and, with IP_MULTICAST_ALL off, hears nothing.
 */
export interface DatagramReceiver {
  /** @throws the system's error when the group cannot be joined there */
  join(membership: Membership): void;
  /** From now on hands over each datagram; nothing is delivered before. */
  start(deliver: Deliver): void;
  /** No datagram is handed over after this. May be called again. */
  stop(): void;
  /** Bytes of receive buffer the system gave. */
  receiveBufferGranted(): number;
  /** Datagrams that overflowed the receive buffer, when this receiver can tell better than the caller's socket. */
  kernelDrops?(): number;
  /** How long datagrams may wait here before they are delivered, when that is by design. */
  readonly latencyMs?: Ms;
  /** Whether the memory of a datagram is used again after it was handed over. */
  readonly lends?: boolean;
}

export type OpenReceiver = (request: ReceiverRequest) => DatagramReceiver;

/** Receives through the 'message' events of the socket itself. */
export const dgramReceiver: OpenReceiver = ({ socket }) => {
  let listener: ((bytes: Uint8Array, from: RemoteInfo) => void) | undefined;
  return {
    join({ group, via, sources }) {
      if (sources.length === 0) socket.addMembership(group, via);
      else for (const source of sources) socket.addSourceSpecificMembership(source, group, via);
    },
    start(deliver) {
      listener = deliver;
      socket.on('message', deliver);
    },
    stop() {
      if (listener !== undefined) socket.off('message', listener);
      listener = undefined;
    },
    receiveBufferGranted: () => socket.getRecvBufferSize(),
  };
};
