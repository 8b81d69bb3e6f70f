import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecodeError, EncodeError } from '../../src/errors.ts';
import { formatComfortNoise, noiseLevel, noiseSynthesis, parseComfortNoise } from '../../src/rtp/index.ts';
import { orFault } from '../support/decode-fault.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
const STEP = 258 / 32_768;

test.each([
  { name: 'white noise at −40 dBov', bytes: '28', noise: { level: 40, reflection: [] } },
  { name: 'silence', bytes: '7f', noise: { level: 127, reflection: [] } },
  {
    name: 'coefficients: lowest, none, highest, one step',
    bytes: '32 00 7f fe 80',
    noise: { level: 50, reflection: [-127 * STEP, 0, 127 * STEP, STEP] },
  },
])('$name (RFC 3389 §3)', ({ bytes, noise }) => {
  expect(parseComfortNoise(hex(bytes))).toEqual(noise);
  expect(formatComfortNoise(noise)).toEqual(hex(bytes));
});

test('the highest bit of the level is ignored', () => {
  expect(parseComfortNoise(hex('a8'))).toEqual({ level: 40, reflection: [] });
});

test('any bytes parse and come back, or throw DecodeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const wrong = bytes.length === 0 || bytes.subarray(1).includes(255);
      const plain = bytes.map((byte, at) => (at === 0 ? byte & 0x7f : byte));
      const again = orFault(() => formatComfortNoise(parseComfortNoise(bytes)));
      expect([again instanceof DecodeError, again]).toEqual([wrong, wrong ? again : plain]);
    }),
  );
});

test('coefficients are rounded to the nearest step', () => {
  fc.assert(
    fc.property(fc.double({ min: -1, max: 1, noNaN: true }), (k) => {
      const [back = NaN] = parseComfortNoise(formatComfortNoise({ level: 1, reflection: [k] })).reflection;
      expect(Math.abs(back - k)).toBeLessThanOrEqual(STEP / 2 + 1e-12);
    }),
  );
});

test.each([
  { level: 128, reflection: [] },
  { level: 1.5, reflection: [] },
  { level: 0, reflection: [1.01] },
  { level: 0, reflection: [NaN] },
])('what does not fit is refused: %j', (noise) => {
  expect(() => formatComfortNoise(noise)).toThrow(EncodeError);
});

test.each([
  { rms: 1, level: 0 },
  { rms: 2, level: 0 },
  { rms: 0.01, level: 40 },
  { rms: 1e-9, level: 127 },
  { rms: 0, level: 127 },
  { rms: NaN, level: 127 },
])('noise of $rms of full scale has level $level', ({ rms, level }) => expect(noiseLevel(rms)).toBe(level));

test('reflection coefficients become the prediction filter', () => {
  const { prediction, excitationRms, rms } = noiseSynthesis({ level: 20, reflection: [0.5, -0.25] });
  expect(prediction).toEqual([0.5 - 0.25 * 0.5, -0.25]);
  expect(rms).toBeCloseTo(0.1);
  expect(excitationRms).toBeCloseTo(0.1 * Math.sqrt(0.75 * 0.9375));
  expect(noiseSynthesis({ level: 20, reflection: [0.5, -0.25] }, 1).prediction).toEqual([0.5]);
  expect(noiseSynthesis({ level: 20, reflection: Array(2000).fill(0.1) }).prediction).toHaveLength(32);
});

test.each([[[]], [[-0.9]], [[0.6, 0.5, -0.3]], [[-0.8, 0.7, -0.2, 0.4, -0.1]]])(
  'noise made with the filter for %j has the level asked for',
  (reflection) => {
    const { prediction, excitationRms, rms } = noiseSynthesis({ level: 30, reflection });
    let seed = 1;
    const white = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return (seed / 2 ** 31 - 1) * Math.sqrt(3) * excitationRms; // uniform, of that power
    };
    const past = prediction.map(() => 0);
    let power = 0;
    const count = 200_000;
    for (let sample = 0; sample < count; sample++) {
      const value = white() - prediction.reduce((sum, a, i) => sum + a * (past[i] ?? 0), 0);
      past.unshift(value);
      past.pop();
      power += value * value;
    }
    expect(20 * Math.log10(Math.sqrt(power / count) / rms)).toBeCloseTo(0, 0);
  },
);
