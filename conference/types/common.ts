import type { SdesItems } from '../../src/rtcp/index.ts';

/** `m=` media names; audio and video are those that matter here. */
export type MediaType = 'audio' | 'video' | 'text' | 'application' | 'message' | 'image' | (string & {});

/** What a conference does with its own packets that the network hands back (LOO rows). Default `none`. */
export type LoopbackMode = 'none' | 'full' | 'selective';

/** When extended reports (RFC 3611) are sent: when the description declares them with `a=rtcp-xr`, always, or never. */
export type ExtendedReportWish = 'asked' | 'always' | 'never';

/** QOS-01: fail without marking, mark and warn, or do not mark. */
export type QosLevel = 'needed' | 'if-available' | 'best-effort';

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What one participant says about itself: the eight SDES items (PIN rows). */
export type ParticipantInfo = SdesItems;

/** QOS-02: what is wrong with the quality of service. */
export type QosKind = 'noQos' | 'admissionFailure' | 'policyFailure' | 'genericError';

/**
 * How that was noticed. `marking`: the system refused a mark. `bandwidth`: more arrives than `b=` allows. `loss`: of what
 * we hear; `lossThere`: of what others hear of us. `delay`: of the way to a participant and back. `remarked`: packets
 * arrive with another DSCP than they should have. `sending`: the system refuses to send.
 */
export type QosCause = 'marking' | 'bandwidth' | 'loss' | 'lossThere' | 'delay' | 'remarked' | 'sending';
