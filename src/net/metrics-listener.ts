import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { NetworkError } from '../errors.ts';
import { formatEndpoint } from '../ip/index.ts';
import { PROMETHEUS_CONTENT_TYPE } from '../prometheus/index.ts';

export interface MetricsListener extends AsyncDisposable {
  /** Where Prometheus fetches them. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Offers numbers over HTTP at `/metrics`. There is no access control: keep it on loopback, or behind a proxy.
 *
 * @param text the numbers as they are now (`formatMetrics`); what it throws is answered with status 503
 * @param port 0 for any free one
 * @throws {NetworkError} when it cannot listen there
 */
export async function listenForMetrics(
  text: () => string,
  host: string,
  port: number,
): Promise<MetricsListener> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) =>
    answer(text, request, response),
  );
  server.maxConnections = 20;
  await bound(server, host, port);
  const address = server.address();
  const real = typeof address === 'object' && address !== null ? address.port : port;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    url: `http://${formatEndpoint(host, real)}/metrics`,
    host,
    port: real,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function answer(text: () => string, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url?.split('?', 1)[0];
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path !== '/metrics' || !isRead) {
    const [status, words] = path === '/metrics' ? [405, 'GET only\n'] : [404, 'See /metrics\n'];
    response.writeHead(status, {
      'Content-Type': 'text/plain; charset=utf-8',
      ...(isRead ? {} : { Allow: 'GET, HEAD' }),
    });
    response.end(words);
    return;
  }
  let body: string;
  try {
    body = text();
  } catch (error) {
    response.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(`${error instanceof Error ? error.message : String(error)}\n`);
    return;
  }
  response.writeHead(200, { 'Content-Type': PROMETHEUS_CONTENT_TYPE, 'Cache-Control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function bound(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: Error) =>
      reject(
        new NetworkError(
          `Cannot offer metrics on ${formatEndpoint(host, port)}: ${cause.message}. Choose another place with --metrics`,
          { cause },
        ),
      ),
    );
    server.listen({ host, port }, () => resolve());
  });
}
