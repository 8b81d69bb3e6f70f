import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  aLawToLinear,
  findCodec,
  linearToALaw,
  linearToMuLaw,
  muLawToLinear,
} from '../../conference/codec/index.ts';

/** G.711 table 2 for one code: the value at the decoder's output, in units of the 14-bit scale. */
function muLawByDefinition(code: number): number {
  const bits = code ^ 0xff; // all bits are inverted before transmission
  const segment = (bits >> 4) & 7;
  const interval = bits & 15;
  const value = 2 ** segment * (interval + 16.5) * 2 - 33;
  return (bits & 0x80 ? -value : value) || 0;
}

/** G.711 table 1 for one code, in units of the 13-bit scale. */
function aLawByDefinition(code: number): number {
  const bits = code ^ 0x55; // even bits are inverted
  const segment = (bits >> 4) & 7;
  const interval = bits & 15;
  const value = segment === 0 ? interval * 2 + 1 : 2 ** (segment - 1) * (interval * 2 + 33);
  return bits & 0x80 ? value : -value;
}

describe('G.711', () => {
  test.each([
    { law: 'µ-law', code: 0x00, want: -32_124 },
    { law: 'µ-law', code: 0x80, want: 32_124 },
    { law: 'µ-law', code: 0xff, want: 0 },
    { law: 'µ-law', code: 0x7f, want: 0 },
    { law: 'µ-law', code: 0xfe, want: 8 },
    { law: 'A-law', code: 0x2a, want: -32_256 },
    { law: 'A-law', code: 0xaa, want: 32_256 },
    { law: 'A-law', code: 0xd5, want: 8 },
    { law: 'A-law', code: 0x55, want: -8 },
  ])('$law $code is $want', ({ law, code, want }) => {
    expect(law === 'A-law' ? aLawToLinear(code) : muLawToLinear(code)).toBe(want);
  });

  test('all 256 codes decode to the values of the recommendation', () => {
    for (let code = 0; code < 256; code++) {
      expect(muLawToLinear(code)).toBe(muLawByDefinition(code) * 4 || 0);
      expect(aLawToLinear(code)).toBe(aLawByDefinition(code) * 8);
    }
  });

  test('every code survives decoding and encoding (the two zeros of µ-law are one)', () => {
    for (let code = 0; code < 256; code++) {
      expect(linearToALaw(aLawToLinear(code))).toBe(code);
      expect(linearToMuLaw(muLawToLinear(code))).toBe(code === 0x7f ? 0xff : code);
    }
  });

  test('every sample is coded within half a step of its segment, and louder ones never get a quieter code', () => {
    const wrong: number[] = [];
    for (let sample = -32_768; sample <= 32_767; sample++) {
      const size = Math.abs(sample);
      const [aLaw, muLaw] = [aLawToLinear(linearToALaw(sample)), muLawToLinear(linearToMuLaw(sample))];
      const aLawLimit = Math.max(8, size / 32) + 8;
      const muLawLimit = size > 32_635 ? 644 : (size + 132) / 32 + 4;
      const next = Math.min(32_767, sample + 1);
      if (
        Math.abs(aLaw - sample) > aLawLimit ||
        Math.abs(muLaw - sample) > muLawLimit ||
        aLawToLinear(linearToALaw(next)) < aLaw ||
        muLawToLinear(linearToMuLaw(next)) < muLaw
      ) {
        wrong.push(sample);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('codecs', () => {
  const none = new Map<string, string>();
  const codec = (name: string, clockRate: number, channels: number) => {
    const found = findCodec(name, { clockRate, channels, parameters: none });
    if (typeof found === 'string') throw new Error(found);
    return found;
  };

  test('L16 is big-endian (RFC 3551 §4.5.11)', () => {
    const l16 = codec('l16', 44_100, 2);
    expect([...l16.createEncoder().encode(Float32Array.of(1, -1, 0.5, 1 / 32_768))]).toEqual([
      0x7f, 0xff, 0x80, 0x00, 0x40, 0x00, 0x00, 0x01,
    ]);
    const out = new Float32Array(4);
    const bytes = Uint8Array.of(9, 0x80, 0x00, 0x7f, 0xff, 0xff, 0xff, 0, 0, 9);
    expect(l16.createDecoder().decode(bytes, 1, 9, out)).toBe(2);
    expect([...out]).toEqual([-1, 32_767 / 32_768, -1 / 32_768, 0]);
    expect(l16.createDecoder().decode(bytes, 0, 3, out)).toBe(0); // not whole frames
  });

  test('L24 is big-endian, and loses none of its bits (RFC 3190 §4)', () => {
    const l24 = codec('l24', 96_000, 2);
    expect(l24).toMatchObject({ format: { sampleRate: 96_000, channels: 2 }, bitsPerSecond: 4_608_000 });
    const lowest = 1 / 8_388_608;
    expect([...l24.createEncoder().encode(Float32Array.of(1, -1, 0.5, lowest, -lowest, 2))]).toEqual(
      [0x7fffff, 0x800000, 0x400000, 1, 0xffffff, 0x7fffff].flatMap((it) => [
        it >> 16,
        (it >> 8) & 255,
        it & 255,
      ]),
    );
    const out = new Float32Array(4);
    const bytes = Uint8Array.of(9, 0x80, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x12, 0x34, 0x56, 9);
    expect(l24.createDecoder().decode(bytes, 1, 13, out)).toBe(2);
    expect(Array.from(out, (it) => it * 8_388_608)).toEqual([-8_388_608, 8_388_607, -2, 0x123456]);
    expect(l24.createDecoder().decode(bytes, 0, 9, out)).toBe(0); // not whole frames
  });

  test('L24 with any number of channels up to 64: every octet comes back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.uint8Array({ maxLength: 600 }), (channels, bytes) => {
        const it = codec('L24', 48_000, channels);
        const whole = bytes.subarray(0, bytes.length - (bytes.length % (3 * channels)));
        const samples = new Float32Array(whole.length / 3);
        expect(it.createDecoder().decode(whole, 0, whole.length, samples)).toBe(samples.length / channels);
        expect([...it.createEncoder().encode(samples)]).toEqual([...whole]);
      }),
      { numRuns: 100 },
    );
    expect(findCodec('L24', { clockRate: 48_000, channels: 65, parameters: none })).toMatch(/65 channels/);
  });

  test.each([
    ['PCMU', 8000, 1],
    ['PCMA', 8000, 1],
    ['L16', 48_000, 2],
    ['PCMU', 16_000, 2],
  ])('%s/%d/%d: what was decoded once stays as it is', (name, rate, channels) => {
    const it = codec(name, rate, channels);
    const [encoder, decoder] = [it.createEncoder(), it.createDecoder()];
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 300 }), (values) => {
        const whole = values.slice(0, values.length - (values.length % channels));
        const once = new Float32Array(whole.length);
        const first = Uint8Array.from(encoder.encode(Float32Array.from(whole, (v) => v / 32_768)));
        decoder.decode(first, 0, first.length, once);
        const twice = new Float32Array(whole.length);
        decoder.decode(encoder.encode(once), 0, first.length, twice);
        expect(twice).toEqual(once); // not the bytes: µ-law has two codes for nothing
      }),
      { numRuns: 50 },
    );
  });

  test('an unknown encoding is told by name, with what there is', () => {
    expect(findCodec('speex', { clockRate: 16_000, channels: 1, parameters: none })).toBe(
      'there is no codec for speex (there is PCMU, PCMA, G722, L16, L24, OPUS)',
    );
    expect(findCodec('L16', { clockRate: 900_000, channels: 1, parameters: none })).toMatch(/out of range/);
  });
});
