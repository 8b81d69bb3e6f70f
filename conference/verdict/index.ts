import type { MediaSession } from '../types/index.ts';
import { collectEvidence } from './evidence.ts';
import { type JoinVerdict, judgeJoin } from './judge.ts';

export { collectEvidence, type Evidence, type MediumEvidence } from './evidence.ts';
export { type JoinVerdict, judgeJoin, type VerdictReason } from './judge.ts';

/**
 * What a join has come to, as of now: hearing somebody, or the likeliest reasons why not. Ask two seconds after the
 * join, when everyone's first RTCP is due, and again until it is `hearing`.
 */
export function joinVerdict(session: MediaSession): JoinVerdict {
  return judgeJoin(collectEvidence(session));
}
