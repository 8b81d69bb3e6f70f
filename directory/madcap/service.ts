import { randomBytes } from 'node:crypto';
import type { RandomSource } from '../../src/machine.ts';
import {
  type GrantedLease,
  MadcapServer,
  type MadcapServerEvent,
  type MadcapServerLimits,
  type ServedScope,
} from '../../src/madcap/index.ts';
import {
  type Clock,
  type InterfaceNews,
  type MadcapServerPlace,
  MadcapServerSockets,
  type MadcapServerSocketsOptions,
  openMadcapServerSockets,
  systemClock,
} from '../../src/net/index.ts';
import { DatabaseFileError } from '../sqlite/index.ts';
import { defaultScopes } from './default-scopes.ts';
import { LeaseDatabase } from './lease-database.ts';

export interface MadcapServiceOptions
  extends Pick<MadcapServerSocketsOptions, 'interfaces' | 'port' | 'network' | 'openSocket'> {
  /** File of the leases. */
  readonly path: string;
  /** Default {@link defaultScopes}. */
  readonly scopes?: readonly ServedScope[];
  /** Whether somebody uses the address without a lease. */
  readonly isInUse?: (address: string) => boolean;
  readonly limits?: MadcapServerLimits;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  readonly onEvent?: (event: MadcapServerEvent) => void;
  readonly onNews?: (news: InterfaceNews) => void;
  /** Told what is wrong, and what to do. */
  readonly onTrouble?: (text: string) => void;
}

/** Turns of the event loop, each of which takes some datagrams, that answers are put off for more to come. */
const MOST_TURNS = 16;

const systemRandom: RandomSource = () => randomBytes(4).readUInt32BE() / 2 ** 32;

/**
 * Opens a MADCAP service: its leases and its sockets.
 *
 * @throws {InvalidValueError} when a scope cannot be served
 * @throws {DatabaseFileError} when the file of leases cannot be used
 * @throws {InterfaceError} for an interface that does not exist
 * @throws {NetworkError} when it cannot listen anywhere
 */
export async function openMadcapService(options: MadcapServiceOptions): Promise<MadcapService> {
  const {
    path,
    scopes = defaultScopes(),
    random = systemRandom,
    clock = systemClock,
    isInUse,
    limits,
  } = options;
  const store = new LeaseDatabase(path);
  try {
    const server = new MadcapServer({
      scopes,
      store,
      random,
      unixSeconds: () => Math.floor(clock.wall() / 1000),
      ...(isInUse === undefined ? {} : { isInUse }),
      ...(limits === undefined ? {} : { limits }),
    });
    const sockets = await openMadcapServerSockets({
      scopeLasts: scopes.map(({ last }) => last),
      ...options,
      clock,
    });
    return new MadcapService(server, store, sockets, { ...options, clock });
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
}

/** A MADCAP server with sockets and a file of leases; made by {@link openMadcapService}. */
export class MadcapService implements AsyncDisposable {
  readonly server: MadcapServer;
  readonly #store: LeaseDatabase;
  readonly #sockets: MadcapServerSockets;
  readonly #options: MadcapServiceOptions & { readonly clock: Clock };
  readonly #timer: ReturnType<Clock['timer']>;
  #flush: NodeJS.Immediate | undefined;
  /** What has come in since the last answers. */
  #taken = 0;
  #troubles = 0;
  /** The trouble was told, and nothing has been written since. */
  #isFailing = false;
  #closed = false;

  constructor(
    server: MadcapServer,
    store: LeaseDatabase,
    sockets: MadcapServerSockets,
    options: MadcapServiceOptions & { readonly clock: Clock },
  ) {
    this.server = server;
    this.#store = store;
    this.#sockets = sockets;
    this.#options = options;
    const { clock } = options;
    for (const { address } of sockets.places) server.addIdentifier(address);
    this.#timer = clock.timer(() => this.#do(() => server.handleTimeout(clock.now())));
    sockets.start(
      ({ bytes, from, at, multicast, identifier }) =>
        this.#do(() => server.handleDatagram(bytes, from, at, { multicast, identifier })),
      (news) => options.onNews?.(news),
    );
    this.#do(() => server.sweep());
  }

  /** Where it can be reached. */
  get places(): readonly MadcapServerPlace[] {
    return this.#sockets.places;
  }
  get warnings(): readonly string[] {
    return this.#sockets.warnings;
  }
  /** How often what was granted could not be written, so that nobody was told. */
  get troubles(): number {
    return this.#troubles;
  }
  leases(): Iterable<GrantedLease> {
    return this.#store.all();
  }
  /** How many leases there are. */
  get size(): number {
    return this.#store.size;
  }

  /** Answers what has come in, then ends. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer.set(undefined);
    clearImmediate(this.#flush);
    this.#answer();
    await this.#sockets.close();
    this.#store[Symbol.dispose]();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What comes in at the same time is written together; until it is written, nobody hears of it. */
  #do(work: () => void): void {
    if (this.#closed) return;
    try {
      work();
    } catch (error) {
      this.#failed(error);
    }
    this.#taken++;
    this.#flush ??= this.#soon(0, 0);
  }

  /** Answers once nothing more comes in: one flush of the disk takes as long for one lease as for a hundred. */
  #soon(seen: number, turn: number): NodeJS.Immediate {
    return setImmediate(() => {
      if (this.#taken > seen && turn < MOST_TURNS) this.#flush = this.#soon(this.#taken, turn + 1);
      else this.#answer();
    });
  }

  #answer(): void {
    this.#flush = undefined;
    this.#taken = 0;
    try {
      if (this.#store.commit()) this.#isFailing = false;
    } catch (error) {
      this.#failed(error);
    }
    const { server } = this;
    for (let out = server.pollTransmit(); out !== undefined; out = server.pollTransmit()) {
      this.#sockets.send(out.bytes, out.to, out.identifier);
    }
    for (let event = server.pollEvent(); event !== undefined; event = server.pollEvent()) {
      this.#options.onEvent?.(event);
    }
    if (!this.#closed) this.#timer.set(server.pollTimeout());
  }

  /** The store could not be written: what was answered since is not true, and is not said. Clients ask again. */
  #failed(error: unknown): void {
    if (!(error instanceof DatabaseFileError)) throw error;
    this.#troubles++;
    this.server.forget();
    try {
      this.#store.rollback();
    } catch (trouble) {
      if (!(trouble instanceof DatabaseFileError)) throw trouble; // told below: the disk is in trouble as a whole
    }
    if (!this.#isFailing)
      this.#options.onTrouble?.(`leases cannot be written, so none are granted: ${error.message}`);
    this.#isFailing = true;
  }
}
