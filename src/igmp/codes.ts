/**
 * Times in eight bits: up to 127 as they are, above as `1eeemmmm`, a mantissa and an exponent.
 *
 * @see RFC 3376 §4.1.1, §4.1.7; RFC 3810 §5.1.9
 */
export function decodeTime8(code: number): number {
  if (code < 128) return code;
  return ((code & 0x0f) | 0x10) << (((code >> 4) & 0x07) + 3);
}

/** The code of the largest time that is not above `value`; 31 744 at most. */
export function encodeTime8(value: number): number {
  if (value < 128) return Math.max(0, Math.floor(value));
  for (let exponent = 7; exponent >= 0; exponent--) {
    const mantissa = Math.floor(value / 2 ** (exponent + 3));
    if (mantissa >= 0x10) return 0x80 | (exponent << 4) | Math.min(mantissa - 0x10, 0x0f);
  }
  return 127;
}

/** The same in sixteen bits: up to 32 767 as they are, above as `1eee` and twelve bits of mantissa. @see RFC 3810 §5.1.3 */
export function decodeTime16(code: number): number {
  if (code < 32_768) return code;
  return ((code & 0x0fff) | 0x1000) << (((code >> 12) & 0x07) + 3);
}

/** The code of the largest time that is not above `value`; 8 387 584 at most. */
export function encodeTime16(value: number): number {
  if (value < 32_768) return Math.max(0, Math.floor(value));
  for (let exponent = 7; exponent >= 0; exponent--) {
    const mantissa = Math.floor(value / 2 ** (exponent + 3));
    if (mantissa >= 0x1000) return 0x8000 | (exponent << 12) | Math.min(mantissa - 0x1000, 0x0fff);
  }
  return 32_767;
}
