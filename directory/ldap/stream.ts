import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import {
  decodeMessage,
  decodeRefreshResponse,
  EXTENDED,
  encodeMessage,
  LdapFramer,
  type LdapRequest,
  type LdapResponse,
  PAGED_RESULTS,
  RESULT,
  resultName,
  utf8Bytes,
} from '../../src/ldap/index.ts';
import { DirectoryUnavailableError } from '../errors.ts';
import { LiveSearches } from './live-search.ts';

/** Name under which the answer to a paged search is handed on, since the client library keeps the real one to itself. */
export const PAGE_ANSWER = `${PAGED_RESULTS}.0`;

/** Separates the server's diagnostic message from the referral URIs put behind it. */
export const REFERRAL_MARK = '\0referral ';

/** Ids of requests that do not come from the library, which counts from 1. */
const FIRST_OWN_ID = 0x4000_0000;

/**
 * Stands between a connected socket and the client library, which sees a socket that is open from the start and never
 * comes back once closed. On the way in it cuts the bytes into messages of bounded size, one chunk each, and rewrites
 * the few that the library would garble or swallow: referral URIs, binary refresh answers, page cookies, intermediate
 * responses, unsolicited notices. It also knows, as soon as the socket does, that the connection is gone, and why.
 */
export class LdapStream extends Duplex {
  /** What the library asks of a socket to see that it need not wait for it. */
  readonly connecting = false;
  readonly readyState = 'open';
  id: string | undefined;
  /** Searches that go on, beside what the library does. */
  readonly live = new LiveSearches((bytes) => {
    if (this.alive && this.#socket.writable) this.#socket.write(bytes);
  });
  readonly #socket: Duplex;
  readonly #framer: LdapFramer;
  readonly #onLost: (reason: DirectoryUnavailableError) => void;
  #reason: DirectoryUnavailableError | undefined;
  #closing = false;
  /** Requests of our own that wait for their answer. */
  readonly #own = new Map<number, PromiseWithResolvers<LdapResponse>>();
  #nextOwnId = FIRST_OWN_ID;

  constructor(
    socket: Duplex,
    options: {
      readonly onLost: (reason: DirectoryUnavailableError) => void;
      readonly maxMessageBytes?: number;
    },
  ) {
    super();
    this.#socket = socket;
    this.#onLost = options.onLost;
    this.#framer = new LdapFramer(options.maxMessageBytes);
    socket.on('data', (chunk: Uint8Array) => this.#take(chunk));
    socket.on('error', (error: Error) => this.lose(`the connection broke: ${error.message}`, error));
    socket.on('end', () => this.lose('the server closed the connection'));
    socket.on('close', () => this.lose('the connection was closed'));
  }

  /** Why the connection is gone; undefined while it stands. */
  get reason(): DirectoryUnavailableError | undefined {
    return this.#reason;
  }

  get alive(): boolean {
    return this.#reason === undefined && !this.#closing && !this.destroyed;
  }

  /**
   * Sends a request past the library.
   *
   * @returns its one answer
   * @throws {DirectoryUnavailableError} when the connection goes before
   */
  exchange(op: LdapRequest): Promise<LdapResponse> {
    const waiting = Promise.withResolvers<LdapResponse>();
    if (!this.alive) {
      waiting.reject(this.#reason ?? new DirectoryUnavailableError('The connection is closed.'));
      return waiting.promise;
    }
    const messageId = this.#nextOwnId++;
    this.#own.set(messageId, waiting);
    this.#socket.write(encodeMessage({ messageId, op }));
    return waiting.promise;
  }

  /** Gives the connection up. Whatever waits for an answer is told so. */
  lose(why: string, cause?: unknown): void {
    if (this.#reason !== undefined || this.#closing) return;
    this.#reason = new DirectoryUnavailableError(`Lost the directory: ${why}.`, { cause });
    this.#socket.destroy();
    this.destroy();
    for (const { reject } of this.#own.values()) reject(this.#reason);
    this.#own.clear();
    this.live.end(this.#reason);
    this.#onLost(this.#reason);
  }

  /** Says goodbye: from now on the end of the connection is no loss. */
  finish(): void {
    this.#closing = true;
    this.live.end(new DirectoryUnavailableError('The connection to the directory was closed.'));
  }

  override _read(): void {
    // what comes in is pushed at once: the library takes it without waiting
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed || !this.#socket.writable) return done();
    this.#socket.write(chunk, () => done()); // a failed write shows as 'error' of the socket
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const socket = this.#socket;
    if (!this.#closing) socket.destroy();
    else if (socket instanceof Socket)
      socket.destroySoon(); // the goodbye goes out first
    else socket.end(() => socket.destroy());
    done(error);
  }

  #take(chunk: Uint8Array): void {
    if (!this.alive) return;
    try {
      this.#framer.handleBytes(chunk);
      for (let frame = this.#framer.pollFrame(); frame !== undefined; frame = this.#framer.pollFrame()) {
        if (this.live.take(frame)) continue;
        const out = this.#translate(frame);
        if (out !== undefined) this.push(out);
        if (!this.alive) return;
      }
    } catch (error) {
      this.lose(`it does not speak LDAP: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }

  /** The frame to hand on, or undefined to keep it. */
  #translate(frame: Uint8Array): Uint8Array | undefined {
    if (isEntry(frame)) return frame; // the many; the library reads them well
    const message = decodeMessage(frame);
    const { op } = message;
    if (message.messageId === 0) {
      if (op.type === 'extendedResponse' && op.responseName === EXTENDED.noticeOfDisconnection) {
        const words = op.diagnosticMessage === '' ? '' : `: ${op.diagnosticMessage}`;
        this.lose(`the server hung up with ${resultName(op.resultCode)} (${op.resultCode})${words}`);
      }
      return undefined;
    }
    const own = this.#own.get(message.messageId);
    if (own !== undefined && 'resultCode' in op) {
      this.#own.delete(message.messageId);
      own.resolve(op);
      return undefined;
    }
    if (op.type === 'intermediateResponse') return undefined;
    if ('resultCode' in op && op.resultCode === RESULT.referral) {
      const uris = op.referral ?? [];
      const diagnosticMessage = `${op.diagnosticMessage}${REFERRAL_MARK}${uris.join(' ')}`;
      return encodeMessage({ ...message, op: { ...op, diagnosticMessage } });
    }
    if (op.type === 'extendedResponse' && op.responseName === EXTENDED.refresh && op.responseValue) {
      const responseValue = utf8Bytes(String(decodeRefreshResponse(op.responseValue)));
      return encodeMessage({ ...message, op: { ...op, responseValue } });
    }
    if (message.controls?.some(({ controlType }) => controlType === PAGED_RESULTS)) {
      const controls = message.controls.map((control) =>
        control.controlType === PAGED_RESULTS ? { ...control, controlType: PAGE_ANSWER } : control,
      );
      return encodeMessage({ ...message, controls });
    }
    return frame;
  }
}

/** Whether the frame is a search entry or a reference, read from its tags alone (RFC 4511 §4.5.2). */
function isEntry(frame: Uint8Array): boolean {
  const first = frame[1] ?? 0;
  const idAt = first < 0x80 ? 2 : 2 + (first & 0x7f);
  const tag = frame[idAt + 2 + (frame[idAt + 1] ?? 0)];
  return tag === 0x64 || tag === 0x73;
}
