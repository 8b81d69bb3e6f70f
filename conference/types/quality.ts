/** Percentiles of a time, milliseconds. */
export interface MsSpread {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly maximum: number;
}

/** Reception over the last seconds, at most ten. */
export interface RecentReception {
  /** How long it is; 0 before the first second is over. */
  readonly seconds: number;
  readonly packets: number;
  /** Not below 0. */
  readonly lost: number;
  /** Came too late, or too early, to be played. */
  readonly discarded: number;
  readonly lossPercent: number;
  readonly discardPercent: number;
  readonly packetsPerSecond: number;
  /** RTP payload, without headers. */
  readonly bitsPerSecond: number;
}

/** Loss in a row. */
export interface LossRuns {
  readonly count: number;
  /** Packets. */
  readonly longest: number;
  readonly mean: number;
  /** How many runs were from `first` to `last` packets long: exact below 16. */
  readonly histogram: readonly { readonly first: number; readonly last: number; readonly count: number }[];
}

/** Stretches of much and of little loss (RFC 3611 §4.7.2, Gmin 16). */
export interface LossBursts {
  readonly bursts: number;
  /** Share lost or discarded within bursts. */
  readonly burstPercent: number;
  /** Mean length. */
  readonly burstMs: number;
  readonly gaps: number;
  readonly gapPercent: number;
  readonly gapMs: number;
}

/** From the socket to the ear. */
export interface PlayoutQuality {
  /** Delay that the playout adds now. */
  readonly delayMs: number;
  /** What it aims at. */
  readonly targetMs: number;
  /** Packets that came after the moment they should have been played. */
  readonly late: number;
  /** Sound that was made up for what did not come, since the beginning. */
  readonly concealedMs: number;
  /** How much faster than our clock the sender's runs; undefined while it is not known. */
  readonly driftPpm: number | undefined;
}

/** What the E-model makes of loss, codec and delay over the last seconds (ITU-T G.107). */
export interface SpeechRating {
  /** Listening quality, 1 to 4.5: without delay. */
  readonly mosLq: number;
  /** Conversational quality: with the delay from mouth to ear, as far as it is known. */
  readonly mosCq: number;
  /** R with delay; below 50 is poor, 93.2 the best that the model's defaults allow. */
  readonly r: number;
  /** From mouth to ear as the rating takes it, ms: half the round trip, one packet, the playout delay. */
  readonly delayMs: number;
  /** `published`: the codec's values are ITU-T's. `assumed`: it has none there and is taken as G.711 is. */
  readonly codec: 'published' | 'assumed';
}

/** How somebody says they receive a source. */
export interface ReportedReception {
  /** SSRC of the reporter, and its CNAME where it is known. */
  readonly reporter: number;
  readonly cname: string | undefined;
  /** Age of the report. */
  readonly ageMs: number;
  /** In the reporter's last interval. */
  readonly lossPercent: number;
  /** Packets since the beginning, as a 24-bit number that does not wrap. */
  readonly lost: number;
  readonly jitterMs: number | undefined;
}

/** A sender's clocks, by its sender reports (RFC 3550 §6.4.1). */
export interface SenderClockQuality {
  /**
   * What its wall clock is ahead of ours; behind below 0. Where the round trip is known, half of it is allowed for; else it
   * is too little by the time that the fastest report was under way.
   */
  readonly offsetMs: number;
  /** Half the round trip, by which {@link offsetMs} may be wrong; undefined while that is not known. */
  readonly uncertaintyMs: number | undefined;
  /** How much faster than ours its wall clock runs; undefined while jitter leaves more than 10 ppm open. */
  readonly driftPpm: number | undefined;
  /** How much faster its RTP clock runs than its wall clock; likewise. */
  readonly mediaDriftPpm: number | undefined;
  /** Both hosts are stated to follow one clock (RFC 7273). Without that the offset is no fault, and says nothing of delay. */
  readonly synchronised: boolean;
  /**
   * An estimate: from the moment stamped on the last packet to its arrival, packet time and network. Undefined unless
   * {@link synchronised}, and when it cannot be true.
   */
  readonly oneWayMs: number | undefined;
}

/** Everything that is measured of one source. A value: ask again for newer figures. */
export interface SubstreamQuality {
  /** Packets that came since it was first heard, or began anew. */
  readonly packets: number;
  readonly expected: number;
  /** expected − packets; below 0 when duplicates outnumber losses (RFC 3550 §A.3). */
  readonly lost: number;
  readonly duplicates: number;
  readonly reordered: number;
  /** Times the sequence began anew. */
  readonly restarts: number;
  /** Share that came too late or too early to be played, since the beginning. */
  readonly discardPercent: number;
  readonly recent: RecentReception;
  /** Greatest payload bit rate over one second. */
  readonly maxBitsPerSecond: number;
  /** Without the latest 128 packets, whose fate is not settled. */
  readonly lossRuns: LossRuns;
  readonly bursts: LossBursts;
  /** Interarrival jitter, smoothed (RFC 3550 §6.4.1). */
  readonly jitterMs: number;
  /** Delay above the least of the last five seconds (PDV of RFC 5481 §4.2); undefined without packets. */
  readonly delayVariation: MsSpread | undefined;
  /** Undefined as long as it is not known. */
  readonly roundTripMs: number | undefined;
  /** Undefined until a sender report has told the time. */
  readonly senderClock: SenderClockQuality | undefined;
  /** Undefined where nothing is played. */
  readonly playout: PlayoutQuality | undefined;
  /** −Infinity for silence. */
  readonly levelDbfs: number;
  /** Level while nobody talks; undefined while it is not known. */
  readonly noiseDbfs: number | undefined;
  /** Undefined for what is not speech or music, and when nothing has come for ten seconds. */
  readonly rating: SpeechRating | undefined;
  /** What everybody else in the conference says of it. */
  readonly reportedBy: readonly ReportedReception[];
}
