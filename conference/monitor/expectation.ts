import { isSourceSpecific, zoneOfGroup } from '../../src/ip/index.ts';
import { staticPayloadType } from '../../src/rtp/index.ts';
import type { MediaDescription, SessionDescription } from '../../src/sdp/index.ts';
import { type MediumClocks, type MediumPlan, planMedia } from '../rtp/index.ts';

/** How samples are coded, where their level can be read without decoding anything. */
export type LevelCoding = 'PCMU' | 'PCMA' | 'L16' | 'L24';

/** What packets of one payload type look like. */
export interface ExpectedFormat {
  readonly payloadType: number;
  /** `L24/48000/2` */
  readonly label: string;
  /** Hz, of the RTP timestamps. */
  readonly clockRate: number;
  readonly channels: number;
  /** Bytes that each tick of the clock takes; undefined where it varies. */
  readonly bytesPerTick: number | undefined;
  readonly coding: LevelCoding | undefined;
}

/** What one medium should look like on the wire, by its description. */
export interface Expectation {
  readonly index: number;
  readonly mediaType: string;
  readonly group: string;
  readonly port: number;
  readonly rtcpGroup: string;
  readonly rtcpPort: number;
  /** RTP and RTCP share group and port. */
  readonly muxed: boolean;
  /** Whom to join for: a source-specific group cannot be had otherwise. */
  readonly joinSources: readonly string[];
  /** Only these may send; empty for everybody. */
  readonly sources: readonly string[];
  readonly excludedSources: readonly string[];
  /** Why one sender is expected and not several; undefined when any number may send. */
  readonly oneSender: string | undefined;
  /** TTL that senders should use: as described, or as the group's scope needs. */
  readonly ttl: number | undefined;
  readonly ttlDescribed: boolean;
  readonly clocks: MediumClocks;
  readonly formats: ReadonlyMap<number, ExpectedFormat>;
  /** `a=ptime`, ms. */
  readonly ptimeMs: number | undefined;
  /** `b=` in bits per second. */
  readonly bandwidth: number | undefined;
  /** RTCP was switched off by `b=RS:0` and `b=RR:0`. */
  readonly rtcpOff: boolean;
  readonly encrypted: boolean;
  /** Identifier of the audio level in header extensions (RFC 6464). */
  readonly levelExtension: number | undefined;
}

/** A medium that there is no way to watch. */
export interface Unwatchable {
  readonly index: number;
  readonly mediaType: string;
  readonly reason: string;
}

/** Reasons for which `join` refuses a medium that can be watched all the same. */
const WATCHED_ANYHOW = new Set(['encrypted', 'noFormat', 'unsupportedCodec', 'notAudio']);

/** What is to be expected of each medium, in order. */
export function expectMedia(description: SessionDescription): {
  readonly media: readonly Expectation[];
  readonly unwatchable: readonly Unwatchable[];
} {
  const descriptions = [...description.media];
  const media: Expectation[] = [];
  const unwatchable: Unwatchable[] = [];
  for (const plan of planMedia(description)) {
    const medium = descriptions[plan.index];
    if (medium === undefined) continue;
    const hidden = plan.support === 'none' && !WATCHED_ANYHOW.has(plan.reasonCode ?? '');
    if (hidden || plan.group === '' || plan.port === 0) {
      unwatchable.push({ index: plan.index, mediaType: plan.mediaType, reason: plan.reason ?? 'no group' });
    } else media.push(expect(plan, medium));
  }
  return { media, unwatchable };
}

function expect(plan: MediumPlan, medium: MediaDescription): Expectation {
  const { group, port, rtcpGroup, rtcpPort, sources, excludedSources, rtcpBandwidth } = plan;
  const zoneTtl = zoneOfGroup(group)?.ttl;
  return {
    index: plan.index,
    mediaType: plan.mediaType,
    group,
    port,
    rtcpGroup,
    rtcpPort,
    muxed: rtcpGroup === group && rtcpPort === port,
    joinSources: isSourceSpecific(group) ? sources : [],
    sources,
    excludedSources,
    oneSender: whyOneSender(plan),
    ttl: plan.ttl ?? zoneTtl,
    ttlDescribed: plan.ttl !== undefined,
    clocks: plan.clocks,
    formats: new Map(plan.formats.map((it) => [it.payloadType, expectFormat(it)])),
    ptimeMs: medium.ptimeMs,
    bandwidth: plan.bandwidthStated ? plan.bandwidth : undefined,
    rtcpOff: rtcpBandwidth !== undefined && rtcpBandwidth.senders + rtcpBandwidth.receivers === 0,
    encrypted: /SAVP/i.test(plan.proto),
    levelExtension: plan.audioLevel?.id,
  };
}

/** A description that receivers get from a sender is `recvonly` (RFC 8866 §6.7; AES67-2018 §8). */
function whyOneSender({ direction, sources }: MediumPlan): string | undefined {
  if (sources.length === 1) return `a=source-filter names ${sources[0]} alone`;
  return direction === 'recvonly' && sources.length === 0
    ? 'the description is one sender’s (a=recvonly)'
    : undefined;
}

interface Format {
  readonly payloadType: number;
  readonly encoding: string;
  readonly clockRate: number;
  readonly channels: number;
  readonly label: string;
}

/** Bytes of one sample of one channel, and how it is coded. */
const SAMPLES: Readonly<Record<string, readonly [bytes: number, coding: LevelCoding | undefined]>> = {
  PCMU: [1, 'PCMU'],
  PCMA: [1, 'PCMA'],
  L8: [1, undefined],
  L16: [2, 'L16'],
  L20: [2.5, undefined],
  L24: [3, 'L24'],
  G722: [1, undefined], // 64 kbit/s, and its clock counts 8000 ticks a second (RFC 3551 §4.5.2)
};

function expectFormat({ payloadType, encoding, clockRate, channels, label }: Format): ExpectedFormat {
  const [bytes, coding] = SAMPLES[encoding.toUpperCase()] ?? [];
  const bytesPerTick = bytes === undefined ? undefined : bytes * channels;
  return { payloadType, label, clockRate, channels, bytesPerTick, coding };
}

/** What the number of a payload type means by itself, for packets that the description says nothing of. */
export function formatByNumber(payloadType: number): ExpectedFormat | undefined {
  const known = staticPayloadType(payloadType);
  if (known === undefined) return undefined;
  const { encoding, clockRate, channels = 1 } = known;
  const label = `${encoding}/${clockRate}${channels > 1 ? `/${channels}` : ''}`;
  return expectFormat({ payloadType, encoding, clockRate, channels, label });
}
