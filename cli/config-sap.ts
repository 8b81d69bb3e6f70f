import { checkKeys } from './config-keys.ts';
import { UsageError } from './errors.ts';
import { parseDuration } from './input/duration.ts';

/** The table `[sap]`: what holds for announcements (SAP) unless the command line says otherwise. */
export interface SapConfig {
  /** Whether commands that read look among announced sessions too. */
  readonly listen?: boolean;
  /** Milliseconds that they wait for announcements. */
  readonly waitMs?: number;
  /** Interfaces to listen and announce on. */
  readonly interfaces?: readonly string[];
  /** SAP groups to listen to, instead of all that are known. */
  readonly groups?: readonly string[];
  readonly gateway?: GatewayConfig;
}

/** What `serve --sap` does. */
export interface GatewayConfig {
  /** Whether `serve` is a gateway without being told by `--sap`. */
  readonly serve?: boolean;
  readonly name?: string;
  readonly scopes?: readonly string[];
  readonly imports?: boolean;
  readonly announces?: boolean;
  readonly maxImported?: number;
}

/** Keys of the table, what they hold and what they do: the documentation is made of this. */
export const SAP_KEYS: readonly (readonly [key: string, kind: string, help: string])[] = [
  [
    'listen',
    'boolean',
    'true: `list`, `show`, `join` and `browse` look among announced sessions too, as with `--directory sap:`',
  ],
  ['wait', 'string', 'as `--sap-wait`'],
  [
    'interface',
    'string or array of strings',
    'interfaces to listen and announce on; default all for listening',
  ],
  ['group', 'string or array of strings', 'SAP groups to listen to, instead of all that are known'],
  ['serve', 'boolean', 'true: `serve` carries announcements, as with `--sap`'],
  ['name', 'string', 'as `--sap-name`'],
  ['scope', 'string or array of strings', 'as `--sap-scope`'],
  ['import', 'boolean', 'false: as `--no-sap-import`'],
  ['announce', 'boolean', 'false: as `--no-sap-announce`'],
  [
    'max-imported',
    'number',
    'copies that `serve --sap` keeps at most; default 1000, of one host a fifth of it',
  ],
];

/** @throws {UsageError} for a key that nobody knows, or a value of the wrong kind */
export function readSap(table: unknown): SapConfig {
  if (typeof table !== 'object' || table === null || Array.isArray(table)) {
    throw new UsageError('sap must be a table: write [sap] and its keys below');
  }
  checkKeys(
    table,
    SAP_KEYS.map(([key]) => key),
    'sap.',
  );
  const values = new Map<string, unknown>(Object.entries(table));
  const [listen, wait] = [values.get('listen'), values.get('wait')];
  if (listen !== undefined && typeof listen !== 'boolean')
    throw new UsageError('sap.listen must be a boolean');
  if (wait !== undefined && typeof wait !== 'string' && typeof wait !== 'number') {
    throw new UsageError('sap.wait must be a string');
  }
  const interfaces = readTexts(values, 'interface');
  const groups = readTexts(values, 'group');
  return {
    ...(listen === undefined ? {} : { listen }),
    ...(wait === undefined ? {} : { waitMs: parseWait(String(wait)) }),
    ...(interfaces === undefined ? {} : { interfaces }),
    ...(groups === undefined ? {} : { groups }),
    gateway: readGateway(values),
  };
}

function readGateway(values: ReadonlyMap<string, unknown>): GatewayConfig {
  const flag = (key: string): boolean | undefined => {
    const value = values.get(key);
    if (value !== undefined && typeof value !== 'boolean')
      throw new UsageError(`sap.${key} must be a boolean`);
    return value;
  };
  const [name, maxImported] = [values.get('name'), values.get('max-imported')];
  if (name !== undefined && typeof name !== 'string') throw new UsageError('sap.name must be a string');
  const isCount = typeof maxImported === 'number' && Number.isSafeInteger(maxImported) && maxImported >= 0;
  if (maxImported !== undefined && !isCount) {
    throw new UsageError('sap.max-imported must be a whole number from 0 on');
  }
  const [serve, imports, announces] = ['serve', 'import', 'announce'].map(flag);
  const scopes = readTexts(values, 'scope');
  return {
    ...(serve === undefined ? {} : { serve }),
    ...(name === undefined ? {} : { name }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(imports === undefined ? {} : { imports }),
    ...(announces === undefined ? {} : { announces }),
    ...(maxImported === undefined ? {} : { maxImported }),
  };
}

/** How long to listen, in milliseconds: a duration, a bare number counts seconds, and 0 is not at all. */
export function parseWait(text: string): number {
  return /^0+(\.0+)?\s*(ms|s|m|h)?$/i.test(text.trim()) ? 0 : parseDuration(text, 's');
}

function readTexts(values: ReadonlyMap<string, unknown>, key: string): readonly string[] | undefined {
  const value = values.get(key);
  if (value === undefined) return undefined;
  const texts: unknown[] = Array.isArray(value) ? value : [value];
  if (texts.every((text) => typeof text === 'string' && text !== '')) return texts.map(String);
  throw new UsageError(`sap.${key} must be a string, or an array of them`);
}
