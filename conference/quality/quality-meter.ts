import type { Ms } from '../../src/machine.ts';
import type { RtpSession, RtpSource, SourceFigures, TimeSpread, VoiceMetrics } from '../../src/rtp/index.ts';
import type { PlayoutPolicy } from '../audio/index.ts';
import type {
  LossBursts,
  MsSpread,
  PlayoutQuality,
  RecentReception,
  ReportedReception,
  SenderClockQuality,
  SpeechRating,
  SubstreamQuality,
} from '../types/index.ts';
import { QualityAlarm } from './alarm.ts';
import { rateSpeech } from './rating.ts';
import { RecentWindow } from './recent.ts';

/** Longer than this nothing is under way: then the clocks are not the same, such as UTC and TAI. */
const MAX_ONE_WAY_MS: Ms = 10_000;

/** What plays a source, as far as quality goes. */
export interface Player {
  readonly levelDbfs: number;
  readonly voice: { readonly talking: boolean };
  readonly delayMs: Ms;
  readonly targetMs: Ms;
  readonly late: number;
  readonly concealedMs: Ms;
  readonly driftPpm: number | undefined;
}

export interface QualityContext {
  readonly source: RtpSource;
  readonly session: RtpSession;
  /** Time that one packet lasts. */
  readonly packetMs: Ms;
  /** What the payload types stand for, as in `a=rtpmap`. */
  readonly encodingOf: (payloadType: number) => string | undefined;
  /** Whether the sender's clock and ours are stated to be the same. */
  readonly synchronised: boolean;
  readonly now: () => Ms;
  readonly playout: PlayoutPolicy;
  /** Undefined where nothing is played. */
  readonly player: () => Player | undefined;
}

/** Puts together what is measured of one source; costs nothing per packet, and next to nothing per second. */
export class QualityMeter {
  readonly #context: QualityContext;
  readonly #recent = new RecentWindow();
  readonly #alarm = new QualityAlarm();
  #noiseDbfs: number | undefined;

  constructor(context: QualityContext) {
    this.#context = context;
  }

  /** To be called once a second. @returns what listeners should be told */
  sample(now: Ms): 'poor' | 'restored' | undefined {
    const { source } = this.#context;
    const player = this.#context.player();
    this.#recent.sample(
      {
        received: source.packetsReceived,
        expected: source.packetsExpected,
        discarded: player?.late ?? 0,
        octets: source.octetsReceived,
        restarts: source.restarts,
      },
      now,
    );
    if (player?.voice.talking === false && Number.isFinite(player.levelDbfs))
      this.#noiseDbfs = player.levelDbfs;
    return this.#alarm.look(this.rating()?.mosLq, now);
  }

  /** Of the last ten seconds alone: cheaper than {@link quality}. */
  recent(): RecentReception {
    return this.#recent.figures();
  }

  /** It has been told that this is bad, and not yet that it is good again. */
  get poor(): boolean {
    return this.#alarm.poor;
  }

  /** The rating alone: cheaper than {@link quality}. */
  rating(): SpeechRating | undefined {
    const { source, packetMs, encodingOf } = this.#context;
    const { burstRatio, payloadType } = source;
    const encoding = payloadType === undefined ? undefined : encodingOf(payloadType);
    const { packets, lossPercent, discardPercent } = this.recent();
    if (encoding === undefined || packets === 0) return undefined;
    const player = this.#context.player();
    return rateSpeech({
      encoding,
      // of what is not lost nothing is concealed, and then it does not matter
      concealed: (player?.concealedMs ?? 0) > 0,
      loss: (lossPercent + discardPercent) / 100,
      burstRatio,
      delayMs: ((source.roundTripSeconds ?? 0) * 1000) / 2 + packetMs + (player?.delayMs ?? 0),
    });
  }

  quality(): SubstreamQuality {
    const { source, packetMs } = this.#context;
    const player = this.#context.player();
    const { figures } = source;
    const { packetsReceived: packets, packetsExpected: expected } = source;
    const playout = player === undefined ? undefined : playoutOf(player);
    return {
      packets,
      expected,
      lost: source.packetsLost,
      duplicates: source.duplicates,
      reordered: source.reordered,
      restarts: source.restarts,
      discardPercent: expected === 0 ? 0 : Math.min(100, (100 * (playout?.late ?? 0)) / expected),
      recent: this.recent(),
      maxBitsPerSecond: this.#recent.maxBitsPerSecond,
      lossRuns: figures?.lossRuns ?? NO_RUNS,
      bursts: figures === undefined ? NO_BURSTS : burstsOf(figures, packetMs),
      jitterMs: source.jitterSeconds * 1000,
      delayVariation: inMs(figures?.variation),
      roundTripMs: source.roundTripSeconds === undefined ? undefined : source.roundTripSeconds * 1000,
      senderClock: this.#senderClock(),
      playout,
      levelDbfs: player?.levelDbfs ?? Number.NEGATIVE_INFINITY,
      noiseDbfs: this.#noiseDbfs,
      rating: this.rating(),
      reportedBy: this.#reports(),
    };
  }

  /** As an extended report tells it (RFC 3611 §4.7); undefined where nothing is played or rated. */
  voiceMetrics(): VoiceMetrics | undefined {
    const { packetMs, playout } = this.#context;
    const player = this.#context.player();
    const rating = this.rating();
    if (player === undefined || rating === undefined) return undefined;
    const { delayMs, targetMs, concealedMs, voice, levelDbfs } = player;
    const nominal = milliseconds(delayMs);
    return {
      packetMs,
      endSystemDelay: milliseconds(delayMs + packetMs),
      signalLevel: dbm0(voice.talking ? levelDbfs : undefined),
      noiseLevel: dbm0(this.#noiseDbfs),
      rFactor: Math.round(Math.min(100, rating.r)),
      mosLq: Math.round(rating.mosLq * 10) / 10,
      mosCq: Math.round(rating.mosCq * 10) / 10,
      concealment: concealedMs > 0 ? 'standard' : 'unspecified',
      jitterBuffer: playout.mode === 'adaptive' ? 'adaptive' : 'fixed',
      jitterBufferRate: 0,
      jitterBufferNominal: nominal,
      jitterBufferMaximum: Math.max(nominal, milliseconds(targetMs)),
      jitterBufferAbsoluteMaximum: Math.max(
        nominal,
        milliseconds(playout.mode === 'adaptive' ? playout.maxMs : playout.delayMs),
      ),
    };
  }

  #senderClock(): SenderClockQuality | undefined {
    const { source, synchronised } = this.#context;
    const clock = source.senderClock;
    if (clock === undefined) return undefined;
    const { offsetMs, halfRoundTripMs, driftPpm, mediaDriftPpm } = clock;
    const oneWay = synchronised ? (source.oneWaySeconds ?? -1) * 1000 : -1;
    const oneWayMs = oneWay >= 0 && oneWay <= MAX_ONE_WAY_MS ? oneWay : undefined;
    return { offsetMs, uncertaintyMs: halfRoundTripMs, driftPpm, mediaDriftPpm, synchronised, oneWayMs };
  }

  #reports(): ReportedReception[] {
    const { session, source, now } = this.#context;
    const reports: ReportedReception[] = [];
    for (const reporter of session.sources.values()) {
      const report = reporter.reports.get(source.ssrc);
      if (report === undefined || reporter === source) continue;
      const { fractionLost, cumulativeLost, jitter } = report.block;
      reports.push({
        reporter: reporter.ssrc,
        cname: reporter.cname,
        ageMs: Math.max(0, now() - report.at),
        lossPercent: (fractionLost * 100) / 256,
        lost: cumulativeLost,
        jitterMs: source.clockRate === undefined ? undefined : (jitter * 1000) / source.clockRate,
      });
    }
    return reports;
  }
}

/** In the 16 bits of a report. */
function milliseconds(ms: Ms): number {
  return Math.max(0, Math.min(0xffff, Math.round(ms)));
}

/** A sine at full scale is 3.17 dBm0 (ITU-T G.711 §4). */
function dbm0(dbfs: number | undefined): number | undefined {
  if (dbfs === undefined || !Number.isFinite(dbfs)) return undefined;
  const level = Math.max(-128, Math.min(126, Math.round(dbfs + 3.17)));
  return level;
}

function playoutOf({ delayMs, targetMs, late, concealedMs, driftPpm }: Player): PlayoutQuality {
  return { delayMs, targetMs, late, concealedMs, driftPpm };
}

const NO_RUNS = { count: 0, longest: 0, mean: 0, histogram: [] } as const;
const NO_BURSTS: LossBursts = { bursts: 0, burstPercent: 0, burstMs: 0, gaps: 0, gapPercent: 0, gapMs: 0 };

function burstsOf({ loss }: SourceFigures, packetMs: Ms): LossBursts {
  const { bursts, burstPackets, burstLost, gaps, gapPackets, gapLost } = loss;
  return {
    bursts,
    burstPercent: burstPackets === 0 ? 0 : (100 * burstLost) / burstPackets,
    burstMs: bursts === 0 ? 0 : (burstPackets * packetMs) / bursts,
    gaps,
    gapPercent: gapPackets === 0 ? 0 : (100 * gapLost) / gapPackets,
    gapMs: gaps === 0 ? 0 : (gapPackets * packetMs) / gaps,
  };
}

function inMs(spread: TimeSpread | undefined): MsSpread | undefined {
  if (spread === undefined) return undefined;
  const { p50, p95, p99, maximum } = spread;
  return { p50: p50 * 1000, p95: p95 * 1000, p99: p99 * 1000, maximum: maximum * 1000 };
}
