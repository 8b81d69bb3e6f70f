import type { MonitoredPart, PartCounter } from '../server/index.ts';
import type { SapListenerStats } from '../../src/sap/index.ts';
import type { GatewayCounts } from './gateway.ts';

/** What a gateway counts, for `cn=Monitor` and Prometheus. */
export function monitoredGateway(
  counts: () => GatewayCounts,
  listener: { readonly stats: Readonly<SapListenerStats>; readonly size: number },
): MonitoredPart {
  return { name: 'SAP', counters: () => countersOf(counts(), listener.stats, listener.size) };
}

function countersOf(counts: GatewayCounts, stats: Readonly<SapListenerStats>, size: number): PartCounter[] {
  const gauge = (name: string, metric: string, help: string, value: number): PartCounter => ({
    name,
    metric: `sap_${metric}`,
    type: 'gauge',
    help,
    value,
  });
  const total = (name: string, metric: string, help: string, value: number): PartCounter => ({
    ...gauge(name, `${metric}_total`, help, value),
    type: 'counter',
  });
  const labelled = (
    title: string,
    metric: string,
    help: string,
    values: Readonly<Record<string, number>>,
  ): PartCounter[] =>
    Object.entries(values).map(([reason, value]) => ({
      ...(metric.endsWith('_total') ? total : gauge)(
        `${title}: ${reason}`,
        metric.replace('_total', ''),
        help,
        value,
      ),
      labels: { reason },
    }));
  const { received, malformed, encrypted, version0, otherPayloads, overQuota } = stats;
  return [
    gauge('Sessions heard', 'sessions', 'Sessions announced by others now.', size),
    gauge('Copies', 'copies', 'Copies that this gateway keeps in the directory.', counts.kept),
    gauge('Waiting', 'waiting', 'Sessions not copied since there are too many.', counts.waiting),
    gauge('Announced', 'announced', 'Conferences announced by this gateway now.', counts.announced),
    gauge('Left to others', 'deferred', 'Conferences that another host announces.', counts.deferred),
    total('Received', 'received', 'Datagrams received.', received),
    ...labelled('Dropped', 'dropped_total', 'Datagrams not used, by reason.', {
      malformed,
      encrypted,
      version0,
      otherPayloads,
      overQuota,
    }),
    total('Imported', 'imported', 'Copies made.', counts.imported),
    total('Updated', 'updated', 'Copies changed.', counts.updated),
    total('Refreshed', 'refreshed', 'Copies whose life was prolonged.', counts.refreshed),
    total('Removed', 'removed', 'Copies removed.', counts.removed),
    total('Failed', 'failed', 'Changes that the directory could not be asked for.', counts.failed),
    ...labelled('Not imported', 'not_imported_total', 'Sessions not copied, by reason.', counts.notImported),
    ...labelled(
      'Not announced',
      'not_announced',
      'Conferences not announced, by reason.',
      Object.fromEntries(REASONS.map((reason) => [reason, counts.notAnnounced[reason] ?? 0])),
    ),
  ];
}

/** Told without conferences too: a number that is missing looks like one that is not measured. */
const REASONS = ['encrypted', 'local', 'noGroup', 'over', 'room', 'scope'] as const;
