import { createServer, type ListenOptions as NetListenOptions, type Server, type Socket } from 'node:net';
import { InvalidValueError, NetworkError } from '../../src/errors.ts';
import { localPeers, openToAll, removeDeadSocket } from './local-socket.ts';
import { networkPeer, type Peer } from './peer.ts';
import type { LocatorService } from './service.ts';
import type { ServerTls } from './tls.ts';

export interface ListenOptions {
  /** Address or name to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** TCP port, 0 for any free one. Default 1389, with TLS from the first byte 1636. */
  readonly port?: number;
  /** Certificate and key. With them clients may ask for StartTLS (RFC 4511 §4.14). */
  readonly tls?: ServerTls;
  /** Whether every connection begins with TLS, `ldaps://`. Default false. */
  readonly isTlsOnly?: boolean;
}

export interface Listener extends AsyncDisposable {
  /** URL of what was bound: `ldap://host:port`, `ldaps://…`, or `ldapi://` and the socket's path. */
  readonly url: string;
  /** Address, or the socket's path. */
  readonly host: string;
  /** 0 for a local socket. */
  readonly port: number;
  /** Stops listening and ends the connections that came in here. */
  close(): Promise<void>;
}

export const DEFAULT_PORT = 1389;
export const DEFAULT_TLS_PORT = 1636;

/**
 * Offers the service on TCP.
 *
 * @throws {NetworkError} when the address cannot be bound
 * @throws {InvalidValueError} when TLS is wanted and there is no certificate
 */
export async function listen(service: LocatorService, options: ListenOptions = {}): Promise<Listener> {
  const { host = '127.0.0.1', isTlsOnly = false, tls } = options;
  const { port = isTlsOnly ? DEFAULT_TLS_PORT : DEFAULT_PORT } = options;
  if (isTlsOnly && tls === undefined) throw new InvalidValueError('ldaps:// needs a certificate and its key');
  const startTls: Peer['startTls'] = tls === undefined ? undefined : (stream) => tls.secure(stream);
  const server = new Acceptor((socket) => {
    const { remoteAddress = '', remotePort = 0 } = socket;
    if (!isTlsOnly || tls === undefined) {
      service.serve(socket, networkPeer(remoteAddress, remotePort, startTls));
    } else if (service.admit(socket, { ...networkPeer(remoteAddress, remotePort), startsWithTls: true })) {
      tls.secure(socket).then(
        (secured) => service.drive(secured),
        () => socket.destroy(),
      );
    }
  });
  await server.bind({ host, port }, `${host} port ${port}`);
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new NetworkError(`${host}:${port} is not a TCP address`);
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return server.listener({
    url: `${isTlsOnly ? 'ldaps' : 'ldap'}://${shown}:${address.port}`,
    host: address.address,
    port: address.port,
  });
}

/**
 * Offers the service on a local socket, `ldapi://`. Every user of this computer may connect; who they are is known for
 * EXTERNAL where the kernel tells. A socket that a dead process left is replaced.
 *
 * @param path at most about 100 characters: the system's limit for sockets
 * @throws {NetworkError} when the socket cannot be made
 */
export async function listenLocal(
  service: LocatorService,
  path: string,
): Promise<Listener & { readonly withoutNames: string | undefined }> {
  const peers = await localPeers();
  const server = new Acceptor((socket) => service.serve(socket, peers.peerOf(socket, path)));
  await removeDeadSocket(path);
  await server.bind({ path }, path);
  openToAll(path);
  const listener = server.listener({ url: `ldapi://${encodeURIComponent(path)}`, host: path, port: 0 });
  return { ...listener, withoutNames: peers.reason };
}

/** A listening socket and the connections that came in by it. */
class Acceptor {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(serve: (socket: Socket) => void) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      serve(socket);
    });
  }

  address(): ReturnType<Server['address']> {
    return this.#server.address();
  }

  bind(where: NetListenOptions, words: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) => {
        const advice = ADVICE[cause.code ?? ''] ?? 'Choose another address or port.';
        reject(
          new NetworkError(`Cannot listen on ${words} (${cause.code ?? cause.message}). ${advice}`, {
            cause,
          }),
        );
      });
      this.#server.listen(where, resolve);
    });
  }

  listener(place: Pick<Listener, 'url' | 'host' | 'port'>): Listener {
    const close = async (): Promise<void> => {
      if (!this.#server.listening) return;
      const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
      for (const socket of this.#sockets) socket.destroy();
      await closed;
    };
    return { ...place, close, [Symbol.asyncDispose]: close };
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program uses this port: stop it or choose another port.',
  EACCES: 'Ports below 1024 and folders of others need privileges: choose a higher port or another folder.',
  EADDRNOTAVAIL: 'This host has no such address.',
  ENOENT: 'There is no such folder: make it first.',
  EINVAL: 'The path may be too long: choose a shorter one.',
};
