import { connect as connectNet, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { decodeMessage, EXTENDED, encodeMessage, LdapFramer, RESULT } from '../../src/ldap/index.ts';
import {
  DirectoryError,
  DirectoryTimeoutError,
  DirectoryUnavailableError,
  errorForResult,
} from '../errors.ts';
import { displayTarget, type LdapTarget } from './target.ts';

export interface TransportOptions {
  readonly tls: 'none' | 'ldaps' | 'starttls';
  readonly tlsOptions?: ConnectionOptions;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens a byte stream to the server, TLS included, within the time given.
 *
 * @throws {DirectoryUnavailableError} when the server cannot be reached or TLS fails
 * @throws {DirectoryTimeoutError} when it takes too long
 */
export async function openTransport(target: LdapTarget, options: TransportOptions): Promise<Duplex> {
  if (target.kind === 'service') return target.connect();
  options.signal?.throwIfAborted();
  const where = displayTarget(target);
  const open = new Set<Duplex>();
  const steps = async (): Promise<Duplex> => {
    if (target.kind === 'unix') return opened(connectNet({ path: target.path }), 'connect', open);
    const secure = { ...serverName(target.host), ...options.tlsOptions };
    if (options.tls === 'ldaps') {
      const socket = connectTls({ host: target.host, port: target.port, ...secure });
      socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
      return opened(socket, 'secureConnect', open);
    }
    const plain = connectNet({ host: target.host, port: target.port });
    plain.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    await opened(plain, 'connect', open);
    if (options.tls === 'none') return plain;
    await askForTls(plain);
    return opened(connectTls({ ...secure, socket: plain }), 'secureConnect', open);
  };
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await Promise.race([
      steps(),
      new Promise<never>((_, reject) => {
        const seconds = options.timeoutMs / 1000;
        timer = setTimeout(
          () =>
            reject(new DirectoryTimeoutError(`No answer from the directory ${where} within ${seconds} s.`)),
          options.timeoutMs,
        );
        onAbort = () => reject(options.signal?.reason);
        options.signal?.addEventListener('abort', onAbort, { once: true });
      }),
    ]);
  } catch (error) {
    for (const socket of open) socket.destroy();
    if (error instanceof DirectoryError || options.signal?.aborted) throw error;
    throw new DirectoryUnavailableError(`Cannot reach the directory ${where}: ${explain(error)}.`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) options.signal?.removeEventListener('abort', onAbort);
  }
}

/** A silent peer is noticed by the kernel even when nothing is being asked. */
const KEEP_ALIVE_MS = 30_000;

/** TLS wants the name for SNI and the certificate; an address may not be sent as one (RFC 6066 §3). */
const serverName = (host: string): ConnectionOptions => (isIP(host) ? {} : { servername: host });

function opened<S extends Duplex>(socket: S, event: string, open: Set<Duplex>): Promise<S> {
  open.add(socket);
  return new Promise((resolve, reject) => {
    const done = (): void => {
      socket.off('error', failed);
      resolve(socket);
    };
    const failed = (error: Error): void => {
      socket.off(event, done);
      socket.on('error', () => {}); // what comes after the first is no news
      reject(error);
    };
    socket.once(event, done);
    socket.once('error', failed);
  });
}

/**
 * The StartTLS exchange (RFC 4511 §4.14), done before the client library sees the connection: behind the library's own
 * a dead connection goes unnoticed. Bytes that come in the clear behind the answer are refused, they could be anybody's.
 */
async function askForTls(socket: Duplex): Promise<void> {
  const framer = new LdapFramer(65_536);
  const answer = await new Promise<Uint8Array>((resolve, reject) => {
    const settle = (act: () => void): void => {
      socket.off('data', take).off('error', failed).off('end', ended);
      act();
    };
    const failed = (error: unknown): void => settle(() => reject(error));
    const ended = (): void => settle(() => reject(new Error('it hung up when asked for StartTLS')));
    const take = (chunk: Uint8Array): void => {
      try {
        framer.handleBytes(chunk);
        const frame = framer.pollFrame();
        if (frame === undefined) return;
        if (framer.buffered > 0) throw new Error('it sent data in the clear behind the answer to StartTLS');
        socket.pause();
        settle(() => resolve(frame));
      } catch (error) {
        settle(() => reject(error));
      }
    };
    socket.on('data', take).on('error', failed).on('end', ended);
    socket.write(
      encodeMessage({ messageId: 1, op: { type: 'extendedRequest', requestName: EXTENDED.startTls } }),
    );
  });
  const { messageId, op } = decodeMessage(answer);
  if (messageId !== 1 || op.type !== 'extendedResponse') throw new Error('it did not answer StartTLS');
  if (op.resultCode !== RESULT.success) {
    throw errorForResult('start TLS', op.resultCode, { diagnostic: op.diagnosticMessage });
  }
}

/** System errors in words; others in their own. */
function explain(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return explain(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused)';
    case 'ENOTFOUND':
      return 'there is no host of that name';
    case 'EAI_AGAIN':
      return 'the name service does not answer';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no route to it';
    case 'ENOENT':
      return 'there is no such socket';
    case 'EACCES':
      return 'this user may not open the socket';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `its certificate is not signed by anybody known here (${code}); give its CA`;
    default:
      return error.message;
  }
}
