import { randomBytes } from 'node:crypto';
import { StateError } from '../errors.ts';
import type { IpFamily } from '../ip/index.ts';
import {
  discoveryGroup,
  type InfoAnswer,
  type InfoRequest,
  type LeaseQuery,
  MadcapClient,
  type MadcapClientEvent,
  type MadcapClientStats,
  type MadcapDestination,
  MadcapFailureError,
  type MadcapLease,
  type ReleaseQuery,
  type RenewQuery,
} from '../madcap/index.ts';
import type { Ms } from '../machine.ts';
import { type Clock, systemClock } from './clock.ts';
import { drive } from './drive.ts';
import type { ChosenInterface } from './interfaces.ts';
import type { MulticastSocket, SendProblem } from './multicast-socket-options.ts';
import { openMulticastSocket } from './open-multicast-socket.ts';

export interface MadcapSocketOptions {
  /** Family of the addresses wanted, and of what travels; default 4. */
  readonly family?: IpFamily;
  /** Interface by name, address or index; default the one of the route to the servers' group. */
  readonly interface?: string;
  /** Where servers are looked for; default the group of the local scope, port 2535, TTL 16 (RFC 2730 §2.10). */
  readonly group?: MadcapDestination;
  readonly clock?: Clock;
  /** Another way to open the socket, such as a simulated network. */
  readonly open?: typeof openMulticastSocket;
}

/** How one call goes on. */
export interface MadcapCallOptions {
  /** Gives up; what may have been granted meanwhile is given back. */
  readonly signal?: AbortSignal;
  /** A server says to ask again at that time (Unix seconds), and it will be asked. */
  readonly onRetry?: (at: number, server: string) => void;
}

interface Waiting {
  readonly resolve: (event: MadcapClientEvent) => void;
  readonly onRetry: MadcapCallOptions['onRetry'];
}

/**
 * Opens a MADCAP client on one interface.
 *
 * @throws {InterfaceError} when the interface asked for cannot be used
 * @throws {NetworkError} when the system refuses the socket
 */
export async function openMadcapSocket(options: MadcapSocketOptions = {}): Promise<MadcapSocket> {
  const { family = 4, clock = systemClock, open = openMulticastSocket } = options;
  const group = options.group ?? discoveryGroup(family);
  const socket = await open({
    group: group.address,
    port: group.port,
    join: false, // answers come to our own port
    localPort: 0,
    ttl: group.multicastTtl ?? discoveryGroup(family).multicastTtl ?? 16,
    clock,
    ...(options.interface === undefined ? {} : { interface: options.interface }),
  });
  return new MadcapSocket(socket, family, group, clock);
}

/** A MADCAP client as promises (RFC 2730 §2.2): several calls may be under way at a time. */
export class MadcapSocket implements AsyncDisposable {
  readonly family: IpFamily;
  /** Where servers are looked for. */
  readonly group: MadcapDestination;
  readonly #socket: MulticastSocket;
  readonly #clock: Clock;
  readonly #client: MadcapClient;
  readonly #driver: Disposable & { pump(): void };
  readonly #waiting = new Map<number, Waiting>();
  #sendProblem: SendProblem | undefined;
  #closed = false;

  constructor(socket: MulticastSocket, family: IpFamily, group: MadcapDestination, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.family = family;
    this.group = group;
    this.#client = new MadcapClient({
      random: () => randomBytes(4).readUInt32BE() / 2 ** 32,
      randomOctets: (count) => new Uint8Array(randomBytes(count)),
      unixSeconds: () => this.#unixSeconds(),
    });
    socket.onSendProblem((problem) => (this.#sendProblem = problem));
    this.#driver = drive(this.#client, socket, clock, (event) => this.#tell(event));
  }

  /** The interface in use, and why it was chosen. */
  get interface(): ChosenInterface {
    return this.#socket.interface;
  }
  /** Why questions do not leave this host: no route, a firewall; undefined when they do, as far as is known. */
  get sendProblem(): SendProblem | undefined {
    return this.#sendProblem;
  }
  get stats(): MadcapClientStats {
    return this.#client.stats;
  }

  /** [MAC-02] A Lease Identifier that nobody else has or can guess; 17 octets. */
  newLeaseIdentifier(): Uint8Array {
    return this.#client.newLeaseIdentifier();
  }

  /** The scopes of all servers that answer. @throws {MadcapFailureError} when none does, or says no */
  async getInfo(
    request: Omit<InfoRequest, 'family'>,
    options: MadcapCallOptions = {},
  ): Promise<readonly InfoAnswer[]> {
    const query = { group: this.group, ...request, family: this.family };
    const event = await this.#call((now) => this.#client.getInfo(query, now), options);
    return event.type === 'info' ? event.answers : [];
  }

  /** Leases addresses. @throws {MadcapFailureError} when nobody grants any */
  request(query: Omit<LeaseQuery, 'family'>, options: MadcapCallOptions = {}): Promise<MadcapLease> {
    const whole = { group: this.group, ...query, family: this.family };
    return this.#lease((now) => this.#client.request(whole, now), options);
  }

  /** Other times for a lease. @throws {MadcapFailureError} when they are refused: the lease stands as it was */
  renew(query: Omit<RenewQuery, 'family'>, options: MadcapCallOptions = {}): Promise<MadcapLease> {
    return this.#lease((now) => this.#client.renew({ ...query, family: this.family }, now), options);
  }

  /** Gives a lease back. @throws {MadcapFailureError} when no server knows it */
  async release(query: Omit<ReleaseQuery, 'family'>, options: MadcapCallOptions = {}): Promise<void> {
    await this.#call((now) => this.#client.release({ ...query, family: this.family }, now), options);
  }

  /** Ends what is under way, which fails as cancelled. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const operation of this.#waiting.keys()) this.#client.cancel(operation, this.#clock.now());
    this.#driver.pump();
    this.#driver[Symbol.dispose]();
    await this.#socket.close();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #lease(start: (now: Ms) => number, options: MadcapCallOptions): Promise<MadcapLease> {
    const event = await this.#call(start, options);
    if (event.type !== 'lease') throw new StateError(`a request for a lease ended with ${event.type}`);
    return event.lease;
  }

  async #call(
    start: (now: Ms) => number,
    { signal, onRetry }: MadcapCallOptions,
  ): Promise<MadcapClientEvent> {
    if (this.#closed) throw new StateError('the MADCAP socket is closed');
    signal?.throwIfAborted();
    const operation = start(this.#clock.now());
    const cancel = (): void => {
      this.#client.cancel(operation, this.#clock.now());
      this.#driver.pump();
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const event = await new Promise<MadcapClientEvent>((resolve) => {
        this.#waiting.set(operation, { resolve, onRetry });
        this.#driver.pump();
      });
      signal?.throwIfAborted();
      if (event.type === 'failed')
        throw new MadcapFailureError(event.failure, this.#unixSeconds(), this.#hint(event));
      return event;
    } finally {
      this.#waiting.delete(operation);
      signal?.removeEventListener('abort', cancel);
    }
  }

  #tell(event: MadcapClientEvent): void {
    const waiting = this.#waiting.get(event.operation);
    if (event.type === 'retry') waiting?.onRetry?.(event.at, event.server);
    else waiting?.resolve(event);
  }

  #hint({ failure }: Extract<MadcapClientEvent, { type: 'failed' }>): string {
    if (failure.reason !== 'no answer') return '';
    const why = this.#sendProblem === undefined ? '' : `: ${this.#sendProblem.message}`;
    return ` (asked on ${this.interface.name}, ${this.interface.address}${why})`;
  }

  #unixSeconds(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }
}
