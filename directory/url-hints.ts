import { DecodeError, InvalidValueError } from '../src/errors.ts';
import { parseLdapUrl } from '../src/ldap/index.ts';
import { DIALECT_NAMES, type DialectName } from './dialect/dialect.ts';

/** What a URL says of a directory beyond where it is; the same for all servers of one directory. */
export interface UrlHints {
  readonly dialect?: DialectName;
  readonly expiry?: 'own' | 'server';
}

/**
 * Reads the extensions `x-dialect` and `x-expiry` of LDAP URLs, as in `ldap://host/ou=A,dc=b????x-dialect=ad,x-expiry=own`.
 *
 * @param urls those that are no LDAP URLs say nothing
 * @throws {InvalidValueError} when a value is none of those that are known, or two URLs do not say the same
 * @throws {DecodeError} for an extension that must be understood and is not (RFC 4516 §2)
 */
export function urlHints(urls: readonly string[]): UrlHints {
  const said = new Map<string, string>();
  for (const url of urls) {
    if (!/^ldap[si]?:\/\//i.test(url)) continue;
    for (const extension of parseLdapUrl(url).extensions) {
      const [, critical, name = '', value = ''] = /^(!?)([^=]*)=?(.*)$/s.exec(extension) ?? [];
      const key = name.toLowerCase();
      if (key !== 'x-dialect' && key !== 'x-expiry') {
        if (critical === '!')
          throw new DecodeError('LDAP URL', `"${url}" wants ${name}, which is not known here`);
        continue;
      }
      const before = said.get(key);
      if (before !== undefined && before !== value) {
        throw new InvalidValueError(`The URLs of one directory say ${key}=${before} and ${key}=${value}`);
      }
      said.set(key, value);
    }
  }
  const dialect = said.get('x-dialect');
  const expiry = said.get('x-expiry');
  return {
    ...(dialect === undefined ? {} : { dialect: dialectNamed(dialect) }),
    ...(expiry === undefined ? {} : { expiry: expiryNamed(expiry) }),
  };
}

/** @throws {InvalidValueError} when there is none of that name */
export function dialectNamed(text: string): DialectName {
  const name = DIALECT_NAMES.find((known) => known === text);
  if (name !== undefined) return name;
  throw new InvalidValueError(`"${text}" is no dialect of a directory: ${DIALECT_NAMES.join(', ')} are`);
}

function expiryNamed(text: string): 'own' | 'server' {
  if (text === 'own' || text === 'server') return text;
  throw new InvalidValueError(`"x-expiry=${text}" says nothing: it is own or server`);
}
