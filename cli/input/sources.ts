import { formatIp, isMulticast, tryParseIp } from '../../src/ip/index.ts';
import { UsageError } from '../errors.ts';

/**
 * `--source` taken apart: addresses or host names, by commas or repeated; an empty text means none.
 *
 * @throws {UsageError} when one is a group, or cannot be a name
 */
export function parseSources(texts: readonly string[]): string[] {
  const words = texts.flatMap((text) => text.split(',')).map((word) => word.trim());
  const sources = words.filter((word) => word !== '').map(parseSource);
  return [...new Set(sources)];
}

function parseSource(word: string): string {
  const ip = tryParseIp(word);
  if (ip === undefined) {
    if (/^(?=.*[a-z])[a-z\d]([a-z\d.-]*[a-z\d])?\.?$/i.test(word)) return word;
    throw new UsageError(`"${word}" is not a source: give the address of a sender, like 10.0.0.7 or fd00::7`);
  }
  const address = formatIp({ bytes: ip.bytes });
  if (isMulticast(address))
    throw new UsageError(`${address} is a group; a source is the address of a sender`);
  return address;
}
