import type { ParticipantJson } from '../../conference/index.ts';
import type { JsonField, JsonShape } from '../help.ts';
import type { MediumJson } from './medium-json.ts';

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
    'one object for each source: `ssrc`, `media`, `format`, `packetsReceived`, `packetsLost`, `lossPercent`, `jitterMs`, `duplicates`, `reordered`, `late`, `undecodable`, `roundTripMs`',
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
  receiversTold: ['number or null', 'how many listen, as the source told; null when it did not'],
  encryption: ['object or null', '`suite`, `key` (its number), `since` and `next`; null in the clear'],
  kernelDrops: ['number or null', 'packets that the system threw away; null where it does not say'],
};

const fieldsOf = <T>(described: Described<T>): JsonField[] =>
  Object.entries<readonly [type: string, meaning: string]>(described).map(
    ([name, [type, meaning]]): JsonField => [name, type, meaning],
  );

/** Objects in the events of `join --json`. */
export const JOIN_OBJECT_SHAPES: readonly JsonShape[] = [
  { title: 'A `participant`', fields: fieldsOf(PARTICIPANT) },
  { title: 'A medium in `media`', fields: fieldsOf(MEDIUM) },
];
