/** What one record of a report says (RFC 3376 §4.2.12, RFC 3810 §5.2.12): the state, or what has changed. */
export type RecordType =
  | 'isInclude'
  | 'isExclude'
  | 'toInclude'
  | 'toExclude'
  | 'allowSources'
  | 'blockSources';

/** By number, from 1. */
export const RECORD_TYPES: readonly RecordType[] = [
  'isInclude',
  'isExclude',
  'toInclude',
  'toExclude',
  'allowSources',
  'blockSources',
];

export interface MembershipRecord {
  readonly type: RecordType;
  readonly group: string;
  readonly sources: readonly string[];
}

/** A querier asks who listens. */
export interface MembershipQuery {
  readonly type: 'query';
  /** Of the protocol: IGMP 1, 2 or 3; MLD 1 or 2. Told by length and the response time (RFC 3376 §7.1, RFC 3810 §8.1). */
  readonly version: 1 | 2 | 3;
  /** Undefined in a general query. */
  readonly group: string | undefined;
  /** Members answer within so many milliseconds; 10 000 in IGMPv1, which does not say. */
  readonly maxResponseMs: number;
  /** The following are in IGMPv3 and MLDv2 only. */
  readonly suppressRouterProcessing: boolean;
  /** Querier's robustness variable; 0 when it is above 7 or not told. */
  readonly robustness: number;
  /** Time between general queries, seconds; 0 when not told. */
  readonly intervalSeconds: number;
  readonly sources: readonly string[];
}

/** A host says what it listens to. */
export interface MembershipReport {
  readonly type: 'report';
  readonly version: 1 | 2 | 3;
  /** In versions without records one `isExclude` without sources. */
  readonly records: readonly MembershipRecord[];
}

/** A host has left: IGMPv2 Leave Group, MLDv1 Done. */
export interface MembershipLeave {
  readonly type: 'leave';
  readonly version: 1 | 2;
  readonly group: string;
}

export type MembershipMessage = MembershipQuery | MembershipReport | MembershipLeave;
