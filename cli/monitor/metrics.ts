import type { ConferenceFigures, SenderFigures, Severity } from '../../conference/monitor/index.ts';
import { SEVERITIES } from '../../conference/monitor/index.ts';
import { formatMetrics, type Metric } from '../../src/prometheus/index.ts';
import { ssrcText } from './json.ts';

/** Senders told of in all: each is a time series of several numbers, and Prometheus keeps them. */
const MAX_SENDERS = 2000;

type Labels = Readonly<Record<string, string>>;

/** The figures of all conferences. A sender is named by its CNAME where it has one: its SSRC changes with each start. */
export function monitorMetrics(figures: readonly ConferenceFigures[]): string {
  const all = distinct(figures);
  const conferences = all.map((it) => ({ labels: { conference: it.name }, it }));
  const gauge = (name: string, help: string, value: (it: ConferenceFigures) => number): Metric => ({
    name: `rendezvous_monitor_${name}`,
    help,
    type: 'gauge',
    samples: conferences.map(({ labels, it }) => ({ labels, value: value(it) })),
  });
  return formatMetrics([
    one('conferences', 'Conferences that are watched.', all.length),
    gauge('alive', 'Whether somebody sends: 1 or 0.', ({ state }) => (state === 'alive' ? 1 : 0)),
    gauge('senders', 'How many send.', ({ sending }) => sending),
    gauge('talkers', 'How many talk.', ({ talking }) => talking),
    gauge('packets_per_second', 'RTP packets that arrive.', (it) => it.packetsPerSecond),
    gauge('bits_per_second', 'What arrives, with IP and UDP headers.', (it) => it.bitsPerSecond),
    gauge('loss_ratio', 'Loss of the worst sender in ten seconds, 0 to 1.', ({ lossShare }) => lossShare),
    gauge('kernel_drops', 'Packets that this host threw away.', ({ media }) =>
      media.reduce((sum, it) => sum + it.kernelDrops, 0),
    ),
    {
      name: 'rendezvous_monitor_findings',
      help: 'Findings by severity.',
      type: 'gauge',
      samples: conferences.flatMap(({ labels, it }) =>
        SEVERITIES.map((severity: Severity) => ({
          labels: { ...labels, severity },
          value: it.findings.filter((finding) => finding.severity === severity).length,
        })),
      ),
    },
    {
      name: 'rendezvous_monitor_finding',
      help: 'A finding that holds now; always 1.',
      type: 'gauge',
      samples: conferences.flatMap(({ labels, it }) =>
        [...new Map(it.findings.map((finding) => [finding.code, finding])).values()].map(
          ({ code, severity }) => ({
            labels: { ...labels, code, severity },
            value: 1,
          }),
        ),
      ),
    },
    ...senderMetrics(all),
  ]);
}

/** Two conferences of one name are told apart by their keys. */
function distinct(all: readonly ConferenceFigures[]): ConferenceFigures[] {
  const seen = new Set<string>();
  return all.map((it) => {
    const name = seen.has(it.name) ? `${it.name} (${it.key})` : it.name;
    seen.add(name);
    return { ...it, name };
  });
}

const one = (name: string, help: string, value: number): Metric => ({
  name: `rendezvous_monitor_${name}`,
  help,
  type: 'gauge',
  samples: [{ value }],
});

function senderMetrics(all: readonly ConferenceFigures[]): Metric[] {
  const senders: { labels: Labels; it: SenderFigures }[] = [];
  for (const { name, media } of all) {
    for (const { index, senders: own } of media) {
      for (const it of own) {
        if (senders.length >= MAX_SENDERS) break;
        const sender = it.cname ?? `${it.address ?? ''} ${ssrcText(it.ssrc)}`.trim();
        senders.push({ labels: { conference: name, medium: String(index), sender }, it });
      }
    }
  }
  const metric = (
    type: Metric['type'],
    name: string,
    help: string,
    value: (it: SenderFigures) => number | undefined,
  ): Metric => ({
    name: `rendezvous_monitor_sender_${name}`,
    help,
    type,
    samples: unique(senders).flatMap(({ labels, it }) => {
      const number = value(it);
      return number === undefined ? [] : [{ labels, value: number }];
    }),
  });
  return [
    metric('counter', 'packets_total', 'RTP packets since it was heard first.', (it) => it.packets),
    metric('counter', 'lost_total', 'RTP packets lost since then.', (it) => it.lost),
    metric('counter', 'reordered_total', 'RTP packets that came late.', (it) => it.reordered),
    metric('counter', 'duplicates_total', 'RTP packets that came again.', (it) => it.duplicates),
    metric('gauge', 'loss_ratio', 'Loss in ten seconds, 0 to 1.', (it) => it.lossShare),
    metric('gauge', 'jitter_seconds', 'Interarrival jitter (RFC 3550).', (it) => it.jitterMs / 1000),
    metric('gauge', 'jitter_p95_seconds', 'What 95 of 100 differences do not exceed.', (it) =>
      inSeconds(it.jitter95Ms),
    ),
    metric('gauge', 'worst_gap_seconds', 'Longest wait within a stream.', (it) => it.worstGapMs / 1000),
    metric('gauge', 'level_dbfs', 'Loudest channel.', ({ levelsDbfs }) =>
      levelsDbfs === undefined ? undefined : Math.max(...levelsDbfs),
    ),
    metric('gauge', 'dscp', 'As it arrives.', (it) => it.dscp),
    metric('gauge', 'ttl', 'As it arrives.', (it) => it.ttl),
    metric('gauge', 'clock_drift_ppm', 'Above 0 its clock is fast.', (it) => it.driftPpm),
  ];
}

const inSeconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);

/** The format knows no two samples of one name and labels: of two senders with one CNAME the SSRC tells them apart. */
function unique(
  senders: readonly { labels: Labels; it: SenderFigures }[],
): { labels: Labels; it: SenderFigures }[] {
  const seen = new Set<string>();
  return senders.map(({ labels, it }) => {
    const key = JSON.stringify(labels);
    if (seen.has(key))
      return { labels: { ...labels, sender: `${labels['sender']} ${ssrcText(it.ssrc)}` }, it };
    seen.add(key);
    return { labels, it };
  });
}
