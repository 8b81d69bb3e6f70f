import { InvalidValueError } from '../errors.ts';

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * A canonical name that tells nothing about the user: 96 random bits in base64, 16 characters. One is enough for all
 * sessions of a conference and must be the same in them (RFC 7022 §4.2, §5).
 *
 * @param random at least 12 cryptographically random bytes; the first 12 are used
 * @throws {InvalidValueError} when there are fewer
 */
export function generateCname(random: Uint8Array): string {
  if (random.length < 12) {
    throw new InvalidValueError(`A CNAME needs 12 random bytes (RFC 7022 §5), got ${random.length}`);
  }
  let name = '';
  for (let at = 0; at < 12; at += 3) {
    const bits = ((random[at] ?? 0) << 16) | ((random[at + 1] ?? 0) << 8) | (random[at + 2] ?? 0);
    for (let shift = 18; shift >= 0; shift -= 6) name += BASE64.charAt((bits >>> shift) & 63);
  }
  return name;
}
