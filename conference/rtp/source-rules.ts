import { isMulticast, isSourceSpecific } from '../../src/ip/index.ts';
import type { MediaDescription, MediaEndpoint } from '../../src/sdp/index.ts';

/** Who may be heard on one medium: addresses, or host names that are resolved when it is joined. */
export interface SourceRules {
  /** Only these; empty for everybody. */
  readonly sources: readonly string[];
  /** Everybody but these. */
  readonly excludedSources: readonly string[];
  /** Whom the others hear, by the description; empty for everybody. */
  readonly senders: readonly string[];
}

/** Where RTCP goes on one medium (RFC 3605, RFC 5760, RFC 6128). */
export interface RtcpPlan {
  /** The group that everybody hears, and its port. */
  readonly rtcpGroup: string;
  readonly rtcpPort: number;
  /** Where receivers report when nobody would hear what they send to the group. */
  readonly feedback: FeedbackPlan | undefined;
}

/** The feedback target of RFC 5760. */
export interface FeedbackPlan {
  /** `reflection`: the target sends reports on to the group. `rsi`: it sends summaries. */
  readonly mode: 'reflection' | 'rsi';
  readonly address: string;
  readonly port: number;
}

/**
 * The filter of the description (RFC 4570 §3), or the sources that the user names in its place.
 *
 * @param given from the user; empty or undefined for nobody
 */
export function sourceRules(
  medium: MediaDescription,
  group: string,
  given: readonly string[] | undefined,
): SourceRules {
  const filter = medium.sourceFilterFor(group);
  const named = [...new Set(filter?.sources)];
  const senders = filter?.mode === 'incl' ? named : [];
  if (given !== undefined && given.length > 0) {
    // Whom we want to hear is our affair, but for a group that nobody can join without naming the source.
    const assumed = senders.length === 0 && isSourceSpecific(group) ? given : senders;
    return { sources: given, excludedSources: [], senders: assumed };
  }
  return { sources: senders, excludedSources: filter?.mode === 'excl' ? named : [], senders };
}

/**
 * Without `a=rtcp-unicast`, or a unicast address in `a=rtcp`, RTCP goes where the description says, as in any group. With
 * it that address is the feedback target, by default the source, and the port of RTCP in the group follows from the
 * `m=` line or `a=multicast-rtcp` (RFC 5760 §10, RFC 6128 §3).
 */
export function rtcpPlan(
  medium: MediaDescription,
  endpoint: MediaEndpoint | undefined,
  source: string | undefined,
): RtcpPlan {
  if (endpoint === undefined) return { rtcpGroup: '', rtcpPort: 0, feedback: undefined };
  const { address: group, port, rtcpAddress, rtcpPort = 0 } = endpoint;
  const { rtcp, rtcpUnicast, rtcpMux, multicastRtcpPort } = medium;
  const named = rtcpAddress === group || isMulticast(rtcpAddress) ? undefined : rtcpAddress;
  const target = named ?? source;
  if (!isMulticast(group) || (rtcpUnicast === undefined && named === undefined)) {
    return { rtcpGroup: rtcpAddress, rtcpPort: multicastRtcpPort ?? rtcpPort, feedback: undefined };
  }
  const groupPort = multicastRtcpPort ?? (rtcpMux ? port : Math.min(65_535, port + 1));
  return {
    rtcpGroup: isMulticast(rtcpAddress) ? rtcpAddress : group,
    rtcpPort: groupPort,
    feedback:
      target === undefined
        ? undefined
        : { mode: rtcpUnicast?.mode ?? 'reflection', address: target, port: rtcp?.port ?? groupPort },
  };
}
