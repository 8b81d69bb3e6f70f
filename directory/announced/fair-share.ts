/** What is kept of many: enough to know whose it is, and how new. */
interface Shared {
  readonly sender: string;
  readonly lastHeard: number;
}

/**
 * At most `limit` of them. Who sends many loses first: every host keeps as many as there is room for with all, the ones
 * heard last.
 */
export function keepFairly<T extends Shared>(all: readonly T[], limit: number): readonly T[] {
  if (all.length <= limit) return all;
  const bySender = Map.groupBy(all, ({ sender }) => sender);
  const share = shareOf(
    [...bySender.values()].map(({ length }) => length),
    limit,
  );
  return [...bySender.values()]
    .flatMap((own) => own.sort((a, b) => b.lastHeard - a.lastHeard).slice(0, share))
    .slice(0, limit);
}

/** The most that each may have so that together they have no more than `limit`; at least 1. */
function shareOf(counts: readonly number[], limit: number): number {
  let low = 1;
  let high = limit;
  while (low < high) {
    const share = Math.ceil((low + high) / 2);
    const total = counts.reduce((sum, count) => sum + Math.min(count, share), 0);
    if (total <= limit) low = share;
    else high = share - 1;
  }
  return low;
}
