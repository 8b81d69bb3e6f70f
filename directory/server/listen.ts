import { createServer, type Server, type Socket } from 'node:net';
import { NetworkError } from '../../src/errors.ts';
import { networkPeer } from './peer.ts';
import type { LocatorService } from './service.ts';

export interface ListenOptions {
  /** Address or name to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** TCP port, 0 for any free one. Default 1389. */
  readonly port?: number;
}

export interface Listener extends AsyncDisposable {
  /** `ldap://host:port` of what was bound. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Stops listening and ends the connections that came in here. */
  close(): Promise<void>;
}

/**
 * Offers the service on TCP.
 *
 * @throws {NetworkError} when the address cannot be bound
 */
export async function listen(
  service: LocatorService,
  { host = '127.0.0.1', port = 1389 }: ListenOptions = {},
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket) => {
    if (!service.hasRoom) {
      service.counters.refused++;
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    service.serve(socket, networkPeer(socket.remoteAddress ?? '', socket.remotePort ?? 0));
  });
  await bound(server, host, port);
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new NetworkError(`${host}:${port} is not a TCP address`);
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `ldap://${shown}:${address.port}`,
    host: address.address,
    port: address.port,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function bound(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const advice =
        cause.code === 'EADDRINUSE'
          ? 'Another program uses this port: stop it or choose another port.'
          : cause.code === 'EACCES'
            ? 'Ports below 1024 need privileges: choose a higher port.'
            : cause.code === 'EADDRNOTAVAIL'
              ? 'This host has no such address.'
              : 'Choose another address or port.';
      reject(
        new NetworkError(
          `Cannot listen on ${host} port ${port} (${cause.code ?? cause.message}). ${advice}`,
          { cause },
        ),
      );
    });
    server.listen({ host, port }, resolve);
  });
}
