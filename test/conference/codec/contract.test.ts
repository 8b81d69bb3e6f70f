import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { AUDIO_ENCODINGS, type AudioCodec, findCodec } from '../../../conference/codec/index.ts';
import { correlate, decibels, meanSquare, measureTone, powerAt, sine } from '../../support/tone-meter.ts';

/** What every codec has to keep to, whatever it does with the sound. */
const CODECS = [
  { name: 'PCMU', rate: 8000, channels: 1, snr: 35, fmtp: {} },
  { name: 'PCMU', rate: 16_000, channels: 2, snr: 35, fmtp: {} },
  { name: 'PCMA', rate: 8000, channels: 1, snr: 35, fmtp: {} },
  { name: 'G722', rate: 8000, channels: 1, snr: 30, fmtp: {} },
  { name: 'L16', rate: 44_100, channels: 2, snr: 85, fmtp: {} },
  { name: 'L16', rate: 48_000, channels: 1, snr: 85, fmtp: {} },
  { name: 'L24', rate: 48_000, channels: 8, snr: 120, fmtp: {} },
  { name: 'L24', rate: 96_000, channels: 2, snr: 120, fmtp: {} },
  { name: 'opus', rate: 48_000, channels: 2, snr: 15, fmtp: {} },
  { name: 'opus', rate: 48_000, channels: 2, snr: 15, fmtp: { useinbandfec: '1', usedtx: '1' } },
  { name: 'opus', rate: 48_000, channels: 2, snr: 20, fmtp: { stereo: '1', cbr: '1' } },
] as const;

function make({ name, rate, channels, fmtp }: (typeof CODECS)[number]): AudioCodec {
  const parameters = new Map<string, string>(Object.entries(fmtp));
  const codec = findCodec(name, { clockRate: rate, channels, parameters });
  if (typeof codec === 'string') throw new Error(codec);
  return codec;
}

/** Encodes and decodes packet by packet. */
function through(codec: AudioCodec, samples: Float32Array, packetMs = 20): Float32Array {
  const { sampleRate, channels } = codec.format;
  const [encoder, decoder] = [codec.createEncoder({ discontinuous: false }), codec.createDecoder()];
  const size = Math.round((sampleRate * packetMs) / 1000) * channels;
  const out = new Float32Array(samples.length - (samples.length % size));
  for (let at = 0; at < out.length; at += size) {
    const payload = encoder.encode(samples.subarray(at, at + size));
    expect(decoder.frames(payload, 0, payload.length) * channels).toBe(size);
    expect(decoder.decode(payload, 0, payload.length, out.subarray(at, at + size)) * channels).toBe(size);
  }
  decoder.dispose?.();
  encoder.dispose?.();
  return out;
}

/** One channel of several. */
function channel(samples: Float32Array, channels: number, which: number): Float32Array {
  return samples.filter((_, i) => i % channels === which);
}

/** A tone of its own in each channel. */
function tones({ format: { sampleRate, channels } }: AudioCodec, seconds: number): Float32Array {
  const parts = Array.from({ length: channels }, (_, i) => sine(400 + 100 * i, 0.25, sampleRate, seconds));
  return Float32Array.from(
    { length: (parts[0]?.length ?? 0) * channels },
    (_, i) => parts[i % channels]?.[Math.floor(i / channels)] ?? 0,
  );
}

test('all encodings are held to it', () => {
  expect(new Set(CODECS.map(({ name }) => name.toUpperCase()))).toEqual(new Set(AUDIO_ENCODINGS));
});

describe.each(CODECS)('$name/$rate/$channels $fmtp', (it) => {
  const codec = make(it);
  const { sampleRate, channels } = codec.format;
  beforeAll(() => codec.prepare?.());

  test('each channel has its tone, as loud as it was', () => {
    const heard = through(codec, tones(codec, 1));
    for (let i = 0; i < channels; i++) {
      const part = channel(heard, channels, i).subarray(sampleRate / 5);
      const { frequency, levelDbfs } = measureTone(part, sampleRate, 100, 3000);
      expect(frequency).toBeCloseTo(400 + 100 * i, 0);
      expect(Math.abs(levelDbfs - decibels(0.25 ** 2 / 2))).toBeLessThan(0.5);
    }
  });

  test('what is added stays below the tone by so much', () => {
    const heard = channel(through(codec, tones(codec, 1)), channels, 0).subarray(Math.round(sampleRate / 5));
    const tone = powerAt(heard.subarray(0, sampleRate / 2), sampleRate, 400);
    const all = meanSquare(heard.subarray(0, sampleRate / 2)); // whole periods
    expect(decibels(tone) - decibels(Math.max(0, all - tone))).toBeGreaterThan(it.snr);
  });

  test('the delay of coding is less than 7 ms', () => {
    const said = Float32Array.from({ length: Math.floor(0.4 * sampleRate) * channels }, (_, i) => {
      const t = Math.floor(i / channels) / sampleRate;
      return t > 0.1 && t < 0.3 ? 0.3 * Math.sin(2 * Math.PI * (300 + 2000 * t) * t) : 0;
    });
    const part = (samples: Float32Array): Float32Array =>
      channel(samples, channels, 0).subarray(Math.floor(0.08 * sampleRate), Math.floor(0.35 * sampleRate));
    const { peak, shift } = correlate(part(said), part(through(codec, said)), Math.ceil(0.007 * sampleRate));
    expect(peak).toBeGreaterThan(0.95);
    expect(shift).toBeGreaterThanOrEqual(0);
    expect((shift * 1000) / sampleRate).toBeLessThan(7);
  });

  test('silence stays silence', () => {
    const heard = through(codec, new Float32Array(sampleRate * channels));
    expect(decibels(meanSquare(heard))).toBeLessThan(-70);
  });

  test('packets of any length that it has come back with that length', () => {
    const tick = 1000 / codec.clockRate;
    const lengths = codec.packetMs ?? [tick, 5 * tick, 48 * tick, 10, 20];
    for (const ms of lengths) {
      if ((ms * codec.bitsPerSecond) / 8000 > 60_000) continue;
      const frames = Math.round((ms * sampleRate) / 1000);
      expect(through(codec, tones(codec, 0.5).subarray(0, frames * channels), ms)).toHaveLength(
        frames * channels,
      );
    }
  });

  test('beyond full scale is cut off, and no number is none', () => {
    const loud = tones(codec, 0.5).map((sample) => sample * 40);
    const heard = through(codec, loud);
    expect(heard.every((sample) => Math.abs(sample) <= 1.5)).toBe(true);
    const odd = Float32Array.from(
      { length: (sampleRate / 50) * channels },
      (_, i) => [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1][i % 4] ?? 0,
    );
    expect(() => codec.createEncoder().encode(odd)).not.toThrow();
  });

  test('whatever comes, nothing throws, and no more is written than was announced', () => {
    const decoder = codec.createDecoder();
    const target = new Float32Array(400_000);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), fc.nat(20), (bytes, start) => {
        const from = Math.min(start, bytes.length);
        const announced = decoder.frames(bytes, from, bytes.length);
        target.fill(7, announced * channels, announced * channels + 100);
        const frames = decoder.decode(bytes, from, bytes.length, target);
        expect(frames === announced || frames === 0).toBe(true);
        expect(Number.isInteger(announced) && announced >= 0).toBe(true);
        const after = target.subarray(announced * channels, announced * channels + 100);
        expect(after.every((sample) => sample === 7)).toBe(true);
        expect(target.subarray(0, frames * channels).every(Number.isFinite)).toBe(true);
        decoder.decodeFec?.(bytes, from, bytes.length, target, 960);
        decoder.conceal?.(target, 960);
      }),
      { numRuns: 60 },
    );
    decoder.dispose?.();
  });

  test('nothing is no packet', () => {
    const decoder = codec.createDecoder();
    expect(decoder.frames(new Uint8Array(9), 5, 5)).toBe(0);
    expect(decoder.decode(new Uint8Array(9), 5, 5, new Float32Array(10))).toBe(0);
  });

  test('order matters for those only that say so', () => {
    const said = tones(codec, 0.1);
    const size = (sampleRate / 50) * channels;
    const encoder = codec.createEncoder({ discontinuous: false });
    const packets = [0, 1, 2, 3].map((i) =>
      Uint8Array.from(encoder.encode(said.subarray(i * size, (i + 1) * size))),
    );
    const play = (order: readonly number[]): Float32Array[] => {
      const decoder = codec.createDecoder();
      const out: Float32Array[] = [];
      for (const i of order) {
        const part = new Float32Array(size);
        const packet = packets[i] ?? new Uint8Array(0);
        decoder.decode(packet, 0, packet.length, part);
        out[i] = part;
      }
      return out;
    };
    const same = play([0, 2, 1, 3]).every((part, i) =>
      part.every((it, j) => it === play([0, 1, 2, 3])[i]?.[j]),
    );
    expect(same).toBe(!codec.stateful);
  });

  test('after reset everything is as at the beginning', () => {
    const said = tones(codec, 0.02);
    const [encoder, decoder] = [codec.createEncoder({ discontinuous: false }), codec.createDecoder()];
    const once = (): { payload: Uint8Array; heard: Float32Array } => {
      const payload = Uint8Array.from(encoder.encode(said));
      const heard = new Float32Array(said.length);
      decoder.decode(payload, 0, payload.length, heard);
      return { payload, heard };
    };
    const first = once();
    encoder.encode(said.map((it) => -it));
    encoder.reset?.();
    decoder.reset?.();
    expect(once()).toEqual(first);
  });

  test('what is made up for has the length asked for, and follows on what was heard', () => {
    const decoder = codec.createDecoder();
    if (decoder.conceal === undefined) return;
    const target = new Float32Array(6000 * channels);
    expect(decoder.conceal(target, 960)).toBe(0); // nothing to go on
    const said = tones(codec, 0.2);
    const size = (sampleRate / 50) * channels;
    const encoder = codec.createEncoder({ discontinuous: false });
    for (let at = 0; at < said.length; at += size) {
      const packet = encoder.encode(said.subarray(at, at + size));
      decoder.decode(packet, 0, packet.length, target);
    }
    const before = meanSquare(target.subarray(0, size));
    let first = 0;
    for (const frames of [960, 100, 480, 5760]) {
      target.fill(7);
      expect(decoder.conceal(target, frames)).toBe(frames);
      expect(target.subarray(0, frames * channels).every((it) => Math.abs(it) < 1.5)).toBe(true);
      expect(target[frames * channels]).toBe(7);
      if (frames === 960) first = meanSquare(target.subarray(0, size));
    }
    expect(first).toBeGreaterThan(before / 4);
    decoder.dispose?.();
    expect(decoder.conceal(target, 960)).toBe(0);
  });
});
