import type { Ms, TransportAddress } from '../machine.ts';

/**
 * One received datagram. `bytes` belong to the receiver: no other datagram is ever written into them, unless the socket
 * was opened with a receive path that lends them.
 */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: TransportAddress;
  /** When it arrived, as far as the receive path knows, else when it was handed over; on the clock given to the socket. */
  readonly at: Ms;
}

/** Counters of one socket since it was opened. Its owner reads them; the adapter on top adds to `malformed`. */
export interface SocketStats {
  received: number;
  receivedBytes: number;
  sent: number;
  sentBytes: number;
  /** Datagrams refused because the source is excluded or not among the wanted ones. */
  filtered: number;
  /** Datagrams that nobody had taken from the queue when it was full; the oldest go first. */
  queueDropped: number;
  /** Datagrams that {@link DatagramSocket.send} refused because too many were still on their way to the kernel. */
  sendDropped: number;
  /** Sends that the system refused: no route, a firewall, a closed port at the other end. */
  sendErrors: number;
  /** Datagrams that the protocol above could not read. */
  malformed: number;
}

/** What a protocol adapter needs of a socket; the multicast socket is one, a simulated network another. */
export interface DatagramSocket {
  readonly stats: SocketStats;
  /**
   * Sends to `to`, by default the socket's own group or peer. Never throws for the network's sake: what cannot be
   * sent is counted.
   *
   * @returns false when the datagram was dropped here: closed, or too many still in flight
   */
  send(bytes: Uint8Array, to?: TransportAddress): boolean;
  /**
   * Calls the listener for each datagram as it arrives, with no queue between; datagrams that waited for a first
   * listener come at once, in order.
   *
   * @returns ends the subscription
   */
  onDatagram(listener: (datagram: Datagram) => void): () => void;
}

export function newSocketStats(): SocketStats {
  return {
    received: 0,
    receivedBytes: 0,
    sent: 0,
    sentBytes: 0,
    filtered: 0,
    queueDropped: 0,
    sendDropped: 0,
    sendErrors: 0,
    malformed: 0,
  };
}
