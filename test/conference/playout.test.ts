import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlayoutBuffer } from '../../conference/audio/index.ts';

describe('playout', () => {
  const format = { sampleRate: 8000, channels: 1 };
  /** A talker and a listener on one time line: packets of 20 ms, blocks of 20 ms. */
  class Bench {
    readonly buffer = new PlayoutBuffer({ format, policy: { mode: 'fixed', delayMs: 60 } });
    readonly heard: number[] = [];
    now = 1000;
    nextDue = 1000;
    readonly base: number;
    constructor(base = 0) {
      this.base = base;
    }
    /** The packet with this number, its samples all `number + 1`, arriving at `at` (default: when it is sent). */
    packet(number: number, at = 1000 + number * 20): void {
      this.runTo(at);
      const samples = new Float32Array(160).fill(number + 1);
      this.buffer.write((this.base + number * 160) >>> 0, samples, 160, at, this.nextDue);
    }
    runTo(at: number): void {
      while (this.nextDue <= at) {
        const block = new Float32Array(160);
        this.buffer.mixInto(block, 160, false, true);
        this.heard.push(...block);
        this.nextDue += 20;
      }
      this.now = at;
    }
    /** Heard values block by block, from the first that is not silent. */
    get blocks(): number[] {
      const first = this.heard.findIndex((it) => it !== 0);
      return this.heard.slice(first).filter((_, i) => i % 160 === 80);
    }
  }

  test('plays a fixed delay after arrival, in order, each packet once', () => {
    const bench = new Bench();
    for (let i = 0; i < 10; i++) bench.packet(i);
    bench.runTo(1400);
    expect(bench.heard.findIndex((it) => it !== 0)).toBe(3 * 160); // 60 ms
    expect(bench.blocks.slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('reordered and doubled packets find their place, lost ones are made up', () => {
    const bench = new Bench();
    bench.packet(0);
    bench.packet(2, 1041);
    bench.packet(1, 1042);
    bench.packet(1, 1043);
    bench.packet(4, 1081); // 3 is lost
    bench.packet(5, 1101);
    bench.runTo(1400);
    expect(bench.blocks.slice(0, 6)).toEqual([1, 2, 3, 3, 5, 6]);
    expect(bench.buffer.late).toBe(0);
    expect(bench.buffer.concealedMs).toBe(20);
  });

  test('a packet after its moment is counted and leaves the rest where it is', () => {
    const bench = new Bench();
    for (const i of [0, 1, 2, 4, 5, 6]) bench.packet(i);
    bench.packet(3, 1190);
    bench.runTo(1400);
    expect(bench.buffer.late).toBe(1);
    expect(bench.blocks.slice(0, 7)).toEqual([1, 2, 3, 3, 5, 6, 7]);
  });

  test('timestamps wrap', () => {
    const bench = new Bench(0xffff_ffff - 400);
    for (let i = 0; i < 20; i++) bench.packet(i);
    bench.runTo(1500);
    expect(bench.blocks.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(bench.buffer.adjustments).toBe(0);
  });

  test('a jump of the sender’s clock is followed at once', () => {
    const bench = new Bench();
    for (let i = 0; i < 5; i++) bench.packet(i);
    for (let i = 0; i < 5; i++) {
      bench.runTo(1100 + i * 20);
      bench.buffer.write(
        900_000 + i * 160,
        new Float32Array(160).fill(50 + i),
        160,
        1100 + i * 20,
        bench.nextDue,
      );
    }
    bench.runTo(1500);
    expect(bench.buffer.adjustments).toBe(1);
    expect(bench.blocks.filter((it) => it >= 50).slice(0, 5)).toEqual([50, 51, 52, 53, 54]);
  });

  test('a stall of ours, longer than the buffer, moves nothing: what finds room is played in its place', () => {
    const bench = new Bench();
    for (let i = 0; i < 10; i++) bench.packet(i);
    for (let i = 10; i < 50; i++) {
      // 800 ms of packets are read before the beat goes on
      bench.buffer.write(i * 160, new Float32Array(160).fill(i + 1), 160, 2000, bench.nextDue);
    }
    for (let i = 50; i < 70; i++) bench.packet(i);
    bench.runTo(2600);
    expect(bench.buffer.adjustments).toBe(0);
    const expected = Array.from({ length: 70 }, (_, i) => i + 1);
    const played = bench.blocks.findIndex((it, i) => it !== i + 1);
    expect(played).toBeGreaterThan(25);
    expect(bench.blocks.slice(50, 70)).toEqual(expected.slice(50));
    expect(bench.buffer.late).toBe(50 - played);
  });

  test('a delay that grows for good moves the playout once, after a run of late packets', () => {
    const bench = new Bench();
    for (let i = 0; i < 5; i++) bench.packet(i);
    for (let i = 5; i < 40; i++) bench.packet(i, 1000 + i * 20 + 150);
    bench.runTo(2500);
    expect(bench.buffer.late).toBe(10);
    expect(bench.buffer.adjustments).toBe(1);
    expect(bench.blocks.filter((it) => Number.isInteger(it) && it > 15).slice(0, 25)).toEqual(
      Array.from({ length: 25 }, (_, i) => i + 16),
    );
  });

  test('whatever comes whenever: never throws, never plays anything louder than what was sent', () => {
    const packet = fc.tuple(fc.nat(0xffff_ffff), fc.nat(400), fc.integer({ min: 0, max: 500 }));
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
        const buffer = new PlayoutBuffer({ format, policy: { mode: 'fixed', delayMs: 60 } });
        let [now, due] = [0, 20];
        for (const [timestamp, frames, wait] of packets) {
          now += wait;
          for (; due <= now; due += 20) {
            const block = new Float32Array(160);
            buffer.mixInto(block, 160, false, true);
            expect(block.every((it) => Math.abs(it) <= 1 + 1e-6)).toBe(true);
          }
          buffer.write(timestamp, new Float32Array(400).fill(1), frames, now, due);
        }
      }),
      { numRuns: 200 },
    );
  });
});
