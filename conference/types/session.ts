import type { SnoopingSuspicion } from '../../src/igmp/index.ts';
import type { QosResult } from '../../src/net/index.ts';
import type { MediaKey, SessionDescription } from '../../src/sdp/index.ts';
import type { EventStream } from '../emitter.ts';
import type { CallQuality } from './call-quality.ts';
import type { LoopbackMode, MediaType, ParticipantInfo, QosLevel } from './common.ts';
import type { ConferenceEvent } from './events.ts';
import type { FlowSpec } from './flow-spec.ts';
import type { ReceptionMatrix } from './matrix.ts';
import type { Participant } from './participant.ts';
import type { MediumSupport } from './provider.ts';
import type { MediaStream, Substream } from './stream.ts';
import type { DatagramTap, MadePacket, MediaTap, TapStage } from './tap.ts';
import type { TalkControl } from './talk.ts';
import type { TransportInfo } from './transport.ts';

/** One joined (or about to be joined) session of a provider. */
export interface MediaSession extends EventStream<ConferenceEvent>, AsyncDisposable {
  readonly state: 'prepared' | 'joining' | 'joined' | 'left';
  /** Without the keys in it, so that it may be shown and kept. */
  readonly description: SessionDescription;
  /** What could be done with each medium of the description, joined or not. */
  readonly media: readonly MediumSupport[];
  /** RTP of somebody else has arrived at some time. */
  readonly everHeard: boolean;
  /** Signs that a switch has forgotten that this host listens; undefined when there are none. */
  readonly snooping: SnoopingSuspicion | undefined;
  /** At the beginning for each joined medium one stream per direction it has. */
  readonly streams: readonly MediaStream[];
  /**
   * Adds a stream of the description that was not asked for at the join (STR-02): sending where one only listened,
   * receiving a medium that was left out, what was removed.
   *
   * @param medium place of the `m=` line, from 0
   * @throws {StateError} when it is there already, or the session was left; `InvalidStreamError` when the description has no such
   *   stream; `AddressTypeError` and `UnsupportedSessionError` when it cannot be joined
   */
  addStream(medium: number, direction: MediaStream['direction']): Promise<MediaStream>;
  /**
   * Ends a stream. Its terminals are detached, not closed. Reports go on for what was asked for at the join; another
   * medium is left with its last stream.
   *
   * @throws `InvalidStreamError` when it is none of this session's
   */
  removeStream(stream: MediaStream): Promise<void>;
  /** Everyone known, ourselves first. */
  readonly participants: readonly Participant[];
  readonly local: Participant;
  /** Push-to-talk. */
  readonly talk: TalkControl;
  /** Who has the floor, perhaps ourselves; undefined while nobody talks. */
  readonly activeTalker: Participant | undefined;
  /** One per joined medium: addresses, interface, buffers, counters. Empty before `join`. */
  readonly transports: readonly TransportInfo[];
  /** Who hears whom how well, from everybody's reports: one for each joined medium, put together at each call. */
  readonly reception: readonly ReceptionMatrix[];
  /** Bit rates and processor load (QUA-01, QUA-02). */
  readonly quality: CallQuality;
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
  /**
   * A flow as it was once reserved (QOS-04): controlled load is marked as with `needed`, a guarantee is refused.
   *
   * @throws {QosError} when it cannot be had, with the reason
   */
  reserve(flow: FlowSpec, mediaType?: MediaType): readonly QosResult[];
  setLoopback(mode: LoopbackMode): void;
  /**
   * Presses keys for all to hear about, as events (RFC 4733): each 100 ms, with pauses of 150 ms. What others press
   * comes as `digit` events.
   *
   * @param digits `0` to `9`, `*`, `#`, `A` to `D`, and a comma for a second of pause
   * @returns when the last one has been let go
   * @throws {InvalidValueError} for what is on no key; `StateError` when it is not joined, or nothing we send has events
   */
  sendDigits(digits: string): Promise<void>;
  /**
   * Asks for a key picture of what somebody sends, from which on pictures can be shown (QUA-07): at once, or after a short random
   * time in a group, so that not all ask for the same. Asking more than once in a second is asking once.
   *
   * @returns false where it cannot be asked for: the description does not say so (RTP/AVPF with `a=rtcp-fb`), or RTCP is off
   * @throws {NetworkError} when it is not joined
   */
  requestKeyPicture(substream: Substream): boolean;
  /**
   * The keys of encrypted media as they are now: those that are new are taken at once, and sent with from their time on; those that
   * are gone are taken for another minute. A medium that is not named keeps its own.
   */
  setKeys(keys: readonly MediaKey[]): void;
  /**
   * Sends a payload that was made elsewhere, such as one that was recorded or comes from another group.
   *
   * @param medium place of the `m=` line, from 0
   * @throws {StateError} when it is not joined; `InvalidValueError` for a payload type that the description does not name
   */
  sendPacket(medium: number, packet: MadePacket): void;
  /**
   * Shows every RTP and RTCP datagram, received and sent, of all media; from the `plain` stage unless told otherwise.
   * The listener must not throw. Costs nothing while nobody looks.
   *
   * @returns ends it
   */
  tapDatagrams(listener: DatagramTap, stage?: TapStage): () => void;
  /** Shows every RTP packet of the others that passed all checks. The listener must not throw. @returns ends it */
  tapMedia(listener: MediaTap): () => void;
}
