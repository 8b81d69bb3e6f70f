import { expect, test } from 'vitest';
import { PlayoutBuffer, type PlayoutPolicy } from '../../conference/audio/index.ts';
import { seededRandom } from '../support/packet-trace.ts';

const HOURS = 24;
/** Few samples a packet, so that a day takes seconds: what wraps and drifts is the same. */
const RATE = 250;
const PACKET_MS = 200;

test.each<{ name: string; policy: PlayoutPolicy; driftPpm: number; least: number; most: number }>([
  {
    name: 'adaptive, a clock 200 ppm fast',
    policy: { mode: 'adaptive', minMs: 20, maxMs: 400 },
    driftPpm: 200,
    least: 180,
    most: 260,
  },
  {
    name: 'fixed, a clock 200 ppm slow',
    policy: { mode: 'fixed', delayMs: 450 },
    driftPpm: -200,
    least: 430,
    most: 470,
  },
  {
    name: 'fixed, a clock 3 ppm fast',
    policy: { mode: 'fixed', delayMs: 450 },
    driftPpm: 3,
    least: 430,
    most: 470,
  },
])(
  'a day of $name: wraps, drift and jitter; nothing late, nothing made up, the delay bounded',
  ({ policy, driftPpm, least, most }) => {
    const random = seededRandom(11);
    const buffer = new PlayoutBuffer({
      format: { sampleRate: RATE, channels: 1 },
      policy,
      blockMs: PACKET_MS,
    });
    const size = (RATE * PACKET_MS) / 1000;
    const packets = (HOURS * 3_600_000) / PACKET_MS;
    const block = new Float32Array(size);
    const samples = new Float32Array(size);
    const interval = PACKET_MS / (1 + driftPpm / 1e6);
    const base = 2 ** 32 - 1_000_000; // wraps within the first hours
    let [due, phase, last, roughest, before, wave] = [0, 0, 0, 0, 0, 0];
    let [shortest, longest] = [Number.POSITIVE_INFINITY, 0];
    let [heapEarly, heapLate] = [0, 0];
    for (let number = 0; number < packets; number++) {
      const arrival = number * interval + random() * 10;
      for (; due <= arrival; due += PACKET_MS) {
        if (!buffer.mixInto(block, size, false, true)) block.fill(0);
        if (number < 20) continue;
        for (const sample of block) {
          const bend = Math.abs(sample - 2 * last + before); // what is smooth has a small second difference
          if (bend > roughest && number > 1500) roughest = bend;
          before = last;
          last = sample;
        }
      }
      for (let i = 0; i < size; i++) {
        samples[i] = 0.5 * Math.sin(wave);
        wave += (2 * Math.PI * 2.5) / RATE;
      }
      wave %= 2 * Math.PI;
      phase = (base + number * size) >>> 0;
      buffer.write(phase, samples, size, arrival, due, number);
      if (number > 1500) {
        shortest = Math.min(shortest, buffer.delayMs);
        longest = Math.max(longest, buffer.delayMs);
      }
      if (number === packets >> 2) heapEarly = process.memoryUsage().heapUsed;
      if (number === packets - 1) heapLate = process.memoryUsage().heapUsed;
    }
    expect(buffer.late).toBe(0);
    expect(buffer.concealedMs).toBe(0);
    expect(shortest).toBeGreaterThan(least);
    expect(longest).toBeLessThan(most);
    expect(Math.abs((buffer.driftPpm ?? 0) - driftPpm)).toBeLessThan(8);
    const smooth = 0.5 * (2 * Math.PI * 0.01) ** 2; // of the sine itself
    // with so few samples a move of an adaptive delay fits to a sample at best
    expect(roughest).toBeLessThan(smooth * (policy.mode === 'adaptive' ? 20 : 3));
    expect(buffer.adjustments).toBeLessThan(policy.mode === 'adaptive' ? 100 : 1);
    expect(heapLate - heapEarly).toBeLessThan(30e6);
  },
);
