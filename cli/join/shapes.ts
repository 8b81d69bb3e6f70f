import type { MatrixJson, ParticipantJson, SubstreamQualityJson } from '../../conference/index.ts';
import type { JsonField, JsonShape } from '../help.ts';
import type { MediumJson } from './medium-json.ts';
import type { CallQualityJson } from './quality-events.ts';

/** Fields by their names: the compiler sees to it that none is missing and none is invented. */
type Described<T> = Readonly<Record<keyof T, readonly [type: string, meaning: string]>>;

const OR_NULL = 'string or null';

const PARTICIPANT: Described<ParticipantJson> = {
  id: ['string', 'who this is, for as long as we are there'],
  cname: [OR_NULL, 'canonical name (SDES CNAME); null until it is heard'],
  local: ['boolean', 'it is ourselves'],
  name: [OR_NULL, 'SDES NAME'],
  email: [OR_NULL, 'SDES EMAIL'],
  phone: [OR_NULL, 'SDES PHONE'],
  location: [OR_NULL, 'SDES LOC'],
  tool: [OR_NULL, 'SDES TOOL'],
  note: [OR_NULL, 'SDES NOTE'],
  private: ['array', 'SDES PRIV: objects with `prefix` and `value`'],
  address: [OR_NULL, 'where its packets come from'],
  media: ['array of strings', 'what it sends: `audio`, `video`'],
  active: ['boolean', 'it sends'],
  talking: ['boolean', 'it is loud enough to be talking'],
  muted: ['boolean', 'we have muted it'],
  levelDbfs: ['number or null', 'loudness, 0 for full scale; null for silence'],
  since: ['string', 'RFC 3339 in UTC: since when it is known'],
  substreams: [
    'array',
    'one object for each source: `ssrc`, `media`, `format`, `packetsReceived`, `packetsLost`, `lossPercent`, `jitterMs`, `duplicates`, `reordered`, `late`, `undecodable`, `roundTripMs`, `quality`',
  ],
};

const MEDIUM: Described<MediumJson> = {
  media: ['string', '`audio`, `video`'],
  group: ['string', 'address of the group'],
  port: ['number', 'UDP port of RTP'],
  rtcpPort: ['number', 'UDP port of RTCP'],
  ssrc: ['number', 'our own source'],
  interface: ['string', 'network interface it was joined on'],
  interfaceAddress: ['string', 'its address that our packets come from'],
  interfaceReason: ['string', 'why this interface'],
  ttl: ['number', 'TTL of what we send'],
  loopback: ['string', '`none`, `full` or `selective`'],
  dscpRequested: ['number', 'the mark asked for'],
  dscp: ['number', 'the mark that packets have as they leave'],
  receiveBufferBytes: ['number', 'receive buffer that the system granted'],
  rtpReceived: ['number', 'RTP packets received'],
  rtcpReceived: ['number', 'RTCP packets received'],
  rtpSent: ['number', 'RTP packets sent'],
  rtcpSent: ['number', 'RTCP packets sent'],
  malformed: ['number', 'packets that could not be read'],
  filtered: ['number', 'packets refused by the source filter'],
  interfaces: ['array of strings', 'every interface that is listened on; `interface` sends'],
  sources: ['array of strings', 'sources that alone are heard; empty for everybody'],
  rtcpTo: [OR_NULL, 'where our RTCP goes: the group, or the feedback target; null when nobody would hear it'],
  rtcpReflected: ['number', 'reports of receivers that we sent on to the group'],
  rtcpNotReflected: ['number', 'reports that we did not send on: unsound, or too many'],
  referenceClocks: [
    'array of strings',
    '`a=ts-refclk` of the medium or the session, as written after the colon',
  ],
  mediaClock: [OR_NULL, '`a=mediaclk`, likewise; null when it is not said'],
  receiversTold: ['number or null', 'how many listen, as the source told; null when it did not'],
  encryption: ['object or null', '`suite`, `key` (its number), `since` and `next`; null in the clear'],
  kernelDrops: ['number or null', 'packets that the system threw away; null where it does not say'],
};

const QUALITY: Described<SubstreamQualityJson> = {
  mosLq: ['number or null', 'listening quality by the E-model, 1 to 4.5; null while nothing can be rated'],
  mosCq: ['number or null', 'conversational quality: with delay'],
  r: ['number or null', 'R of the E-model, with delay'],
  delayMs: ['number or null', 'delay from mouth to ear as it was rated'],
  recentLossPercent: ['number', 'lost in the last ten seconds'],
  recentDiscardPercent: ['number', 'came too late to be played in the last ten seconds'],
  discardPercent: ['number', 'came too late to be played since the beginning'],
  bitsPerSecond: ['number', 'payload in the last ten seconds'],
  packetsPerSecond: ['number', 'packets in the last ten seconds'],
  lossRuns: ['number', 'times that packets were lost, one or several in a row'],
  longestLossRun: ['number', 'most packets lost in a row'],
  meanLossRun: ['number', 'mean of packets lost in a row'],
  bursts: ['number', 'bursts of loss (RFC 3611, Gmin 16)'],
  burstPercent: ['number', 'lost or discarded within bursts'],
  burstMs: ['number', 'mean length of bursts'],
  delayVariationMs: [
    'object or null',
    'delay above the least of the last seconds: `p50`, `p95`, `p99`, `maximum`',
  ],
  noiseDbfs: ['number or null', 'level while nobody talks'],
  senderClock: [
    'object or null',
    'by its sender reports: `offsetMs` its wall clock is ahead of ours, give or take `uncertaintyMs`; `driftPpm` it runs faster, `mediaDriftPpm` the RTP clock faster than it; `synchronised` both are stated to follow one clock, and then `oneWayMs` from stamp to arrival, an estimate; null before a report',
  ],
};

const CALL: Described<CallQualityJson> = {
  conferenceBitsPerSecond: [
    'object',
    '`current` and `maximum` of everything received and sent, with headers',
  ],
  inputBitsPerSecond: ['object', 'the same of what is received'],
  outputBitsPerSecond: ['object', 'the same of what is sent'],
  cpuPercent: ['object', 'the same of the processor time of the process, 100 for one core'],
  streams: [
    'array',
    'one object for each stream: `stream`, `bitsPerSecond` of payload (`current`, `maximum`), `packetIntervalMs`, `leastPacketIntervalMs`',
  ],
};

const MATRIX: Described<MatrixJson> = {
  media: ['string', '`audio`, `video`'],
  sources: ['array', 'those who send: `ssrc`, `name`, `local`; at most 64'],
  reporters: ['array', 'those who report, ourselves first; the same'],
  cells: [
    'array of arrays',
    'by reporter, then by source: `state` (`heard`, `unheard`, `unknown`), `lossPercent`, `jitterMs`, `mosLq`, `ageSeconds`; null for himself',
  ],
  findings: ['array', 'what is wrong: `code`, `message`, `reporter`, `source`, as in the event `reception`'],
};

const fieldsOf = <T>(described: Described<T>): JsonField[] =>
  Object.entries<readonly [type: string, meaning: string]>(described).map(
    ([name, [type, meaning]]): JsonField => [name, type, meaning],
  );

/** Objects in the events of `join --json`. */
export const JOIN_OBJECT_SHAPES: readonly JsonShape[] = [
  { title: 'A `participant`', fields: fieldsOf(PARTICIPANT) },
  { title: '`quality` of a substream', fields: fieldsOf(QUALITY) },
  { title: 'A medium in `media`', fields: fieldsOf(MEDIUM) },
  { title: '`call` in `statistics`', fields: fieldsOf(CALL) },
  { title: 'A medium in `media` of `matrix`', fields: fieldsOf(MATRIX) },
];
