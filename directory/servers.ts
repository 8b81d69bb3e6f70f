import { DecodeError, InvalidValueError } from '../src/errors.ts';
import { normalizeDn, parseDn, parseLdapUrl } from '../src/ldap/index.ts';
import { tlsOf } from './connect-options.ts';
import { NoServerError } from './errors.ts';
import { localDomain } from './local-domain.ts';
import { displayTarget, type LdapTarget, parseTarget } from './ldap/target.ts';
import { type LocateOptions, locateServers } from './locate.ts';
import type { SessionServer } from './session.ts';
import type { ConnectOptions } from './types.ts';
import { type UrlHints, urlHints } from './url-hints.ts';

/** The servers of one directory, as they were named. */
export interface ServerList {
  /** As written. */
  readonly url: string;
  /** For people, before it is known which server it will be. */
  readonly displayName: string;
  /** Those that are known without asking anybody. */
  readonly named: readonly LdapTarget[];
  /** Base DN that was asked for; empty to find out. */
  readonly base: string;
  /** What the URLs say of how it is kept. */
  readonly hints?: UrlHints;
  /** Domains whose servers the DNS has to be asked for; '' is the one of this computer. */
  readonly domains: readonly { readonly domain: string; readonly tls: boolean }[];
}

/** Ports of a locator service, of LDAP, and of LDAP over TLS: tried in this order at a host named without a port. */
export const PROBED_PORTS = [1002, 389, 636] as const;

/**
 * Reads how a directory is named: one or more of the following, separated by blanks, which are servers of the same
 * directory, the preferred one first.
 *
 * - `ldap://host:port/base`, `ldaps://…`, `ldapi://%2Fsocket/base` (RFC 4516)
 * - `host` alone, which is tried at the ports 1002, 389 and 636 (the last with TLS), or `host:port`
 * - `dns:` alone for the domain that this computer belongs to, as a domain's own clients do
 * - `dns:example.org`, or `ldap:///dc=example,dc=org`: the servers that the domain publishes in the DNS (RFC 2782)
 *
 * @throws {NoServerError} when no server is named
 * @throws {DecodeError} when a part is none of these
 * The extensions `x-dialect` and `x-expiry` of a URL say how the directory is kept, see {@link urlHints}.
 *
 * @throws {InvalidValueError} when the parts name different bases
 */
export function parseServers(text: string): ServerList {
  const words = wordsOf(text);
  if (words.length === 0)
    throw new NoServerError('No directory was named. Give a URL such as ldap://host:389');
  const named: LdapTarget[] = [];
  const domains: { domain: string; tls: boolean }[] = [];
  const bases = new Set<string>();
  for (const word of words) {
    const located = domainOf(word);
    if (located === undefined) {
      const targets = targetsOf(word);
      named.push(...targets);
      for (const { base } of targets) if (base !== '') bases.add(base);
    } else {
      domains.push({ domain: located.domain, tls: located.tls });
      if (located.base !== '') bases.add(located.base);
    }
  }
  if (new Set(Array.from(bases, (dn) => normalizeDn(parseDn(dn)))).size > 1) {
    throw new InvalidValueError(
      `The URLs of one directory must name the same base, not ${[...bases].join(' and ')}. Give --directory twice for two directories.`,
    );
  }
  const [first] = named;
  const [domain] = domains;
  return {
    url: words.join(' '),
    displayName: first === undefined ? `dns:${domain?.domain}` : displayTarget(first),
    named,
    base: [...bases][0] ?? '',
    hints: urlHints(words),
    domains,
  };
}

/** Longest wait for one of several ports of a host, in milliseconds. */
const PROBE_TIMEOUT_MS = 3000;

/** The servers of one directory, from their names to how they are reached. */
export class DirectoryServers {
  readonly #list: ServerList;
  #port: number | undefined;

  constructor(servers: LdapTarget | ServerList) {
    this.#list = 'named' in servers ? servers : onlyServer(servers);
  }

  get url(): string {
    return this.#list.url;
  }
  get base(): string {
    return this.#list.base;
  }
  get hints(): UrlHints {
    return this.#list.hints ?? {};
  }
  /** It is in this process. */
  get isInside(): boolean {
    return this.#list.named[0]?.kind === 'service';
  }
  get displayName(): string {
    const [first] = this.#targets();
    return first === undefined || this.#port === undefined ? this.#list.displayName : displayTarget(first);
  }
  /** Port to be tried first, as far as it is known. */
  get port(): number | undefined {
    const [first] = this.#targets();
    return first?.kind === 'tcp' ? first.port : undefined;
  }

  /**
   * Instead of the port in the URL, or of those that would be tried.
   *
   * @throws {InvalidValueError} outside 1 to 65535, or when the directory is not reached over TCP at a named host
   */
  choosePort(port: number): void {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new InvalidValueError(`${port} is not a port; it is 1 to 65535`);
    }
    if (this.#list.named.every(({ kind }) => kind !== 'tcp')) {
      throw new InvalidValueError(`${this.#list.displayName} has no port that could be chosen`);
    }
    this.#port = port;
  }

  /**
   * All servers in the order in which they are to be tried. Asks the DNS where it has to; the port that is published
   * there is the one that is used.
   */
  async find(options: ConnectOptions, timeoutMs: number, locate: FindOptions): Promise<SessionServer[]> {
    const named = this.#targets().flatMap((target) => reached(target, options, timeoutMs)); // a wrong wish is wrong at once
    const located = await Promise.all(
      this.#list.domains.map(async ({ domain: asked, tls }) => {
        const domain = asked === '' ? await (locate.localDomain ?? localDomain)() : asked;
        return (await locateServers(domain, { ...locate, timeoutMs })).map(({ name, port }): LdapTarget => {
          const url = `${tls ? 'ldaps' : 'ldap'}://${name}:${port}`;
          return { kind: 'tcp', host: name, port, tls, url, base: this.base, domain };
        });
      }),
    );
    return [...named, ...located.flat().flatMap((target) => reached(target, options, timeoutMs))];
  }

  #targets(): readonly LdapTarget[] {
    const port = this.#port;
    if (port === undefined) return this.#list.named;
    const moved = this.#list.named.map((target): LdapTarget => {
      if (target.kind !== 'tcp') return target;
      return { ...target, port, probed: false, tls: target.tls && target.probed !== true };
    });
    return moved.filter(
      (it, i) => moved.findIndex((other) => displayTarget(other) === displayTarget(it)) === i,
    );
  }
}

interface FindOptions extends Omit<LocateOptions, 'timeoutMs'> {
  /** Default what this computer says. */
  readonly localDomain?: () => Promise<string>;
}

/** Nothing when it is one of several ports, and not one for what was asked for. */
function reached(target: LdapTarget, options: ConnectOptions, timeoutMs: number): SessionServer[] {
  const probed = target.kind === 'tcp' && target.probed === true;
  if (probed && options.tls !== undefined && target.tls !== (options.tls === 'ldaps')) return [];
  const settings = {
    tls: tlsOf(target, options.tls),
    ...(options.insecureKeys === true ? { insecureKeys: true } : {}),
    timeoutMs,
    ...(probed ? { connectTimeoutMs: Math.min(timeoutMs, PROBE_TIMEOUT_MS) } : {}),
    ...(options.tlsOptions === undefined ? {} : { tlsOptions: options.tlsOptions }),
  };
  return [{ target, settings }];
}

function onlyServer(target: LdapTarget): ServerList {
  const { url, base } = target;
  return {
    url,
    base,
    displayName: displayTarget(target),
    named: [target],
    domains: [],
    hints: urlHints([url]),
  };
}

/** `dns:example.org`, or a URL without a host whose base begins at a domain (RFC 2247). */
function domainOf(word: string): { domain: string; base: string; tls: boolean } | undefined {
  const direct = /^dns:(?:\/\/)?([^/]*)\/?$/i.exec(word)?.[1];
  if (direct !== undefined) return { domain: direct, base: '', tls: false };
  if (!/^ldaps?:\/\/\/./i.test(word)) return undefined;
  const { dn, scheme } = parseLdapUrl(word);
  const labels: string[] = [];
  for (const rdn of parseDn(dn).toReversed()) {
    const [attribute] = rdn;
    if (rdn.length !== 1 || typeof attribute?.value !== 'string' || !/^dc$/i.test(attribute.type)) break;
    labels.unshift(attribute.value);
  }
  return labels.length < 2 ? undefined : { domain: labels.join('.'), base: dn, tls: scheme === 'ldaps' };
}

function targetsOf(word: string): LdapTarget[] {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(word)) return [parseTarget(word)];
  const bare = /^(\[[^\]]+\]|[^:[\]/?#@=,]+)(?::(\d{1,5}))?$/.exec(word);
  if (bare === null) {
    throw new DecodeError(
      'LDAP URL',
      `"${word}" is neither a URL such as ldap://host, nor a host, nor dns: and a domain`,
    );
  }
  const [, host, port] = bare;
  if (port !== undefined) return [parseTarget(`ldap://${host}:${port}`)];
  return PROBED_PORTS.map((probe) => {
    const target = parseTarget(`${probe === 636 ? 'ldaps' : 'ldap'}://${host}:${probe}`);
    return target.kind === 'tcp' ? { ...target, probed: true } : target;
  });
}

/** A base DN may have blanks: a URL with one ends where the next begins. */
function wordsOf(text: string): string[] {
  return text
    .trim()
    .split(/\s+(?=(?:ldap[si]?|dns):)/i)
    .flatMap((part) => (/^ldap[si]?:\/\/[^/\s]*\//i.test(part) ? [part] : part.split(/\s+/)))
    .filter((word) => word !== '');
}
