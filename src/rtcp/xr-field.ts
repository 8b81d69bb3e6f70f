import { EncodeError } from '../errors.ts';

/**
 * A value as its field holds it.
 *
 * @throws {EncodeError} when it is no whole number from `least` to `most`
 */
export function xrField(name: string, value: number, most: number, least = 0): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new EncodeError('RTCP', `XR ${name}`, `is ${value}, not a whole number from ${least} to ${most}`);
}
