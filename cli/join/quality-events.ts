import {
  type CallEvent,
  type CallQuality,
  type CurrentAndMax,
  type MatrixJson,
  matrixJson,
  type ParticipantJson,
  type ReceptionMatrix,
} from '../../conference/index.ts';

/** What `join` tells of quality; see {@link JoinEvent}. */
export type QualityEvent =
  | {
      readonly type: 'quality-poor' | 'quality-restored';
      readonly participant: ParticipantJson;
      readonly ssrc: number;
      readonly media: string;
      readonly mosLq: number;
    }
  | {
      readonly type: 'reception';
      readonly media: string;
      readonly code: string;
      readonly message: string;
      readonly reporter: number | null;
      readonly source: number | null;
    }
  | { readonly type: 'metrics'; readonly url: string }
  | { readonly type: 'matrix'; readonly media: readonly MatrixJson[] };

/** As `JOIN_EVENTS` has them. */
export const QUALITY_EVENTS: readonly (readonly [
  event: QualityEvent['type'],
  fields: string,
  meaning: string,
])[] = [
  [
    'quality-poor',
    'participant, ssrc, media, mosLq',
    'a participant is hard to understand: listening quality below 3.1 for 5 seconds',
  ],
  [
    'quality-restored',
    'participant, ssrc, media, mosLq',
    'and is heard well again: 3.6 or better for 5 seconds',
  ],
  [
    'reception',
    'media, code, message, reporter, source',
    'everybody’s reports show a fault: `uplink`, `downlink`, `asymmetric`, `unheard` or `path`; with the SSRCs it is about, or null',
  ],
  ['metrics', 'url', '`--metrics`: where Prometheus fetches the figures'],
  [
    'matrix',
    'media',
    'every ten seconds, and before leaving: who hears whom how well, an object for each medium',
  ],
];

export function fromQualityEvent(
  event: Extract<CallEvent, { readonly type: 'qualityPoor' | 'qualityRestored' | 'reception' }>,
): QualityEvent {
  if (event.type === 'reception') {
    const { code, message, reporter, source } = event.finding;
    const place = { reporter: reporter ?? null, source: source ?? null };
    return { type: 'reception', media: event.mediaType, code, message, ...place };
  }
  const { participant, substream, mosLq } = event;
  return {
    type: event.type === 'qualityPoor' ? 'quality-poor' : 'quality-restored',
    participant: participant.toJSON(),
    ssrc: substream.ssrc,
    media: substream.mediaType,
    mosLq: Math.round(mosLq * 100) / 100,
  };
}

export function matrixEvent(reception: readonly ReceptionMatrix[]): QualityEvent {
  return { type: 'matrix', media: reception.map(matrixJson) };
}

/** The call as a whole, in the event `statistics`. */
export interface CallQualityJson {
  readonly conferenceBitsPerSecond: CurrentAndMax;
  readonly inputBitsPerSecond: CurrentAndMax;
  readonly outputBitsPerSecond: CurrentAndMax;
  readonly cpuPercent: CurrentAndMax;
  readonly streams: readonly {
    readonly stream: string;
    readonly bitsPerSecond: CurrentAndMax;
    readonly packetIntervalMs: number | null;
    readonly leastPacketIntervalMs: number | null;
  }[];
}

export function callQualityJson(quality: CallQuality): CallQualityJson {
  const rounded = ({ current, maximum }: CurrentAndMax, digits = 0): CurrentAndMax => ({
    current: round(current, digits),
    maximum: round(maximum, digits),
  });
  return {
    conferenceBitsPerSecond: rounded(quality.conferenceBitsPerSecond),
    inputBitsPerSecond: rounded(quality.inputBitsPerSecond),
    outputBitsPerSecond: rounded(quality.outputBitsPerSecond),
    cpuPercent: rounded(quality.cpuPercent, 1),
    streams: quality.streams.map(({ stream, bitsPerSecond, packetIntervalMs: { average, least } }) => ({
      stream: stream.name,
      bitsPerSecond: rounded(bitsPerSecond),
      packetIntervalMs: average === undefined ? null : round(average, 3),
      leastPacketIntervalMs: least === undefined ? null : round(least, 3),
    })),
  };
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
