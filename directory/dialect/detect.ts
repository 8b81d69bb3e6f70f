import { EXTENDED } from '../../src/ldap/index.ts';
import { DirectoryError, UnknownDialectError } from '../errors.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import type { LdapEntry } from '../ldap/entry.ts';
import type { DirectoryType } from '../types.ts';
import { present } from './filters.ts';
import { ILS_CONTEXT, IlsDialect } from './ils.ts';
import type { Dialect } from './dialect.ts';
import { RENDEZVOUS_CLASS, RENDEZVOUS_CONTAINER, RendezvousDialect } from './rendezvous.ts';
import { RENDEZVOUS_USER_CLASS } from './rendezvous-users.ts';

/** RFC 2696. */
const PAGED = '1.2.840.113556.1.4.319';

export interface Detected {
  readonly dialect: Dialect;
  /** Whether searches can be asked for in pages. */
  readonly pages: boolean;
}

/**
 * Finds out how a server keeps conferences: one look at the rootDSE tells a locator service, a second one at the
 * schema any other server.
 *
 * @param base   DN from the URL, or ''
 * @param wanted the kind the caller insists on
 * @throws {UnknownDialectError} when the server has no place for conferences that we know
 */
export async function detectDialect(
  connection: LdapConnection,
  base: string,
  wanted: DirectoryType | undefined,
  signal?: AbortSignal,
): Promise<Detected> {
  const root = await readEntry(connection, '', ROOT_ATTRIBUTES, signal);
  const contexts = texts(root, 'namingContexts');
  const pages = texts(root, 'supportedControl').includes(PAGED);
  const refreshes = texts(root, 'supportedExtension').includes(EXTENDED.refresh);
  const isIls = contexts.some((context) => sameDn(context, ILS_CONTEXT));
  if (wanted === 'ils' || (wanted === undefined && isIls && base === '')) {
    return { dialect: new IlsDialect(refreshes || root === undefined), pages };
  }
  if (wanted === 'ad') {
    throw new UnknownDialectError('Active Directory is not supported yet; use a locator service or OpenLDAP');
  }
  const schemaDn = root?.text('subschemaSubentry');
  const schema =
    schemaDn === undefined ? undefined : await readEntry(connection, schemaDn, ['objectClasses'], signal);
  const carries = (name: string): boolean =>
    texts(schema, 'objectClasses').some((text) => text.includes(`'${name}'`));
  if (!carries(RENDEZVOUS_CLASS)) {
    throw new UnknownDialectError(
      `The server has no place for conferences: it is no locator service (naming context ${ILS_CONTEXT}) and its schema has no class ${RENDEZVOUS_CLASS}. Load docs/rendezvous.schema into it.`,
    );
  }
  const container = base === '' ? containerBelow(contexts) : base;
  // the refresh operation is not listed by OpenLDAP, its subtrees are
  const dynamic = refreshes || texts(root, 'dynamicSubtrees').some((subtree) => isBelow(container, subtree));
  return { dialect: new RendezvousDialect(container, dynamic, carries(RENDEZVOUS_USER_CLASS)), pages };
}

const ROOT_ATTRIBUTES = [
  'namingContexts',
  'supportedControl',
  'supportedExtension',
  'dynamicSubtrees',
  'subschemaSubentry',
];

async function readEntry(
  connection: LdapConnection,
  dn: string,
  attributes: readonly string[],
  signal?: AbortSignal,
): Promise<LdapEntry | undefined> {
  try {
    const { entries } = await connection.searchPage(
      {
        base: dn,
        scope: 'base',
        filter: present('objectClass'),
        attributes,
        binaryAttributes: [],
      },
      signal,
    );
    return entries[0];
  } catch (error) {
    // a server that hides it, or one of LDAPv2, says no; any other trouble is not about this entry
    if (error instanceof DirectoryError && error.ldapCode !== undefined) return undefined;
    throw error;
  }
}

function containerBelow(contexts: readonly string[]): string {
  const [first] = contexts.filter((context) => context !== '');
  if (first === undefined) {
    throw new UnknownDialectError(
      'The server names no naming context; give the base in the URL, as in ldap://host/ou=Conferences,dc=example,dc=com',
    );
  }
  return `${RENDEZVOUS_CONTAINER},${first}`;
}

const texts = (entry: LdapEntry | undefined, name: string): readonly string[] =>
  (entry?.all(name) ?? []).filter((value) => typeof value === 'string');

const normal = (dn: string): string => dn.toLowerCase().replaceAll(/\s*([,=])\s*/g, '$1');
const sameDn = (a: string, b: string): boolean => normal(a) === normal(b);
const isBelow = (dn: string, above: string): boolean =>
  sameDn(dn, above) || above === '' || normal(dn).endsWith(`,${normal(above)}`);
