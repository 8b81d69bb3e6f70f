import { UsageError } from '../errors.ts';

/** @throws {UsageError} when it is no whole number from `lowest` to `highest` */
export function parseWhole(text: string, option: string, lowest: number, highest: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || value < lowest || value > highest)
    throw new UsageError(`${option} is a whole number from ${lowest} to ${highest}, not "${text}"`);
  return value;
}
