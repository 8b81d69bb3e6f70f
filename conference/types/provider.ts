import type { RandomSource } from '../../src/machine.ts';
import type { Clock, InterfaceWish, TrafficLabels } from '../../src/net/index.ts';
import type { MediaKey, SessionDescription } from '../../src/sdp/index.ts';
import type {
  ExtendedReportWish,
  LoopbackMode,
  MediaDirection,
  MediaType,
  ParticipantInfo,
  QosLevel,
} from './common.ts';
import type { EncoderOptions } from '../codec/index.ts';
import type { VoiceDetection } from '../capture/index.ts';
import type { MediaSession } from './session.ts';
import type { PushToTalk } from './talk.ts';

/** What a provider can do with one medium of a description. */
export interface MediumSupport {
  /** Place of the `m=` line, from 0. */
  readonly index: number;
  readonly mediaType: MediaType;
  /**
   * `full`: sent, received and heard. `counted`: joined and counted, not decoded. `none`: not joined.
   */
  readonly support: 'full' | 'counted' | 'none';
  /** Why not `full`. */
  readonly reason?: string;
  /** The same as a stable name: `encrypted`, `unsupportedCodec`, `notMulticast`, … */
  readonly code?: string;
  /** Formats in order of preference, `PCMU/8000`, with an asterisk when there is no codec for it. */
  readonly formats: readonly string[];
}

export interface ProviderSupport {
  /** Whether joining makes sense: at least one medium can be joined. */
  readonly supported: boolean;
  /** Why not, or what will be missing. */
  readonly reason?: string;
  readonly media: readonly MediumSupport[];
}

/** Everything a provider must know to join. Only the description and the participant are needed. */
export interface JoinRequest {
  readonly description: SessionDescription;
  /** SDES items about ourselves; without `cname` a random one (RFC 7022). */
  readonly participant: ParticipantInfo;
  /** Media types to join; default `['audio']`. Video is joined for participants and counts only. */
  readonly media?: readonly MediaType[];
  /** Interface by name, address, index or `all`; several to listen on each; default: the route to the group. */
  readonly interface?: InterfaceWish;
  /** The interface to send by, of several or of all; default the first, or the route's. */
  readonly sendInterface?: string;
  /** Hear only these, addresses or host names, whatever the description's source filter says. */
  readonly sources?: readonly string[];
  /** Keys of encrypted media (RTP/SAVP), in place of the description's `a=crypto`. */
  readonly keys?: readonly MediaKey[];
  /** The format to send, `G722` or `L16/48000/2`, where the description has several; default its first. */
  readonly format?: string;
  /** Bit rate, complexity and expected loss of what is sent, for codecs that have a choice. */
  readonly encoding?: EncoderOptions;
  readonly loopback?: LoopbackMode;
  readonly qos?: QosLevel;
  /** DSCP of what is sent instead of the usual one of each medium, 0 to 63; not with `best-effort`. */
  readonly dscp?: number;
  /** SO_PRIORITY and SO_MARK of what is sent (QUA-06). */
  readonly labels?: TrafficLabels;
  /** Instead of what the description says, such as the one speaker of a `recvonly` broadcast. */
  readonly direction?: MediaDirection;
  /** Instead of the TTL of the description, 0 to 255. */
  readonly ttl?: number;
  /** A playout delay that never changes, counted from the first packet, in milliseconds, 0 to 2000; default: adaptive. */
  readonly playoutMs?: number;
  /** Bounds of the adaptive playout delay, milliseconds from 0 to 2000; default 20 and 400. */
  readonly minPlayoutMs?: number;
  readonly maxPlayoutMs?: number;
  /**
   * A delay that never changes whatever the network does, milliseconds from 0 to 2000: the link offset of AES67. It is counted
   * from the fastest of the first packets: no clock is needed, and the time that these were under way is not in it.
   */
  readonly linkOffsetMs?: number;
  /**
   * The clock that this host follows, written as behind `a=ts-refclk:` (RFC 7273 §4.8), such as `ntp=/traceable/` or
   * `ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0`; `traceable` for any that leads back to the common time. It is taken at
   * your word; without it no clock of a sender counts as the same as ours.
   */
  readonly referenceClock?: string;
  /**
   * What of the source is sent. By default all of linear formats, what a microphone gives while somebody talks, and
   * else everything that is not digital silence.
   */
  readonly voiceDetection?: VoiceDetection;
  /** Automatic gain control brings talkers to this level, −40 to −6 dBFS (QUA-04); default: none. */
  readonly gainTarget?: number;
  /** Nothing is sent until {@link MediaSession.talk} is pressed. */
  readonly pushToTalk?: PushToTalk;
  /** Default `asked`. */
  readonly extendedReports?: ExtendedReportWish;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  /** Gives up joining. */
  readonly signal?: AbortSignal;
}

/**
 * Turns a session description into media (CAL-01). The service provider interface: the multicast RTP provider is one
 * implementation, others may use other transports.
 */
export interface MediaStreamProvider {
  readonly name: string;
  /** What it could do with this description; touches nothing. */
  supports(description: SessionDescription): ProviderSupport;
  /**
   * Makes the session with its streams, to which terminals can already be attached; nothing is on the network yet.
   *
   * @throws {UnsupportedSessionError} when no medium of the description can be joined
   */
  prepare(request: JoinRequest): MediaSession;
  /** {@link prepare} and {@link MediaSession.join} in one. */
  join(request: JoinRequest): Promise<MediaSession>;
}
