import type { Duplex } from 'node:stream';
import { DecodeError } from '../../src/errors.ts';
import { type LdapUrl, parseLdapUrl } from '../../src/ldap/index.ts';
import { NoServerError } from '../errors.ts';

/** Where an LDAP server is reached. */
export type LdapTarget =
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly tls: boolean;
      readonly url: string;
      readonly base: string;
      /** One of several ports at which the host may be listening. */
      readonly probed?: boolean;
      /** Domain whose DNS records name this server. */
      readonly domain?: string;
    }
  | { readonly kind: 'unix'; readonly path: string; readonly url: string; readonly base: string }
  | {
      /** A server in this process. */
      readonly kind: 'service';
      readonly connect: () => Duplex;
      readonly url: string;
      readonly base: string;
    };

/**
 * Reads `ldap://host:port/base`, `ldaps://…` or `ldapi://%2Fpath%2Fto%2Fsocket/base` (RFC 4516). Without a port it is
 * 389, or 636 for `ldaps`.
 *
 * @throws {NoServerError} when there is no server name
 * @throws {DecodeError} when the text is no LDAP URL
 */
export function parseTarget(text: string): LdapTarget {
  if (text.trim() === '')
    throw new NoServerError('No directory was named. Give a URL such as ldap://host:389');
  if (!/^ldap[si]?:/i.test(text)) {
    throw new DecodeError('LDAP URL', `"${text}" does not begin with ldap://, ldaps:// or ldapi://`);
  }
  const url: LdapUrl = parseLdapUrl(text);
  if (url.host === '') throw new NoServerError(`The directory URL "${text}" names no server`);
  if (url.scheme === 'ldapi') return { kind: 'unix', path: url.host, url: text, base: url.dn };
  return {
    kind: 'tcp',
    host: url.host,
    port: url.port,
    tls: url.scheme === 'ldaps',
    url: text,
    base: url.dn,
  };
}

/** For people: `host:port`, a socket's path, or the service's own URL. */
export function displayTarget(target: LdapTarget): string {
  if (target.kind === 'service') return target.url;
  if (target.kind === 'unix') return target.path;
  return target.host.includes(':') ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
}

/** Whether an LDAP URL, such as that of a referral, names this server. */
export function isAt(target: LdapTarget, url: string): boolean {
  if (target.kind !== 'tcp') return target.url === url;
  try {
    const named = parseTarget(url);
    if (named.kind !== 'tcp' || named.tls !== target.tls || named.port !== target.port) return false;
    return named.host.toLowerCase() === target.host.toLowerCase();
  } catch {
    return false; // what a server sends may be anything
  }
}
