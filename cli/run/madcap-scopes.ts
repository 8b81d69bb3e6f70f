import { DEFAULT_MAXIMUM_SECONDS, scopeNames } from '../../directory/madcap/index.ts';
import { formatIp, tryParseIp, zoneOfGroup } from '../../src/ip/index.ts';
import { requireScopes, type ServedScope } from '../../src/madcap/index.ts';
import { checkKeys } from '../config-keys.ts';
import { MADCAP_SCOPE_KEYS } from '../config-madcap.ts';
import { UsageError } from '../errors.ts';
import { parseDuration } from '../input/duration.ts';
import { messageOf } from '../output/output.ts';

/**
 * Reads the scopes that `serve --madcap` leases addresses of.
 *
 * @throws {UsageError} for a key that nobody knows, a value of the wrong kind, or a scope that cannot be served
 */
export function readMadcapScopes(tables: unknown): readonly ServedScope[] {
  if (!Array.isArray(tables) || tables.length === 0) {
    throw new UsageError('madcap.scopes must be tables: write [[madcap.scopes]] and the keys of one below');
  }
  const scopes = tables.map((table: unknown) => readScope(table));
  try {
    requireScopes(scopes);
  } catch (error) {
    throw new UsageError(`madcap.scopes: ${messageOf(error)}`, { cause: error });
  }
  return scopes;
}

function readScope(table: unknown): ServedScope {
  if (typeof table !== 'object' || table === null) {
    throw new UsageError('madcap.scopes must be tables: write [[madcap.scopes]] and the keys of one below');
  }
  checkKeys(
    table,
    MADCAP_SCOPE_KEYS.map(([key]) => key),
    'madcap.scopes.',
  );
  const values = new Map<string, unknown>(Object.entries(table));
  const first = readAddress(values.get('first'), 'first');
  const last = readAddress(values.get('last'), 'last');
  const ttl = values.get('ttl') ?? zoneOfGroup(first)?.ttl;
  if (typeof ttl !== 'number') throw new UsageError('madcap.scopes.ttl must be a number');
  return {
    first,
    last,
    ttl,
    names: readNames(values.get('names')),
    exclusions: readExclusions(values.get('exclude') ?? []),
    maximumSeconds: readSeconds(values.get('max-lease')),
  };
}

function readAddress(value: unknown, key: string): string {
  const address = typeof value === 'string' ? tryParseIp(value) : undefined;
  if (address !== undefined) return formatIp(address); // as it comes back from the wire
  throw new UsageError(`madcap.scopes.${key} must be an address, like "239.255.0.0"`);
}

function readNames(value: unknown): ServedScope['names'] {
  if (value === undefined) return [];
  if (typeof value === 'string') return scopeNames({ en: value });
  const names: [string, unknown][] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const texts = names.flatMap(([language, name]) =>
    typeof name === 'string' ? [[language, name] as const] : [],
  );
  const fit = texts.every((pair) => pair.every((text) => new TextEncoder().encode(text).length <= 255));
  if (names.length > 0 && texts.length === names.length && fit) return scopeNames(Object.fromEntries(texts));
  throw new UsageError('madcap.scopes.names must be a table of names by language, like names.en = "Campus"');
}

function readExclusions(value: unknown): ServedScope['exclusions'] {
  if (!Array.isArray(value)) throw new UsageError('madcap.scopes.exclude must be an array of strings');
  return value.map((it: unknown) => {
    const [first = '', last = first] = typeof it === 'string' ? it.split('-').map((text) => text.trim()) : [];
    return { first: readAddress(first, 'exclude'), last: readAddress(last, 'exclude') };
  });
}

function readSeconds(value: unknown): number {
  if (value === undefined) return DEFAULT_MAXIMUM_SECONDS;
  if (typeof value !== 'string') throw new UsageError('madcap.scopes.max-lease must be a string, like "30d"');
  return Math.floor(parseDuration(value, 's') / 1000);
}
