import type { TimedPacket } from './packet-player.ts';

/** What is waited after a packet that is the only one. */
const ONLY_PACKET_MS = 20;

/**
 * The same packets again and again, without an end: each turn begins where the packet after the last one would have been, by
 * the time and the ticks between the last two. Ends at once when there are no packets.
 */
export async function* repeatPackets(
  open: () => AsyncIterable<TimedPacket>,
): AsyncGenerator<TimedPacket, void, void> {
  let nextAt = 0;
  let nextTimestamp = 0;
  let stepMs = ONLY_PACKET_MS;
  let stepTicks = 0;
  for (;;) {
    let first: TimedPacket | undefined;
    let last: TimedPacket | undefined;
    for await (const packet of open()) {
      first ??= packet;
      const atMs = nextAt + (packet.atMs - first.atMs);
      const timestamp = (nextTimestamp + packet.timestamp - first.timestamp) >>> 0;
      const before = last;
      last = { ...packet, atMs, timestamp };
      yield last;
      stepMs = before === undefined ? stepMs : atMs - before.atMs;
      stepTicks = before === undefined ? stepTicks : (timestamp - before.timestamp) | 0;
    }
    if (last === undefined) return;
    nextAt = last.atMs + stepMs;
    nextTimestamp = last.timestamp + stepTicks;
  }
}
