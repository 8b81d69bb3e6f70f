import { expect, test } from 'vitest';
import { STATIC_PAYLOAD_TYPES, staticPayloadType, staticPayloadTypeFor } from '../../src/rtp/index.ts';

test.each([
  [0, 'audio', 'PCMU', 8000, 1],
  [5, 'audio', 'DVI4', 8000, 1],
  [9, 'audio', 'G722', 8000, 1], // though sampled at 16 kHz (RFC 3551 §4.5.2)
  [10, 'audio', 'L16', 44_100, 2],
  [11, 'audio', 'L16', 44_100, 1],
  [14, 'audio', 'MPA', 90_000, 1],
  [31, 'video', 'H261', 90_000, undefined],
  [33, 'audio/video', 'MP2T', 90_000, undefined],
])('payload type %d (RFC 3551 §6)', (payloadType, media, encoding, clockRate, channels) => {
  const entry = { payloadType, media, encoding, clockRate, channels };
  expect(staticPayloadType(payloadType)).toEqual(entry);
  expect(staticPayloadTypeFor(encoding.toLowerCase(), clockRate, channels)).toEqual(entry);
});

test('numbers reserved, unassigned or dynamic mean nothing by themselves', () => {
  for (const type of [1, 2, 19, 20, 24, 27, 29, 30, 35, 71, 72, 76, 77, 95, 96, 127]) {
    expect(staticPayloadType(type)).toBeUndefined();
  }
  expect(STATIC_PAYLOAD_TYPES).toHaveLength(24);
});

test('a clock or channel count other than the fixed one needs a dynamic number', () => {
  expect(staticPayloadTypeFor('PCMU', 16_000)).toBeUndefined();
  expect(staticPayloadTypeFor('PCMU', 8000, 2)).toBeUndefined();
  expect(staticPayloadTypeFor('L16', 48_000, 2)).toBeUndefined();
  expect(staticPayloadTypeFor('opus', 48_000, 2)).toBeUndefined();
});
