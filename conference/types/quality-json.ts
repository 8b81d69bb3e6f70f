import type { MatrixMember } from './matrix.ts';
import type { MsSpread } from './quality.ts';

/** Fields are added to, never renamed. Of the last ten seconds unless it says otherwise. */
export interface SubstreamQualityJson {
  readonly mosLq: number | null;
  readonly mosCq: number | null;
  readonly r: number | null;
  readonly delayMs: number | null;
  readonly recentLossPercent: number;
  readonly recentDiscardPercent: number;
  readonly discardPercent: number;
  readonly bitsPerSecond: number;
  readonly packetsPerSecond: number;
  readonly lossRuns: number;
  readonly longestLossRun: number;
  readonly meanLossRun: number;
  readonly bursts: number;
  readonly burstPercent: number;
  readonly burstMs: number;
  readonly delayVariationMs: MsSpread | null;
  readonly noiseDbfs: number | null;
  readonly senderClock: SenderClockJson | null;
}

/** See {@link SenderClockQuality}. */
export interface SenderClockJson {
  readonly offsetMs: number;
  readonly uncertaintyMs: number | null;
  readonly driftPpm: number | null;
  readonly mediaDriftPpm: number | null;
  readonly synchronised: boolean;
  readonly oneWayMs: number | null;
}

/** Fields are added to, never renamed. */
export interface MatrixJson {
  readonly media: string;
  readonly sources: readonly MatrixMember[];
  readonly reporters: readonly MatrixMember[];
  /** By reporter, then by source; null for the reporter himself. */
  readonly cells: readonly (readonly (MatrixCellJson | null)[])[];
  readonly findings: readonly {
    readonly code: string;
    readonly message: string;
    readonly reporter: number | null;
    readonly source: number | null;
  }[];
}

export interface MatrixCellJson {
  readonly state: 'heard' | 'unheard' | 'unknown';
  readonly lossPercent: number | null;
  readonly jitterMs: number | null;
  readonly mosLq: number | null;
  readonly ageSeconds: number | null;
}
