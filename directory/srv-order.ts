import type { RandomSource } from '../src/machine.ts';

/** A server as the DNS names it (RFC 2782). */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  /** 0 to 65535; lower is tried earlier. */
  readonly priority: number;
  /** 0 to 65535; share of the choice within one priority. */
  readonly weight: number;
}

/**
 * The order in which servers are to be tried: by priority, and within one priority drawn by weight, so that a server of
 * weight 3 comes first three times as often as one of weight 1.
 *
 * @param random draws from 0 up to but not 1
 * @see RFC 2782, "Usage rules" and "Weight"
 */
export function orderSrv<T extends SrvRecord>(records: readonly T[], random: RandomSource): T[] {
  const byPriority = Map.groupBy(records, ({ priority }) => priority);
  return [...byPriority.entries()]
    .sort(([a], [b]) => a - b)
    .flatMap(([, equals]) => drawByWeight(equals, random));
}

function drawByWeight<T extends SrvRecord>(records: readonly T[], random: RandomSource): T[] {
  // weight 0 stands in front, so that it has a small chance: a draw of 0 takes it
  const left = [...records].sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0));
  const drawn: T[] = [];
  while (left.length > 0) {
    const sum = left.reduce((total, { weight }) => total + weight, 0);
    const wanted = Math.floor(random() * (sum + 1)); // 0 to the sum, both included
    let running = 0;
    const at = left.findIndex(({ weight }) => (running += weight) >= wanted);
    drawn.push(...left.splice(Math.max(0, at), 1));
  }
  return drawn;
}
