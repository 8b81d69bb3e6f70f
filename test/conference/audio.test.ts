import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Converter,
  framesOfBlock,
  limit,
  mapChannels,
  Mixer,
  PlayoutBuffer,
  Resampler,
  VoiceActivity,
} from '../../conference/audio/index.ts';
import { decibels, meanSquare, measureTone, sine } from '../support/tone-meter.ts';

function inBlocks(
  input: Float32Array,
  size: number,
  process: (block: Float32Array) => Float32Array,
): Float32Array {
  const out: number[] = [];
  for (let at = 0; at < input.length; at += size) out.push(...process(input.subarray(at, at + size)));
  return Float32Array.from(out);
}

describe('resampling', () => {
  test.each([
    [8000, 48_000],
    [48_000, 8000],
    [8000, 44_100],
    [44_100, 48_000],
    [11_025, 8000],
    [16_000, 8000],
  ])('%d to %d Hz keeps frequency and level of a 1 kHz tone', (from, to) => {
    const resampler = new Resampler(from, to, 1);
    const out = inBlocks(sine(1000, 0.5, from, 2), 173, (block) => resampler.process(block));
    expect(out.length).toBeGreaterThan(2 * to - 80);
    expect(out.length).toBeLessThanOrEqual(2 * to);
    const { frequency, levelDbfs, totalDbfs } = measureTone(out.subarray(to / 10), to);
    expect(frequency).toBeCloseTo(1000, 0);
    expect(levelDbfs).toBeCloseTo(decibels(0.125), 1);
    expect(decibels(10 ** (totalDbfs / 10) - 10 ** (levelDbfs / 10))).toBeLessThan(-60); // images and noise
  });

  test('what the slower rate cannot carry is gone, not folded back', () => {
    const resampler = new Resampler(48_000, 8000, 1);
    const out = resampler.process(sine(5500, 0.5, 48_000, 1));
    expect(decibels(meanSquare(out.subarray(200)))).toBeLessThan(-60);
  });

  test('block sizes make no difference', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (size) => {
        const input = sine(700, 0.8, 8000, 0.2);
        const [whole, cut] = [new Resampler(8000, 44_100, 1), new Resampler(8000, 44_100, 1)];
        const want = Float32Array.from(whole.process(input));
        expect(inBlocks(input, size, (block) => cut.process(block))).toEqual(want);
      }),
      { numRuns: 20 },
    );
  });

  test('channels stay apart and are folded by averaging', () => {
    const stereo = new Converter({ sampleRate: 8000, channels: 2 }, { sampleRate: 16_000, channels: 2 });
    const input = new Float32Array(1600);
    for (let i = 0; i < 800; i++) input[2 * i] = 0.25;
    const out = stereo.process(input);
    expect(out[1000]).toBeCloseTo(0.25, 3);
    expect(out[1001]).toBe(0);
    const mono = new Float32Array(2);
    mapChannels(Float32Array.of(0.5, 0.25, -1, 0), 2, mono, 1);
    expect([...mono]).toEqual([0.375, -0.5]);
    const quad = new Float32Array(4);
    mapChannels(Float32Array.of(0.5, 0.25), 2, quad, 4);
    expect([...quad]).toEqual([0.5, 0.25, 0.5, 0.25]);
  });
});

describe('mixing', () => {
  const mono = { sampleRate: 8000, channels: 1 };
  /** Adds a constant from each of `values` to the bus, as sources do. */
  const add = (mixer: Mixer, format: typeof mono, ...values: number[]): void => {
    const bus = mixer.bus(format);
    for (const value of values) {
      for (let i = 0; i < bus.frames * format.channels; i++) {
        bus.sum[i] = value + (bus.contributors > 0 ? (bus.sum[i] ?? 0) : 0);
      }
      bus.contributors++;
    }
  };

  test('[CAL-09] sources add up; none at all is silence; one passes bit for bit', () => {
    const mixer = new Mixer(mono, 20);
    mixer.begin(0);
    add(mixer, mono, 0.25, 0.25, -0.125);
    expect(mixer.finish()).toEqual(new Float32Array(160).fill(0.375));
    mixer.begin(1);
    expect(mixer.finish()).toEqual(new Float32Array(160));
    mixer.begin(2);
    add(mixer, mono, 0.999);
    expect(mixer.finish()[0]).toBe(Math.fround(0.999));
  });

  test('[CAL-09] louder than full scale is bent, never wrapped or beyond 1', () => {
    const mixer = new Mixer(mono, 20);
    mixer.begin(0);
    add(mixer, mono, 0.9, 0.9, 0.9);
    const [sample = 0] = mixer.finish();
    expect(sample).toBeGreaterThan(0.95);
    expect(sample).toBeLessThanOrEqual(1);
    const values = Float32Array.of(-3, 0.5, 1.5);
    limit(values, false);
    expect([...values]).toEqual([-1, 0.5, 1]);
  });

  test('sources of other formats are converted once and join the mix', () => {
    const wide = { sampleRate: 48_000, channels: 2 };
    const mixer = new Mixer(wide, 20);
    const out: number[] = [];
    mixer.bus(mono);
    for (let index = 0; index < 20; index++) {
      mixer.begin(index);
      add(mixer, mono, 0.25);
      add(mixer, wide, 0.125);
      const block = mixer.finish();
      expect(block.length).toBe(1920);
      out.push(...block);
    }
    expect(out.at(-1)).toBeCloseTo(0.375, 3);
    expect(out.at(-2)).toBeCloseTo(0.375, 3);
  });

  test('blocks of rates that do not divide evenly never drift', () => {
    for (const rate of [8000, 11_025, 22_050, 44_100, 48_000]) {
      let frames = 0;
      for (let index = 0; index < 500; index++) frames += framesOfBlock(index, rate, 20);
      expect(frames).toBe(rate * 10);
    }
  });
});

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

  test('reordered and doubled packets find their place, lost ones are silence of the same length', () => {
    const bench = new Bench();
    bench.packet(0);
    bench.packet(2, 1041);
    bench.packet(1, 1042);
    bench.packet(1, 1043);
    bench.packet(4, 1081); // 3 is lost
    bench.packet(5, 1101);
    bench.runTo(1400);
    expect(bench.blocks.slice(0, 6)).toEqual([1, 2, 3, 0, 5, 6]);
    expect(bench.buffer.late).toBe(0);
  });

  test('a packet after its moment is counted and leaves the rest where it is', () => {
    const bench = new Bench();
    for (const i of [0, 1, 2, 4, 5, 6]) bench.packet(i);
    bench.packet(3, 1190);
    bench.runTo(1400);
    expect(bench.buffer.late).toBe(1);
    expect(bench.blocks.slice(0, 7)).toEqual([1, 2, 3, 0, 5, 6, 7]);
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
    expect(bench.blocks.filter((it) => it >= 50)).toEqual([50, 51, 52, 53, 54]);
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
    expect(bench.blocks.slice(0, 32)).toEqual(expected.slice(0, 32));
    expect(bench.blocks.slice(50, 70)).toEqual(expected.slice(50));
    expect(bench.buffer.late).toBe(bench.blocks.slice(32, 50).filter((it) => it === 0).length);
  });

  test('a delay that grows for good moves the playout once, after a run of late packets', () => {
    const bench = new Bench();
    for (let i = 0; i < 5; i++) bench.packet(i);
    for (let i = 5; i < 40; i++) bench.packet(i, 1000 + i * 20 + 150);
    bench.runTo(2500);
    expect(bench.buffer.late).toBe(10);
    expect(bench.buffer.adjustments).toBe(1);
    expect(
      bench.blocks
        .slice(-40)
        .filter((it) => it > 0)
        .at(-1),
    ).toBe(40);
  });

  test('a sender whose clock is slower by 200 ppm is followed without losing a packet', () => {
    const bench = new Bench();
    const packets = 15_000; // five minutes: 60 ms of drift
    for (let i = 0; i < packets; i++) bench.packet(i, 1000 + i * 20 * 1.0002);
    expect(bench.buffer.late).toBe(0);
    expect(bench.buffer.adjustments).toBeGreaterThan(0);
    expect(bench.buffer.adjustments).toBeLessThan(8);
  });

  test('whatever comes whenever: never throws, never plays anything that was not sent', () => {
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
            if (!block.every((it) => it === 0 || it === 1))
              throw new Error('something was played that was not sent');
          }
          buffer.write(timestamp, new Float32Array(400).fill(1), frames, now, due);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('levels', () => {
  test('[PEV-12] [PEV-13] talking begins after the attack and ends after the hold', () => {
    const voice = new VoiceActivity({ thresholdDbfs: -40, attackMs: 40, holdMs: 500 });
    voice.add(0.01, 20, 0);
    expect(voice.poll(0)).toBeUndefined(); // a click
    voice.add(0.01, 20, 20);
    expect(voice.poll(20)).toBe('talking');
    expect(voice.levelDbfs(20)).toBeCloseTo(-20, 5);
    for (let now = 40; now < 520; now += 20) {
      voice.add(1e-6, 20, now);
      expect(voice.poll(now)).toBeUndefined();
    }
    expect(voice.poll(520)).toBe('silent');
    expect(voice.levelDbfs(2000)).toBe(Number.NEGATIVE_INFINITY);
  });
});
