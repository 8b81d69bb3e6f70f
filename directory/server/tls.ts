import { readFileSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import { InvalidValueError, NetworkError, StateError } from '../../src/errors.ts';
import { subjectDn } from './certificate-name.ts';
import { networkPeer, type SecuredStream } from './peer.ts';

export interface TlsFiles {
  /** PEM: the server's certificate, then those between it and its root. */
  readonly certFile: string;
  /** PEM: its private key, not encrypted. */
  readonly keyFile: string;
  /** PEM: roots of client certificates. With it clients may show one, and use EXTERNAL. */
  readonly caFile?: string;
}

/** Milliseconds a client has for the handshake. */
const HANDSHAKE_MS = 15_000;

/**
 * TLS for the service: one configuration for `ldaps://` and StartTLS, at least TLS 1.2, which can be read anew from its
 * files while connections stand.
 */
export class ServerTls {
  readonly #files: TlsFiles;
  /** It never listens: connections are handed to it. */
  readonly #server: Server;
  readonly #waiting = new Map<string, (socket: TLSSocket) => void>();
  #stamp: string;

  /** @throws {InvalidValueError} when a file cannot be read, or certificate and key do not belong together */
  constructor(files: TlsFiles) {
    this.#files = files;
    this.#stamp = stampOf(files);
    const options = load(files);
    try {
      this.#server = createServer({ ...options, handshakeTimeout: HANDSHAKE_MS });
    } catch (cause) {
      throw unusable(files, cause);
    }
    this.#server.on('secureConnection', (socket) => this.#waiting.get(wayOf(socket))?.(socket));
    this.#server.on('tlsClientError', () => {}); // the socket is closed, which is all there is to know
  }

  /**
   * Reads the files again, for connections to come.
   *
   * @throws {InvalidValueError} when they cannot be used; what was read before stays in use
   */
  reload(): void {
    const stamp = stampOf(this.#files);
    const options = load(this.#files);
    try {
      this.#server.setSecureContext(options);
    } catch (cause) {
      throw unusable(this.#files, cause);
    }
    this.#stamp = stamp;
  }

  /** Whether a file is not the one that was read. */
  get hasChanged(): boolean {
    return stampOf(this.#files) !== this.#stamp;
  }

  /**
   * The server's side of a handshake.
   *
   * @throws {NetworkError} when it fails; the stream is closed then
   */
  secure(stream: Duplex): Promise<SecuredStream> {
    if (!(stream instanceof Socket)) throw new StateError('TLS is for network connections');
    const way = wayOf(stream);
    const { remoteAddress = '', remotePort = 0 } = stream;
    return new Promise((resolve, reject) => {
      stream.once('close', () => {
        this.#waiting.delete(way);
        reject(new NetworkError(`${remoteAddress} closed the connection before TLS stood`));
      });
      this.#waiting.set(way, (socket) => {
        this.#waiting.delete(way);
        const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
        const dn = certificate === undefined ? undefined : subjectDn(certificate);
        const { startTls: _, ...plain } = networkPeer(remoteAddress, remotePort);
        resolve({
          stream: socket,
          peer: {
            ...plain,
            isSecure: true,
            ...(dn === undefined ? {} : { external: { dn, isAdmin: false } }),
          },
        });
      });
      this.#server.emit('connection', stream);
    });
  }
}

/** Both ends of a connection: no other that stands now has the same. */
const wayOf = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): string =>
  [localAddress, localPort, remoteAddress, remotePort].join(' ');

function load({ certFile, keyFile, caFile }: TlsFiles): TlsOptions {
  return {
    minVersion: 'TLSv1.2',
    cert: read(certFile),
    key: read(keyFile),
    // A client without a certificate is welcome too; it only cannot use EXTERNAL.
    ...(caFile === undefined ? {} : { ca: read(caFile), requestCert: true, rejectUnauthorized: false }),
  };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidValueError(`Cannot read ${path} for TLS: ${words}`, { cause });
  }
}

/** Tells one version of the files from another. */
function stampOf({ certFile, keyFile, caFile }: TlsFiles): string {
  return [certFile, keyFile, ...(caFile === undefined ? [] : [caFile])]
    .map((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? 'none' : `${found.ino}:${found.size}:${found.mtimeMs}`;
    })
    .join(' ');
}

function unusable({ certFile, keyFile }: TlsFiles, cause: unknown): InvalidValueError {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new InvalidValueError(
    `${certFile} and ${keyFile} cannot be used for TLS (${words}): both must be PEM, the key without a passphrase, and belong together`,
    { cause },
  );
}
