import { formatEndpoint, isLoopback } from '../../src/ip/index.ts';
import type { MulticastSocket } from '../../src/net/index.ts';
import type { RtpSession } from '../../src/rtp/index.ts';
import type { LoopbackMode, TransportInfo } from '../types/index.ts';
import { clockTexts } from './medium-clocks.ts';
import type { MediumPlan } from './medium-plan.ts';
import type { MediumProtection } from './protection/index.ts';
import type { RtcpPath } from './rtcp-path.ts';

/** What there is to tell of an open medium. */
export interface MediumFacts {
  readonly plan: MediumPlan;
  readonly session: RtpSession;
  readonly path: RtcpPath;
  /** Undefined where nothing is encrypted. */
  readonly protection: MediumProtection | undefined;
  readonly rtp: MulticastSocket;
  /** The same as {@link rtp} when both share a port. */
  readonly rtcp: MulticastSocket;
  readonly loopback: LoopbackMode;
  /** Whether the medium has a stream that sends. */
  readonly sends: boolean;
  /** Whether the source filter lets the others hear us. */
  readonly heardByOthers: boolean;
  readonly sourceProblems: readonly string[];
  /** Addresses that were noticed sending and are not admitted. */
  readonly probed: Iterable<string>;
}

/** `code` is stable. */
export interface MediumWarning {
  readonly code: string;
  readonly message: string;
}

/** What the user should know of how a medium was opened. */
export function mediumWarnings(facts: MediumFacts): MediumWarning[] {
  const { plan, path, rtp, loopback } = facts;
  const { group, senders, feedback } = plan;
  const out = rtp.warnings.map((message) => ({ code: 'socket', message }));
  for (const message of facts.sourceProblems) out.push({ code: 'sourceFilter', message });
  if (loopback === 'none' && isLoopback(rtp.localAddress ?? '')) {
    out.push({
      code: 'loopbackInterface',
      message: `Loopback cannot be switched off on ${rtp.interface.name}: other programs on this host hear us, and we drop our own packets`,
    });
  }
  if (!facts.heardByOthers && facts.sends) {
    out.push({
      code: 'notSource',
      message: `only ${senders.join(', ')} may be heard on ${group}, and we are ${rtp.localAddress}: nothing is sent`,
    });
  }
  if (path.role === 'silent') {
    out.push({
      code: 'noRtcp',
      message: `${group} is source-specific and we are not its source: the others cannot see us`,
    });
  } else if (path.role === 'receiver' && feedback?.mode === 'rsi') {
    out.push({
      code: 'summaries',
      message: 'the source tells how many are listening, not who: participants do not see each other',
    });
  }
  return out;
}

export function transportInfo(facts: MediumFacts): TransportInfo {
  const { plan, session, path, rtp, rtcp } = facts;
  const { stats } = session;
  const rtcpTo = path.destination;
  const groupSize = session.summary?.blocks.find(({ type }) => type === 'groupSize');
  const [a, b] = [rtp.kernelDrops(), rtcp === rtp ? 0 : rtcp.kernelDrops()];
  return {
    medium: plan.index,
    mediaType: plan.mediaType,
    group: plan.group,
    port: plan.port,
    rtcpPort: plan.rtcpPort,
    ssrc: session.ssrc,
    interface: rtp.interface,
    localAddress: rtp.localAddress,
    away: rtp.away,
    ttl: rtp.ttl,
    loopback: facts.loopback,
    qos: rtp.qos,
    receiveBuffer: rtp.receiveBuffer,
    warnings: mediumWarnings(facts).map(({ message }) => message),
    rtpReceived: stats.rtpReceived,
    rtcpReceived: stats.rtcpReceived,
    rtpSent: session.own.packetsSent,
    rtcpSent: path.role === 'silent' ? 0 : stats.rtcpSent,
    rtcpTo: rtcpTo === undefined ? undefined : formatEndpoint(rtcpTo.address, rtcpTo.port),
    rtcpReflected: path.reflected,
    rtcpNotReflected: path.refused,
    ...clockTexts(plan.clocks),
    receiversTold: groupSize?.type === 'groupSize' ? groupSize.receivers : undefined,
    sources: plan.sources,
    foreignSources: [...new Set([...facts.probed, ...rtp.refusedSources])],
    unknownPayloadType: stats.rtpUnknownPayloadType,
    malformed: stats.rtpMalformed + stats.rtcpMalformed + (facts.protection?.counts.malformed ?? 0),
    encryption: facts.protection?.info,
    authenticationFailed: facts.protection?.counts.authenticationFailed ?? 0,
    replayed: facts.protection?.counts.replayed ?? 0,
    unknownKey: facts.protection?.counts.unknownKey ?? 0,
    filtered: rtp.stats.filtered + (rtcp === rtp ? 0 : rtcp.stats.filtered),
    sendersUnheard: [...session.sources.values()].filter(
      ({ senderInfo, lastRtp }) => lastRtp === undefined && (senderInfo?.packets ?? 0) > 0,
    ).length,
    ownLooped: stats.ownLooped,
    kernelDrops: a === undefined || b === undefined ? undefined : a + b,
    sendErrors: rtp.stats.sendErrors + (rtcp === rtp ? 0 : rtcp.stats.sendErrors),
  };
}
