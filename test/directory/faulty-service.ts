import { type Duplex, duplexPair } from 'node:stream';
import { DirectoryUnavailableError } from '../../directory/errors.ts';
import type { DialectName } from '../../directory/index.ts';
import type { LdapTarget } from '../../directory/ldap/target.ts';
import { LdapDirectory } from '../../directory/ldap-directory.ts';
import { createLocatorService, type EntryStore, openStore } from '../../directory/server/index.ts';
import {
  decodeMessage,
  encodeMessage,
  LdapFramer,
  type LdapMessage,
  type ProtocolOp,
} from '../../src/ldap/index.ts';
import type { Clock } from '../../src/net/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';

/**
 * What happens to a request: it passes; the connection breaks before the server sees it, or when it answers; nobody
 * answers ever; or these are the answers instead.
 */
export type Fate =
  | 'pass'
  | 'break before'
  | 'break after'
  | 'hang'
  | { readonly answers: readonly (ProtocolOp | Uint8Array)[] };

/** The embedded service behind a connection that misbehaves as a test says. Nothing leaves the process. */
export class FaultyService {
  /** Decides about each request; `nth` counts requests of its type from 1. */
  fate: (op: ProtocolOp, nth: number, message: LdapMessage) => Fate = () => 'pass';
  /** Types of the requests that came, in order, over all connections. */
  readonly requests: string[] = [];
  connections = 0;
  /** Most requests without an answer at a time. */
  mostPending = 0;
  /** Whether it takes connections. */
  isUp = true;
  readonly name: string;
  readonly store: EntryStore;
  readonly #service;
  readonly #clients = new Set<Duplex>();

  constructor(clock: Clock = new FakeClock(), store = openStore({ path: ':memory:' }), name = 'faulty') {
    this.store = store;
    this.name = name;
    this.#service = createLocatorService({ store, clock });
  }

  get target(): LdapTarget {
    return { kind: 'service', connect: () => this.connect(), url: `embedded:${this.name}`, base: '' };
  }

  /** A directory on it, connected. */
  async open(clock: Clock = new FakeClock(), timeoutMs = 2000): Promise<LdapDirectory> {
    const directory = new LdapDirectory(this.target, { clock, random: () => 0 });
    await directory.connect({ timeoutMs });
    return directory;
  }

  /** The same, told how it keeps what it has. */
  async openAs(dialect: DialectName, clock: Clock = new FakeClock()): Promise<LdapDirectory> {
    const directory = new LdapDirectory(this.target, { clock, random: () => 0, dialect });
    await directory.connect({ timeoutMs: 2000 });
    return directory;
  }

  count(type: string): number {
    return this.requests.filter((request) => request === type).length;
  }

  /** Breaks every connection, and takes no more. */
  kill(): void {
    this.isUp = false;
    this.breakAll();
  }

  /** Breaks every connection. */
  breakAll(): void {
    for (const client of this.#clients) client.destroy();
  }

  connect(): Duplex {
    if (!this.isUp) throw new DirectoryUnavailableError(`Cannot reach the directory ${this.name}.`);
    this.connections++;
    const [client, mine] = duplexPair();
    const upstream = this.#service.connect();
    this.#clients.add(client);
    client.once('close', () => {
      this.#clients.delete(client);
      mine.destroy();
      upstream.destroy();
    });
    const breaking = new Set<number>();
    let pending = 0;
    frames(mine, (frame) => {
      const message = decodeMessage(frame);
      const { messageId, op } = message;
      this.requests.push(op.type);
      this.mostPending = Math.max(this.mostPending, ++pending);
      const fate = this.fate(op, this.count(op.type), message);
      if (fate === 'break before') client.destroy();
      else if (fate === 'pass' || fate === 'break after') {
        if (fate === 'break after') breaking.add(messageId);
        upstream.write(frame);
      } else if (fate !== 'hang') {
        for (const answer of fate.answers) {
          mine.write(answer instanceof Uint8Array ? answer : encodeMessage({ messageId, op: answer }));
        }
      }
    });
    frames(upstream, (frame) => {
      const { messageId, op }: LdapMessage = decodeMessage(frame);
      if (op.type !== 'searchResultEntry') pending--;
      if (breaking.has(messageId)) client.destroy();
      else mine.write(frame);
    });
    return client;
  }

  stop(): void {
    this.breakAll();
    this.#service.close();
    this.store[Symbol.dispose]();
  }
}

function frames(stream: Duplex, take: (frame: Uint8Array) => void): void {
  const framer = new LdapFramer();
  stream.on('error', () => {});
  stream.on('data', (chunk: Uint8Array) => {
    framer.handleBytes(chunk);
    for (let frame = framer.pollFrame(); frame !== undefined; frame = framer.pollFrame()) take(frame);
  });
}
