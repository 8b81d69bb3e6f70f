import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Converter,
  framesOfBlock,
  mapChannels,
  Mixer,
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
    expect(out.length).toBeGreaterThan(2 * to - 420);
    expect(out.length).toBeLessThanOrEqual(2 * to);
    const { frequency, levelDbfs, totalDbfs } = measureTone(out.subarray(to / 10), to);
    expect(frequency).toBeCloseTo(1000, 0);
    expect(levelDbfs).toBeCloseTo(decibels(0.125), 1);
    expect(decibels(10 ** (totalDbfs / 10) - 10 ** (levelDbfs / 10))).toBeLessThan(-80); // images and noise
  });

  test('what the slower rate cannot carry is gone, not folded back', () => {
    const resampler = new Resampler(48_000, 8000, 1);
    const out = resampler.process(sine(5500, 0.5, 48_000, 1));
    expect(decibels(meanSquare(out.subarray(200)))).toBeLessThan(-80);
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
