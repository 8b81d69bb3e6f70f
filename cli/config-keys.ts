import { UsageError } from './errors.ts';
import { nearest } from './input/nearest.ts';

/** @param prefix table that they are in, with its dot @throws {UsageError} for a key that nobody knows */
export function checkKeys(table: object, known: readonly string[], prefix = ''): void {
  for (const key of Object.keys(table)) {
    if (known.includes(key)) continue;
    const close = nearest(key, known);
    const advice = close === undefined ? `known are ${known.join(', ')}` : `did you mean ${prefix}${close}?`;
    throw new UsageError(`unknown key ${prefix}${key}: ${advice}`);
  }
}
