import type { Conference } from '../../directory/index.ts';

/**
 * Without announced sessions that are in a directory as well: one session is told once, and the entry says more than the
 * announcement.
 */
export function withoutCopies(all: readonly Conference[]): Conference[] {
  const isHeard = ({ origin }: Conference): boolean => origin?.gateway === null;
  const kept = new Set(all.filter((it) => !isHeard(it)).map(({ sdp }) => sdp?.key));
  return all.filter((it) => !isHeard(it) || it.sdp?.key === undefined || !kept.has(it.sdp.key));
}
