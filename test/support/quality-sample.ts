import type { SubstreamQualityJson } from '../../conference/index.ts';
import type { CallQualityJson } from '../../cli/join/quality-events.ts';

/** A clean stream of PCMU. */
export const QUALITY: SubstreamQualityJson = {
  mosLq: 4.41,
  mosCq: 4.41,
  r: 93.2,
  delayMs: 80,
  recentLossPercent: 0,
  recentDiscardPercent: 0,
  discardPercent: 0,
  bitsPerSecond: 64_000,
  packetsPerSecond: 50,
  lossRuns: 0,
  longestLossRun: 0,
  meanLossRun: 0,
  bursts: 0,
  burstPercent: 0,
  burstMs: 0,
  delayVariationMs: { p50: 0.5, p95: 2.5, p99: 3, maximum: 4 },
  noiseDbfs: null,
  senderClock: null,
};

const NONE = { current: 0, maximum: 0 };
export const CALL_QUALITY: CallQualityJson = {
  conferenceBitsPerSecond: NONE,
  inputBitsPerSecond: NONE,
  outputBitsPerSecond: NONE,
  cpuPercent: NONE,
  streams: [],
};
