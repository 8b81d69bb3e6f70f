import { join } from 'node:path';
import type { Listener, LocatorService } from '../../directory/server/index.ts';
import { isLoopback } from '../../src/ip/index.ts';
import type { ServeOptions } from '../commands/serve.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import { Interrupts } from '../interrupts.ts';

const DEFAULT_URL = 'ldap://127.0.0.1:1389';
const DEFAULT_PORT = 1389;

export async function runServe(
  ctx: CliContext,
  { listen = [DEFAULT_URL], anonymousWrite = false, legacy = true, json = false }: ServeOptions,
): Promise<void> {
  const places = listen.map(parseListenUrl);
  using interrupts = new Interrupts(ctx.host);
  const {
    createLocatorService,
    defaultAccess,
    hashPassword,
    openStore,
    listen: listenOn,
  } = await import('../../directory/server/index.ts');
  const [dataDir, admin] = await Promise.all([ctx.requireDataDir(), ctx.credentials()]);
  const { STORE_FILE } = await import('../../directory/index.ts');
  const path = join(dataDir, STORE_FILE);
  using store = openStore({ path });
  using service = createLocatorService({
    store,
    clock: ctx.clock,
    legacy,
    access: defaultAccess({ anonymousWrite }),
    ...(admin === undefined
      ? {}
      : { admin: { dn: admin.dn, passwordHash: await hashPassword(admin.password) } }),
  });
  await using listeners = new AsyncDisposableStack();
  for (const place of places) {
    const listener = listeners.use(await listenOn(service, place));
    announce(ctx, listener, path, anonymousWrite, json);
  }
  await interrupts.interrupted;
  await listeners.disposeAsync();
  stopped(ctx, service, json);
}

/**
 * Host and port of `ldap://host[:port]`.
 *
 * @throws {UsageError} when it is no such URL
 */
export function parseListenUrl(text: string): { readonly host: string; readonly port: number } {
  const url = URL.parse(text.includes('://') ? text : `ldap://${text}`);
  const isPlain =
    url !== null && url.pathname.replace('/', '') === '' && url.search === '' && url.username === '';
  if (url === null || !isPlain || url.hostname === '') {
    throw new UsageError(`"${text}" is no place to listen: write it like ${DEFAULT_URL}`);
  }
  if (url.protocol !== 'ldap:') {
    throw new UsageError(
      `Cannot listen on ${url.protocol}//…: only ldap:// is offered; put a TLS proxy before it`,
    );
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
  };
}

function announce(
  ctx: CliContext,
  { url, host, port }: Listener,
  store: string,
  anonymousWrite: boolean,
  json: boolean,
): void {
  if (json) ctx.out.ndjson({ type: 'listening', time: ctx.now.toISOString(), url, host, port, store });
  else ctx.out.line(`Serving the directory in ${store} on ${url}`);
  if (isLoopback(host)) return;
  ctx.err.warn(`passwords and entries cross the network in the clear on ${url}`);
  if (anonymousWrite) ctx.err.warn(`everyone who can reach ${url} may change the directory`);
}

function stopped(ctx: CliContext, { counters }: LocatorService, json: boolean): void {
  const operations = Object.values(counters.operations).reduce((sum, n) => sum + n, 0);
  const { connections } = counters;
  if (json) ctx.out.ndjson({ type: 'stopped', time: ctx.now.toISOString(), connections, operations });
  else ctx.err.note(`Stopped after ${connections} connections and ${operations} requests.`);
}
