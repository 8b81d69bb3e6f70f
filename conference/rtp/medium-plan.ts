import { isMulticast, isSourceSpecific, tryParseIp } from '../../src/ip/index.ts';
import type { KeyPictureRequestKind } from '../../src/rtp/index.ts';
import type {
  MediaDescription,
  MediaKey,
  ReferenceClock,
  RtcpXrFormat,
  SessionDescription,
} from '../../src/sdp/index.ts';
import type { AudioFormat } from '../audio/index.ts';
import type { AudioCodec } from '../codec/index.ts';
import type { MediaDirection, MediaType, MediumSupport } from '../types/index.ts';
import { type AudioLevelPlan, planAudioLevel } from './audio-level.ts';
import { type MediumClocks, mediumClocks } from './medium-clocks.ts';
import {
  choosePtime,
  formatNamed,
  isUsable,
  mixFormat,
  type PlannedFormat,
  packetTimeProblem,
  planFormats,
  type UsableFormat,
} from './planned-formats.ts';
import { type KeyPlan, planKeys } from './protection/index.ts';
import { type RtcpPlan, rtcpPlan, type SourceRules, sourceRules } from './source-rules.ts';

/** What one `m=` line asks for, judged. Everything is fixed here before any socket is opened. */
export interface MediumPlan extends SourceRules, RtcpPlan {
  readonly index: number;
  readonly mediaType: MediaType;
  readonly proto: string;
  readonly support: 'full' | 'counted' | 'none';
  /** Why not `full`. */
  readonly reason: string | undefined;
  /** Stable name of the reason: `encrypted`, `unsupportedCodec`, … */
  readonly reasonCode: string | undefined;
  readonly group: string;
  readonly port: number;
  /** Undefined for IPv6. */
  readonly ttl: number | undefined;
  readonly direction: MediaDirection;
  /** What it is encrypted with; empty where it is not, or nobody told. */
  readonly keys: readonly MediaKey[];
  readonly formats: readonly PlannedFormat[];
  /** The first format that has a codec: sent, and the base of the mix. */
  readonly preferred: UsableFormat | undefined;
  /** The richest of the formats with a codec: what is heard. */
  readonly mixFormat: AudioFormat | undefined;
  readonly ptimeMs: number;
  /** Bits per second of the whole session, from `b=` or estimated. */
  readonly bandwidth: number;
  /** Whether {@link bandwidth} is stated by the description (`b=AS`, `b=TIAS`). */
  readonly bandwidthStated: boolean;
  /** Extended reports that all are to send; undefined when nothing is said of them. */
  readonly rtcpXr: readonly RtcpXrFormat[] | undefined;
  /** Undefined when the description has none. */
  readonly audioLevel: AudioLevelPlan | undefined;
  /** How senders are asked for key pictures; undefined where the description does not allow it. */
  readonly keyPictures: KeyPictureRequestKind | undefined;
  readonly clocks: MediumClocks;
  readonly rtcpBandwidth: { readonly senders: number; readonly receivers: number } | undefined;
}

/** When nothing is stated, for a video medium that is only counted. */
const FALLBACK_BANDWIDTH = 1_000_000;

/**
 * Plans every medium of a description, in order.
 *
 * @param given sources that the user wants to hear, in place of the description's filters
 * @param keys  of encrypted media, in place of the description's `a=crypto`
 * @param clock that this host follows
 */
export function planMedia(
  description: SessionDescription,
  given?: readonly string[],
  keys?: readonly MediaKey[],
  format?: string,
  clock?: ReferenceClock,
): MediumPlan[] {
  return [...description.media].map((medium, index) => ({
    ...planMedium(description, medium, index, given, keys, format),
    clocks: mediumClocks(medium, clock),
  }));
}

function planMedium(
  description: SessionDescription,
  medium: MediaDescription,
  index: number,
  given: readonly string[] | undefined,
  givenKeys: readonly MediaKey[] | undefined,
  format: string | undefined,
): Omit<MediumPlan, 'clocks'> {
  const { proto } = medium;
  const mediaType: MediaType = medium.kind === '' ? 'unknown' : medium.kind;
  const [endpoint, ...layers] = medium.endpoints;
  const formats = medium.isRtp ? planFormats(medium) : [];
  const usable = formats.find(isUsable);
  const preferred = format === undefined || usable === undefined ? usable : formatNamed(formats, format);
  const rules = sourceRules(medium, endpoint?.address ?? '', given);
  const { sources } = rules;
  const bandwidth = statedBandwidth(description, medium);
  const ptimeMs = choosePtime(medium, preferred?.codec);
  const keys = planKeys(medium, index, givenKeys);
  const packetTime = packetTimeProblem(medium, preferred);
  const judged = judge(medium, { mediaType, endpoint: endpoint?.address, sources, formats, preferred, keys });
  return {
    index,
    mediaType,
    proto,
    ...judged,
    reasonCode: judged.reasonCode ?? (packetTime === undefined ? undefined : 'packetTime'),
    reason:
      judged.reason ??
      packetTime ??
      (layers.length > 0 ? `only the first of ${layers.length + 1} layers is used` : undefined),
    group: endpoint?.address ?? '',
    port: endpoint?.port ?? 0,
    ...rtcpPlan(medium, endpoint, rules.senders[0]),
    ttl: endpoint?.ttl,
    ...rules,
    direction: medium.effectiveDirection,
    keys: keys?.keys ?? [],
    formats,
    preferred,
    mixFormat: mixFormat(formats),
    ptimeMs,
    bandwidth: bandwidth ?? estimatedBandwidth(preferred?.codec, ptimeMs),
    bandwidthStated: bandwidth !== undefined,
    rtcpXr: medium.rtcpXr,
    audioLevel: planAudioLevel(description, medium, /SAVP/i.test(proto) || (keys?.keys.length ?? 0) > 0),
    keyPictures: keyPictureRequests(medium),
    rtcpBandwidth: rtcpBandwidth(
      description,
      medium,
      bandwidth ?? estimatedBandwidth(preferred?.codec, ptimeMs),
    ),
  };
}

interface Facts {
  readonly mediaType: string;
  readonly endpoint: string | undefined;
  readonly sources: readonly string[];
  readonly formats: readonly PlannedFormat[];
  readonly preferred: PlannedFormat | undefined;
  readonly keys: KeyPlan | undefined;
}

type Judgement = Pick<MediumPlan, 'support' | 'reason' | 'reasonCode'>;

function judge(medium: MediaDescription, facts: Facts): Judgement {
  const no = (reasonCode: string, reason: string): Judgement => ({ support: 'none', reasonCode, reason });
  const { endpoint, formats, preferred } = facts;
  if (!medium.readable) return no('unreadable', 'the m= line cannot be read');
  if (medium.port === 0) return no('switchedOff', 'the port is 0: this medium is switched off');
  if (!medium.isRtp) return no('notRtp', `the transport ${medium.proto} is not RTP`);
  const locked = facts.keys?.problem;
  if (locked !== undefined) return no(locked.code, locked.reason);
  if (endpoint === undefined) return no('noAddress', 'there is no c= line with an address');
  if (tryParseIp(endpoint) === undefined) {
    return no('hostName', `${endpoint} is a host name; conferences need a multicast address`);
  }
  if (!isMulticast(endpoint)) {
    return no('notMulticast', `${endpoint} is not a multicast group (224.0.0.0/4, ff00::/8)`);
  }
  if (isSourceSpecific(endpoint) && facts.sources.length === 0) {
    return no(
      'noSource',
      `${endpoint} is source-specific, and no a=source-filter names the source (RFC 4607); --source does`,
    );
  }
  if (formats.length === 0) return no('noFormat', 'no payload type has a meaning; a=rtpmap is missing');
  if (preferred !== undefined) return { support: 'full', reasonCode: undefined, reason: undefined };
  if (medium.kind !== 'audio') {
    const reason = `${medium.kind} is not shown here: participants and packets are counted only`;
    return { support: 'counted', reasonCode: 'notAudio', reason };
  }
  const sound = formats.filter(({ kind }) => kind === 'audio');
  const why = (sound.length > 0 ? sound : formats).map(whyNot).join('; ');
  return { support: 'counted', reasonCode: 'unsupportedCodec', reason: `${why}; packets are counted only` };
}

function statedBandwidth(description: SessionDescription, medium: MediaDescription): number | undefined {
  const find = (modifier: string): number | undefined =>
    [...medium.connection.bandwidths, ...description.connection.bandwidths].find(
      (it) => it.modifier === modifier && it.value > 0,
    )?.value;
  const kilobits = find('AS') ?? find('CT');
  return find('TIAS') ?? (kilobits === undefined ? undefined : kilobits * 1000);
}

/** One sender with its RTP, UDP and IP headers. */
function estimatedBandwidth(codec: AudioCodec | string | undefined, ptimeMs: number): number {
  if (codec === undefined || typeof codec === 'string') return FALLBACK_BANDWIDTH;
  return codec.bitsPerSecond + (40 * 8 * 1000) / ptimeMs;
}

/** `b=RS` and `b=RR` (RFC 3556 §2); what is not stated of the two is the default share of the session's. */
function rtcpBandwidth(
  description: SessionDescription,
  medium: MediaDescription,
  session: number,
): { senders: number; receivers: number } | undefined {
  const find = (modifier: string): number | undefined =>
    [...medium.connection.bandwidths, ...description.connection.bandwidths].find(
      (it) => it.modifier === modifier,
    )?.value;
  const [senders, receivers] = [find('RS'), find('RR')];
  if (senders === undefined && receivers === undefined) return undefined;
  return { senders: senders ?? session * 0.0125, receivers: receivers ?? session * 0.0375 };
}

/** Only where all members know feedback (RFC 4585 §4.1) and it is named, be it of one payload type (§4.2). */
function keyPictureRequests(medium: MediaDescription): KeyPictureRequestKind | undefined {
  if (!/\/S?AVPF$/i.test(medium.proto)) return undefined;
  const named = (value: string, parameter: string): boolean =>
    medium.rtcpFeedback.some((it) => it.value === value && it.parameters[0] === parameter);
  if (named('nack', 'pli')) return 'pli';
  return named('ccm', 'fir') ? 'fir' : undefined;
}

function whyNot({ codec }: PlannedFormat): string {
  return typeof codec === 'string' ? codec : '';
}

/** What the plan means for a user. */
export function supportOf(plan: MediumPlan): MediumSupport {
  return {
    index: plan.index,
    mediaType: plan.mediaType,
    support: plan.support,
    ...(plan.reason === undefined ? {} : { reason: plan.reason }),
    ...(plan.reasonCode === undefined ? {} : { code: plan.reasonCode }),
    formats: plan.formats.map((it) =>
      isUsable(it) || it.kind === 'comfortNoise' || it.kind === 'telephoneEvent' ? it.label : `${it.label}*`,
    ),
  };
}

/** Whether a medium cannot be joined because of where it is. */
export function isAddressReason(reasonCode: string | undefined): boolean {
  return reasonCode === 'noAddress' || reasonCode === 'hostName' || reasonCode === 'notMulticast';
}
