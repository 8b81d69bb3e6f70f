import type { SnoopingSuspicion } from '../src/igmp/index.ts';
import type { RandomSource } from '../src/machine.ts';
import type { BufferGrant, ChosenInterface, Clock, InterfaceWish, QosResult } from '../src/net/index.ts';
import type { SdesItemName, SdesItems } from '../src/rtcp/index.ts';
import type { SessionDescription } from '../src/sdp/index.ts';
import type { AudioFormat } from './audio/index.ts';
import type { EventStream } from './emitter.ts';
import type { AudioSink, AudioSource } from './terminal/index.ts';

/** `m=` media names; audio and video are those that matter here. */
export type MediaType = 'audio' | 'video' | 'text' | 'application' | 'message' | 'image' | (string & {});

/** What a conference does with its own packets that the network hands back (LOO rows). Default `none`. */
export type LoopbackMode = 'none' | 'full' | 'selective';

/** QOS-01: fail without marking, mark and warn, or do not mark. */
export type QosLevel = 'needed' | 'if-available' | 'best-effort';

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What one participant says about itself: the eight SDES items (PIN rows). */
export type ParticipantInfo = SdesItems;

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
  readonly loopback?: LoopbackMode;
  readonly qos?: QosLevel;
  /** Instead of what the description says, such as the one speaker of a `recvonly` broadcast. */
  readonly direction?: MediaDirection;
  /** Instead of the TTL of the description, 0 to 255. */
  readonly ttl?: number;
  /** Playout delay in milliseconds, 0 to 2000; default 60. */
  readonly playoutMs?: number;
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

/** One joined (or about to be joined) session of a provider. */
export interface MediaSession extends EventStream<ConferenceEvent>, AsyncDisposable {
  readonly state: 'prepared' | 'joining' | 'joined' | 'left';
  readonly description: SessionDescription;
  /** What could be done with each medium of the description, joined or not. */
  readonly media: readonly MediumSupport[];
  /** RTP of somebody else has arrived at some time. */
  readonly everHeard: boolean;
  /** Signs that a switch has forgotten that this host listens; undefined when there are none. */
  readonly snooping: SnoopingSuspicion | undefined;
  /** Fixed from the beginning: for each joined medium one stream per direction it has. */
  readonly streams: readonly MediaStream[];
  /** Everyone known, ourselves first. */
  readonly participants: readonly Participant[];
  readonly local: Participant;
  /** One per joined medium: addresses, interface, buffers, counters. Empty before `join`. */
  readonly transports: readonly TransportInfo[];
  /** Opens sockets and joins the groups. @throws {QosError | NetworkError | AbortError} */
  join(signal?: AbortSignal): Promise<void>;
  /** Says BYE, drops the memberships, closes the attached terminals. Done within two seconds. May be called again. */
  leave(reason?: string): Promise<void>;
  /** Media stop, RTCP goes on (CAL-06). */
  hold(): void;
  resume(): void;
  readonly held: boolean;
  setParticipantInfo(info: Omit<ParticipantInfo, 'cname'>): void;
  /** Marks what is sent from now on; of one media type or of all (CAL-07). @throws {QosError} when needed and refused */
  setQos(level: QosLevel, mediaType?: MediaType): readonly QosResult[];
  setLoopback(mode: LoopbackMode): void;
}

/**
 * One media type in one direction (STR rows). It starts by itself when the session is joined and a terminal attached;
 * `start` is only for after `pause` or `stop`.
 */
export interface MediaStream {
  readonly mediaType: MediaType;
  /** capture: from here to the group. render: from the group to here. */
  readonly direction: 'capture' | 'render';
  /** `audio out`, `audio in`; with a number when there are several. */
  readonly name: string;
  /** Place of the `m=` line, from 0. */
  readonly medium: number;
  /** Audio format of the stream itself, undefined when nothing can decode it. Terminals may have another. */
  readonly format: AudioFormat | undefined;
  /** Name of the payload format: sent (capture), or preferred (render). */
  readonly payloadFormat: string;
  /** Why no terminal can be attached; undefined when one can. */
  readonly unsupportedReason: string | undefined;
  /** `idle`: waiting for the join or a terminal. */
  readonly state: 'idle' | 'active' | 'paused' | 'stopped' | 'failed';
  readonly terminals: readonly (AudioSource | AudioSink)[];
  /** Level of what passes now, before {@link gainDb}. */
  readonly levelDbfs: number;
  /** Made louder or softer by this, −100 to 40 dB; default 0 (TRM-03). */
  gainDb: number;
  /**
   * A capture stream takes one source, a render stream any number of sinks.
   *
   * @throws {StateError} when it is in use already; `InvalidTerminalError` for the wrong direction or media type
   */
  attach(terminal: AudioSource | AudioSink): void;
  /** The last one detached stops the stream. The terminal is not closed. */
  detach(terminal: AudioSource | AudioSink): void;
  /** @throws {StateError} without a terminal, or when it is not paused or stopped */
  start(): void;
  /** A capture stream sends nothing, a render stream hands on silence; time goes on. */
  pause(): void;
  /** As pause, and forgets what is buffered. */
  stop(): void;
  /** Render streams: one per source heard. Empty for capture streams. */
  readonly substreams: readonly Substream[];
}

/** What one participant sends on one medium: an SSRC (SUB rows). */
export interface Substream {
  readonly ssrc: number;
  readonly mediaType: MediaType;
  readonly medium: number;
  readonly participant: Participant;
  readonly stats: SubstreamStats;
}

export interface SubstreamStats {
  readonly packetsReceived: number;
  readonly octetsReceived: number;
  /** Below zero when duplicates outnumber losses (RFC 3550 §A.3). */
  readonly packetsLost: number;
  /** Share lost in the last report interval, 0 to 1. */
  readonly fractionLost: number;
  readonly jitterMs: number;
  readonly duplicates: number;
  readonly reordered: number;
  /** Came after the moment they should have been played. */
  readonly late: number;
  readonly decoded: number;
  /** Of a format that nothing here decodes. */
  readonly undecodable: number;
  /** Times the playout was moved because sender and receiver ran apart. */
  readonly playoutAdjustments: number;
  readonly payloadType: number | undefined;
  /** `PCMU/8000`, undefined while nothing was received. */
  readonly payloadFormat: string | undefined;
  /** −Infinity for silence. */
  readonly levelDbfs: number;
  readonly talking: boolean;
  readonly roundTripMs: number | undefined;
  /** How this participant receives us, by its last report; undefined without one. */
  readonly ourLossThere: number | undefined;
  readonly ourJitterMsThere: number | undefined;
}

/** A person (or device) in the conference: everything that shares one CNAME (PAR rows). */
export interface Participant {
  /** Stable within the session, also before a CNAME is known. */
  readonly id: string;
  readonly cname: string | undefined;
  readonly local: boolean;
  readonly info: ParticipantInfo;
  /** `name`, else the part of the CNAME that tells most, else the SSRC. */
  readonly displayName: string;
  readonly media: ReadonlySet<MediaType>;
  readonly streams: readonly MediaStream[];
  readonly substreams: readonly Substream[];
  /** Where its packets come from. */
  readonly address: string | undefined;
  /** Sends RTP on some medium. */
  readonly active: boolean;
  /** Its level is over the threshold. */
  readonly talking: boolean;
  readonly levelDbfs: number;
  /** Not heard here; on the local participant: nothing is sent (PAR-05). */
  muted: boolean;
  /** Mutes on one stream only. */
  setMuted(muted: boolean, stream?: MediaStream): void;
  isMuted(stream: MediaStream): boolean;
  /** When it was first heard, wall clock. */
  readonly since: Date;
  /** Left or timed out. */
  readonly gone: boolean;
  toJSON(): ParticipantJson;
}

/** Fields are added to, never renamed. */
export interface ParticipantJson {
  readonly id: string;
  readonly cname: string | null;
  readonly local: boolean;
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly location: string | null;
  readonly tool: string | null;
  readonly note: string | null;
  readonly private: readonly { readonly prefix: string; readonly value: string }[];
  readonly address: string | null;
  readonly media: readonly MediaType[];
  readonly active: boolean;
  readonly talking: boolean;
  readonly muted: boolean;
  /** null for silence. */
  readonly levelDbfs: number | null;
  readonly since: string;
  readonly substreams: readonly {
    readonly ssrc: number;
    readonly media: MediaType;
    readonly format: string | null;
    readonly packetsReceived: number;
    readonly packetsLost: number;
    readonly lossPercent: number;
    readonly jitterMs: number;
    readonly duplicates: number;
    readonly reordered: number;
    readonly late: number;
    readonly undecodable: number;
    readonly roundTripMs: number | null;
  }[];
}

/** How one medium is on the network. */
export interface TransportInfo {
  readonly medium: number;
  readonly mediaType: MediaType;
  readonly group: string;
  readonly port: number;
  readonly rtcpPort: number;
  readonly ssrc: number;
  readonly interface: ChosenInterface;
  /** Address that what we send comes from; for an IPv6 group of link-local scope not the interface's first one. */
  readonly localAddress: string;
  /** The interface has gone: nothing is sent or heard until it is back. */
  readonly away: boolean;
  readonly ttl: number;
  readonly loopback: LoopbackMode;
  readonly qos: QosResult;
  readonly receiveBuffer: BufferGrant;
  readonly warnings: readonly string[];
  readonly rtpReceived: number;
  readonly rtcpReceived: number;
  readonly rtpSent: number;
  readonly rtcpSent: number;
  /** RTP of a payload type that the description does not name. */
  readonly unknownPayloadType: number;
  readonly malformed: number;
  /** Refused by the source filter. */
  readonly filtered: number;
  /** Sources that alone are heard; empty for everybody. */
  readonly sources: readonly string[];
  /** Addresses that send RTP to the group and are not admitted, as far as it was noticed. */
  readonly foreignSources: readonly string[];
  /** Where our RTCP goes: to the group, or to the feedback target; undefined when nobody would hear it. */
  readonly rtcpTo: string | undefined;
  /** Reports of receivers that we, the feedback target, sent on to the group, and those that we did not. */
  readonly rtcpReflected: number;
  readonly rtcpNotReflected: number;
  /** How many listen, by the source's summary; undefined without one. */
  readonly receiversTold: number | undefined;
  /** Participants whose sender reports tell of packets, of which none has arrived. */
  readonly sendersUnheard: number;
  /** Our own packets that came back. */
  readonly ownLooped: number;
  /** Datagrams the kernel threw away; undefined where it does not say. */
  readonly kernelDrops: number | undefined;
  readonly sendErrors: number;
}

export type StreamCause =
  | 'localRequest'
  | 'remoteRequest'
  | 'badDevice'
  | 'connectFailed'
  | 'qualityOfService'
  | 'unknown';

export type ConferenceEvent =
  /** PEV-01. Without a CNAME yet when RTP came before RTCP; `participantInfo` follows. */
  | { readonly type: 'participantJoined'; readonly participant: Participant }
  /** PEV-02 */
  | {
      readonly type: 'participantInfo';
      readonly participant: Participant;
      readonly items: readonly SdesItemName[];
    }
  /** Two that were taken for different are one: the CNAME became known. `merged` is gone. */
  | { readonly type: 'participantMerged'; readonly participant: Participant; readonly merged: Participant }
  /** PEV-03 */
  | {
      readonly type: 'participantLeft';
      readonly participant: Participant;
      readonly reason: string | undefined;
    }
  /** PEV-08..11 */
  | {
      readonly type:
        | 'participantTimedOut'
        | 'participantRecovered'
        | 'participantActive'
        | 'participantInactive';
      readonly participant: Participant;
    }
  /** By level; the local participant's are PEV-12 and PEV-13. */
  | { readonly type: 'talking' | 'silent'; readonly participant: Participant }
  /** PEV-04, PEV-05 */
  | {
      readonly type: 'substreamAdded' | 'substreamRemoved';
      readonly participant: Participant;
      readonly substream: Substream;
    }
  /** TRM-04 */
  | {
      readonly type: 'streamActive' | 'streamInactive' | 'streamFailed';
      readonly stream: MediaStream;
      readonly cause: StreamCause;
    }
  /** The source has given everything. */
  | { readonly type: 'sourceEnded'; readonly stream: MediaStream; readonly terminal: AudioSource }
  | {
      readonly type: 'terminalFailed';
      readonly stream: MediaStream;
      readonly terminal: AudioSource | AudioSink;
      readonly message: string;
    }
  /** QOS-02 */
  | {
      readonly type: 'qos';
      readonly mediaType: MediaType;
      readonly kind: 'noQos' | 'admissionFailure' | 'policyFailure' | 'genericError';
      readonly message: string;
      readonly result: QosResult;
    }
  /** An interface in use has gone; it, or another in its place, is used again. */
  | {
      readonly type: 'interfaceLost' | 'interfaceBack';
      readonly name: string;
      readonly message: string;
    }
  /** Something the user should know. `code` is stable. */
  | { readonly type: 'warning'; readonly code: string; readonly message: string };
