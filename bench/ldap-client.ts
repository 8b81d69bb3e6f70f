import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { decodeMessage, encodeMessage, LdapFramer, type LdapRequest } from '../src/ldap/index.ts';

/** Requests sent but not yet answered. OpenLDAP ends a connection that has more than 1000. */
const IN_FLIGHT = 200;

/** An LDAP client that does nothing but keep its server busy; the same for every server. */
export class LdapLoad implements Disposable {
  readonly #socket: Socket;
  readonly #framer = new LdapFramer();
  #nextId = 1;
  #waiting = 0;
  #entries = 0;
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

  /** Sends all requests, at most 200 at a time. @returns requests per second and the entries that came back */
  async run(requests: Iterable<LdapRequest>): Promise<{ perSecond: number; entries: number }> {
    const start = performance.now();
    let sent = 0;
    this.#entries = 0;
    for (const op of requests) {
      if (this.#waiting >= IN_FLIGHT) await this.#below(IN_FLIGHT * 0.75);
      this.#socket.write(encodeMessage({ messageId: this.#nextId++, op }));
      this.#waiting++;
      sent++;
    }
    await this.#below(1);
    return { perSecond: (sent * 1000) / (performance.now() - start), entries: this.#entries };
  }

  async #below(limit: number): Promise<void> {
    while (this.#waiting >= limit && this.#failed === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failed !== undefined) throw new Error(this.#failed);
  }

  #read(chunk: Buffer): void {
    this.#framer.handleBytes(chunk);
    for (let frame = this.#framer.pollFrame(); frame !== undefined; frame = this.#framer.pollFrame()) {
      const { op } = decodeMessage(frame);
      if (op.type === 'searchResultEntry') {
        this.#entries++;
        continue;
      }
      if (!('resultCode' in op)) continue;
      if (op.resultCode !== 0) this.#failed ??= `${op.type}: result ${op.resultCode} ${op.diagnosticMessage}`;
      this.#waiting--;
    }
    this.#wake?.();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
