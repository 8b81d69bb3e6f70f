import type { Ms } from '../machine.ts';
import type {
  DelaySinceReference,
  ExtendedReport,
  XrBlock,
  XrStatistics,
  XrVoipMetrics,
} from '../rtcp/index.ts';
import { DEFAULT_GMIN, voipLossFields } from './quality/burst-gap.ts';
import type { RtpSource } from './session-types.ts';
import type { SourceRecord } from './source-record.ts';

/** Which extended reports a session sends (RFC 3611 §5.1). */
export interface ExtendedReportPlan {
  /** What a statistics summary tells; undefined: none is sent. */
  readonly statistics?: { readonly loss: boolean; readonly duplicates: boolean; readonly jitter: boolean };
  /** Measures of the player, which make VoIP metrics possible; undefined: none are sent. */
  readonly voice?: (source: RtpSource) => VoiceMetrics | undefined;
  /** Who sends reference times: everybody, or those alone that send media too. Undefined: nobody, and none is answered. */
  readonly referenceTime?: 'all' | 'sender';
  /** Most bytes of a block that answers reference times. */
  readonly maxDelayBytes?: number;
}

/** What only the player of a source knows of its {@link XrVoipMetrics}. */
export interface VoiceMetrics
  extends Pick<
    XrVoipMetrics,
    | 'endSystemDelay'
    | 'signalLevel'
    | 'noiseLevel'
    | 'rFactor'
    | 'mosLq'
    | 'mosCq'
    | 'concealment'
    | 'jitterBuffer'
    | 'jitterBufferRate'
    | 'jitterBufferNominal'
    | 'jitterBufferMaximum'
    | 'jitterBufferAbsoluteMaximum'
  > {
  /** Time that one packet carries, ms. */
  readonly packetMs: Ms;
}

/** What somebody's extended reports last said of a source. */
export interface ExtendedReception {
  readonly at: Ms;
  readonly statistics: XrStatistics | undefined;
  readonly voice: XrVoipMetrics | undefined;
}

/** What was told of a source in the extended report before. */
interface Told {
  readonly at: Ms;
  readonly nextSequence: number;
  readonly received: number;
  readonly duplicates: number;
  readonly restarts: number;
}

/** Packet header and SSRC; block header with length; and what the kinds of blocks have behind that (RFC 3611 §2, §3). */
const PACKET_BYTES = 8;
const BLOCK_BYTES = 4;
const REFERENCE_BYTES = BLOCK_BYTES + 8;
const DELAY_BYTES = 12;
const STATISTICS_BYTES = BLOCK_BYTES + 36;
const VOICE_BYTES = BLOCK_BYTES + 32;
/** A block tells its first and last sequence number in 16 bits: of more packets than that it cannot speak. */
const MAX_SPAN = 0xffff;

/** What an extended report is made of. */
export interface ExtendedContent {
  readonly ssrc: number;
  readonly weSend: boolean;
  readonly ntp: bigint;
  readonly now: Ms;
}

/**
 * Writes the extended report of one compound, within the bytes that are left for it: the clock first, then answers to
 * the clocks of others, then sources. Who was told longest ago comes first, so that all have their turn.
 */
export class ExtendedReporter {
  readonly #plan: ExtendedReportPlan;
  readonly #told = new WeakMap<SourceRecord, Told>();
  readonly #answered = new WeakMap<SourceRecord, Ms>();

  constructor(plan: ExtendedReportPlan) {
    this.#plan = plan;
  }

  /** @returns undefined when there is nothing to tell */
  build(
    { ssrc, weSend, ntp, now }: ExtendedContent,
    sources: Iterable<SourceRecord>,
    maxBytes: number,
  ): ExtendedReport | undefined {
    const all = [...sources];
    const blocks: XrBlock[] = [];
    let room = maxBytes - PACKET_BYTES;
    const { referenceTime } = this.#plan;
    if ((referenceTime === 'all' || (referenceTime === 'sender' && weSend)) && room >= REFERENCE_BYTES) {
      blocks.push({ type: 'referenceTime', ntp });
      room -= REFERENCE_BYTES;
    }
    const receivers = referenceTime === undefined ? [] : this.#answers(all, room, now);
    if (receivers.length > 0) {
      blocks.push({ type: 'delaySinceReference', receivers });
      room -= BLOCK_BYTES + receivers.length * DELAY_BYTES;
    }
    const size =
      (this.#plan.statistics === undefined ? 0 : STATISTICS_BYTES) +
      (this.#plan.voice === undefined ? 0 : VOICE_BYTES);
    if (size > 0) {
      const heard = all.filter((source) => source.validated && this.#hasNews(source));
      // those not told of yet each reporter takes in another order, so that together they soon tell of all
      const away = ({ ssrc: other }: SourceRecord): number => (other - ssrc) >>> 0;
      heard.sort((a, b) => this.#lastTold(a) - this.#lastTold(b) || away(a) - away(b));
      for (const source of heard.slice(0, Math.max(0, Math.floor(room / size)))) {
        blocks.push(...this.#blocksOf(source, now));
      }
    }
    return blocks.length === 0 ? undefined : { type: 'xr', ssrc, blocks };
  }

  #hasNews(source: SourceRecord): boolean {
    if (source.meter === undefined) return false;
    const told = this.#told.get(source);
    return told === undefined || told.received !== source.reception.received;
  }
  #lastTold(source: SourceRecord): Ms {
    return this.#told.get(source)?.at ?? -1;
  }

  /** Half of the room at most: reference times of a crowd must not crowd out everything else. */
  #answers(sources: readonly SourceRecord[], room: number, now: Ms): DelaySinceReference[] {
    const bytes = Math.min(room / 2, this.#plan.maxDelayBytes ?? Infinity) - BLOCK_BYTES;
    const most = Math.max(0, Math.floor(bytes / DELAY_BYTES));
    const asked = sources.filter((it) => it.reference !== undefined && it.validated);
    if (asked.length > most) {
      asked.sort((a, b) => (this.#answered.get(a) ?? -Infinity) - (this.#answered.get(b) ?? -Infinity));
    }
    return asked.slice(0, most).map((source) => {
      this.#answered.set(source, now);
      const { middle = 0, at = now } = source.reference ?? {};
      // answered once: who still wants to know sends another
      source.reference = undefined;
      const delay = Math.min(0xffff_ffff, Math.round(((now - at) * 65_536) / 1000));
      return { ssrc: source.ssrc, lastReference: middle, delay };
    });
  }

  #blocksOf(source: SourceRecord, now: Ms): XrBlock[] {
    const blocks: XrBlock[] = [];
    const { statistics, voice } = this.#plan;
    if (statistics !== undefined) blocks.push(this.#statistics(source, statistics));
    const { reception } = source;
    this.#told.set(source, {
      at: now,
      nextSequence: reception.extendedHighest + 1,
      received: reception.received,
      duplicates: reception.duplicates,
      restarts: reception.restarts,
    });
    const metrics = voice?.(source);
    if (metrics !== undefined) blocks.push(voiceBlock(source, metrics));
    return blocks;
  }

  /** Of the packets since the report before (RFC 3611 §4.6); after a restart since that. */
  #statistics(source: SourceRecord, wanted: NonNullable<ExtendedReportPlan['statistics']>): XrStatistics {
    const { reception, meter } = source;
    const before = this.#told.get(source);
    const told = before?.restarts === reception.restarts ? before : undefined;
    const end = reception.extendedHighest + 1;
    const begin = told?.nextSequence ?? end - reception.expected;
    const span = end - begin;
    const known = span <= MAX_SPAN;
    const duplicates = reception.duplicates - (told?.duplicates ?? 0);
    const received = reception.received - (told?.received ?? 0) - duplicates;
    const jitter = meter?.takeJitter();
    return {
      type: 'statistics',
      ssrc: source.ssrc,
      beginSequence: (known ? begin : end - MAX_SPAN) & 0xffff,
      endSequence: end & 0xffff,
      lost: wanted.loss && known ? Math.max(0, span - received) : undefined,
      duplicates: wanted.duplicates && known ? Math.max(0, duplicates) : undefined,
      jitter: wanted.jitter ? jitter : undefined,
      hops: undefined,
    };
  }
}

function voiceBlock(source: SourceRecord, { packetMs, ...voice }: VoiceMetrics): XrVoipMetrics {
  const loss = source.figures?.loss ?? NO_LOSS;
  const roundTrip = Math.round((source.roundTripSeconds ?? 0) * 1000);
  return {
    type: 'voipMetrics',
    ssrc: source.ssrc,
    ...voipLossFields(loss, packetMs),
    roundTripDelay: Math.min(0xffff, roundTrip),
    residualEchoReturnLoss: undefined,
    gmin: DEFAULT_GMIN,
    externalRFactor: undefined,
    ...voice,
  };
}

const NO_LOSS = {
  packets: 0,
  lost: 0,
  discarded: 0,
  bursts: 0,
  burstPackets: 0,
  burstLost: 0,
  gaps: 0,
  gapPackets: 0,
  gapLost: 0,
} as const;
