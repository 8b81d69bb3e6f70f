/** Distance from `from` to `to` forward around the 16-bit circle, 0 to 65535. */
export function sequenceDistance(from: number, to: number): number {
  return (to - from) & 0xffff;
}

/** Signed distance, −32768 to 32767: positive when `to` is ahead of `from`. */
export function sequenceDelta(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** The sequence number `by` further on; `by` may be negative. */
export function sequenceAdd(sequence: number, by: number): number {
  return (sequence + by) & 0xffff;
}

/** Signed distance of RTP timestamps, −2^31 to 2^31 − 1 ticks: positive when `to` is later than `from`. */
export function timestampDelta(from: number, to: number): number {
  return (to - from) | 0;
}

/** The timestamp `by` ticks further on; fractions of a tick are dropped. */
export function timestampAdd(timestamp: number, by: number): number {
  return (timestamp + by) >>> 0;
}
