import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from './errors.ts';
import { codeOf } from './exit-codes.ts';
import { nearest } from './input/nearest.ts';

/** What the configuration file may say; every value may also be given on the command line, which wins. */
export interface Config {
  readonly directory?: string;
  readonly dataDir?: string;
  readonly bindDn?: string;
  readonly passwordFile?: string;
  /** As `--timeout`. */
  readonly timeout?: string;
  readonly color?: boolean;
  /** Defaults of `join`, by the names of its options. */
  readonly join: Readonly<Record<string, string>>;
}

/** Keys of the file, what they hold and what they do: the documentation is made of this. */
export const CONFIG_KEYS: readonly (readonly [key: string, kind: 'string' | 'boolean', help: string])[] = [
  ['directory', 'string', 'as --directory'],
  ['data-dir', 'string', 'as --data-dir'],
  ['bind-dn', 'string', 'as --bind-dn'],
  ['password-file', 'string', 'as --password-file'],
  ['timeout', 'string', 'as --timeout'],
  ['color', 'boolean', 'false as --no-color'],
];

/** Options of `join` that may have a default in the `[join]` table. */
export const JOIN_KEYS: readonly string[] = [
  'send',
  'receive',
  'interface',
  'qos',
  'loopback',
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
  const { join: joinTable = {}, ...rest } = table;
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
  const { color } = rest;
  return {
    ...defined({
      directory: string('directory'),
      dataDir: string('data-dir'),
      bindDn: string('bind-dn'),
      passwordFile: string('password-file'),
      timeout: string('timeout'),
    }),
    ...(typeof color === 'boolean' ? { color } : {}),
    join: readJoin(joinTable),
  };
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

function checkKeys(table: object, known: readonly string[], prefix = ''): void {
  for (const key of Object.keys(table)) {
    if (known.includes(key)) continue;
    const close = nearest(key, known);
    const advice = close === undefined ? `known are ${known.join(', ')}` : `did you mean ${prefix}${close}?`;
    throw new UsageError(`unknown key ${prefix}${key}: ${advice}`);
  }
}

function defined<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  const kept: { [K in keyof T]?: string } = {};
  for (const key in values) if (values[key] !== undefined) kept[key] = values[key];
  return kept;
}
