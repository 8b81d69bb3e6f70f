import { describe, expect, test } from 'vitest';
import type { PlayoutPolicy } from '../../conference/audio/index.ts';
import { playOver, playTrace, RATE, speech } from '../support/playout-lab.ts';
import { packetTrace, type TraceOptions } from '../support/packet-trace.ts';

/** Over half a minute of a voice: stretches that do not sound as they should, the delay, and what had to be made up. */
interface Bounds {
  readonly glitches: number;
  readonly delayMs: number;
  readonly concealed?: number;
}

describe('figures of merit of the adaptive playout, half a minute of a voice', () => {
  test.each<{ name: string; net: Partial<TraceOptions>; most: Bounds }>([
    { name: 'nothing wrong', net: {}, most: { glitches: 0, delayMs: 35 } },
    { name: '1 % lost', net: { loss: 0.01 }, most: { glitches: 30, delayMs: 35, concealed: 0.015 } },
    { name: '5 % lost', net: { loss: 0.05 }, most: { glitches: 130, delayMs: 35, concealed: 0.06 } },
    { name: '20 % lost', net: { loss: 0.2 }, most: { glitches: 400, delayMs: 35, concealed: 0.22 } },
    {
      name: '10 % lost, three in a row',
      net: { loss: 0.1, burst: 3 },
      most: { glitches: 110, delayMs: 40, concealed: 0.1 },
    },
    { name: '20 ms of jitter', net: { jitterMs: 20 }, most: { glitches: 0, delayMs: 60, concealed: 0.001 } },
    { name: '50 ms of jitter', net: { jitterMs: 50 }, most: { glitches: 2, delayMs: 95, concealed: 0.001 } },
    {
      name: '100 ms of jitter',
      net: { jitterMs: 100 },
      most: { glitches: 4, delayMs: 145, concealed: 0.003 },
    },
    { name: '10 % overtaking', net: { reorder: 0.1 }, most: { glitches: 0, delayMs: 40, concealed: 0 } },
    { name: '10 % doubled', net: { duplicate: 0.1 }, most: { glitches: 0, delayMs: 45, concealed: 0 } },
    {
      name: 'a clock 200 ppm fast',
      net: { driftPpm: 200 },
      most: { glitches: 0, delayMs: 45, concealed: 0 },
    },
    {
      name: 'a clock 200 ppm slow',
      net: { driftPpm: -200 },
      most: { glitches: 0, delayMs: 45, concealed: 0 },
    },
    {
      name: 'everything at once',
      net: { loss: 0.05, jitterMs: 50, reorder: 0.02, duplicate: 0.02, driftPpm: -200 },
      most: { glitches: 130, delayMs: 100, concealed: 0.06 },
    },
  ])('$name', ({ net, most }) => {
    const { glitchesPerMinute, meanDelayMs, concealedShare } = playOver({
      seconds: net.driftPpm === undefined ? 30 : 60,
      ...net,
    });
    expect(glitchesPerMinute).toBeLessThanOrEqual(most.glitches);
    expect(meanDelayMs).toBeLessThanOrEqual(most.delayMs);
    expect(concealedShare).toBeLessThanOrEqual(most.concealed ?? 0);
  });

  test.each([200, -200])('a clock that is off by %d ppm is told as that, and followed', (driftPpm) => {
    const { buffer } = playTrace(new Float32Array(60 * RATE), packetTrace({ seconds: 60, driftPpm }), {
      mode: 'adaptive',
      minMs: 20,
      maxMs: 400,
    });
    expect(buffer.driftPpm).toBeCloseTo(driftPpm, 0);
    expect(buffer.pace.step).not.toBe(1);
  });

  test('the delay grows at once when packets come late, and shrinks again', () => {
    const trace = packetTrace({ seconds: 60 }).map(({ number, arrival }) => ({
      number,
      arrival: number > 500 && number < 1000 && number % 10 < 5 ? arrival + 90 : arrival,
    }));
    const inOrder = trace.toSorted((a, b) => a.arrival - b.arrival);
    const { buffer, glitchesPerMinute } = playTrace(speech(60), inOrder, {
      mode: 'adaptive',
      minMs: 20,
      maxMs: 400,
    });
    expect(buffer.late).toBeLessThan(20);
    expect(glitchesPerMinute).toBeLessThan(15);
    expect(buffer.delayMs).toBeLessThan(45);
    expect(buffer.adjustments).toBeGreaterThan(3);
  });

  test('the delay stays within its bounds', () => {
    const narrow: PlayoutPolicy = { mode: 'adaptive', minMs: 60, maxMs: 80 };
    expect(playOver({ seconds: 20 }, narrow).meanDelayMs).toBeGreaterThan(58);
    const jittery = playOver({ seconds: 30, jitterMs: 200 }, narrow);
    expect(jittery.meanDelayMs).toBeLessThan(100);
    expect(jittery.buffer.late).toBeGreaterThan(0);
  });

  test('after a route that is longer by half a second audio goes on', () => {
    const packets = packetTrace({ seconds: 60 }).map(({ number, arrival }) => ({
      number,
      arrival: arrival + (number >= 1000 ? 500 : 0),
    }));
    const { buffer, audio } = playTrace(speech(60), packets, { mode: 'adaptive', minMs: 20, maxMs: 400 });
    expect(buffer.late).toBeLessThan(40);
    expect(audio.subarray(RATE * 30).some((it) => Math.abs(it) > 0.05)).toBe(true);
    expect(buffer.delayMs).toBeLessThan(120);
  });
});

describe('fixed delays', () => {
  test.each(['fixed', 'link'] as const)('%s: constant, late packets counted, nothing adapts', (mode) => {
    const { buffer, delayMs } = playOver({ seconds: 30, jitterMs: 120, seed: 4 }, { mode, delayMs: 40 });
    expect(buffer.adjustments).toBeLessThanOrEqual(mode === 'link' ? 0 : 10);
    expect(buffer.late).toBeGreaterThan(10);
    expect(delayMs).toBeGreaterThan(30);
  });

  test('bit for bit while the clocks agree', () => {
    const said = speech(30);
    const { audio } = playTrace(said, packetTrace({ seconds: 30, jitterMs: 15 }), {
      mode: 'fixed',
      delayMs: 60,
    });
    const first = said.findIndex((it) => it !== 0);
    const at = audio.findIndex((it) => it !== 0) - first;
    expect(at).toBeGreaterThan(0);
    expect(audio.subarray(at).every((it, i) => it === said[i])).toBe(true);
  });

  test('a clock that is off by 100 ppm is followed without a late packet for ten minutes, the delay stays', () => {
    const size = 160;
    for (const driftPpm of [100, -100]) {
      const { buffer } = playTrace(new Float32Array(size * 30_000), packetTrace({ seconds: 600, driftPpm }), {
        mode: 'fixed',
        delayMs: 50,
      });
      expect(buffer.late).toBe(0);
      expect(buffer.concealedMs).toBe(0);
      expect(buffer.delayMs).toBeGreaterThan(46);
      expect(buffer.delayMs).toBeLessThan(54);
    }
  });

  test('5 ms of link offset with packets of 1 ms and blocks of 1 ms', () => {
    const { buffer, delayMs, glitchesPerMinute } = playTrace(
      speech(20),
      packetTrace({ seconds: 20, packetMs: 1, jitterMs: 1 }),
      { mode: 'link', delayMs: 5 },
      { packetMs: 1, blockMs: 1 },
    );
    expect(buffer.late).toBe(0);
    expect(glitchesPerMinute).toBe(0);
    expect(delayMs).toBeLessThan(12); // 5 ms of it are the way
  });
});
