import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDepacketizer, VIDEO_ENCODINGS } from '../../src/video/index.ts';

const NONE = new Map<string, string>();
const hex = (parts: readonly Uint8Array[] | undefined) =>
  (parts ?? []).map((it) => Buffer.from(it).toString('hex')).join('');
const make = (encoding: string, parameters: ReadonlyMap<string, string> = NONE) => {
  const made = createDepacketizer(encoding, parameters);
  if (made === undefined) throw new Error(`no ${encoding}`);
  return made;
};
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

describe('H.264 (RFC 6184)', () => {
  test('single units, STAP-A and FU-A become units behind start codes', () => {
    const it = make('H264');
    expect(hex(it.take(bytes('65aabb'), 0, true, false))).toBe('0000000165aabb');
    expect(hex(it.take(bytes('78000267010003680203'), 0, false, false))).toBe('00000001670100000001680203');
    expect(hex(it.take(bytes('7c85aa'), 0, false, false))).toBe('');
    expect(hex(it.take(bytes('7c05bb'), 0, false, false))).toBe('');
    expect(hex(it.take(bytes('7c45cc'), 0, true, false))).toBe('0000000165aabbcc');
    expect(it.frames).toBe(2);
  });
  test('a unit of which a fragment is lost is left out', () => {
    const it = make('h264');
    it.take(bytes('7c85aa'), 0, false, false);
    expect(hex(it.take(bytes('7c45cc'), 0, true, true))).toBe('');
    expect(it.frames).toBe(0);
  });
  test('parameter sets of the description come first; the interleaved mode is refused', () => {
    const sprop = new Map([['sprop-parameter-sets', 'Z0I=,aM4=']]);
    expect(hex([make('H264', sprop).header])).toBe('0000000167420000000168ce');
    expect(createDepacketizer('H264', new Map([['packetization-mode', '2']]))).toBeUndefined();
  });
});

test('H.265: single units, AP and FU (RFC 7798 §4.4)', () => {
  const it = make('H265');
  expect(hex(it.take(bytes('4001aa'), 0, false, false))).toBe('000000014001aa');
  expect(hex(it.take(bytes('6001000340010100034201cc'), 0, false, false))).toBe(
    '00000001400101000000014201cc',
  );
  expect(hex(it.take(bytes('620193aa'), 0, false, false))).toBe('');
  expect(hex(it.take(bytes('620153bb'), 0, true, false))).toBe('000000012601aabb');
  expect(createDepacketizer('H265', new Map([['sprop-max-don-diff', '1']]))).toBeUndefined();
});

test('VP8: a file begins with a key frame and its size; frames have their times (RFC 7741 §4.2)', () => {
  const it = make('VP8');
  const key = '1000009d012a40013000'; // frame tag with bit 0 clear, start code, 320 × 48
  expect(hex(it.take(bytes('1001ffff'), 0, true, false))).toBe('');
  const first = hex(it.take(bytes(`90808001${key}`), 90, true, false));
  expect(first.slice(0, 8)).toBe('444b4946');
  expect(Buffer.from(first.slice(24, 32), 'hex').readUInt16LE(0)).toBe(320);
  expect(first.slice(64)).toBe(`0a0000005a00000000000000${key}`);
  expect(hex(it.take(bytes('1001aa'), 180, false, false))).toBe('');
  expect(hex(it.take(bytes('00bb'), 180, true, true))).toBe('');
  expect(it.frames).toBe(1);
});

test('transport streams are whole packets (RFC 2250 §2)', () => {
  const it = make('MP2T');
  const two = new Uint8Array(376).fill(0x47);
  expect(it.take(two, 0, false, false)).toEqual([two]);
  expect(it.take(two.subarray(0, 375), 0, false, false)).toEqual([]);
});

test('any bytes are taken, and nothing grows without bounds', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...VIDEO_ENCODINGS),
      fc.array(fc.uint8Array({ maxLength: 40 })),
      (encoding, all) => {
        const it = make(encoding);
        for (const payload of all) {
          const out = it.take(payload, 0, payload.length % 2 === 0, payload.length % 3 === 0);
          expect(out.every((part) => part.length < 2000)).toBe(true);
        }
      },
    ),
  );
});
