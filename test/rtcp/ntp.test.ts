import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidValueError } from '../../src/errors.ts';
import {
  generateCname,
  ntpFromWall,
  ntpMiddle,
  roundTripSeconds,
  wallFromNtp,
} from '../../src/rtcp/index.ts';

test.each([
  { name: 'the figure of RFC 3550 §6.4.1', a: 0xb710_8000, lsr: 0xb705_2000, dlsr: 0x0005_4000, want: 6.125 },
  { name: 'clock wrapped', a: 0x0001_0000, lsr: 0xffff_0000, dlsr: 0x0001_0000, want: 1 },
  { name: 'no report yet', a: 0xb710_8000, lsr: 0, dlsr: 0, want: undefined },
  { name: 'clock set back meanwhile', a: 0x0001_0000, lsr: 0x0001_8000, dlsr: 0, want: 0 },
])('round trip: $name', ({ a, lsr, dlsr, want }) => {
  expect(roundTripSeconds(a, lsr, dlsr)).toBe(want);
});

test.each([
  { wall: 0, ntp: 0x83aa7e80_00000000n },
  { wall: 500, ntp: 0x83aa7e80_80000000n },
  { wall: Date.UTC(1995, 10, 10, 11, 33, 25, 125), ntp: 0xb44db705_20000000n }, // the SR of RFC 3550's Figure 2
  { wall: Date.UTC(2036, 1, 7, 6, 28, 16), ntp: 0n }, // the wrap
  { wall: Date.UTC(2040, 0, 1), ntp: (4_417_977_600n - (1n << 32n)) << 32n }, // 140 years of seconds, 34 leap days
])('NTP time of $wall ms', ({ wall, ntp }) => {
  expect(ntpFromWall(wall)).toBe(ntp);
  expect(wallFromNtp(ntp)).toBe(wall);
});

test('NTP time comes back within a microsecond, 1970 to 2100', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 4_102_444_800_000, noNaN: true }), (wall) => {
      expect(Math.abs(wallFromNtp(ntpFromWall(wall)) - wall)).toBeLessThan(0.001);
    }),
  );
});

test('the middle of an NTP time is LSR', () => {
  expect(ntpMiddle(0xb44db705_20001234n)).toBe(0xb705_2000);
});

test('a generated CNAME is 96 bits in base64 (RFC 7022 §5)', () => {
  const bytes = Uint8Array.from([0xff, 0xff, 0xff, 0, 0, 0, 1, 2, 3, 250, 251, 252, 99]);
  expect(generateCname(bytes)).toBe(Buffer.from(bytes.subarray(0, 12)).toString('base64'));
  expect(generateCname(bytes)).toHaveLength(16);
  expect(() => generateCname(new Uint8Array(11))).toThrow(InvalidValueError);
});
