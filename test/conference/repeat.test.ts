import { expect, test } from 'vitest';
import { repeatPackets, type TimedPacket } from '../../conference/index.ts';

const packet = (atMs: number, timestamp: number): TimedPacket => ({
  atMs,
  timestamp: timestamp >>> 0,
  payloadType: 0,
  marker: false,
  payload: Uint8Array.of(atMs),
});

async function* each<T>(items: readonly T[]): AsyncGenerator<T, void, void> {
  yield* items;
}

async function take(packets: AsyncIterable<TimedPacket>, count: number) {
  const out: [atMs: number, ticks: number][] = [];
  for await (const { atMs, timestamp } of packets) {
    out.push([atMs, timestamp]);
    if (out.length === count) break;
  }
  return out;
}

test('packets are repeated without a stop: time and timestamps go on by what a packet lasts', async () => {
  const packets = [packet(500, -160), packet(520, 0), packet(540, 160)];
  expect(
    await take(
      repeatPackets(() => each(packets)),
      7,
    ),
  ).toEqual([
    [0, 0],
    [20, 160],
    [40, 320],
    [60, 480],
    [80, 640],
    [100, 800],
    [120, 960],
  ]);
});

test('one packet is repeated every 20 ms, and no packets not at all', async () => {
  expect(
    await take(
      repeatPackets(() => each([packet(7, 7)])),
      3,
    ),
  ).toEqual([
    [0, 0],
    [20, 0],
    [40, 0],
  ]);
  expect(
    await take(
      repeatPackets(() => each([])),
      3,
    ),
  ).toEqual([]);
});
