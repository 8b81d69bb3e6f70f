import { checkKeys } from './config-keys.ts';
import { UsageError } from './errors.ts';

/** Where group addresses come from: drawn on this computer, or leased from servers. */
export type Allocation = 'local' | 'madcap';

export const ALLOCATIONS: readonly Allocation[] = ['local', 'madcap'];

/** The table `[madcap]`: whom this computer leases group addresses from. */
export interface MadcapConfig {
  /** `host` or `host:port`. */
  readonly server?: string;
  /** Interface that servers are looked for on. */
  readonly interface?: string;
}

/** Keys of the table, what they hold and what they do: the documentation is made of this. */
export const MADCAP_KEYS: readonly (readonly [key: string, kind: string, help: string])[] = [
  ['server', 'string', 'server that group addresses are leased from, `host` or `host:port`'],
  ['interface', 'string', 'interface on which servers are looked for; default the route to them'],
];

/** @throws {UsageError} for a key that nobody knows, or a value of the wrong kind */
export function readMadcap(table: unknown): MadcapConfig {
  if (typeof table !== 'object' || table === null || Array.isArray(table)) {
    throw new UsageError('madcap must be a table: write [madcap] and its keys below');
  }
  checkKeys(
    table,
    MADCAP_KEYS.map(([key]) => key),
    'madcap.',
  );
  const values = new Map<string, unknown>(Object.entries(table));
  for (const [key, value] of values) {
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
