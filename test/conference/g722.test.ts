import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlayoutBuffer } from '../../conference/audio/index.ts';
import { findCodec } from '../../conference/codec/index.ts';
import { g722Signal } from '../support/g722-signal.ts';
import { decibels, measureTone, meanSquare, sine } from '../support/tone-meter.ts';

function g722() {
  const codec = findCodec('G722', { clockRate: 8000, channels: 1, parameters: new Map() });
  if (typeof codec === 'string') throw new Error(codec);
  return codec;
}
const encode = (samples: Float32Array): Uint8Array => Uint8Array.from(g722().createEncoder().encode(samples));
function decode(octets: Uint8Array, decoder = g722().createDecoder()): Float32Array {
  const out = new Float32Array(octets.length * 2);
  expect(decoder.decode(octets, 0, octets.length, out)).toBe(out.length);
  return out;
}

describe('G.722', () => {
  // made by ffmpeg from the same signal; test/interop/codecs.test.ts compares with the installed one
  test('codes noise, loud and soft, steps and silence to the octets that it should', () => {
    const octets = encode(g722Signal());
    expect(octets.subarray(0, 32).toHex()).toBe(
      '922084208420870aad0431b512b19309a82486a510a3292c78072ab8219b1f6b',
    );
    expect(octets.subarray(400, 416).toHex()).toBe('5af43d0f14a351fdfe7ef8d7fa7d7e7f');
    expect(octets.subarray(800, 816).toHex()).toBe('3bf41a288820e06363e263e364a6259e');
    expect(crc32(octets)).toBe(2_363_293_495);
  });

  test('decodes them to the samples that it should', () => {
    const samples = Int16Array.from(decode(encode(g722Signal())), (it) => it * 32_768);
    expect([...samples.subarray(0, 16)]).toEqual([
      -1, 0, 0, -1, -1, 1, 0, -6, -2, 19, -1, -71, -7, 205, 3, -484,
    ]);
    expect([...samples.subarray(1700, 1708)]).toEqual([
      -12_975, -6162, 5578, 12_558, 12_907, 11_425, 11_779, 12_089,
    ]);
    expect(crc32(new Uint8Array(samples.buffer))).toBe(3_081_296_580);
  });

  test.each([100, 1000, 3500, 6500])('a tone of %d Hz keeps its frequency and level', (hz) => {
    const heard = decode(encode(sine(hz, 0.5, 16_000, 1))).subarray(1600);
    const { frequency, levelDbfs, totalDbfs } = measureTone(heard, 16_000);
    expect(Math.abs(frequency - hz)).toBeLessThan(1);
    expect(Math.abs(levelDbfs + 9.03)).toBeLessThan(0.3);
    expect(totalDbfs - levelDbfs).toBeLessThan(0.2);
  });

  test('the signal comes out 22 samples later, 30 dB above what is added to it', () => {
    const said = sine(700, 0.5, 16_000, 1);
    const heard = decode(encode(said));
    const wrong = Float32Array.from(
      { length: 14_000 },
      (_, i) => (heard[i + 1022] ?? 0) - (said[i + 1000] ?? 0),
    );
    expect(-9.03 - decibels(meanSquare(wrong))).toBeGreaterThan(30);
  });

  test('who joins late, or has lost packets, hears the same before long', () => {
    const octets = encode(sine(440, 0.3, 16_000, 2));
    const all = decode(octets).subarray(16_000);
    const late = decode(octets.subarray(4000)).subarray(8000); // half a second later
    const wrong = late.map((it, i) => it - (all[i] ?? 0));
    expect(decibels(meanSquare(late)) - decibels(meanSquare(wrong))).toBeGreaterThan(30);
  });

  test('packets of any size give what the whole gives, and any octets decode', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (packets) => {
        const decoder = g722().createDecoder();
        const parts = packets.flatMap((packet) => [...decode(packet, decoder)]);
        const whole = decode(Uint8Array.from(packets.flatMap((packet) => [...packet])));
        expect(parts).toEqual([...whole]);
        expect(whole.every((it) => it >= -1 && it <= 1)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('has a clock of half its sample rate: an octet is one tick and two frames', () => {
    const codec = g722();
    const { clockRate, format, bitsPerSecond } = codec;
    expect({ clockRate, format, bitsPerSecond }).toEqual({
      clockRate: 8000,
      format: { sampleRate: 16_000, channels: 1 },
      bitsPerSecond: 64_000,
    });
    expect(codec.createDecoder().frames(new Uint8Array(172), 12, 172)).toBe(320);
    expect(() => codec.createEncoder().encode(new Float32Array(3))).toThrow(/pairs/);
  });

  test.each([
    [16_000, 1, /clock of 8000 Hz.*RFC 3551 §4\.5\.2.*16000/],
    [8000, 2, /2 channels/],
  ])('is not there at %d Hz with %d channels', (clockRate, channels, why) => {
    expect(findCodec('g722', { clockRate, channels, parameters: new Map() })).toMatch(why);
  });

  test('playing goes on when the RTP timestamp wraps, of which it has two frames each', () => {
    const { format, clockRate } = g722();
    const buffer = new PlayoutBuffer({ format, policy: { mode: 'fixed', delayMs: 40 } });
    const heard: number[] = [];
    for (let i = 0, timestamp = 0xffff_ffff - 1000; i < 30; i++, timestamp = (timestamp + 160) >>> 0) {
      const ratio = format.sampleRate / clockRate;
      buffer.write(timestamp * ratio, new Float32Array(320).fill(i + 1), 320, 20 * i, 20 * i);
      const block = new Float32Array(320);
      if (buffer.mixInto(block, 320, false, true)) heard.push(...block);
    }
    const played = heard.slice(heard.findIndex((it) => it > 0));
    expect(played.length).toBeGreaterThan(25 * 320);
    expect(played).toEqual(Array.from({ length: played.length }, (_, i) => Math.floor(i / 320) + 1));
    expect({ late: buffer.late, adjustments: buffer.adjustments }).toEqual({ late: 0, adjustments: 0 });
  });
});
