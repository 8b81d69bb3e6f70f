import { DecodeError } from '../../src/errors.ts';
import { parseExtensionElements } from '../../src/rtp/index.ts';
import { A_LAW, MU_LAW } from '../codec/index.ts';
import type { LevelCoding } from './expectation.ts';

/** Groups of channels that levels are told of; with more channels several share a group. */
export const MAX_LEVEL_GROUPS = 8;

/** How many groups so many channels make. */
export function levelGroups(channels: number): number {
  return Math.ceil(channels / Math.ceil(channels / MAX_LEVEL_GROUPS));
}

/**
 * Adds the squares of the samples of a packet to the powers of their channel groups. Nothing is allocated.
 *
 * @param powers one number for each group; full scale is 1
 * @returns samples of each channel, whole frames only
 */
export function addPower(
  coding: LevelCoding,
  bytes: Uint8Array,
  start: number,
  end: number,
  channels: number,
  powers: Float64Array,
): number {
  const size = coding === 'L24' ? 3 : coding === 'L16' ? 2 : 1;
  const frames = Math.floor((end - start) / (size * channels));
  const perGroup = Math.ceil(channels / MAX_LEVEL_GROUPS);
  const table = coding === 'PCMA' ? A_LAW.toFloat : MU_LAW.toFloat;
  let at = start;
  for (let frame = 0; frame < frames; frame++) {
    for (let channel = 0; channel < channels; channel++) {
      let value: number;
      if (size === 1) value = table[bytes[at] ?? 0] ?? 0;
      else {
        // the upper 16 bits are enough for a level, and say the sign
        value = ((((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16)) >> 16) / 32_768;
      }
      const group = perGroup === 1 ? channel : Math.floor(channel / perGroup);
      powers[group] = (powers[group] ?? 0) + value * value;
      at += size;
    }
  }
  return frames;
}

/** dB relative to full scale of a mean square, a full-scale sine being −3; −127 is silence, as in RFC 6464 §3. */
export function dbfs(meanSquare: number): number {
  return meanSquare <= 0 ? -127 : Math.max(-127, 10 * Math.log10(meanSquare));
}

/**
 * The level that the sender put into a header extension (RFC 6464 §3).
 *
 * @param start where the extension's profile stands (`RtpHeader.extensionStart`)
 * @param end   where the payload begins
 * @returns 0 to −127 dBov; undefined when there is none, or the extension cannot be read
 */
export function levelInExtension(
  bytes: Uint8Array,
  start: number,
  end: number,
  id: number,
): number | undefined {
  const profile = ((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0);
  let elements: ReturnType<typeof parseExtensionElements>;
  try {
    elements = parseExtensionElements({ profile, data: bytes.subarray(start + 4, end) });
  } catch (error) {
    if (error instanceof DecodeError) return undefined; // a bad extension hides nothing but the level
    throw error;
  }
  const value = elements?.find((it) => it.id === id)?.data[0];
  return value === undefined ? undefined : -(value & 0x7f);
}
