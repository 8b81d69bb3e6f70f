import { DecodeError } from '../errors.ts';
import type { Filter } from './filter.ts';
import { parseFilter } from './filter-text.ts';
import type { SearchScope } from './search.ts';

/** RFC 4516, with `ldaps` and `ldapi` as everyone writes them. */
export interface LdapUrl {
  readonly scheme: 'ldap' | 'ldaps' | 'ldapi';
  /** Name or address without brackets; for `ldapi` the socket's path; empty when the URL names none. */
  readonly host: string;
  /** 389 or 636 when the URL does not say; 0 for `ldapi`. */
  readonly port: number;
  readonly dn: string;
  readonly attributes: readonly string[];
  readonly scope: SearchScope;
  readonly filter?: Filter;
  /** As written, `!` marks critical ones. */
  readonly extensions: readonly string[];
}

const SCHEMES = ['ldap', 'ldaps', 'ldapi'] as const;
const URL_FORM =
  /^(ldap[si]?):\/\/([^/?]*)(?:\/([^?]*)(?:\?([^?]*)(?:\?([^?]*)(?:\?([^?]*)(?:\?([^?]*))?)?)?)?)?$/i;
const HOST_PORT = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(\d{1,5}))?$/;

/**
 * @throws {DecodeError} saying which part is wrong
 * @see RFC 4516 §2
 */
export function parseLdapUrl(text: string): LdapUrl {
  const parts = URL_FORM.exec(text);
  if (parts === null) throw fail(text, 'is not of the form ldap://host:port/dn?attributes?scope?filter');
  const scheme = SCHEMES.find((known) => known === parts[1]!.toLowerCase())!; // the form allows no other
  const { host, port } = hostAndPort(text, scheme, parts[2]!);
  const scope = decode(text, parts[5] ?? '').toLowerCase();
  if (scope !== '' && scope !== 'base' && scope !== 'one' && scope !== 'sub') {
    throw fail(text, `has scope "${scope}", which is none of base, one, sub`);
  }
  const filter = decode(text, parts[6] ?? '');
  return {
    scheme,
    host,
    port,
    dn: decode(text, parts[3] ?? ''),
    attributes: list(text, parts[4]),
    scope: scope === '' ? 'base' : scope,
    ...(filter === '' ? {} : { filter: parseFilter(filter) }),
    extensions: list(text, parts[7]),
  };
}

/**
 * The URL of an entry.
 *
 * @see RFC 4516 §2, §2.1
 */
export function formatLdapUrl({
  scheme,
  host,
  port,
  dn,
}: Pick<LdapUrl, 'scheme' | 'host' | 'port' | 'dn'>): string {
  if (scheme === 'ldapi') return `ldapi://${encodeURIComponent(host)}${pathOf(dn)}`;
  const name = host.includes(':') ? `[${host}]` : host;
  const usual = scheme === 'ldaps' ? 636 : 389;
  return `${scheme}://${name}${port === usual ? '' : `:${port}`}${pathOf(dn)}`;
}

/** Blanks, `?` and whatever a URL cannot have are escaped; the commas and equals signs of a DN may stand. */
function pathOf(dn: string): string {
  return dn === '' ? '' : `/${encodeURIComponent(dn).replaceAll('%2C', ',').replaceAll('%3D', '=')}`;
}

function hostAndPort(
  text: string,
  scheme: LdapUrl['scheme'],
  authority: string,
): { host: string; port: number } {
  if (scheme === 'ldapi') return { host: decode(text, authority), port: 0 };
  const match = HOST_PORT.exec(authority);
  if (match === null) throw fail(text, `has "${authority}" where host:port belongs (IPv6 goes in brackets)`);
  const port = match[3] === undefined ? (scheme === 'ldaps' ? 636 : 389) : Number(match[3]);
  if (port > 65_535) throw fail(text, `has port ${port}, above 65535`);
  return { host: decode(text, match[1] ?? match[2] ?? ''), port };
}

function list(text: string, part: string | undefined): readonly string[] {
  return part === undefined || part === '' ? [] : part.split(',').map((item) => decode(text, item));
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new DecodeError('LDAP URL', `"${text}" has a broken percent escape`, {
      rule: 'RFC 4516 §2.1',
      cause,
    });
  }
}

const fail = (text: string, problem: string): DecodeError =>
  new DecodeError('LDAP URL', `"${text}" ${problem}`, { rule: 'RFC 4516 §2' });
