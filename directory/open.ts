import { join, resolve } from 'node:path';
import type { RandomSource } from '../src/machine.ts';
import { type Clock, systemClock } from '../src/net/clock.ts';
import type { DialectName } from './dialect/dialect.ts';
import { LdapDirectory } from './ldap-directory.ts';
import type { LdapTarget } from './ldap/target.ts';
import type { SrvResolver } from './locate.ts';
import { parseServers } from './servers.ts';
import type { Credentials } from './credentials.ts';
import { type AnnouncedOptions, isAnnouncedTarget, openAnnounced } from './announced/index.ts';
import type { ConnectOptions, Directory } from './types.ts';

export interface DirectoryOptions {
  /** How the server keeps what it has, instead of finding out; a URL may say it too, see `urlHints`. */
  readonly dialect?: DialectName;
  /**
   * Who ends the life of entries: `own` is an attribute that we keep, and `rendezvous sweep`; `server` are dynamic
   * entries (RFC 2589). Default the server, where it can and nothing is replicated.
   */
  readonly expiry?: 'own' | 'server';
  /** Data directory of the embedded store, for the target `embedded`, and of the cache of `sap:`; default the user's. */
  readonly dataDir?: string;
  /** For the target `sap:`; what the target says comes before it. */
  readonly announced?: AnnouncedOptions;
  readonly clock?: Clock;
  /** Default `Math.random`. */
  readonly random?: RandomSource;
  /** What is asked for servers that a domain publishes. Default the name service of the system. */
  readonly resolver?: SrvResolver;
}

export interface OpenDirectoryOptions extends ConnectOptions, DirectoryOptions {
  /** Bind right after connecting. */
  readonly credentials?: Credentials;
}

/** An LDAP URL, or several of servers that hold the same; `sap:` for announced sessions; `embedded` for the store in the user's data directory; or that of the data directory given. */
export type DirectoryTarget = string | { readonly embedded: string };

/** File of the embedded store in its data directory. */
export const STORE_FILE = 'directory.db';

/**
 * Opens a directory and connects to it. Close it when done, or use `await using`.
 *
 * @param target how the directory is named, see `parseServers`: an `ldap://`, `ldaps://` or `ldapi://` URL with the base
 *   DN as its path if it is not to be found out (RFC 4516), a host, or `dns:` and a domain; several of them, separated by
 *   blanks, are servers that hold the same: the first that answers is used, and the next when it is lost. Or `embedded`,
 *   which opens the store of the data directory and speaks LDAP to a service in this process. Or `sap:`, what is announced
 *   on the network, to be read only
 * @throws {NoServerError} when the URL names no server
 * @throws {DirectoryError} when it cannot be reached in time, or keeps conferences in no way we know
 * @throws {StoreError} when the embedded store cannot be opened
 */
export async function openDirectory(
  target: DirectoryTarget,
  options: OpenDirectoryOptions = {},
): Promise<Directory> {
  const directory = await createDirectory(target, options);
  try {
    await directory.connect(options);
    if (options.credentials !== undefined) await directory.bind(options.credentials);
    return directory;
  } catch (error) {
    await directory.close();
    throw error;
  }
}

/** A directory that is not connected yet: call `connect`. An embedded store is opened, though. */
export async function createDirectory(
  target: DirectoryTarget,
  options: DirectoryOptions = {},
): Promise<Directory> {
  const { clock = systemClock, random = Math.random, dialect, expiry, resolver } = options;
  const common = {
    clock,
    random,
    ...(dialect === undefined ? {} : { dialect }),
    ...(expiry === undefined ? {} : { expiry }),
    ...(resolver === undefined ? {} : { resolver }),
  };
  if (typeof target === 'string' && isAnnouncedTarget(target)) {
    const dataDir = resolve(options.dataDir ?? (await userDataDir()));
    return openAnnounced(target, { ...options.announced, dataDir, clock });
  }
  if (typeof target === 'string' && target !== 'embedded')
    return new LdapDirectory(parseServers(target), common);
  const dataDir = resolve(
    typeof target === 'string' ? (options.dataDir ?? (await userDataDir())) : target.embedded,
  );
  return openEmbedded(dataDir, common);
}

async function openEmbedded(
  dataDir: string,
  options: { readonly clock: Clock; readonly random: RandomSource },
): Promise<Directory> {
  const { createLocatorService, openStore } = await import('./server/index.ts');
  const store = openStore({ path: join(dataDir, STORE_FILE) });
  const service = createLocatorService({ store, clock: options.clock });
  const target: LdapTarget = {
    kind: 'service',
    connect: () => service.connect(),
    url: `embedded:${dataDir}`,
    base: '',
  };
  return new LdapDirectory(target, {
    ...options,
    displayName: `this computer (${dataDir})`,
    onClose: () => {
      service.close();
      store[Symbol.dispose]();
    },
  });
}

/** `$XDG_DATA_HOME/rendezvous` and its like on other systems. */
async function userDataDir(): Promise<string> {
  const { default: envPaths } = await import('env-paths');
  return envPaths('rendezvous', { suffix: '' }).data;
}
