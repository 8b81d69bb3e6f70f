/** What may happen to a packet; shares from 0 to 1, times in milliseconds. */
export interface Chances {
  readonly loss: number;
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly reorder: number;
  readonly duplicate: number;
}

/** After how many milliseconds each copy of a packet goes on; none when it is lost. */
export interface Fate {
  readonly afterMs: readonly number[];
  /** It was not held up, and so overtakes others. */
  readonly overtakes: boolean;
}

/**
 * Draws the fate of the next packet. Five numbers are drawn each time whatever becomes of it, so that one seed means the
 * same packets also when a delay is changed.
 *
 * @param random uniform in [0, 1)
 */
export function drawFate(chances: Chances, random: () => number): Fate {
  const [lost, spread, early, twice, gap] = [random(), random(), random(), random(), random()];
  if (lost < chances.loss) return { afterMs: [], overtakes: false };
  const overtakes = early < chances.reorder;
  const afterMs = overtakes ? 0 : Math.max(0, chances.delayMs + (2 * spread - 1) * chances.jitterMs);
  return { afterMs: twice < chances.duplicate ? [afterMs, afterMs + 2 * gap] : [afterMs], overtakes };
}

/** Mulberry32: small, and the same everywhere. @param seed 32 bits @returns uniform in [0, 1) */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const [ETHERTYPE, ETHER_HEADER, UDP] = [12, 14, 17];

/** IPv4 or IPv6 that carries UDP. All else (ARP, neighbour discovery, IGMP, MLD, TCP) is what networks stand on. */
export function carriesUdp(frame: Uint8Array, at = 0): boolean {
  const type = ((frame[at + ETHERTYPE] ?? 0) << 8) | (frame[at + ETHERTYPE + 1] ?? 0);
  if (type === 0x0800) return frame[at + ETHER_HEADER + 9] === UDP;
  return type === 0x86dd && frame[at + ETHER_HEADER + 6] === UDP;
}
