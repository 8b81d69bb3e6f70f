import type { KeptLease, Lease, McastScope } from '../../directory/index.ts';
import { countAddresses } from '../../src/ip/index.ts';
import { printable } from '../output/printable.ts';
import type { Column } from '../output/table.ts';
import { momentText, spanFromNow } from '../output/times.ts';

/** Digits of a lease id that a table shows; commands take any beginning that only one lease has. */
const SHORT_ID = 12;

export interface ScopeJson {
  readonly kind: 'scope';
  readonly id: string;
  readonly serverId: string | null;
  readonly interface: string | null;
  readonly names: Readonly<Record<string, string>>;
  readonly description: string;
  readonly ttl: number;
  readonly family: number;
  readonly first: string;
  readonly last: string;
}

export interface LeaseJson {
  readonly kind: 'lease';
  readonly id: string;
  readonly method: string;
  readonly family: number;
  readonly start: string;
  readonly stop: string | null;
  readonly addresses: readonly string[];
  readonly server: string | null;
  readonly serverPort: number | null;
  readonly ttl: number;
  readonly scope: string;
  readonly conference: string | null;
}

export function scopeJson({ serverId, interface: own, ...scope }: McastScope): ScopeJson {
  return { kind: 'scope', ...scope, serverId: serverId ?? null, interface: own ?? null };
}

export function leaseJson({ lease, conference }: KeptLease): LeaseJson {
  const { stop, start, server, serverPort, ...values } = lease.values;
  return {
    kind: 'lease',
    ...values,
    start: start.toISOString(),
    stop: stop?.toISOString() ?? null,
    server: server ?? null,
    serverPort: serverPort ?? null,
    conference: conference ?? null,
  };
}

export const SCOPE_COLUMNS: readonly Column<McastScope>[] = [
  { title: 'SCOPE', human: ({ id }) => id },
  { title: 'LAST', human: ({ last }) => last },
  { title: 'TTL', human: ({ ttl }) => `${ttl}` },
  {
    title: 'ADDRESSES',
    human: ({ first, last }) => countAddresses(first, last).toLocaleString('en').replaceAll(',', ' '),
    plain: ({ first, last }) => `${countAddresses(first, last)}`,
  },
  {
    title: 'NAME',
    human: ({ description }) => printable(description),
    plain: ({ description }) => description,
    shrinks: 1,
  },
  { title: 'SERVER', human: ({ serverId }) => serverId ?? '' },
  { title: 'INTERFACE', human: (it) => it.interface ?? '' },
];

export function leaseColumns(now: Date): readonly Column<KeptLease>[] {
  return [
    {
      title: 'LEASE',
      human: ({ lease: { id } }) => id.slice(0, SHORT_ID),
      plain: ({ lease: { id } }) => id,
    },
    { title: 'ADDRESSES', human: ({ lease: { addresses } }) => addresses.join(' '), shrinks: 2 },
    { title: 'TTL', human: ({ lease: { ttl } }) => `${ttl}` },
    {
      title: 'WHEN',
      human: ({ lease }) => leaseSpan(lease, now),
      plain: ({ lease: { start } }) => start.toISOString(),
    },
    { title: 'SERVER', human: ({ lease }) => serverOf(lease) },
    {
      title: 'FOR',
      human: ({ conference }) => printable(conference ?? ''),
      plain: ({ conference }) => conference ?? '',
      shrinks: 1,
    },
  ];
}

/** Fields in a pipe: start and stop are two, and the ids are whole. */
export function leasePipeColumns(now: Date): readonly Column<KeptLease>[] {
  const stop: Column<KeptLease> = { title: 'STOP', human: ({ lease }) => lease.stop?.toISOString() ?? '' };
  const scope: Column<KeptLease> = { title: 'SCOPE', human: ({ lease }) => lease.scope };
  const columns = leaseColumns(now).flatMap((column) =>
    column.title === 'WHEN' ? [column, stop] : [column],
  );
  return [...columns, scope];
}

/** What a person is told of one lease. */
export function leasePairs(
  { lease, conference }: KeptLease,
  now: Date,
): (readonly [string, string | undefined])[] {
  return [
    ['Lease', lease.id],
    ...lease.addresses.map((address) => ['Address', address] as const),
    ['Scope', lease.scope],
    ['TTL', `${lease.ttl}`],
    ['When', leaseSpan(lease, now)],
    ['Server', serverOf(lease)],
    ['For', conference === undefined ? undefined : printable(conference)],
  ];
}

/** What `show` tells a person of the leases of a conference. */
export function leaseLines(leases: readonly KeptLease[], now: Date): (readonly [string, string])[] {
  return leases.map(({ lease }) => {
    const from = lease.method === 'local' ? 'drawn here' : `from ${serverOf(lease)}`;
    const end = leaseEnd(lease, now);
    return [
      'Leased',
      `${lease.addresses.join(', ')} ${end}, ${from} (${lease.id.slice(0, SHORT_ID)})`,
    ] as const;
  });
}

/** And a program: id, stop (empty for none) and addresses. */
export function leaseFields(leases: readonly KeptLease[]): string[][] {
  return leases.map(({ lease: { id, stop, addresses } }) => [
    'lease',
    id,
    stop?.toISOString() ?? '',
    ...addresses,
  ]);
}

/** `now, until today 14:30`, or when it begins. */
function leaseSpan({ start, stop }: Lease, now: Date): string {
  return spanFromNow({ start, stop }, now);
}

/** `until tomorrow 14:00`, or that it has no end. */
export function leaseEnd({ stop }: Lease, now: Date): string {
  return stop === null ? 'without end' : `until ${momentText(stop, now)}`;
}

function serverOf({ method, server, serverPort }: Lease): string {
  if (method === 'local') return 'none (local)';
  const host = server ?? 'Unspecified';
  return serverPort === undefined ? host : `${host} port ${serverPort}`;
}
