import { InvalidValueError } from '../../src/errors.ts';
import type { Ms } from '../../src/machine.ts';

/** How long audio waits before it is played. */
export type PlayoutPolicy =
  /** As long as the network makes it necessary, within bounds. */
  | { readonly mode: 'adaptive'; readonly minMs: Ms; readonly maxMs: Ms }
  /** Always so long after the fastest packets came. */
  | { readonly mode: 'fixed'; readonly delayMs: Ms }
  /** As `fixed`, and it never moves, not even after a pause; the fastest packets of the first half second count. */
  | { readonly mode: 'link'; readonly delayMs: Ms };

/** The longest playout delay. */
export const MAX_PLAYOUT_MS: Ms = 2000;
const DEFAULT_MIN_MS: Ms = 20;
const DEFAULT_MAX_MS: Ms = 400;
/** Lengths of a block of played audio; all divide a tenth of a second. */
const BLOCKS_MS: readonly Ms[] = [20, 10, 5, 2, 1];

/** What may be said about playout when joining; all in milliseconds. */
export interface PlayoutWish {
  readonly playoutMs?: Ms;
  readonly minPlayoutMs?: Ms;
  readonly maxPlayoutMs?: Ms;
  readonly linkOffsetMs?: Ms;
}

/** @throws {InvalidValueError} for a delay out of range, and for wishes that exclude each other */
export function playoutPolicy(wish: PlayoutWish): PlayoutPolicy {
  const { playoutMs, minPlayoutMs, maxPlayoutMs, linkOffsetMs } = wish;
  requireDelay('playout delay', playoutMs);
  requireDelay('shortest playout delay', minPlayoutMs);
  requireDelay('longest playout delay', maxPlayoutMs);
  requireDelay('link offset', linkOffsetMs);
  const bounded = minPlayoutMs !== undefined || maxPlayoutMs !== undefined;
  if ([playoutMs !== undefined, linkOffsetMs !== undefined, bounded].filter(Boolean).length > 1) {
    throw new InvalidValueError(
      'a playout delay, a link offset, and bounds of an adaptive delay exclude each other: give one of them',
    );
  }
  if (linkOffsetMs !== undefined) return { mode: 'link', delayMs: linkOffsetMs };
  if (playoutMs !== undefined) return { mode: 'fixed', delayMs: playoutMs };
  const minMs = minPlayoutMs ?? Math.min(DEFAULT_MIN_MS, maxPlayoutMs ?? DEFAULT_MIN_MS);
  const maxMs = maxPlayoutMs ?? Math.max(DEFAULT_MAX_MS, minMs);
  if (minMs > maxMs) {
    throw new InvalidValueError(
      `the shortest playout delay, ${minMs} ms, is above the longest, ${maxMs} ms: swap them`,
    );
  }
  return { mode: 'adaptive', minMs, maxMs };
}

function requireDelay(what: string, ms: Ms | undefined): void {
  if (ms === undefined || (ms >= 0 && ms <= MAX_PLAYOUT_MS)) return;
  throw new InvalidValueError(`${what} ${ms} ms is not from 0 to ${MAX_PLAYOUT_MS}`);
}

/**
 * How much audio is played at once. 20 ms cost least; a short delay asks for shorter blocks, since what lies in the block
 * that is played next has to be there before the block begins.
 *
 * @returns 20, 10, 5, 2 or 1: the longest of them that is at most a third of the shortest delay
 */
export function blockMsFor(policy: PlayoutPolicy): Ms {
  if (policy.mode === 'adaptive') return 20;
  return BLOCKS_MS.find((it) => it * 3 <= policy.delayMs) ?? 1;
}
