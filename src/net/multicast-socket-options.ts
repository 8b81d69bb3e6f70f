import type * as dgram from 'node:dgram';
import type { IpFamily } from '../ip/index.ts';
import type { Ms } from '../machine.ts';
import type { Clock } from './clock.ts';
import type { Datagram, DatagramSocket } from './datagram.ts';
import type { ChosenInterface, InterfaceWish, NetworkView } from './interfaces.ts';
import type { NativeSockets, NativeUnavailable } from './native.ts';
import type { QosResult, TrafficLabels } from './qos.ts';
import type { OpenReceiver } from './receiver.ts';

export interface MulticastSocketOptions {
  /** The multicast group, IPv4 or IPv6; or, for a session between two hosts, the other host's unicast address. */
  readonly group: string;
  /** Port sent to, and listened on unless `localPort` differs; 1 to 65535. */
  readonly port: number;
  /** Port listened on when it is not `port`; 0 lets the system choose. Only for unicast destinations. */
  readonly localPort?: number;
  /**
   * Interface by name (`eth0`), by address (v4 or v6), by index, or `all` to listen on every one; several to listen on
   * each of them and send by the first. By default the one that the route to the group leaves by, else loopback.
   */
  readonly interface?: InterfaceWish;
  /** The interface to send by, of several or of all. */
  readonly sendInterface?: string;
  /** Join the group (and so receive). Default true; a sender joins too, which keeps snooping switches honest. */
  readonly join?: boolean;
  /** Accept these sources only: a source-specific join (RFC 4607). At most 10 on Linux by default. */
  readonly sources?: readonly string[];
  /** Never accept these sources; filtered here, not in the network. Not together with `sources`. */
  readonly excludedSources?: readonly string[];
  /** TTL or hop limit of what is sent, 0 to 255; default 15. Of unicast too, where at least 1. */
  readonly ttl?: number;
  /** Whether what is sent is also heard on this host; default true. Has no effect on the `lo` interface. */
  readonly loopback?: boolean;
  /** DSCP wanted for what is sent, 0 to 63; default 0. See {@link MulticastSocket.qos} for what it became. */
  readonly dscp?: number;
  /** SO_PRIORITY and SO_MARK of what is sent. */
  readonly labels?: TrafficLabels;
  /** Socket receive buffer to ask for, bytes; default 4 MiB. The system may grant less. */
  readonly receiveBufferBytes?: number;
  /** Datagrams kept while nobody listens; default 1024. */
  readonly queueLimit?: number;
  /** Datagrams handed to the system but not yet sent; default 1024. More are dropped and counted. */
  readonly sendLimit?: number;
  /** Default: the real clock. Stamps datagrams and bounds the wait in `close`. */
  readonly clock?: Clock;
  /** Another implementation of `node:dgram`, such as a simulated network; the system's options are then out of reach. */
  readonly dgram?: typeof dgram;
  /** System calls beyond `node:dgram`; by default loaded when koffi is installed. `false` goes without. */
  readonly native?: NativeSockets | NativeUnavailable | false;
  /** Another receive path, such as one that takes datagrams in batches. Default: the socket's own events. */
  readonly openReceiver?: OpenReceiver;
  /**
   * Whether {@link MulticastSocket.sendAt} sends from a thread of its own, to within some 0.1 ms; where that cannot be
   * had (system calls are needed, and the real clock), it sends at once. Default false.
   */
  readonly paced?: boolean;
  /** Where interfaces and routes are looked up; default the operating system. */
  readonly network?: NetworkView;
}

/** What was asked of the system and what it gave. */
export interface BufferGrant {
  /** Bytes asked for. */
  readonly asked: number;
  /** Bytes of the system's book-keeping granted; on Linux twice what was asked, capped by net.core.rmem_max. */
  readonly granted: number;
  /** Whether the system gave all that was asked. */
  readonly full: boolean;
}

/** A kind of send failure, told when it first happens; {@link SocketStats.sendErrors} counts them all. */
export interface SendProblem {
  /** The system's code: ENETUNREACH, EPERM, ECONNREFUSED, EMSGSIZE, … */
  readonly code: string;
  readonly message: string;
}

/** An open UDP socket for one group and port, sending and receiving; or for one unicast peer. */
export interface MulticastSocket extends DatagramSocket, AsyncDisposable, AsyncIterable<Datagram> {
  readonly group: string;
  readonly port: number;
  readonly family: IpFamily;
  /** Addresses whose datagrams were refused by the source filter lately; a few of them. */
  readonly refusedSources: readonly string[];
  /** Whether `group` is a multicast address. */
  readonly multicast: boolean;
  /** The interface in use, and why it was chosen. Show it. */
  readonly interface: ChosenInterface;
  /** Interfaces on which the group was joined; empty for unicast or `join: false`. */
  readonly joined: readonly string[];
  /** Port bound on this host. */
  readonly localPort: number;
  /** Address that datagrams leave from. Not enough to know one's own by: members on one host share it, and the port. */
  readonly localAddress: string;
  readonly receiveBuffer: BufferGrant;
  /** The DSCP as it is now. */
  readonly qos: QosResult;
  readonly ttl: number;
  readonly loopback: boolean;
  /** Off the network because its interface has gone, until {@link renew} succeeds. */
  readonly away: boolean;
  /** Things the user should know: options that could not be had, interfaces that refused the join. */
  readonly warnings: readonly string[];

  /**
   * Chooses the interface again, binds and joins anew: for when the interface has gone and come back. The object stays,
   * with its listeners and counts; TTL, loopback and DSCP stay as they are now. While it cannot be renewed it is off
   * the network: what is sent is dropped and counted.
   *
   * @param options `onlyIfElsewhere`: leave it alone when the same interface and address would be chosen
   * @returns whether it was renewed; false once closed
   * @throws {InterfaceError | NetworkError} when it cannot be opened now; try again later
   */
  renew(options?: { readonly onlyIfElsewhere?: boolean }): Promise<boolean>;
  /**
   * Sends to the group or peer at a moment to come, as exactly as this socket can (see `paced`); one that cannot, sends at
   * once. Hand it over {@link PACING_LEAD_MS} before.
   *
   * @param due on the socket's clock
   * @returns as `send`
   */
  sendAt(bytes: Uint8Array, due: Ms): boolean;
  /** Changes the DSCP of the live socket. @throws {InvalidValueError} outside 0 to 63 */
  setDscp(dscp: number): QosResult;
  /** @param ttl 0 to 255 */
  setTtl(ttl: number): void;
  setLoopback(loopback: boolean): void;
  /** Called for the first send failure of each kind; later ones only count. @returns ends the subscription */
  onSendProblem(listener: (problem: SendProblem) => void): () => void;
  /** Datagrams that the system threw away because the receive buffer was full; undefined where it does not say. */
  kernelDrops(): number | undefined;
  /**
   * Next datagram, waiting for one if need be; undefined once closed. For code that is not in a hurry:
   * {@link DatagramSocket.onDatagram} has no queue and no promise between.
   */
  receive(): Promise<Datagram | undefined>;
  /**
   * Leaves the group and closes, after what was sent has reached the system (a process that exits right after a send
   * would lose it). Waits at most `withinMs`, default 500. May be called again.
   */
  close(withinMs?: Ms): Promise<void>;
}
