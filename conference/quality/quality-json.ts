import type { MatrixJson, ReceptionMatrix, SubstreamQuality, SubstreamQualityJson } from '../types/index.ts';

/** The documented JSON of quality; numbers are rounded to what means something. */
export function qualityJson(quality: SubstreamQuality): SubstreamQualityJson {
  const { recent, rating, bursts, lossRuns, delayVariation: variation, senderClock: clock } = quality;
  return {
    mosLq: rating === undefined ? null : round(rating.mosLq, 2),
    mosCq: rating === undefined ? null : round(rating.mosCq, 2),
    r: rating === undefined ? null : round(rating.r, 1),
    delayMs: rating === undefined ? null : round(rating.delayMs, 1),
    recentLossPercent: round(recent.lossPercent, 2),
    recentDiscardPercent: round(recent.discardPercent, 2),
    discardPercent: round(quality.discardPercent, 2),
    bitsPerSecond: Math.round(recent.bitsPerSecond),
    packetsPerSecond: round(recent.packetsPerSecond, 1),
    lossRuns: lossRuns.count,
    longestLossRun: lossRuns.longest,
    meanLossRun: round(lossRuns.mean, 2),
    bursts: bursts.bursts,
    burstPercent: round(bursts.burstPercent, 1),
    burstMs: round(bursts.burstMs, 1),
    delayVariationMs:
      variation === undefined
        ? null
        : {
            p50: round(variation.p50, 2),
            p95: round(variation.p95, 2),
            p99: round(variation.p99, 2),
            maximum: round(variation.maximum, 2),
          },
    noiseDbfs: maybe(quality.noiseDbfs, 1),
    senderClock:
      clock === undefined
        ? null
        : {
            offsetMs: round(clock.offsetMs, 2),
            uncertaintyMs: maybe(clock.uncertaintyMs, 2),
            driftPpm: maybe(clock.driftPpm, 1),
            mediaDriftPpm: maybe(clock.mediaDriftPpm, 1),
            synchronised: clock.synchronised,
            oneWayMs: maybe(clock.oneWayMs, 2),
          },
  };
}

export function matrixJson({ mediaType, sources, reporters, cells, findings }: ReceptionMatrix): MatrixJson {
  return {
    media: mediaType,
    sources,
    reporters,
    cells: cells.map((row) =>
      row.map((cell) =>
        cell === undefined
          ? null
          : {
              state: cell.state,
              lossPercent: cell.lossPercent === undefined ? null : round(cell.lossPercent, 2),
              jitterMs: cell.jitterMs === undefined ? null : round(cell.jitterMs, 2),
              mosLq: cell.mosLq ?? null,
              ageSeconds: cell.ageMs === undefined ? null : round(cell.ageMs / 1000, 1),
            },
      ),
    ),
    findings: findings.map(({ code, message, reporter, source }) => ({
      code,
      message,
      reporter: reporter ?? null,
      source: source ?? null,
    })),
  };
}

function maybe(value: number | undefined, digits: number): number | null {
  return value === undefined ? null : round(value, digits);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
