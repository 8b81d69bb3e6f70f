import type { SnoopingSuspicion } from '../../src/igmp/index.ts';
import { type HostReport, inspectHost, kernelHoldsMembership, systemClock } from '../../src/net/index.ts';
import type { MediaSession, MediumSupport, TransportInfo } from '../types/index.ts';

/** What is known of one medium of the description. */
export interface MediumEvidence {
  readonly mediaType: string;
  readonly support: MediumSupport['support'];
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  /** Undefined when it is not joined. */
  readonly transport: TransportInfo | undefined;
  /** There is a stream for what comes from the group. */
  readonly receives: boolean;
  /** Others with an SSRC on this medium, and how many of them send RTP that arrives. */
  readonly remote: number;
  readonly senders: number;
  /** Anything of the others has arrived. */
  readonly arrived: boolean;
  /** Packets by whether there was a codec, and the names of those without. */
  readonly decoded: number;
  readonly undecodable: number;
  readonly foreignFormats: readonly string[];
  /** Formats of the description with a codec. */
  readonly decodable: readonly string[];
  /** Sources that a filter lets in; empty for all. */
  readonly sources: readonly string[];
  /** Whether the kernel holds the membership; undefined where it does not tell. */
  readonly membership: boolean | undefined;
  readonly strictReversePath: boolean;
}

/** Everything that {@link judgeJoin} goes by. */
export interface Evidence {
  readonly joined: boolean;
  readonly held: boolean;
  /** Others, and those of them whose RTP is decoded. */
  readonly participants: number;
  readonly hearing: number;
  /** Somebody was heard earlier in this session. */
  readonly heardBefore: boolean;
  /** Signs that a switch has forgotten that this host listens. */
  readonly snooping?: SnoopingSuspicion | undefined;
  readonly timing: { readonly active: boolean; readonly nextStart: number | undefined };
  readonly host: {
    readonly container: HostReport['container'];
    readonly firewalls: readonly string[];
    /** Interfaces that are up, without loopback. */
    readonly otherInterfaces: readonly string[];
    readonly onlyLoopback: boolean;
  };
  readonly media: readonly MediumEvidence[];
}

/** Gathers the evidence of a session now. Reads some files of /proc; nothing is sent. */
export function collectEvidence(
  session: MediaSession,
  wall: number = systemClock.wall(),
  host: HostReport = inspectHost(),
): Evidence {
  const others = session.participants.filter(({ local }) => !local);
  const heard = others.filter((it) => it.active && it.substreams.some(({ stats }) => stats.decoded > 0));
  const up = host.interfaces.filter((it) => it.up && !it.loopback && it.addresses.length > 0);
  const active = session.description.activeAt(wall);
  return {
    joined: session.state === 'joined',
    held: session.held,
    participants: others.length,
    hearing: heard.length,
    heardBefore: session.everHeard,
    snooping: session.snooping,
    timing: { active, nextStart: active ? undefined : session.description.nextChange(wall)?.atUnixMs },
    host: {
      container: host.containerNetwork === 'host' ? undefined : host.container,
      firewalls: host.firewalls,
      otherInterfaces: up.map(({ name }) => name),
      onlyLoopback: up.length === 0,
    },
    media: session.media.map((medium) => mediumEvidence(session, medium, host)),
  };
}

function mediumEvidence(session: MediaSession, medium: MediumSupport, host: HostReport): MediumEvidence {
  const { index, mediaType, support, code, reason, formats } = medium;
  const transport = session.transports.find((it) => it.medium === index);
  const others = session.participants.filter((it) => !it.local && it.media.has(mediaType));
  const substreams = others.flatMap((it) => it.substreams).filter((it) => it.medium === index);
  const stats = substreams.map((it) => it.stats);
  const undecodable = stats.filter((it) => it.undecodable > 0);
  const rp = host.interfaces.find(({ name }) => name === transport?.interface.name)?.rpFilter;
  return {
    mediaType,
    support,
    code,
    reason,
    transport,
    receives: session.streams.some((it) => it.medium === index && it.direction === 'render'),
    remote: others.length,
    senders: substreams.filter(({ participant }) => participant.active).length,
    arrived: others.length > 0,
    decoded: stats.reduce((sum, it) => sum + it.decoded, 0),
    undecodable: stats.reduce((sum, it) => sum + it.undecodable, 0),
    foreignFormats: [...new Set(undecodable.map((it) => it.payloadFormat ?? 'an unknown format'))],
    decodable: formats.filter((it) => !it.endsWith('*')),
    sources: transport?.sources ?? [],
    membership:
      transport === undefined ? undefined : kernelHoldsMembership(transport.group, transport.interface.name),
    strictReversePath: rp === 1,
  };
}
