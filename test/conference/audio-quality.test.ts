import { describe, expect, test } from 'vitest';
import { Limiter, mapChannels, Mixer, Resampler } from '../../conference/audio/index.ts';
import { decibels, meanSquare, powerAt, sine } from '../support/tone-meter.ts';
import { voice } from '../support/voice.ts';

const RATES = [8000, 16_000, 32_000, 44_100, 48_000, 96_000];
const PAIRS = RATES.flatMap((from) => RATES.filter((to) => to !== from).map((to) => [from, to] as const));

/** A sine of 0.5 after resampling, without beginning and end. */
function through(from: number, to: number, hz: number): Float32Array {
  const out = new Resampler(from, to, 1).process(sine(hz, 0.5, from, 0.25));
  return out.slice(Math.round(to * 0.05), Math.round(to * 0.2));
}
const gain = (power: number): number => decibels(power) - decibels(0.125);

describe('the resampler', () => {
  test.each(PAIRS)('%d to %d Hz: less than 0.1 dB of ripple up to 0.9 of what both carry', (from, to) => {
    const edge = (0.9 * Math.min(from, to)) / 2;
    for (const share of [0.03, 0.25, 0.5, 0.75, 0.9, 1]) {
      const hz = Math.round(edge * share);
      expect(Math.abs(gain(powerAt(through(from, to, hz), to, hz)))).toBeLessThan(0.1);
    }
  });

  test.each(PAIRS.filter(([from, to]) => from > to))(
    '%d to %d Hz: what cannot be carried is more than 90 dB down',
    (from, to) => {
      const begin = Math.min(from, to) >= 32_000 ? 1.005 : 1.1;
      const folded = [begin, 1.3, 1.7, 1.95].map((share) => (share * to) / 2).filter((hz) => hz < from / 2);
      expect(Math.max(-200, ...folded.map((hz) => gain(meanSquare(through(from, to, hz)))))).toBeLessThan(
        -90,
      );
    },
  );

  test.each(PAIRS.filter(([from, to]) => from < to))(
    '%d to %d Hz: images are more than 90 dB down',
    (from, to) => {
      const images = [0.1, 0.5, 0.9].flatMap((share) => {
        const hz = (share * from) / 2;
        const out = through(from, to, hz);
        return [from - hz, from + hz].filter((it) => it < to / 2).map((it) => gain(powerAt(out, to, it)));
      });
      expect(Math.max(-200, ...images)).toBeLessThan(-90);
    },
  );

  test.each([
    [8000, 48_000, 4],
    [48_000, 8000, 4],
    [16_000, 48_000, 2],
    [44_100, 48_000, 1.46],
    [96_000, 48_000, 1.34],
  ])('%d to %d Hz takes %d ms', (from, to, ms) => {
    expect((new Resampler(from, to, 1).latencyFrames * 1000) / from).toBeCloseTo(ms, 1);
  });
});

describe('the limiter', () => {
  const format = { sampleRate: 8000, channels: 1 };

  test('[CAL-09] what is within full scale passes bit for bit', () => {
    const samples = voice(1);
    const copy = samples.slice();
    new Limiter(format).process(samples);
    expect(samples).toEqual(copy);
  });

  test('[CAL-09] fifty talkers at once: never beyond full scale, hardly distorted', () => {
    const mixer = new Mixer(format, 20);
    const talkers = Array.from({ length: 50 }, (_, i) => voice(3, 8000, i + 1).map((it) => 3 * it));
    const sum = new Float32Array(24_000);
    const out = new Float32Array(24_000);
    for (let index = 0; index < 150; index++) {
      mixer.begin(index);
      const bus = mixer.bus(format);
      for (const talker of talkers) {
        for (let i = 0; i < 160; i++) {
          const sample = talker[index * 160 + i] ?? 0;
          bus.sum[i] = sample + (bus.contributors > 0 ? (bus.sum[i] ?? 0) : 0);
          sum[index * 160 + i] = (sum[index * 160 + i] ?? 0) + sample;
        }
        bus.contributors++;
      }
      out.set(mixer.finish(), index * 160);
    }
    expect(sum.some((it) => Math.abs(it) > 1.5)).toBe(true);
    expect(out.every((it) => Math.abs(it) <= 1)).toBe(true);
    // each stretch of 5 ms is the sum at some level: what is left over is distortion
    let [rest, total] = [0, 0];
    for (let at = 0; at < out.length; at += 40) {
      let [xy, xx, yy] = [0, 0, 0];
      for (let i = at; i < at + 40; i++) {
        const [x, y] = [sum[i] ?? 0, out[i] ?? 0];
        xy += x * y;
        xx += x * x;
        yy += y * y;
      }
      rest += yy - (xx > 0 ? (xy * xy) / xx : 0);
      total += yy;
    }
    expect(decibels(rest / total)).toBeLessThan(-30);
  });

  test('two loud tones keep their pitch, and the gain comes back without steps', () => {
    const limiter = new Limiter({ sampleRate: 48_000, channels: 1 });
    const high = sine(660, 0.9, 48_000, 0.5);
    const loud = sine(440, 0.9, 48_000, 0.5).map((it, i) => it + (high[i] ?? 0));
    const out: number[] = [];
    for (let at = 0; at < loud.length; at += 960) {
      const block = loud.slice(at, at + 960);
      limiter.process(block);
      out.push(...block);
    }
    const settled = Float32Array.from(out.slice(9600));
    const tones = powerAt(settled, 48_000, 440) + powerAt(settled, 48_000, 660);
    expect(decibels(Math.max(1e-12, meanSquare(settled) - tones) / meanSquare(settled))).toBeLessThan(-30);
    for (let k = 0; k < 100; k++) limiter.process(new Float32Array(960));
    expect(limiter.active).toBe(false);
  });
});

describe('channels', () => {
  const map = (input: readonly number[], from: number, to: number): number[] => {
    const out = new Float32Array((input.length / from) * to);
    mapChannels(Float32Array.from(input), from, out, to);
    return [...out].map((it) => Math.round(it * 1000) / 1000);
  };
  test('mono goes to all at full level; stereo becomes mono by the average', () => {
    expect(map([0.5], 1, 4)).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(map([0.5, 0.5], 2, 1)).toEqual([0.5]);
    expect(map([0.5, 0], 2, 1)).toEqual([0.25]);
  });
  test('5.1 becomes stereo and mono as in ITU-R BS.775, and is never beyond full scale', () => {
    expect(map([1, 0, 0, 0, 0, 0], 6, 2)).toEqual([0.414, 0]);
    expect(map([0, 0, 1, 0, 0, 0], 6, 2)).toEqual([0.293, 0.293]);
    expect(map([0, 0, 0, 1, 0, 0], 6, 2)).toEqual([0, 0]);
    expect(map([0, 0, 0, 0, 0, 1], 6, 2)).toEqual([0, 0.293]);
    expect(map([1, 1, 1, 1, 1, 1], 6, 2)).toEqual([1, 1]);
    expect(map([1, 1, 1, 1, 1, 1], 6, 1)).toEqual([1]);
  });
  test('64 channels stay apart, and fold into two by the average of every second one', () => {
    const input = Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 0.5 : -0.25));
    expect(map(input, 64, 64)).toEqual(input);
    expect(map(input, 64, 2)).toEqual([0.5, -0.25]);
  });
});
