import type { Call, Participant, Substream, SubstreamQuality } from '../../conference/index.ts';
import type { Metric } from '../../src/prometheus/index.ts';

/** Participants with series of their own: those that send, in the order in which they came. */
const MOST_PARTICIPANTS = 64;
/** Names come from the network; longer ones are cut. */
const LONGEST_LABEL = 64;

type Labels = Readonly<Record<string, string>>;
interface Row {
  readonly labels: Labels;
  readonly substream: Substream;
  readonly quality: SubstreamQuality;
}

/**
 * The numbers of a call for Prometheus, in base units: seconds, bytes, ratios from 0 to 1. What is not known has no sample.
 * The number of series is bounded whatever the others do.
 */
export function callMetrics(call: Call, conference: string): Metric[] {
  const common = { conference: label(conference) };
  const others = call.participants.filter(({ local }) => !local);
  const sending = others.filter(({ substreams }) => substreams.length > 0);
  const rows = sending.slice(0, MOST_PARTICIPANTS).flatMap((participant) => rowsOf(participant, common));
  const { quality } = call;
  const one = (name: string, help: string, value: number): Metric => ({
    name: `rendezvous_call_${name}`,
    help,
    type: 'gauge',
    samples: [{ labels: common, value }],
  });
  return [
    one('participants', 'Participants known now, without ourselves.', others.length),
    one('senders', 'Participants that send now.', others.filter(({ active }) => active).length),
    one(
      'participants_not_shown',
      'Participants that send and have no series of their own: there are too many.',
      Math.max(0, sending.length - MOST_PARTICIPANTS),
    ),
    one('input_bytes_per_second', 'What is received, with headers.', quality.inputBitsPerSecond.current / 8),
    one('output_bytes_per_second', 'What is sent, with headers.', quality.outputBitsPerSecond.current / 8),
    one('cpu_ratio', 'Processor time of the process, 1 for one core.', quality.cpuPercent.current / 100),
    ...transportMetrics(call, common),
    findingsMetric(call, common),
    ...participantMetrics(rows),
  ];
}

function rowsOf(participant: Participant, common: Labels): Row[] {
  return participant.substreams.map((substream) => {
    const ssrc = substream.ssrc.toString(16).padStart(8, '0');
    const labels = {
      ...common,
      participant: label(participant.displayName),
      media: substream.mediaType,
      ssrc,
    };
    return { labels, substream, quality: substream.quality };
  });
}

function transportMetrics({ transports }: Call, common: Labels): Metric[] {
  const counter = (
    name: string,
    help: string,
    value: (it: Call['transports'][number]) => number,
  ): Metric => ({
    name: `rendezvous_call_${name}_total`,
    help,
    type: 'counter',
    samples: transports.map((it) => ({
      labels: { ...common, media: it.mediaType, medium: String(it.medium) },
      value: value(it),
    })),
  });
  return [
    counter('rtp_received_packets', 'RTP packets received.', (it) => it.rtpReceived),
    counter('rtp_sent_packets', 'RTP packets sent.', (it) => it.rtpSent),
    counter('rtcp_received_packets', 'RTCP packets received.', (it) => it.rtcpReceived),
    counter('rtcp_sent_packets', 'RTCP packets sent.', (it) => it.rtcpSent),
    counter('malformed_packets', 'Packets that could not be read.', (it) => it.malformed),
    counter('kernel_dropped_packets', 'Packets that the system threw away.', (it) => it.kernelDrops ?? 0),
  ];
}

function findingsMetric({ reception }: Call, common: Labels): Metric {
  const findings = reception.flatMap((it) => it.findings);
  const codes = ['uplink', 'downlink', 'asymmetric', 'unheard', 'path'] as const;
  return {
    name: 'rendezvous_call_reception_findings',
    help: 'Faults that the reports of all participants show, by kind.',
    type: 'gauge',
    samples: codes.map((code) => ({
      labels: { ...common, code },
      value: findings.filter((it) => it.code === code).length,
    })),
  };
}

function participantMetrics(rows: readonly Row[]): Metric[] {
  const metric = (
    type: Metric['type'],
    name: string,
    help: string,
    value: (row: Row) => number | undefined,
  ): Metric => ({
    name: `rendezvous_call_participant_${name}`,
    help,
    type,
    samples: rows.flatMap((row) => {
      const found = value(row);
      return found === undefined || !Number.isFinite(found) ? [] : [{ labels: row.labels, value: found }];
    }),
  });
  const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
  const quantiles = [
    ['0.5', 'p50'],
    ['0.95', 'p95'],
    ['0.99', 'p99'],
  ] as const;
  return [
    metric('counter', 'received_packets_total', 'Packets received.', ({ quality }) => quality.packets),
    metric(
      'counter',
      'expected_packets_total',
      'Packets that should have come.',
      ({ quality }) => quality.expected,
    ),
    metric(
      'counter',
      'late_packets_total',
      'Packets too late to be played.',
      ({ quality }) => quality.playout?.late,
    ),
    metric(
      'gauge',
      'loss_ratio',
      'Share lost in the last ten seconds.',
      ({ quality }) => quality.recent.lossPercent / 100,
    ),
    metric(
      'gauge',
      'longest_loss_run_packets',
      'Most packets lost in a row.',
      ({ quality }) => quality.lossRuns.longest,
    ),
    metric('gauge', 'jitter_seconds', 'Interarrival jitter.', ({ quality }) => seconds(quality.jitterMs)),
    {
      name: 'rendezvous_call_participant_delay_variation_seconds',
      help: 'Delay above the least, by quantile.',
      type: 'gauge',
      samples: rows.flatMap(({ labels, quality: { delayVariation } }) =>
        delayVariation === undefined
          ? []
          : quantiles.map(([quantile, key]) => ({
              labels: { ...labels, quantile },
              value: delayVariation[key] / 1000,
            })),
      ),
    },
    metric('gauge', 'round_trip_seconds', 'Round trip.', ({ quality }) => seconds(quality.roundTripMs)),
    metric('gauge', 'playout_delay_seconds', 'Delay that the playout adds.', ({ quality }) =>
      seconds(quality.playout?.delayMs),
    ),
    metric(
      'gauge',
      'mos_lq',
      'Listening quality by the E-model, 1 to 4.5.',
      ({ quality }) => quality.rating?.mosLq,
    ),
    metric('gauge', 'mos_cq', 'Conversational quality, with delay.', ({ quality }) => quality.rating?.mosCq),
    metric('gauge', 'level_dbfs', 'Loudness; no sample for silence.', ({ quality }) => quality.levelDbfs),
  ];
}

/** Control characters would break the line, and length is bounded. */
function label(text: string): string {
  return text.replaceAll(/\p{C}/gu, '').slice(0, LONGEST_LABEL);
}
