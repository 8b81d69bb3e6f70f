import { join } from 'node:path';
import type {
  Listener,
  LocatorService,
  LocatorServiceOptions,
  ServerTls,
  ServiceLimits,
} from '../../directory/server/index.ts';
import { isLoopback } from '../../src/ip/index.ts';
import type { ServeOptions } from '../commands/serve.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../errors.ts';
import { Interrupts } from '../interrupts.ts';
import { nearest } from '../input/nearest.ts';
import { messageOf } from '../output/output.ts';
import { sweepOthers } from './sweep.ts';

const DEFAULT_URL = 'ldap://127.0.0.1:1389';
const DEFAULT_METRICS = '127.0.0.1:9389';
/** Milliseconds between looks at the files of the certificate. */
const CERTIFICATE_CHECK_MS = 60_000;

type Server = typeof import('../../directory/server/index.ts');

export async function runServe(ctx: CliContext, options: ServeOptions): Promise<void> {
  const { listen = [DEFAULT_URL], json = false } = options;
  const places = listen.map(parseListenUrl);
  const [server, { STORE_FILE }, dataDir, admin] = await Promise.all([
    import('../../directory/server/index.ts'),
    import('../../directory/index.ts'),
    ctx.requireDataDir(),
    ctx.administrator(),
  ]);
  const tls = tlsOf(server, options, places);
  // With a certificate a hang-up means to read it again, as administrators expect of services.
  using interrupts = new Interrupts(ctx.host, undefined, [
    'SIGINT',
    'SIGTERM',
    ...(tls === undefined ? (['SIGHUP'] as const) : []),
  ]);
  using _watch = tls === undefined ? undefined : watchCertificate(ctx, tls); // before it says that it is there
  const path = join(dataDir, STORE_FILE);
  using store = server.openStore({ path, durability: 'power' });
  using service = server.createLocatorService({
    store,
    clock: ctx.clock,
    onTrouble: (text) => ctx.err.warn(text),
    ...(await serviceOptions(server, options, admin)),
  });
  await using listeners = new AsyncDisposableStack();
  for (const place of places) {
    const listener = listeners.use(await listenAt(server, service, place, tls));
    announce(ctx, listener, path, options, tls !== undefined);
  }
  if (options.metrics !== undefined) listeners.use(await offerMetrics(ctx, server, service, options));
  if (wantsMadcap(options)) {
    const { serveMadcap } = await import('./serve-madcap.ts');
    listeners.use(await serveMadcap(ctx, service, dataDir, options));
  }
  await using gateways = new AsyncDisposableStack();
  if (await wantsSap(ctx, options)) {
    const { serveSap } = await import('./serve-sap.ts');
    gateways.use(await serveSap(ctx, service, options));
  }
  const sweeping = sweepOthers(ctx, options.sweep ?? [], json, interrupts.signal);
  await interrupts.interrupted;
  await sweeping;
  await gateways.disposeAsync(); // clients of the service that need not be told
  await service.sayGoodbye();
  await listeners.disposeAsync();
  stopped(ctx, service, json);
}

function wantsMadcap({ madcap, madcapInterface, madcapPort }: ServeOptions): boolean {
  return madcap ?? (madcapInterface !== undefined || madcapPort !== undefined);
}

async function wantsSap(
  ctx: CliContext,
  { sap, sapInterface, sapDirectory }: ServeOptions,
): Promise<boolean> {
  const isImplied = sapInterface !== undefined || sapDirectory !== undefined;
  return sap ?? (isImplied || (await ctx.config()).sap?.gateway?.serve === true);
}

async function offerMetrics(
  ctx: CliContext,
  { serveMetrics }: Server,
  { monitor }: LocatorService,
  { metrics = true, json = false }: ServeOptions,
): Promise<AsyncDisposable> {
  const { host, port } = parseMetricsPlace(metrics === true ? DEFAULT_METRICS : metrics);
  const listener = await serveMetrics(monitor, host, port);
  if (json) ctx.out.ndjson({ type: 'metrics', time: ctx.now.toISOString(), url: listener.url });
  else ctx.out.line(`Counters for Prometheus are at ${listener.url}`);
  if (!isLoopback(host)) ctx.err.warn(`everyone who can reach ${listener.url} may read the counters`);
  return listener;
}

/**
 * Reads `HOST:PORT`; an IPv6 address stands in brackets.
 *
 * @throws {UsageError} when it is none
 */
export function parseMetricsPlace(text: string): { readonly host: string; readonly port: number } {
  const found = /^(\[[\da-f:.]+\]|[^\s:/[\]]+):(\d{1,5})$/i.exec(text);
  const [, host = '', port = ''] = found ?? [];
  if (found !== null && Number(port) <= 65_535) {
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  }
  throw new UsageError(`"${text}" is no place to offer counters: write it like ${DEFAULT_METRICS}`);
}

async function serviceOptions(
  { defaultAccess, defaultLimits, makeSecret }: Server,
  { anonymousWrite = false, requireTls = false, legacy = true, limit = [] }: ServeOptions,
  admin: { readonly dn: string; readonly password: string } | undefined,
): Promise<Omit<LocatorServiceOptions, 'store'>> {
  const common = {
    legacy,
    requireTls,
    access: defaultAccess({ anonymousWrite }),
    limits: Object.fromEntries(limit.map((text) => parseLimit(text, defaultLimits))),
  };
  if (admin === undefined) return common;
  const { password: passwordHash, scram } = await makeSecret(admin.password);
  return { ...common, admin: { dn: admin.dn, passwordHash, scram } };
}

/** Where to listen: an address and port, with TLS from the first byte or without, or a local socket. */
export type Place =
  | { readonly scheme: 'ldap' | 'ldaps'; readonly host: string; readonly port: number | undefined }
  | { readonly scheme: 'ldapi'; readonly path: string };

/**
 * Reads `ldap://host[:port]`, `ldaps://host[:port]` or `ldapi://%2Fpath%2Fof%2Fsocket`.
 *
 * @throws {UsageError} when it is no such URL
 */
export function parseListenUrl(text: string): Place {
  const wrong = new UsageError(`"${text}" is no place to listen: write it like ${DEFAULT_URL}`);
  const local = /^ldapi:\/\/([^/?#]+)\/?$/i.exec(text)?.[1];
  if (local !== undefined) return { scheme: 'ldapi', path: decodeURIComponent(local) };
  const url = URL.parse(text.includes('://') ? text : `ldap://${text}`);
  if (url === null || url.hostname === '' || url.username !== '') throw wrong;
  if (url.pathname.replace('/', '') !== '' || url.search !== '') throw wrong;
  const { protocol, hostname } = url;
  if (protocol === 'ldapi:') {
    throw new UsageError(
      `"${text}" names no socket: write its path like ldapi://%2Frun%2Frendezvous%2Fldapi`,
    );
  }
  if (protocol !== 'ldap:' && protocol !== 'ldaps:') {
    throw new UsageError(`Cannot listen on ${protocol}//…: only ldap://, ldaps:// and ldapi:// are offered`);
  }
  const host = hostname.replace(/^\[|\]$/g, '');
  const scheme = protocol === 'ldap:' ? 'ldap' : 'ldaps';
  return { scheme, host, port: url.port === '' ? undefined : Number(url.port) };
}

function tlsOf(
  { ServerTls }: Server,
  { tlsCert, tlsKey, tlsCa }: ServeOptions,
  places: readonly Place[],
): ServerTls | undefined {
  if (tlsCert === undefined && tlsKey === undefined) {
    if (tlsCa !== undefined) throw new UsageError('--tls-ca needs TLS: give --tls-cert and --tls-key too');
    if (places.some(({ scheme }) => scheme === 'ldaps')) {
      throw new UsageError('ldaps:// needs a certificate: give --tls-cert and --tls-key');
    }
    return undefined;
  }
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError('A certificate needs its key: give --tls-cert and --tls-key');
  }
  return new ServerTls({
    certFile: tlsCert,
    keyFile: tlsKey,
    ...(tlsCa === undefined ? {} : { caFile: tlsCa }),
  });
}

function listenAt(
  { listen, listenLocal }: Server,
  service: LocatorService,
  place: Place,
  tls: ServerTls | undefined,
): Promise<Listener & { readonly withoutNames?: string | undefined }> {
  if (place.scheme === 'ldapi') return listenLocal(service, place.path);
  const { host, port, scheme } = place;
  return listen(service, {
    host,
    isTlsOnly: scheme === 'ldaps',
    ...(port === undefined ? {} : { port }),
    ...(tls === undefined ? {} : { tls }),
  });
}

/** Reads the certificate again at SIGHUP, and when its files are not what they were. */
function watchCertificate({ host, clock, err }: CliContext, tls: ServerTls): Disposable {
  const reload = (): void => {
    try {
      tls.reload();
      err.note('The certificate was read again.');
    } catch (error) {
      err.warn(`the old certificate stays in use: ${messageOf(error)}`);
    }
  };
  const timer = clock.timer(() => {
    if (tls.hasChanged) reload();
    timer.set(clock.now() + CERTIFICATE_CHECK_MS);
  });
  timer.set(clock.now() + CERTIFICATE_CHECK_MS);
  const unsubscribe = host.onSignal('SIGHUP', reload);
  return {
    [Symbol.dispose]: () => {
      unsubscribe();
      timer.set(undefined);
    },
  };
}

/** `max-connections=2000` as a limit of the service. */
function parseLimit(text: string, known: ServiceLimits): [name: string, value: number] {
  const [, name = '', value = ''] = /^([a-z-]+)=(\d+)$/.exec(text) ?? [];
  const names = Object.keys(known).map((key) =>
    key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  );
  if (!names.includes(name)) {
    const close = nearest(name === '' ? (text.split('=')[0] ?? '') : name, names);
    const advice = close === undefined ? `known are ${names.join(', ')}` : `did you mean ${close}?`;
    throw new UsageError(`"${text}" is no limit: ${advice}`);
  }
  if (Number(value) < 1 || !Number.isSafeInteger(Number(value))) {
    throw new UsageError(`The limit ${name} is a whole number from 1 on`);
  }
  return [name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), Number(value)];
}

function announce(
  ctx: CliContext,
  { url, host, port, withoutNames }: Listener & { readonly withoutNames?: string | undefined },
  store: string,
  { anonymousWrite = false, requireTls = false, json = false }: ServeOptions,
  hasTls: boolean,
): void {
  const security = url.startsWith('ldapi:')
    ? 'local'
    : url.startsWith('ldaps:')
      ? 'tls'
      : hasTls
        ? 'starttls'
        : 'none';
  if (json)
    ctx.out.ndjson({ type: 'listening', time: ctx.now.toISOString(), url, host, port, store, security });
  else ctx.out.line(`Serving the directory in ${store} on ${url}`);
  if (withoutNames !== undefined) {
    ctx.err.warn(`users of ${url} have no names, so EXTERNAL is not offered there, because ${withoutNames}`);
  }
  if (security === 'local' || isLoopback(host)) return;
  if (security === 'none') {
    ctx.err.warn(
      `passwords and entries cross the network in the clear on ${url}: give --tls-cert and --tls-key`,
    );
  } else if (security === 'starttls' && !requireTls) {
    ctx.err.warn(
      `who does not ask for TLS sends his password in the clear on ${url}: --require-tls refuses it`,
    );
  }
  if (anonymousWrite) ctx.err.warn(`everyone who can reach ${url} may change the directory`);
}

function stopped(ctx: CliContext, { counters }: LocatorService, json: boolean): void {
  const operations = Object.values(counters.operations).reduce((sum, n) => sum + n, 0);
  const { connections } = counters;
  if (json) ctx.out.ndjson({ type: 'stopped', time: ctx.now.toISOString(), connections, operations });
  else ctx.err.note(`Stopped after ${connections} connections and ${operations} requests.`);
}
