import type { MonitoredPart, PartCounter } from '../server/index.ts';
import type { MadcapService } from './service.ts';

/** What a MADCAP service counts, for `cn=Monitor` and Prometheus. */
export function monitoredMadcap(service: MadcapService): MonitoredPart {
  return { name: 'MADCAP', counters: () => counters(service) };
}

function counters({ server, size, troubles }: MadcapService): PartCounter[] {
  const { stats } = server;
  const requests = (['getinfo', 'discover', 'request', 'renew', 'release'] as const).map((message) => ({
    name: `Received ${message}`,
    metric: 'madcap_received_total',
    type: 'counter' as const,
    help: 'Messages of clients, by type.',
    labels: { message },
    value: stats.received[message],
  }));
  const answers = (['offer', 'ack', 'nak'] as const).map((message) => ({
    name: `Sent ${message}`,
    metric: 'madcap_sent_total',
    type: 'counter' as const,
    help: 'Answers, by type; those repeated not counted.',
    labels: { message },
    value: stats.sent[message],
  }));
  const refusals = [0, 1, 2, 3, 4].map((code) => ({
    name: `Refused with ${code}`,
    metric: 'madcap_refused_total',
    type: 'counter' as const,
    help: 'NAKs, by the code of RFC 2730 section 3.17.',
    labels: { code: String(code) },
    value: stats.refused.get(code) ?? 0,
  }));
  const uses = server.uses().flatMap(({ scope, addresses, leased }) => [
    {
      name: `Leased of ${scope}`,
      metric: 'madcap_addresses_leased',
      type: 'gauge' as const,
      help: 'Addresses of leases that have not ended, by scope.',
      labels: { scope },
      value: leased,
    },
    {
      name: `Addresses of ${scope}`,
      metric: 'madcap_addresses',
      type: 'gauge' as const,
      help: 'Addresses that can be leased, by scope.',
      labels: { scope },
      value: Number(addresses),
    },
  ]);
  const one = (
    name: string,
    metric: string,
    type: 'counter' | 'gauge',
    help: string,
    value: number,
  ): PartCounter => ({
    name,
    metric,
    type,
    help,
    value,
  });
  return [
    ...requests,
    ...answers,
    ...refusals,
    one('Repeated', 'madcap_repeated_total', 'counter', 'Answers sent again as they were.', stats.replayed),
    one(
      'Postponed',
      'madcap_postponed_total',
      'counter',
      'Clients told to ask again later.',
      stats.postponed,
    ),
    one('Ignored', 'madcap_ignored_total', 'counter', 'Messages that got no answer.', stats.ignored),
    one(
      'Limited',
      'madcap_limited_total',
      'counter',
      'Messages beyond what one client may send.',
      stats.limited,
    ),
    one(
      'Unwritten',
      'madcap_unwritten_total',
      'counter',
      'Times that leases could not be written.',
      troubles,
    ),
    one('Leases', 'madcap_leases', 'gauge', 'Leases there are.', size),
    one('Offers', 'madcap_offers', 'gauge', 'Offers that are held.', server.offers),
    ...uses.filter(({ metric }) => metric === 'madcap_addresses_leased'),
    ...uses.filter(({ metric }) => metric === 'madcap_addresses'),
  ];
}
