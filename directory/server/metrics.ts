import { listenForMetrics, type MetricsListener } from '../../src/net/index.ts';
import { formatMetrics as formatText, type Metric } from '../../src/prometheus/index.ts';
import { BIND_FAILURES } from './counters.ts';
import { type Monitor, OPERATION_NAMES } from './monitor.ts';
import { VENDOR_VERSION } from './tree.ts';

/**
 * The service's numbers in the text-based exposition format 0.0.4 of Prometheus. Names begin with `rendezvous_`;
 * counters begin anew when the service does.
 */
export function formatMetrics(monitor: Monitor): string {
  const { counters } = monitor;
  const one = (name: string, type: Metric['type'], help: string, value: number): Metric => ({
    name: `rendezvous_${name}`,
    help,
    type,
    samples: [{ value }],
  });
  const metrics: readonly Metric[] = [
    {
      name: 'rendezvous_build_info',
      help: 'Which service this is; always 1.',
      type: 'gauge',
      samples: [{ labels: { version: VENDOR_VERSION }, value: 1 }],
    },
    one('start_time_seconds', 'gauge', 'When the service was started, since 1970.', monitor.startedAt / 1000),
    one('uptime_seconds', 'gauge', 'How long it has been running.', monitor.uptimeSeconds),
    one('connections', 'gauge', 'Connections open now.', monitor.connections),
    one('followers', 'gauge', 'Connections with searches that follow changes.', monitor.followers),
    one('connections_total', 'counter', 'Connections taken.', counters.connections),
    one(
      'connections_refused_total',
      'counter',
      'Connections turned away: there were too many.',
      counters.refused,
    ),
    one(
      'connections_malformed_total',
      'counter',
      'Connections ended because of bytes that are not LDAP.',
      counters.malformed,
    ),
    {
      name: 'rendezvous_operations_total',
      help: 'Requests begun, by kind.',
      type: 'counter',
      samples: OPERATION_NAMES.map(([type, name]) => ({
        labels: { operation: name.toLowerCase() },
        value: counters.operations[type],
      })),
    },
    {
      name: 'rendezvous_operations_completed_total',
      help: 'Requests of which no more is to come, by kind.',
      type: 'counter',
      samples: OPERATION_NAMES.map(([type, name]) => ({
        labels: { operation: name.toLowerCase() },
        value: counters.completed[type],
      })),
    },
    one('operations_failed_total', 'counter', 'Requests answered with an error.', counters.failed),
    {
      name: 'rendezvous_binds_failed_total',
      help: 'Binds answered with an error, by the name of the result.',
      type: 'counter',
      samples: BIND_FAILURES.map((reason) => ({ labels: { reason }, value: counters.bindsFailed[reason] })),
    },
    one(
      'bind_delay_addresses',
      'gauge',
      'Addresses with failed binds that are not forgiven yet.',
      monitor.delayedAddresses,
    ),
    one('bind_delay_waiting', 'gauge', 'Binds that wait because of such failures.', monitor.delayedBinds),
    one('entries', 'gauge', 'Entries that have not ended.', monitor.entries),
    one('entries_expired_total', 'counter', 'Entries removed because their time was over.', counters.expired),
    one(
      'sweeps_failed_total',
      'counter',
      'Removals put off because the store could not be written.',
      counters.sweepsFailed,
    ),
    one('received_bytes_total', 'counter', 'Bytes of requests.', counters.bytesIn),
    one('sent_bytes_total', 'counter', 'Bytes of answers.', counters.bytesOut),
    ...partMetrics(monitor),
  ];
  return formatText(metrics);
}

/** What other parts of the process count; numbers of one name together, as the format wants it. */
function partMetrics({ partCounters }: Monitor): Metric[] {
  const metrics = new Map<string, { -readonly [Key in keyof Metric]: Metric[Key] }>();
  for (const { metric, type, help, labels = {}, value } of partCounters) {
    const known = metrics.get(metric);
    const samples = [...(known?.samples ?? []), { labels, value }];
    metrics.set(metric, { name: `rendezvous_${metric}`, help, type, samples });
  }
  return [...metrics.values()];
}

/**
 * Offers the numbers of a service over HTTP at `/metrics`. They tell how much a service is used and nothing about its
 * users, but there is no access control: keep it on loopback, or behind a proxy.
 *
 * @param port 0 for any free one
 * @throws {NetworkError} when it cannot listen there
 */
export function serveMetrics(monitor: Monitor, host: string, port: number): Promise<MetricsListener> {
  return listenForMetrics(() => readMetrics(monitor), host, port);
}

function readMetrics(monitor: Monitor): string {
  try {
    return formatMetrics(monitor);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(`the store cannot be read: ${detail}`, { cause: error });
  }
}
