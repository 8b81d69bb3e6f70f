import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Octets that a request begins with behind its number (RFC 4511 §4): the application tags. */
export const REQUEST_TAGS = { modify: 0x66, add: 0x68 } as const;

/**
 * A way to an LDAP service on loopback that is cut in one direction from the first request of a kind on: the service
 * gets everything, the client no answer any more.
 */
export async function losingAnswers(
  servicePort: number,
  tag: number,
): Promise<AsyncDisposable & { readonly url: string }> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    const service = connect(servicePort, '127.0.0.1');
    for (const socket of [client, service]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.on('data', (bytes: Buffer) => {
      isCut ||= operationOf(bytes) === tag;
      service.write(bytes);
    });
    service.on('data', (bytes: Buffer) => isCut || client.write(bytes));
    client.on('close', () => service.destroy());
    service.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'string' || bound === null ? 0 : bound.port;
  return {
    url: `ldap://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Tag of the operation in a message of less than 128 × 2^24 octets whose number is below 128. */
function operationOf(bytes: Buffer): number | undefined {
  const length = bytes[1] ?? 0;
  const at = 2 + (length < 0x80 ? 0 : length & 0x7f);
  return bytes[0] === 0x30 && bytes[at] === 2 && bytes[at + 1] === 1 ? bytes[at + 3] : undefined;
}
