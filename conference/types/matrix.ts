import type { MediaType } from './common.ts';

/** Somebody in a {@link ReceptionMatrix}. */
export interface MatrixMember {
  readonly ssrc: number;
  readonly name: string;
  /** Ourselves. */
  readonly local: boolean;
}

/** How one hears another. */
export interface ReceptionCell {
  /**
   * `heard`: reported of lately. `unheard`: reports come, but say nothing of a source that sends. `unknown`: there is no
   * report to go by, or the source does not send.
   */
  readonly state: 'heard' | 'unheard' | 'unknown';
  /** Age of the report; undefined when there is none, and of our own measuring. */
  readonly ageMs: number | undefined;
  /** In the reporter's last interval; ours of the last ten seconds. */
  readonly lossPercent: number | undefined;
  readonly jitterMs: number | undefined;
  /** Listening quality, 1 to 4.5, where extended reports tell it. */
  readonly mosLq: number | undefined;
}

/** Something that the matrix as a whole tells. `code` is stable. */
export interface MatrixFinding {
  readonly code: 'uplink' | 'downlink' | 'asymmetric' | 'unheard' | 'path';
  /** A sentence. */
  readonly message: string;
  /** SSRC of the reporter whose reception it is about, of the source, or of both. */
  readonly reporter: number | undefined;
  readonly source: number | undefined;
}

/** Who hears whom how well on one medium, from everybody's reports (RFC 3550 §6.4, RFC 3611). */
export interface ReceptionMatrix {
  readonly medium: number;
  readonly mediaType: MediaType;
  /** Those who send; at most 64. */
  readonly sources: readonly MatrixMember[];
  /** Those who listen and report, ourselves first; at most 64. */
  readonly reporters: readonly MatrixMember[];
  /** By reporter, then by source. Undefined: that is the reporter himself. */
  readonly cells: readonly (readonly (ReceptionCell | undefined)[])[];
  readonly findings: readonly MatrixFinding[];
}
