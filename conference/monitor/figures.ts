import type { Ms } from '../../src/machine.ts';
import { clockTexts } from '../rtp/index.ts';
import type { Finding } from './finding-book.ts';
import type { Severity } from './finding-kinds.ts';
import { MAX_SENDERS, type MediumWatch } from './medium-watch.ts';
import type { SenderMeter } from './sender-meter.ts';

/**
 * How a conference is: `waiting` to be opened or for its time, `unheard` yet, `alive`: somebody sends; `silent`: nobody
 * does now; `over` by its times; `failed`: it cannot be watched.
 */
export type ConferenceState = 'waiting' | 'unheard' | 'alive' | 'silent' | 'over' | 'failed';

/** One sender as it is now. Rates are of the last two seconds, shares of the last ten. */
export interface SenderFigures {
  readonly ssrc: number;
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly cname: string | undefined;
  readonly name: string | undefined;
  readonly sending: boolean;
  readonly talking: boolean;
  readonly payloadType: number;
  /** `L24/48000/2`; undefined when nothing says what it is. */
  readonly format: string | undefined;
  readonly described: boolean;
  readonly packets: number;
  readonly packetsPerSecond: number;
  readonly bitsPerSecond: number;
  readonly lost: number;
  /** 0 to 1. */
  readonly lossShare: number;
  readonly longestLoss: number;
  readonly reordered: number;
  readonly duplicates: number;
  /** Interarrival jitter (RFC 3550 §A.8), and percentiles of its differences. */
  readonly jitterMs: Ms;
  readonly jitter50Ms: Ms | undefined;
  readonly jitter95Ms: Ms | undefined;
  readonly jitter99Ms: Ms | undefined;
  readonly worstGapMs: Ms;
  /** Of each channel, or group of channels, relative to full scale. */
  readonly levelsDbfs: readonly number[] | undefined;
  readonly dscp: number | undefined;
  readonly ttl: number | undefined;
  readonly packetMs: Ms | undefined;
  readonly clockRate: number | undefined;
  readonly driftPpm: number | undefined;
  /** RTCP of it was heard. */
  readonly rtcp: boolean;
  /** Since when it is heard, ms since 1970. */
  readonly since: number;
}

export interface MediumFigures {
  readonly index: number;
  readonly mediaType: string;
  readonly group: string;
  readonly port: number;
  readonly interfaces: readonly string[];
  readonly formats: readonly string[];
  /** As behind `a=ts-refclk:` and `a=mediaclk:`; see {@link TransportInfo}. */
  readonly referenceClocks: readonly string[];
  readonly mediaClock: string | undefined;
  readonly packetsPerSecond: number;
  readonly bitsPerSecond: number;
  readonly members: number;
  readonly senders: readonly SenderFigures[];
  /** Senders beyond those that are measured. */
  readonly otherSenders: number;
  readonly kernelDrops: number;
  /** Why it is not watched. */
  readonly failure: string | undefined;
}

export interface ConferenceFigures {
  /** Unique among those watched. */
  readonly key: string;
  readonly name: string;
  readonly state: ConferenceState;
  /** Since when it is in this state, ms since 1970. */
  readonly since: number;
  /** Of the worst finding. */
  readonly severity: Severity | undefined;
  readonly media: readonly MediumFigures[];
  readonly findings: readonly Finding[];
  readonly packetsPerSecond: number;
  readonly bitsPerSecond: number;
  readonly sending: number;
  readonly talking: number;
  /** Of the worst sender, 0 to 1. */
  readonly lossShare: number;
}

const RATE_MS: Ms = 2000;
const SHARE_MS: Ms = 10_000;

/** @param wallOffset what to add to a monotonic time for ms since 1970 */
export function senderFigures(meter: SenderMeter, now: Ms, wallOffset: number): SenderFigures {
  const { source, marks, format } = meter;
  return {
    ssrc: source.ssrc,
    address: source.rtpAddress?.address,
    port: source.rtpAddress?.port,
    cname: source.cname,
    name: source.sdes.name,
    sending: meter.isSending(now),
    talking: meter.isTalking(now),
    payloadType: meter.payloadType,
    format: format?.label,
    described: meter.described,
    packets: source.packetsReceived,
    packetsPerSecond: meter.packets.perSecond(RATE_MS),
    bitsPerSecond: meter.bits.perSecond(RATE_MS),
    lost: Math.max(0, source.packetsLost),
    lossShare: meter.lossShare(SHARE_MS),
    longestLoss: meter.longestLoss,
    reordered: source.reordered,
    duplicates: source.duplicates,
    jitterMs: source.jitterSeconds * 1000,
    jitter50Ms: meter.jitterMs(50),
    jitter95Ms: meter.jitterMs(95),
    jitter99Ms: meter.jitterMs(99),
    worstGapMs: meter.worstGapMs,
    levelsDbfs: meter.levels(now),
    dscp: marks?.dscp,
    ttl: marks?.ttl,
    packetMs: meter.packetMs,
    clockRate: meter.clock.measuredRate,
    driftPpm: meter.clock.driftPpm,
    rtcp: source.rtcpAddress !== undefined || meter.encryptedRtcp,
    since: source.firstHeard + wallOffset,
  };
}

export function mediumFigures(medium: MediumWatch, now: Ms, wallOffset: number): MediumFigures {
  const { expected, facts, failure } = medium;
  return {
    index: expected.index,
    mediaType: expected.mediaType,
    group: expected.group,
    port: expected.port,
    interfaces: facts?.interfaces ?? [],
    ...clockTexts(expected.clocks),
    formats: [...expected.formats.values()].map(({ label }) => label),
    packetsPerSecond: medium.packets.perSecond(RATE_MS),
    bitsPerSecond: medium.bits.perSecond(RATE_MS),
    members: medium.session.sources.size,
    senders: [...medium.meters.values()]
      .slice(0, MAX_SENDERS)
      .map((it) => senderFigures(it, now, wallOffset)),
    otherSenders: medium.otherSenders,
    kernelDrops: facts?.kernelDrops ?? 0,
    failure,
  };
}
