import type { GrantedLease } from '../../src/madcap/index.ts';
import type { Column } from '../output/table.ts';
import { spanFromNow } from '../output/times.ts';

const at = (unixSeconds: number): Date => new Date(unixSeconds * 1000);

export function grantedJson({ id, family, start, stop, addresses, scope, client }: GrantedLease): object {
  const times = { start: at(start).toISOString(), stop: at(stop).toISOString() };
  return { kind: 'granted', id, family, ...times, addresses, scope, client };
}

export function grantedColumns(now: Date): readonly Column<GrantedLease>[] {
  return [
    { title: 'LEASE', human: ({ id }) => id.slice(0, 12), plain: ({ id }) => id },
    { title: 'ADDRESSES', human: ({ addresses }) => addresses.join(' '), shrinks: 1 },
    {
      title: 'WHEN',
      human: ({ start, stop }) => spanFromNow({ start: at(start), stop: at(stop) }, now),
      plain: ({ start }) => at(start).toISOString(),
    },
    { title: 'CLIENT', human: ({ client }) => client },
    { title: 'SCOPE', human: ({ scope }) => scope },
  ];
}

/** Fields in a pipe: start and stop are two, and the ids are whole. */
export function grantedPipeColumns(now: Date): readonly Column<GrantedLease>[] {
  const stop: Column<GrantedLease> = { title: 'STOP', human: (it) => at(it.stop).toISOString() };
  return grantedColumns(now).flatMap((column) => (column.title === 'WHEN' ? [column, stop] : [column]));
}
