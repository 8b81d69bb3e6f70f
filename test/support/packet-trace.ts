/** What the way through the network does to packets. */
export interface TraceOptions {
  readonly seconds: number;
  readonly packetMs?: number;
  /** Share lost, 0 to 1. */
  readonly loss?: number;
  /** Packets lost in a row on average; 1 for losses independent of each other. */
  readonly burst?: number;
  /** Delays differ by up to so much, evenly spread; packets overtake each other only by {@link reorder}. */
  readonly jitterMs?: number;
  /** Share of packets that overtake the one before. */
  readonly reorder?: number;
  readonly duplicate?: number;
  /** How much faster the sender's clock is. */
  readonly driftPpm?: number;
  readonly seed?: number;
}

export interface TracedPacket {
  /** From 0: stands for sequence number and timestamp. */
  readonly number: number;
  /** Milliseconds since the first was sent. */
  readonly arrival: number;
}

/** The same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Packets of one sender in the order in which they arrive. */
export function packetTrace(options: TraceOptions): TracedPacket[] {
  const { seconds, packetMs = 20, loss = 0, burst = 1, jitterMs = 0, reorder = 0, duplicate = 0 } = options;
  const random = seededRandom(options.seed ?? 1);
  const interval = packetMs / (1 + (options.driftPpm ?? 0) / 1e6);
  const end = 1 / Math.max(1, burst);
  const begin = loss >= 1 ? 1 : (loss * end) / (1 - loss);
  const out: TracedPacket[] = [];
  let losing = false;
  let queue = 0;
  for (let number = 0; number * packetMs < seconds * 1000; number++) {
    losing = burst > 1 ? random() < (losing ? 1 - end : begin) : random() < loss;
    const sent = number * interval;
    const arrival = sent + 5 + random() * jitterMs;
    const overtakes = random() < reorder;
    const doubled = random() < duplicate;
    if (losing && number > 2) continue;
    queue = Math.max(queue + 0.01, arrival);
    out.push({ number, arrival: overtakes ? Math.max(sent, arrival - packetMs - 1) : queue });
    if (doubled) out.push({ number, arrival: queue + random() * 5 });
  }
  return out.toSorted((a, b) => a.arrival - b.arrival);
}
