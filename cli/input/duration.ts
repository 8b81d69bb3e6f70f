import { UsageError } from '../errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const PART = /(\d+(?:\.\d+)?)(ms|sec|s|min|m|h|d|w)\s*/y;
const ISO = /^P(?:(\d+)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Longest span that is taken for meant, a hundred years. */
const MAX_MS = 100 * 366 * 86_400_000;

/**
 * A span of time: `30m`, `1h30m`, `90s`, `1.5h`, `2d`, or ISO 8601 (`PT30M`).
 *
 * @param bareUnit what a number alone counts; without it a bare number is refused, since nobody can know
 * @returns milliseconds, above 0
 * @throws {UsageError} when the text is no such span
 */
export function parseDuration(text: string, bareUnit?: 's'): number {
  const trimmed = text.trim().toLowerCase();
  const value = bareNumber(trimmed, bareUnit) ?? isoDuration(trimmed) ?? unitDuration(trimmed);
  if (value !== undefined && value > 0 && value <= MAX_MS) return value;
  const advice = /^\d+$/.test(trimmed)
    ? `say of what: ${trimmed}s, ${trimmed}m or ${trimmed}h`
    : 'write it like 30m, 1h30m or 90s';
  throw new UsageError(`"${text}" is not a duration: ${advice}`);
}

function bareNumber(text: string, unit: 's' | undefined): number | undefined {
  return unit !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : undefined;
}

function isoDuration(text: string): number | undefined {
  const match = ISO.exec(text.toUpperCase());
  if (match === null) return undefined;
  const [d = 0, h = 0, m = 0, s = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return (((d * 24 + h) * 60 + m) * 60 + s) * 1000;
}

function unitDuration(text: string): number | undefined {
  let sum = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const match = PART.exec(text);
    if (match === null) return undefined;
    sum += Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN);
  }
  return text === '' ? undefined : sum;
}
