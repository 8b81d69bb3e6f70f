import { ASSERTION, EXTENDED, SD_FLAGS } from '../../src/ldap/index.ts';
import { DirectoryError, UnknownDialectError } from '../errors.ts';
import type { LdapConnection } from '../ldap/connection.ts';
import type { LdapEntry } from '../ldap/entry.ts';
import { AD_CONFERENCE_CLASS, AdDialect } from './ad.ts';
import { REACHABLE_CLASS } from './ad-users.ts';
import type { Dialect, DialectName } from './dialect.ts';
import { equality, or, present } from './filters.ts';
import { generalizedTimeWithTenths } from './generalized-time.ts';
import { H350_CLASS, H350Dialect } from './h350.ts';
import { ILS_CONTEXT, IlsDialect } from './ils.ts';
import { CONFERENCES_CONTAINER, RENDEZVOUS_CLASS, RendezvousDialect } from './rendezvous.ts';
import { RENDEZVOUS_USER_CLASS } from './rendezvous-users.ts';
import { publishedContainer } from './service-point.ts';

/** RFC 2696. */
const PAGED = '1.2.840.113556.1.4.319';
/** supportedCapabilities of every Active Directory ([MS-ADTS] 3.1.1.3.4.3.1). */
const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800';

export interface Detected {
  readonly dialect: Dialect;
  /** Whether searches can be asked for in pages. */
  readonly pages: boolean;
  /** The server did not show all to whoever asked: look again once bound. */
  readonly incomplete: boolean;
}

export interface DetectOptions {
  /** DN from the URL, or ''. */
  readonly base: string;
  /** The dialect that the caller insists on. */
  readonly dialect?: DialectName | undefined;
  /** Who ends the life of entries; default the server where it can and nothing is replicated. */
  readonly expiry?: 'own' | 'server' | undefined;
  /** Whether keys of encrypted media may be asked for and written. */
  readonly carriesKeys: boolean;
  /** Told when an entry is written without attributes that the server does not know. */
  readonly onOmitted?: (dn: string, attributes: readonly string[]) => void;
}

/**
 * Finds out how a server keeps conferences: the rootDSE tells a locator service and Active Directory, the schema any
 * other server.
 *
 * @throws {UnknownDialectError} when the server has no place for conferences that we know
 */
export async function detectDialect(
  connection: LdapConnection,
  { base, dialect: wanted, expiry, carriesKeys, onOmitted }: DetectOptions,
  signal?: AbortSignal,
): Promise<Detected> {
  const root = await readEntry(connection, '', ROOT_ATTRIBUTES, signal);
  const found = new Server(connection, root, carriesKeys, signal);
  const pages = found.controls.includes(PAGED);
  const isIls = found.contexts.some((context) => sameDn(context, ILS_CONTEXT));
  if (wanted === 'ils' || (wanted === undefined && isIls && base === '')) {
    const ils = new IlsDialect(found.refreshes || root === undefined, carriesKeys, onOmitted);
    return { dialect: ils, pages, incomplete: false };
  }
  const make = (name: DialectName): Promise<Dialect> => {
    if (name === 'ad') return found.activeDirectory(base, expiry);
    return name === 'h350' ? found.shownOnly(base) : found.rendezvous(base, expiry);
  };
  const name = wanted ?? (found.isActiveDirectory ? 'ad' : await found.dialectOfSchema());
  const dialect = await make(name);
  return { dialect, pages, incomplete: found.incomplete };
}

const ROOT_ATTRIBUTES = [
  'namingContexts',
  'defaultNamingContext',
  'schemaNamingContext',
  'supportedCapabilities',
  'supportedControl',
  'supportedExtension',
  'dynamicSubtrees',
  'subschemaSubentry',
];

/** What a server says of itself. */
class Server {
  readonly contexts: readonly string[];
  readonly controls: readonly string[];
  readonly refreshes: boolean;
  readonly isActiveDirectory: boolean;
  /** Something was not shown to us. */
  incomplete = false;
  readonly #connection: LdapConnection;
  readonly #carriesKeys: boolean;
  readonly #root: LdapEntry | undefined;
  readonly #signal: AbortSignal | undefined;
  #classes: Promise<readonly string[]> | undefined;

  constructor(
    connection: LdapConnection,
    root: LdapEntry | undefined,
    carriesKeys: boolean,
    signal: AbortSignal | undefined,
  ) {
    this.#connection = connection;
    this.#carriesKeys = carriesKeys;
    this.#root = root;
    this.#signal = signal;
    this.contexts = texts(root, 'namingContexts').filter((context) => context !== '');
    this.controls = texts(root, 'supportedControl');
    this.refreshes = texts(root, 'supportedExtension').includes(EXTENDED.refresh);
    this.isActiveDirectory = texts(root, 'supportedCapabilities').includes(ACTIVE_DIRECTORY);
  }

  /** @throws {UnknownDialectError} */
  async dialectOfSchema(): Promise<DialectName> {
    if (await this.#carries(RENDEZVOUS_CLASS)) return 'rendezvous';
    if (await this.#carries(AD_CONFERENCE_CLASS)) return 'ad';
    if (await this.#carries(H350_CLASS)) return 'h350';
    throw new UnknownDialectError(
      `The server has no place for conferences: it is no locator service (naming context ${ILS_CONTEXT}) and its schema has no class ${RENDEZVOUS_CLASS}, ${AD_CONFERENCE_CLASS} or ${H350_CLASS}. Load the schema that "rendezvous schema" prints into it, or look at what it has with --dialect h350.`,
    );
  }

  async activeDirectory(base: string, expiry: DetectOptions['expiry']): Promise<Dialect> {
    if (!this.isActiveDirectory && !(await this.#carries(AD_CONFERENCE_CLASS))) {
      throw new UnknownDialectError(
        `The server is no Active Directory, and its schema has no class ${AD_CONFERENCE_CLASS}`,
      );
    }
    const container = base === '' ? ((await this.#published()) ?? this.#container()) : base;
    const isExtended = await this.#carries(REACHABLE_CLASS);
    const domain = this.controls.includes(SD_FLAGS) ? this.#domain : undefined;
    const isDynamic = this.refreshes && expiry !== 'own';
    const carriesKeys = this.#carriesKeys;
    return new AdDialect({ base: container, isDynamic, isExtended, domain, carriesKeys });
  }

  async rendezvous(base: string, expiry: DetectOptions['expiry']): Promise<Dialect> {
    if (!(await this.#carries(RENDEZVOUS_CLASS))) {
      throw new UnknownDialectError(
        `The schema of the server has no class ${RENDEZVOUS_CLASS}: load the one that "rendezvous schema" prints`,
      );
    }
    const container = base === '' ? this.#container() : base;
    return new RendezvousDialect({
      base: container,
      isDynamic: await this.#endsEntries(container, expiry),
      hasUsers: await this.#carries(RENDEZVOUS_USER_CLASS),
      asserts: this.controls.includes(ASSERTION),
      carriesKeys: this.#carriesKeys,
      ...(this.isActiveDirectory ? { writeTime: generalizedTimeWithTenths } : {}),
    });
  }

  async shownOnly(base: string): Promise<Dialect> {
    return new H350Dialect(base === '' ? this.#domain : base, await this.#carries(H350_CLASS));
  }

  /**
   * Whether the server can be left to end the life of entries below a container. One that replicates cannot: refreshes
   * do not reach the others, and OpenLDAP's dds overlay ends a consumer that gets a dynamic entry.
   */
  async #endsEntries(container: string, expiry: DetectOptions['expiry']): Promise<boolean> {
    // the refresh operation is not listed by OpenLDAP, its subtrees are
    const subtrees = texts(this.#root, 'dynamicSubtrees');
    const can = this.refreshes || subtrees.some((subtree) => isBelow(container, subtree));
    if (!can && expiry === 'server') {
      throw new UnknownDialectError('The server has no dynamic entries (RFC 2589): leave the expiry to us');
    }
    if (!can || expiry !== undefined) return can && expiry !== 'own';
    const suffix = this.contexts.find((context) => isBelow(container, context)) ?? container;
    const entry = await readEntry(this.#connection, suffix, ['contextCSN'], this.#signal);
    if (entry === undefined) this.incomplete = true;
    return texts(entry, 'contextCSN').length === 0; // the state of syncrepl (RFC 4533)
  }

  async #carries(objectClass: string): Promise<boolean> {
    this.#classes ??= this.#readClasses();
    return (await this.#classes).some((text) => text.includes(`'${objectClass}'`));
  }

  /** Definitions of object classes; in Active Directory only of those that we know, since it has thousands. */
  async #readClasses(): Promise<readonly string[]> {
    const partition = this.#root?.text('schemaNamingContext');
    if (partition !== undefined) {
      const names = [
        RENDEZVOUS_CLASS,
        RENDEZVOUS_USER_CLASS,
        REACHABLE_CLASS,
        AD_CONFERENCE_CLASS,
        H350_CLASS,
      ];
      const page = await this.#asFarAsShown(
        this.#connection.searchPage(
          {
            base: partition,
            scope: 'one',
            filter: or(...names.map((name) => equality('lDAPDisplayName', name))),
            attributes: ['lDAPDisplayName'],
            binaryAttributes: [],
          },
          this.#signal,
        ),
      );
      return page?.entries.map((entry) => `'${entry.text('lDAPDisplayName')}'`) ?? [];
    }
    const schemaDn = this.#root?.text('subschemaSubentry');
    if (schemaDn === undefined) return [];
    return texts(
      await readEntry(this.#connection, schemaDn, ['objectClasses'], this.#signal),
      'objectClasses',
    );
  }

  #published(): Promise<string | undefined> {
    return this.#asFarAsShown(publishedContainer(this.#connection, this.#domain, this.#signal));
  }

  /** Active Directory shows hardly more than the rootDSE to whoever is not bound. */
  async #asFarAsShown<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
      return await asked;
    } catch (error) {
      if (!(error instanceof DirectoryError) || error.ldapCode === undefined) throw error;
      this.incomplete = true;
      return undefined;
    }
  }

  /** The first naming context, in Active Directory the domain's. */
  get #domain(): string {
    const [first] = this.contexts;
    const domain = this.#root?.text('defaultNamingContext') ?? first;
    if (domain !== undefined) return domain;
    throw new UnknownDialectError(
      'The server names no naming context; give the base in the URL, as in ldap://host/ou=Conferences,dc=example,dc=com',
    );
  }

  #container(): string {
    return `${CONFERENCES_CONTAINER},${this.#domain}`;
  }
}

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

const texts = (entry: LdapEntry | undefined, name: string): readonly string[] =>
  (entry?.all(name) ?? []).filter((value) => typeof value === 'string');

const normal = (dn: string): string => dn.toLowerCase().replaceAll(/\s*([,=])\s*/g, '$1');
const sameDn = (a: string, b: string): boolean => normal(a) === normal(b);
const isBelow = (dn: string, above: string): boolean =>
  sameDn(dn, above) || above === '' || normal(dn).endsWith(`,${normal(above)}`);
