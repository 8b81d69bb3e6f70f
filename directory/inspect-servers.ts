import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate, TLSSocket } from 'node:tls';
import { checkTimeout } from './connect-options.ts';
import { displayTarget } from './ldap/target.ts';
import { openTransport } from './ldap/transport.ts';
import type { LocateOptions } from './locate.ts';
import { DirectoryServers, parseServers } from './servers.ts';
import type { SessionServer } from './session.ts';
import type { ConnectOptions } from './types.ts';

/** What came of a step: a value, or why there is none. */
export type Inspected<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: Error };

/** What a server shows of itself when TLS begins. Nothing of it is trusted here: that is for the reader to judge. */
export interface CertificateReport {
  /** Such as `TLSv1.3`. */
  readonly protocol: string;
  readonly subject: string;
  readonly issuer: string;
  /** Subject alternative names, as OpenSSL writes them. */
  readonly names: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** Why the chain is not trusted, such as `SELF_SIGNED_CERT_IN_CHAIN`; undefined when it is. */
  readonly chainProblem: string | undefined;
  /** Why it is not for this host; undefined when it is. */
  readonly nameProblem: string | undefined;
}

/** How far one gets towards a server, step by step. A step behind one that failed is not tried. */
export interface ServerInspection {
  /** Host and port, or a socket's path. */
  readonly where: string;
  readonly host: string | undefined;
  readonly tls: 'none' | 'ldaps' | 'starttls';
  /** One of several ports at which the host may be listening. */
  readonly isProbe: boolean;
  /** Addresses of the host; undefined when it is an address itself. */
  readonly addresses?: Inspected<readonly string[]>;
  /** Milliseconds until the connection stood. */
  readonly connected?: Inspected<number>;
  readonly certificate?: Inspected<CertificateReport>;
}

export interface InspectOptions extends ConnectOptions, Omit<LocateOptions, 'timeoutMs'> {
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Looks how far one gets towards each server of a directory: its name, its port, its certificate. Nothing is asked and
 * no password sent.
 *
 * @param target as for `openDirectory`
 * @throws {DirectoryError} when it cannot be found out which servers there are
 */
export async function inspectServers(target: string, options: InspectOptions): Promise<ServerInspection[]> {
  const servers = new DirectoryServers(parseServers(target));
  const found = await servers.find(options, checkTimeout(options.timeoutMs), options);
  return Promise.all(found.map((server) => inspectServer(server, options)));
}

async function inspectServer(
  { target, settings }: SessionServer,
  { now }: InspectOptions,
): Promise<ServerInspection> {
  const { tls } = settings;
  const host = target.kind === 'tcp' ? target.host : undefined;
  const isProbe = target.kind === 'tcp' && target.probed === true;
  const known = { where: displayTarget(target), host, tls, isProbe };
  const addresses =
    host === undefined || isIP(host) !== 0
      ? undefined
      : await attempt(async () => (await lookup(host, { all: true })).map(({ address }) => address));
  if (addresses?.error !== undefined) return { ...known, addresses };
  const timeoutMs = settings.connectTimeoutMs ?? settings.timeoutMs;
  const begun = now();
  const connected = await attempt(async () => {
    const socket = await openTransport(target.kind === 'tcp' ? { ...target, tls: false } : target, {
      tls: 'none',
      timeoutMs,
    });
    const took = now() - begun;
    socket.destroy();
    return took;
  });
  const sofar = { ...known, ...(addresses === undefined ? {} : { addresses }), connected };
  if (connected.error !== undefined || tls === 'none' || host === undefined) return sofar;
  const certificate = await attempt(async () => {
    const tlsOptions = { ...settings.tlsOptions, rejectUnauthorized: false }; // to see what is wrong with it
    const socket = await openTransport(target, { tls, tlsOptions, timeoutMs });
    try {
      return reportOn(socket, settings.tlsOptions?.servername ?? host);
    } finally {
      socket.destroy();
    }
  });
  return { ...sofar, certificate };
}

function reportOn(socket: unknown, host: string): CertificateReport {
  if (!(socket instanceof TLSSocket)) throw new Error('TLS did not begin');
  const certificate = socket.getPeerCertificate();
  const { authorizationError } = socket;
  // the chain is judged before the name: what is said about the name is only that, and is looked at here anyway
  const chain =
    authorizationError === null || authorizationError === undefined ? undefined : codeOf(authorizationError);
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: certificate.subjectaltname ?? '',
    validFrom: new Date(certificate.valid_from),
    validTo: new Date(certificate.valid_to),
    chainProblem: chain === 'ERR_TLS_CERT_ALTNAME_INVALID' ? undefined : chain,
    nameProblem: checkServerIdentity(host, certificate)?.message,
  };
}

const codeOf = (error: Error | string): string =>
  typeof error === 'string' ? error : 'code' in error ? String(error.code) : error.message;

/** `CN=host, O=Example`. */
function nameOf(name: PeerCertificate['subject'] | undefined): string {
  return Object.entries(name ?? {})
    .map(([type, value]) => `${type}=${String(value)}`)
    .join(', ');
}

async function attempt<T>(work: () => Promise<T>): Promise<Inspected<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}
