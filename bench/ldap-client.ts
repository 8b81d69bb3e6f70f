import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  type Control,
  decodeMessage,
  decodePagedResults,
  encodeMessage,
  LdapFramer,
  type LdapRequest,
  PAGED_RESULTS,
} from '../src/ldap/index.ts';

/** Requests sent but not yet answered. OpenLDAP ends a connection that has more than 1000. */
const IN_FLIGHT = 200;

/** What came of a number of requests. */
export interface Outcome {
  readonly perSecond: number;
  /** Entries that came back. */
  readonly entries: number;
}

/** An LDAP client that does nothing but keep its server busy; the same for every server. */
export class LdapLoad implements Disposable {
  readonly #socket: Socket;
  readonly #framer = new LdapFramer();
  #nextId = 1;
  #waiting = 0;
  #entries = 0;
  #controls: readonly Control[] = [];
  #alsoGood: readonly number[] = [];
  #failed: string | undefined;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.once('close', () => {
      if (this.#waiting > 0) this.#failed ??= 'the server ended the connection';
      this.#wake?.();
    });
  }

  static async connect(port: number): Promise<LdapLoad> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new LdapLoad(socket);
  }

  /**
   * Sends all requests, at most `inFlight` at a time; those that may go together leave in one piece.
   *
   * @param alsoGood result codes besides success that are no failure
   */
  async run(
    requests: Iterable<LdapRequest>,
    inFlight = IN_FLIGHT,
    alsoGood: readonly number[] = [],
  ): Promise<Outcome> {
    const start = performance.now();
    let sent = 0;
    this.#alsoGood = alsoGood;
    this.#entries = 0;
    this.#socket.cork();
    for (const op of requests) {
      if (this.#waiting >= inFlight) await this.#below(inFlight * 0.75);
      this.#send(op);
      sent++;
    }
    await this.#below(1);
    this.#socket.uncork();
    return { perSecond: (sent * 1000) / (performance.now() - start), entries: this.#entries };
  }

  /** Walks through the pages of a search one after the other (RFC 2696). @returns entries per second */
  async walk(search: LdapRequest, pageControl: (cookie: Uint8Array) => Control): Promise<Outcome> {
    const start = performance.now();
    this.#entries = 0;
    this.#socket.cork();
    let cookie = new Uint8Array(0);
    do {
      this.#send(search, [pageControl(cookie)]);
      await this.#below(1);
      const paged = this.#controls.find(({ controlType }) => controlType === PAGED_RESULTS);
      cookie = paged === undefined ? new Uint8Array(0) : Uint8Array.from(decodePagedResults(paged).cookie);
    } while (cookie.length > 0);
    this.#socket.uncork();
    return { perSecond: (this.#entries * 1000) / (performance.now() - start), entries: this.#entries };
  }

  #send(op: LdapRequest, controls?: readonly Control[]): void {
    const message = { messageId: this.#nextId++, op, ...(controls && { controls }) };
    this.#socket.write(encodeMessage(message));
    this.#waiting++;
  }

  async #below(limit: number): Promise<void> {
    this.#socket.uncork();
    while (this.#waiting >= limit && this.#failed === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#socket.cork();
    if (this.#failed !== undefined) throw new Error(this.#failed);
  }

  #read(chunk: Buffer): void {
    this.#framer.handleBytes(chunk);
    for (let frame = this.#framer.pollFrame(); frame !== undefined; frame = this.#framer.pollFrame()) {
      // Entries are counted, not taken apart: the client shall not be the slower of the two.
      if (isEntry(frame)) {
        this.#entries++;
        continue;
      }
      const { op, controls = [] } = decodeMessage(frame);
      if (!('resultCode' in op)) continue;
      if (op.resultCode !== 0 && !this.#alsoGood.includes(op.resultCode))
        this.#failed ??= `${op.type}: result ${op.resultCode} ${op.diagnosticMessage}`;
      this.#controls = controls;
      this.#waiting--;
    }
    this.#wake?.();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** Whether a message is a SearchResultEntry: the tag after the message id. */
function isEntry(frame: Uint8Array): boolean {
  const lengthOctet = frame[1] ?? 0;
  const id = lengthOctet < 0x80 ? 2 : 2 + (lengthOctet & 0x7f);
  return frame[id + 2 + (frame[id + 1] ?? 0)] === 0x64;
}
