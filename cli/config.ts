import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, ACCOUNT_KEYS } from './authentication.ts';
import { checkKeys } from './config-keys.ts';
import { type Allocation, type MadcapConfig, readAllocation, readMadcap } from './config-madcap.ts';
import { readSap, type SapConfig } from './config-sap.ts';
import { UsageError } from './errors.ts';
import { codeOf } from './exit-codes.ts';

/** What the configuration file may say; every value may also be given on the command line, which wins. */
export interface Config extends Account {
  readonly directory?: string;
  /** Directories that are looked in unless others are named, in order. */
  readonly directories?: readonly ConfiguredDirectory[];
  /** Domain whose published directories are looked in too. */
  readonly domain?: string;
  /** Whether the one on this computer is looked in too. Default true. */
  readonly embedded?: boolean;
  readonly dialect?: string;
  readonly dataDir?: string;
  /** As `--timeout`. */
  readonly timeout?: string;
  readonly color?: boolean;
  /** Where group addresses come from; undefined for what goes without saying. */
  readonly allocation?: Allocation;
  /** Whom they are leased from. */
  readonly madcap?: MadcapConfig;
  /** Defaults of `join`, by the names of its options. */
  readonly join: Readonly<Record<string, string>>;
  /** What holds for announcements. */
  readonly sap?: SapConfig;
}

/** A directory with a name. */
export interface ConfiguredDirectory extends Account {
  readonly name: string;
  /** As `--directory`; several URLs are servers of the one directory. */
  readonly url: string;
}

/** Keys of the file, what they hold and what they do: the documentation is made of this. */
export const CONFIG_KEYS: readonly (readonly [key: string, kind: 'string' | 'boolean', help: string])[] = [
  ['directory', 'string', 'as --directory; then no other is looked in'],
  ['domain', 'string', 'look in the directories that this domain publishes in the DNS too (SRV records)'],
  ['embedded', 'boolean', 'false: do not look in the directory on this computer'],
  ['dialect', 'string', 'as --dialect'],
  ['data-dir', 'string', 'as --data-dir'],
  ...ACCOUNT_KEYS.map(([key, , kind]) => [key, kind, `as --${key}`] as const),
  ['timeout', 'string', 'as --timeout'],
  ['color', 'boolean', 'false as --no-color'],
  [
    'allocation',
    'string',
    'where group addresses come from: `local`, drawn on this computer, or `madcap`, leased from a server',
  ],
];

/** Options of `join` that may have a default in the `[join]` table. */
export const JOIN_KEYS: readonly string[] = [
  'send',
  'receive',
  'interface',
  'qos',
  'loopback',
  'vad',
  'agc',
  'gain',
  'name',
  'email',
  'phone',
  'loc',
  'tool',
  'note',
];

/** Where the file is looked for: `$RENDEZVOUS_CONFIG`, else `config.toml` in the user's configuration folder. */
export async function configPath(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const named = env['RENDEZVOUS_CONFIG'];
  if (named !== undefined && named !== '') return named;
  const { default: envPaths } = await import('env-paths');
  return join(envPaths('rendezvous', { suffix: '' }).config, 'config.toml');
}

/**
 * Reads the configuration file; an absent one is an empty one, unless it was named by the environment.
 *
 * @throws {UsageError} when it is no TOML, has a key that nobody knows, or a value of the wrong kind
 */
export async function readConfig(env: Readonly<Record<string, string | undefined>>): Promise<Config> {
  const path = await configPath(env);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !env['RENDEZVOUS_CONFIG']) return { join: {} };
    throw error;
  }
  const { parse } = await import('smol-toml');
  try {
    return readTable(parse(text));
  } catch (error) {
    const reason = error instanceof Error ? error.message.trimEnd() : String(error);
    throw new UsageError(`${path}: ${reason}`, { cause: error });
  }
}

function readTable(table: Readonly<Record<string, unknown>>): Config {
  const { join: joinTable = {}, directories, madcap, sap, ...rest } = table;
  checkKeys(
    rest,
    CONFIG_KEYS.map(([key]) => key),
  );
  for (const [key, kind] of CONFIG_KEYS) {
    const value = rest[key];
    const fits = typeof value === kind || (key === 'timeout' && typeof value === 'number');
    if (value !== undefined && !fits) throw new UsageError(`${key} must be a ${kind}`);
  }
  const string = (key: string): string | undefined => {
    const value = rest[key];
    return typeof value === 'string' || typeof value === 'number' ? `${value}` : undefined;
  };
  const { color, embedded } = rest;
  const allocation = string('allocation');
  return {
    ...defined({
      directory: string('directory'),
      domain: string('domain'),
      dialect: string('dialect'),
      dataDir: string('data-dir'),
      timeout: string('timeout'),
    }),
    ...readAccount(new Map(Object.entries(rest)), ''),
    ...(typeof color === 'boolean' ? { color } : {}),
    ...(typeof embedded === 'boolean' ? { embedded } : {}),
    ...(directories === undefined ? {} : { directories: readDirectories(directories) }),
    ...(allocation === undefined ? {} : { allocation: readAllocation(allocation, 'allocation') }),
    ...(madcap === undefined ? {} : { madcap: readMadcap(madcap) }),
    ...(sap === undefined ? {} : { sap: readSap(sap) }),
    join: readJoin(joinTable),
  };
}

/** Keys of a `[[directories]]` table, and what they hold. */
export const DIRECTORY_KEYS: readonly (readonly [key: string, kind: string, help: string])[] = [
  ['name', 'string', 'what it is called; `--directory` takes it'],
  ['url', 'string or array of strings', 'as `--directory`; several are servers that hold the same'],
  ...ACCOUNT_KEYS.map(([key, , kind]) => [key, kind, `as \`--${key}\`, for this directory`] as const),
];

function readDirectories(tables: unknown): ConfiguredDirectory[] {
  if (!Array.isArray(tables)) {
    throw new UsageError('directories must be tables: write [[directories]] and the keys of one below');
  }
  const all = tables.map((table: unknown) => readDirectory(table));
  const names = all.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`there are two directories called ${twice}`);
  return all;
}

function readDirectory(table: unknown): ConfiguredDirectory {
  if (typeof table !== 'object' || table === null) {
    throw new UsageError('directories must be tables: write [[directories]] and the keys of one below');
  }
  checkKeys(
    table,
    DIRECTORY_KEYS.map(([key]) => key),
    'directories.',
  );
  const values = new Map<string, unknown>(Object.entries(table));
  const text = (key: string): string | undefined => {
    const value = values.get(key);
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    throw new UsageError(`directories.${key} must be a string`);
  };
  const urls = values.get('url');
  const url =
    Array.isArray(urls) && urls.every((it) => typeof it === 'string') ? urls.join(' ') : text('url');
  const name = text('name');
  if (name === undefined || url === undefined)
    throw new UsageError('each of directories needs a name and a url');
  // what a name looks like no URL does, and no host with a port
  if (!/^[\w.-]+$/.test(name) || name.toLowerCase() === 'embedded') {
    throw new UsageError(
      `"${name}" cannot be the name of a directory: take letters, digits, "-", "_" and "."`,
    );
  }
  return { name, url, ...readAccount(values, 'directories.') };
}

function readAccount(values: ReadonlyMap<string, unknown>, prefix: string): Account {
  return Object.fromEntries(
    ACCOUNT_KEYS.flatMap(([key, field, kind]) => {
      const value = values.get(key);
      if (value === undefined) return [];
      if (typeof value !== kind || value === '') throw new UsageError(`${prefix}${key} must be a ${kind}`);
      return [[field, value]];
    }),
  );
}

function readJoin(table: unknown): Record<string, string> {
  if (typeof table !== 'object' || table === null || Array.isArray(table)) {
    throw new UsageError('join must be a table: write [join] and its keys below');
  }
  checkKeys(table, JOIN_KEYS, 'join.');
  const entries = Object.entries(table);
  for (const [key, value] of entries) {
    if (typeof value !== 'string') throw new UsageError(`join.${key} must be a string`);
  }
  return Object.fromEntries(entries);
}

function defined<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  const kept: { [K in keyof T]?: string } = {};
  for (const key in values) if (values[key] !== undefined) kept[key] = values[key];
  return kept;
}
