import { checkKeys } from './config-keys.ts';
import { UsageError } from './errors.ts';

/** Where group addresses come from: drawn on this computer, or leased from servers. */
export type Allocation = 'local' | 'madcap';

export const ALLOCATIONS: readonly Allocation[] = ['local', 'madcap'];

/** The table `[madcap]`: whom this computer leases group addresses from, and what it leases to others. */
export interface MadcapConfig {
  /** `host` or `host:port`. */
  readonly server?: string;
  /** Interface that servers are looked for on. */
  readonly interface?: string;
  /** Tables of scopes that `serve --madcap` leases addresses of, as they stand in the file. */
  readonly scopes?: unknown;
}

/** Keys of the table, what they hold and what they do: the documentation is made of this. */
export const MADCAP_KEYS: readonly (readonly [key: string, kind: string, help: string])[] = [
  ['server', 'string', 'server that group addresses are leased from, `host` or `host:port`'],
  ['interface', 'string', 'interface on which servers are looked for; default the route to them'],
];

/** Keys of a `[[madcap.scopes]]` table, what they hold and what they do: the documentation is made of this. */
export const MADCAP_SCOPE_KEYS: readonly (readonly [key: string, kind: string, help: string])[] = [
  ['first', 'string', 'lowest address of the scope, which is its id'],
  ['last', 'string', 'highest address; the last 256 are never leased'],
  ['ttl', 'number', 'largest TTL to send with; default that of the zone that the addresses are of'],
  ['names', 'table or string', 'what it is called, by language: `names.en = "Campus"`'],
  ['exclude', 'array of strings', 'addresses, and ranges `first-last`, that are never leased'],
  ['max-lease', 'string', 'longest lease, like `30d`; default 30 days'],
];

/** @throws {UsageError} for a key that nobody knows, or a value of the wrong kind; `scopes` are read by who serves them */
export function readMadcap(table: unknown): MadcapConfig {
  if (typeof table !== 'object' || table === null || Array.isArray(table)) {
    throw new UsageError('madcap must be a table: write [madcap] and its keys below');
  }
  checkKeys(table, [...MADCAP_KEYS.map(([key]) => key), 'scopes'], 'madcap.');
  const values = new Map<string, unknown>(Object.entries(table));
  for (const [key, value] of values) {
    if (key === 'scopes') continue;
    if (typeof value !== 'string' || value === '') throw new UsageError(`madcap.${key} must be a string`);
  }
  return Object.fromEntries(values);
}

/** @param where what said so @throws {UsageError} when it is neither */
export function readAllocation(value: string, where: string): Allocation {
  const known = ALLOCATIONS.find((it) => it === value);
  if (known !== undefined) return known;
  throw new UsageError(`${where} is ${JSON.stringify(value)}, and should be ${ALLOCATIONS.join(' or ')}`);
}
