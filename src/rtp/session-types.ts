import type { Ms, RandomSource, TransportAddress } from '../machine.ts';
import type { KeyPictureRequestKind } from './key-pictures.ts';
import type { ExtendedReception, ExtendedReportPlan } from './extended.ts';
import type { SourceFigures } from './quality/source-meter.ts';
import type { SenderClockFigures } from './sender-clock.ts';
import type { ReportBlock, SdesItems, SdesItemName } from '../rtcp/index.ts';

/**
 * What a session does with its own packets that the network hands back.
 *
 * `none` and `selective` drop them (with `none` the socket should not loop them at all); `full` delivers them as
 * coming from {@link RtpSession.loopedBack}, for tests.
 */
export type RtpLoopback = 'none' | 'selective' | 'full';

/** How one RTP session is to behave. Only the first four are needed. */
export interface RtpSessionOptions {
  /** Chance: SSRC, initial sequence number and timestamp, RTCP timing. */
  readonly random: RandomSource;
  /** Canonical name; the same in every session of one participant (RFC 7022, see `generateCname`). */
  readonly cname: string;
  /** Clock rate in Hz of every payload type in use; the sender's own payload type among them. */
  readonly clockRates: ReadonlyMap<number, number>;
  /** Session bandwidth of all participants together, bits per second, of which RTCP takes 5 %. */
  readonly bandwidth: number;

  /** Payload type sent; default: the first of {@link clockRates}. */
  readonly payloadType?: number;
  /** Other SDES items about ourselves. */
  readonly sdes?: Omit<SdesItems, 'cname'>;
  /** RTCP bits per second for senders and for receivers (SDP `b=RS:` and `b=RR:`, RFC 3556); 0 and 0: no RTCP. */
  readonly rtcpBandwidth?: { readonly senders: number; readonly receivers: number };
  /** Let senders report more often than each 5 s when the bandwidth allows (RFC 3550 §6.2). Default false. */
  readonly reducedMinimum?: boolean;
  /** Addresses from which our own packets come back; more with `addOwnAddress`. */
  readonly ownAddresses?: readonly TransportAddress[];
  /** Default `selective`. */
  readonly loopback?: RtpLoopback;
  /** In-sequence packets before an unknown source counts as valid, 1 to 16; default 2 (RFC 3550 §A.1). */
  readonly minSequential?: number;
  /** Sources kept at once; default 2048. Unvalidated ones are held apart and cannot push out valid ones. */
  readonly maxSources?: number;
  /** Extended reports to be sent; default none. Those of others are always read. */
  readonly extendedReports?: ExtendedReportPlan;
  /** How key pictures are asked for (`a=rtcp-fb`, RFC 4585 §4.2); default: not at all. Others may always ask us. */
  readonly keyPictures?: KeyPictureRequestKind;
  /** Largest RTCP datagram in bytes of UDP payload, 256 to 65000; default 1400. */
  readonly maxRtcpBytes?: number;
  /** IP and UDP header bytes of each RTCP datagram, counted as bandwidth; default 28 (IPv4), IPv6 has 48. */
  readonly overheadBytes?: number;
  /** Fixed SSRC instead of a random one (tests, `a=ssrc`). */
  readonly ssrc?: number;
  /** Begins with a sequence number below 2^15, so that an encrypted stream does not roll over at once (RFC 3711 §3.3.1). */
  readonly lowSequence?: boolean;
}

/** A report block about some source, and when it came. */
export interface ReceivedReport {
  /** The source that was reported on. */
  readonly about: number;
  readonly block: ReportBlock;
  readonly at: Ms;
}

/** The last sender report of a source: ties its RTP timestamps to wall-clock time. */
export interface SenderInfo {
  /** Sender's wall clock, milliseconds since 1970-01-01 UTC; undefined when it says that it has none. */
  readonly wall: number | undefined;
  readonly rtpTimestamp: number;
  /** Packets and payload octets that the source says it has sent. */
  readonly packets: number;
  readonly octets: number;
  /** When it came, by our monotonic clock. */
  readonly at: Ms;
}

/** Another participant's SSRC in this session, as known now. A live view: read it when needed, never change it. */
export interface RtpSource {
  readonly ssrc: number;
  /** Whether it passed probation, or sent an SDES with a CNAME. */
  readonly validated: boolean;
  /** Sent RTP within the last two RTCP intervals. */
  readonly isSender: boolean;
  /** Named only in another source's CSRC list or SDES: it comes through a mixer. */
  readonly contributing: boolean;
  readonly cname: string | undefined;
  readonly sdes: SdesItems;
  readonly rtpAddress: TransportAddress | undefined;
  readonly rtcpAddress: TransportAddress | undefined;
  readonly firstHeard: Ms;
  /** Last RTP or RTCP. */
  readonly lastHeard: Ms;
  readonly lastRtp: Ms | undefined;
  readonly lastRtcp: Ms | undefined;
  /** Payload type and clock rate (Hz) of the last valid RTP packet. */
  readonly payloadType: number | undefined;
  readonly clockRate: number | undefined;

  /** Packets since validation, duplicates and late ones included (RFC 3550 §A.3). */
  readonly packetsReceived: number;
  readonly octetsReceived: number;
  readonly packetsExpected: number;
  /** expected − received; below zero when duplicates outnumber losses. */
  readonly packetsLost: number;
  /** Share lost in the last interval we reported on, 0 to 1. */
  readonly fractionLost: number;
  readonly duplicates: number;
  /** Packets that came after one with a higher sequence number. */
  readonly reordered: number;
  /** Sequence jumps too large to be loss, discarded (RFC 3550 §A.1). */
  readonly discarded: number;
  /** Times the sequence started anew. */
  readonly restarts: number;
  readonly extendedHighestSequence: number;
  /** Interarrival jitter in RTP timestamp units and in seconds (RFC 3550 §A.8). */
  readonly jitterTicks: number;
  readonly jitterSeconds: number;
  /** Bursts, loss runs, percentiles; computed at each call. Undefined until RTP of a known clock rate came. */
  readonly figures: SourceFigures | undefined;
  /** BurstR of the E-model, at least 1 (ITU-T G.107 §7.5). */
  readonly burstRatio: number;
  /** To be told of packets that came too late or too early to be played: they count as lost to the listener. */
  noteDiscarded(extendedSequence: number): void;
  /** From this source's last report about us, or its answer to our reference time; undefined until it has one. */
  readonly roundTripSeconds: number | undefined;
  readonly senderInfo: SenderInfo | undefined;
  /** What this source last reported, by the SSRC it reports about (ours too). */
  readonly reports: ReadonlyMap<number, ReceivedReport>;
  /** What its extended reports last said (RFC 3611), by the SSRC that they are about. */
  readonly extendedReports: ReadonlyMap<number, ExtendedReception>;
  /** Sender's wall clock, ms since 1970, at an RTP timestamp; undefined before a sender report has told it. */
  wallAt(rtpTimestamp: number): number | undefined;
  /** The sender's clocks against each other and ours, by its reports; reckoned at each call. */
  readonly senderClock: SenderClockFigures | undefined;
  /**
   * From the moment that the sender stamped on its last packet to when it came, packet time and network together. Means
   * something only if both wall clocks are the same; below 0 they cannot be.
   */
  readonly oneWaySeconds: number | undefined;
}

/** One valid RTP packet as handed over; `bytes` are those given to `handleRtp`, not a copy. */
export interface ReceivedRtp {
  readonly source: RtpSource;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequenceNumber: number;
  /** With the count of wraps above the low 16 bits: comparable as a plain number. */
  readonly extendedSequence: number;
  readonly timestamp: number;
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
  readonly payloadEnd: number;
  /** A view of the payload in `bytes`; makes a new view on each call. */
  payload(): Uint8Array;
  /** It came after one with a higher sequence number. */
  readonly late: boolean;
  readonly arrival: Ms;
  /** The packet that was held while the source was on probation, to be played before this one; its own copy. */
  readonly preceding: ReceivedRtp | undefined;
}

/** What a session tells. */
export type RtpSessionEvent =
  /** A new source passed validation. */
  | { readonly type: 'sourceAdded'; readonly source: RtpSource }
  /** SDES items that differ from before. */
  | { readonly type: 'sourceUpdated'; readonly source: RtpSource; readonly items: readonly SdesItemName[] }
  /** It started, stopped sending RTP. */
  | { readonly type: 'sourceActive' | 'sourceInactive'; readonly source: RtpSource }
  | { readonly type: 'sourceBye'; readonly source: RtpSource; readonly reason: string | undefined }
  /** Nothing heard for five intervals, or pushed out of a full table. */
  | { readonly type: 'sourceTimeout'; readonly source: RtpSource }
  /** Heard again after a time-out. */
  | { readonly type: 'sourceRecovered'; readonly source: RtpSource }
  /** Its sequence numbers started anew. */
  | { readonly type: 'sourceRestarted'; readonly source: RtpSource }
  /** Two others use one SSRC: the first is kept, packets from `rejected` are dropped. Told once per address. */
  | { readonly type: 'collision'; readonly source: RtpSource; readonly rejected: TransportAddress }
  /** Someone else uses our SSRC: we said BYE for `before` and go on as `after`. */
  | {
      readonly type: 'ownSsrcChanged';
      readonly before: number;
      readonly after: number;
      readonly from: TransportAddress;
    }
  /** Our own packets come back through a relay at `from`; they are dropped. Told once until it has stopped. */
  | { readonly type: 'loop'; readonly ssrc: number; readonly from: TransportAddress }
  /** `reporter` told how it receives `report.about`. */
  | {
      readonly type: 'reportReceived';
      readonly reporter: RtpSource;
      readonly report: ReceivedReport;
      /** It is about us. */
      readonly own: boolean;
    }
  | {
      readonly type: 'appReceived';
      readonly source: RtpSource;
      readonly subtype: number;
      readonly name: string;
      readonly data: Uint8Array;
    }
  /** A key picture of ours is wanted; repetitions of one request are left out as far as they can be told. */
  | {
      readonly type: 'keyPictureRequested';
      readonly source: RtpSource;
      readonly kind: KeyPictureRequestKind;
    }
  /** `leave` is done: BYE is in the transmit queue, or was not due. */
  | { readonly type: 'left' };

/** Who reported by unicast, and whether the report is to be sent on to the group (RFC 5760 §6.1). */
export interface FeedbackVerdict {
  readonly ssrc: number;
  /** It has reported before. */
  readonly known: boolean;
}

/** Counts over the whole session. */
export interface RtpSessionStats {
  readonly rtpReceived: number;
  readonly rtpMalformed: number;
  /** From a source not yet valid, or a sequence jump. */
  readonly rtpUnvalidated: number;
  readonly rtpDuplicates: number;
  readonly rtpUnknownPayloadType: number;
  readonly rtcpReceived: number;
  readonly rtcpMalformed: number;
  /** Our own packets that came back. */
  readonly ownLooped: number;
  /** Dropped for an SSRC collision or loop. */
  readonly collisions: number;
  /** Summaries of its receivers that the distribution source sent (RFC 5760 §7.1). */
  readonly summaries: number;
  /** New sources not taken, or unvalidated ones pushed out, because the table was full. */
  readonly sourcesRefused: number;
  /** Events lost because nobody polled. */
  readonly eventsDropped: number;
  readonly rtcpSent: number;
  readonly rtcpOctetsSent: number;
}

/** What we have sent. */
export interface OwnSenderStats {
  readonly ssrc: number;
  readonly isSender: boolean;
  readonly packetsSent: number;
  readonly octetsSent: number;
  /** RTP timestamp and sequence number of the next packet. */
  readonly timestamp: number;
  readonly sequenceNumber: number;
}
